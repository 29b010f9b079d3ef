// If this breaks, a client that goes wrong in a loop fills the disk with log lines, or drowns what others do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Complaints } from '../../base/complaints.ts';
import { SimClock } from '../../base/testing/sim-clock.ts';
import { Complainer } from './complainer.ts';
import { Session } from './session.ts';
import { type LogLine, recordingLogger } from './testing/test-broker.ts';

function setup() {
  const lines: LogLine[] = [];
  const complaints = new Complaints(new SimClock(), recordingLogger(lines));
  let id = 0;
  const from = (host: string) => {
    const session = new Session(++id, 'PLAINTEXT', {
      remote: { host, port: 40_000 + id },
      local: { host: 'broker', port: 9092 },
    });
    return { session, complainer: new Complainer(complaints, session) };
  };
  return { lines, from };
}

test('what differs in a sentence makes no kind of its own: connections of one host share ten lines', () => {
  const { lines, from } = setup();
  for (let size = 0; size < 50; size++) {
    const { complainer } = from('10.0.0.7');
    complainer.complain({ kind: 'bad length', sentence: `a request of ${size} bytes` });
  }
  assert.equal(lines.length, 10);
  from('10.0.0.8').complainer.complain({ kind: 'bad length', sentence: 'of another host' });
  assert.equal(lines.length, 11);
});

test('each error, API or partition that is worth it has lines of its own', () => {
  const { lines, from } = setup();
  const { complainer } = from('10.0.0.7');
  for (let round = 0; round < 20; round++) {
    for (const of of ['CORRUPT_MESSAGE for a-0', 'CORRUPT_MESSAGE for b-0']) {
      complainer.complain({ kind: 'bad batch', of, sentence: 'refused' });
    }
  }
  assert.equal(lines.length, 20);
});

test('what would be said of every client is said once for all of them', () => {
  const { lines, from } = setup();
  for (const host of ['10.0.0.7', '10.0.0.8']) {
    const rate = { lines: 1, windowMs: 60_000 };
    const sentence = 'all are taken';
    from(host).complainer.complain({ kind: 'no more connections', sentence, rate, isOfAll: true });
  }
  assert.equal(lines.length, 1);
});

test('a line names the client as far as it is known, and its request', () => {
  const { lines, from } = setup();
  const { session, complainer } = from('10.0.0.7');
  const sentence = 'no';
  complainer.complain({ kind: 'no header', sentence });
  session.clientId = 'orders';
  session.identifyClient('librdkafka', '2.12.0');
  complainer.complain({ kind: 'no header', sentence }, { api: 'Produce', apiVersion: 9 });
  const where = { client: '10.0.0.7:40001', listener: 'PLAINTEXT' };
  assert.deepEqual(
    lines.map(({ fields }) => fields),
    [
      where,
      {
        ...where,
        clientId: 'orders',
        software: 'librdkafka 2.12.0',
        api: 'Produce',
        apiVersion: 9,
      },
    ],
  );
});
