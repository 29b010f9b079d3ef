// Loads that are no single request made of a schema: batches that hold far more than they are, sockets and sessions
// by the thousand, duties in the background.
import { connect } from 'node:net';
import { batchOf, frameOf } from './protocol.mjs';
import {
  BOMBS_TOPIC,
  COMMITTED_TOPIC,
  COMPACTED_TOPIC,
  Connection,
  HOT_TOPIC,
  produceFrame,
} from './world.mjs';

const MB = 1024 * 1024;
const SOCKETS = 2000;
const SESSIONS = 50;
const SESSION_PARTITIONS = 50_000;

function bomb(megabytes, codec) {
  return batchOf(Buffer.alloc(megabytes * MB), { codec });
}

async function half(address, isShort) {
  const count = isShort ? 200 : SOCKETS;
  const [host, port] = address.split(':');
  const frame = Buffer.alloc(4 + MB - 1);
  frame.writeInt32BE(MB, 0);
  // Produce v3, so that what has come looks like a request.
  frame.writeInt16BE(3, 6);
  let closed = 0;
  const sockets = Array.from({ length: count }, () =>
    connect(Number(port), host)
      .on('error', () => undefined)
      .on('close', () => closed++),
  );
  for (const socket of sockets) socket.write(frame);
  await new Promise((resolve) => setTimeout(resolve, isShort ? 2000 : 8000));
  const text = `${count} sockets, ${closed} closed by the broker`;
  for (const socket of sockets) socket.destroy();
  return text;
}

async function sessions(address, isShort) {
  let open = 0;
  const partitions = Array.from({ length: isShort ? 5000 : SESSION_PARTITIONS }, (_, index) => ({
    partition: 1_000_000 + index,
    partitionMaxBytes: MB,
  }));
  for (let session = 0; session < SESSIONS; session++) {
    const connection = new Connection(address);
    const { sessionId } = await connection.call('Fetch', 7, {
      maxBytes: MB,
      sessionEpoch: 0,
      topics: [{ topic: `nope-${session}`, partitions }],
    });
    if (sessionId !== 0) open++;
    connection.close();
  }
  return `${open} of ${SESSIONS} sessions`;
}

/** Each as `{ name, run(address, world), isLast }`; what `run` resolves with is printed. */
export function loads({ httpPort, isShort }) {
  const produceBomb = (codec, megabytes) => ({
    name: `Produce to a compacted topic, ${codec} of ${megabytes} MB`,
    async run(address) {
      const records = bomb(megabytes, codec);
      const connection = new Connection(address);
      const { responses } = await connection.call('Produce', 7, {
        acks: 1,
        timeoutMs: 30_000,
        topicData: [{ name: COMPACTED_TOPIC, partitionData: [{ index: 0, records }] }],
      });
      connection.close();
      return `${records.length} bytes: error ${responses[0].partitionResponses[0].errorCode}`;
    },
  });
  const size = isShort ? 50 : 200;
  return [
    produceBomb('zstd', size),
    produceBomb('lz4', size),
    produceBomb('gzip', size),
    {
      name: 'Fetch v2 of ten partitions with gzip batches that hold 250 MB',
      async run(address) {
        const connection = new Connection(address);
        const records = bomb(isShort ? 50 : 250, 'gzip');
        for (let index = 0; index < 10; index++) {
          await connection.call('Produce', 7, {
            acks: 1,
            timeoutMs: 30_000,
            topicData: [{ name: HOT_TOPIC, partitionData: [{ index: index + 1, records }] }],
          });
        }
        const partitions = Array.from({ length: 10 }, (_, index) => ({
          partition: index + 1,
          partitionMaxBytes: MB,
        }));
        const answer = await connection.send(
          frameOf('Fetch', 2, { topics: [{ topic: HOT_TOPIC, partitions }] }),
        );
        connection.close();
        return `${records.length} bytes each; answer of ${answer.length} bytes`;
      },
    },
    { name: 'frames of 1 MB, one byte short', run: (address) => half(address, isShort) },
    {
      name: 'fetch sessions of partitions that do not exist',
      run: (address) => sessions(address, isShort),
    },
    {
      name: '/metrics',
      async run() {
        const answer = await fetch(`http://127.0.0.1:${httpPort}/metrics`);
        return `${answer.status}, ${(await answer.arrayBuffer()).byteLength} bytes`;
      },
    },
    {
      name: 'a topic deleted that every group has committed for',
      isLast: true,
      async run(address) {
        const connection = new Connection(address);
        const { responses } = await connection.call('DeleteTopics', 1, {
          topicNames: [COMMITTED_TOPIC],
          timeoutMs: 60_000,
        });
        connection.close();
        return `error ${responses[0].errorCode}`;
      },
    },
  ];
}

export const probeFrame = (topic) => produceFrame(topic, batchOf('probe'));
export { BOMBS_TOPIC };
