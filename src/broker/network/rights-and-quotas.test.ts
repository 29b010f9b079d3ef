// If this breaks, a client without a right is served, or one over its quota goes on as it likes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '../../base/testing/sim-clock.ts';
import { SimNetwork } from '../../base/testing/sim-network.ts';
import { decodeResponseFrame } from '../../protocol/codec/index.ts';
import { errorName } from '../../protocol/errors.ts';
import { HeartbeatResponse } from '../../protocol/messages/index.ts';
import type { QuotaClient, Quotas, Usage } from '../quota/quotas.ts';
import type { Authorizer, Requester } from '../security/authorizer.ts';
import { ANONYMOUS } from '../security/principal.ts';
import { fetch, heartbeat, produce, TestBroker, TestClient } from './testing/test-broker.ts';

async function setup(guards: { authorizer?: Authorizer; quotas?: Quotas }) {
  const clock = new SimClock();
  const network = new SimNetwork({ clock });
  const broker = new TestBroker({ clock, network: network.host('broker'), ...guards });
  const address = await broker.listen({ name: 'PLAINTEXT', host: '', port: 0 });
  const connecting = TestClient.connect(network.host('client'), address);
  await clock.settle();
  return { clock, broker, client: await connecting };
}

const heartbeatIn = (frame: Buffer) => decodeResponseFrame(HeartbeatResponse, 3, frame).body;

test('a right that the request as a whole needs is asked before its handler, of who asks and of what', async () => {
  const asked: unknown[] = [];
  const authorizer: Authorizer = {
    authorize({ principal, remote }: Requester, operation, resource, name) {
      asked.push([principal, remote.host, operation, resource, name]);
      return asked.length > 1;
    },
    authorizeAny: () => true,
    authorizedOperations: () => 0,
  };
  const { clock, client } = await setup({ authorizer });
  client.send(heartbeat(1, 7), heartbeat(2, 7));
  await clock.settle();
  assert.deepEqual(asked[0], [ANONYMOUS, 'client', 'READ', 'GROUP', 'group']);
  const [denied, allowed] = client.frames.map(heartbeatIn);
  assert.equal(errorName(denied!.errorCode), 'GROUP_AUTHORIZATION_FAILED');
  assert.deepEqual([denied!.throttleTimeMs, allowed!.throttleTimeMs], [0, 7], 'handled, or not');
  assert.equal(client.closed, false);
});

/** Throttles for as long as it is told, and keeps what it was charged. */
class FixedQuotas implements Quotas {
  throttleMs = 0;
  readonly charged: { client: QuotaClient; usage: Usage }[] = [];

  charge(client: QuotaClient, usage: Usage): number {
    this.charged.push({ client, usage });
    return this.throttleMs;
  }
}

test('a client over its quota is told so at once, and nothing is read from it for that long', async () => {
  const quotas = new FixedQuotas();
  const { clock, client } = await setup({ quotas });
  quotas.throttleMs = 100;
  client.send(heartbeat(1), heartbeat(2));
  await clock.settle();
  assert.deepEqual(client.answered, [1]);
  assert.equal(heartbeatIn(client.frames[0]!).throttleTimeMs, 100);
  quotas.throttleMs = 0;
  await clock.advanceAndSettle(99);
  assert.deepEqual(client.answered, [1]);
  await clock.advanceAndSettle(1);
  assert.deepEqual(client.answered, [1, 2]);
});

test('a producer that waits for no answer is throttled as well', async () => {
  const quotas = new FixedQuotas();
  const { clock, broker, client } = await setup({ quotas });
  quotas.throttleMs = 100;
  client.send(produce(1, 0, 'a'), produce(2, 0, 'b'));
  await clock.settle();
  assert.deepEqual(broker.produced, ['a']);
  await clock.advanceAndSettle(100);
  assert.deepEqual(broker.produced, ['a', 'b']);
});

test('what a request used up is charged when it is answered: bytes, and time while it was handled', async () => {
  const quotas = new FixedQuotas();
  const { clock, broker, client } = await setup({ quotas });
  client.send(fetch(1), produce(2, 0, 'silent'));
  await clock.advanceAndSettle(50);
  broker.parked[0]!.pending.complete({});
  await clock.settle();
  assert.deepEqual(
    quotas.charged.map(({ client: { clientId, principal }, usage: { kind, busyMs } }) => [
      clientId,
      principal,
      kind,
      busyMs,
    ]),
    [
      ['test-client', ANONYMOUS, 'produce', 0],
      ['test-client', ANONYMOUS, 'fetch', 0],
    ],
  );
  const [silent, waited] = quotas.charged.map(({ usage }) => usage);
  assert.deepEqual(
    [silent!.responseBytes, waited!.responseBytes],
    [0, client.frames[0]!.length + 4],
  );
  assert.equal(silent!.requestBytes, produce(2, 0, 'silent').length - 4);
});
