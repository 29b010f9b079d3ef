// If this breaks, somebody believes that a broker asks for passwords or certificates, and it asks nobody.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadBrokerConfig } from './broker-config.ts';
import { BROKER_KEYS } from './broker-keys/index.ts';
import { UNUSED_SECURITY_KEYS } from './broker-keys/unused-security.ts';
import { guardsWithoutEffect } from './without-effect.ts';

/** A value that is allowed and not the default. */
function another(name: string): string {
  const key = BROKER_KEYS[name]!;
  const candidates = ['true', 'false', 'required', '0.75', '1', '7', '2000', 'com.example.Other'];
  const found = candidates.find((text) => {
    try {
      key.parse(text);
      return text !== key.default;
    } catch {
      return false;
    }
  });
  assert.ok(found, name);
  return found;
}

test('every security key that has no effect says so, and what that means, when it is set', () => {
  for (const name of Object.keys(UNUSED_SECURITY_KEYS)) {
    const { warnings } = loadBrokerConfig({ [name]: another(name) });
    assert.equal(warnings.length, 1, name);
    assert.ok(warnings[0]?.startsWith(name) && warnings[0].includes('has no effect'), warnings[0]);
  }
});

test('each key is named with what is not done', () => {
  for (const [name, value, sentence] of [
    [
      'authorizer.class.name',
      'kafka.security.authorizer.AclAuthorizer',
      'authorizer.class.name = kafka.security.authorizer.AclAuthorizer has no effect in this version: whoever reaches a listener may do everything',
    ],
    ['super.users', 'User:admin', /^super\.users has no effect .*may do everything$/],
    ['ssl.client.auth', 'required', /nobody is asked for a certificate$/],
    ['sasl.enabled.mechanisms', 'PLAIN,SCRAM-SHA-256', /nobody has to log in$/],
    ['listener.name.external.scram-sha-256.sasl.jaas.config', 'secret', /nobody has to log in$/],
    ['listener.name.external.ssl.keystore.location', '/k.jks', /nothing is encrypted/],
    ['quota.producer.default', '1000', /nobody is slowed down/],
    ['quota.window.num', '20', /nobody is slowed down/],
    ['client.quota.callback.class', 'com.example.Quota', /nobody is slowed down/],
    ['leader.replication.throttled.rate', '1000', /nobody is slowed down/],
    ['max.connection.creation.rate', '10', /nobody is slowed down/],
    ['create.topic.policy.class.name', 'com.example.Policy', /no request is checked/],
    ['alter.config.policy.class.name', 'com.example.Policy', /no request is checked/],
    ['password.encoder.secret', 'secret', /stored as they are$/],
    ['zookeeper.ssl.client.enable', 'true', /ZooKeeper is protected$/],
  ] as const) {
    const said = guardsWithoutEffect({ [name]: value }).get(name);
    if (typeof sentence === 'string') assert.equal(said, sentence);
    else assert.match(said ?? '', sentence, name);
    assert.ok(
      !said?.includes('secret =') && !said?.includes('= secret'),
      'a password is not shown',
    );
  }
});

test('a default that a file repeats, an empty value and what has an effect say nothing', () => {
  const texts = {
    'sasl.enabled.mechanisms': 'GSSAPI',
    'ssl.client.auth': 'none',
    'authorizer.class.name': '',
    'quota.window.num': '11',
    'log.retention.ms': '1000',
    'num.io.threads': '4',
  };
  assert.deepEqual([...guardsWithoutEffect(texts)], []);
});
