// What durability costs: `node bench/group-commit.mjs [seconds]` (build first). Produce requests with
// acks=all under log.flush.policy=os and group-commit, from 1 and 50 producers over 8 partitions:
// latency with one request in flight each, throughput with five. Broker and producers share the machine
// and the disk (TMPDIR), so the figures compare runs on one machine only.
import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { crc32c } from '@node-rs/crc32';
import { print, startBroker } from './lib.mjs';

const SECONDS = Number(process.argv[2] ?? 5);
const WARM_SECONDS = Math.min(1, SECONDS / 2);
const PARTITIONS = 8;
const RECORD_BYTES = 1000;
const TOPIC = 'bench';

/** A record batch (magic 2) of one record. */
function batch() {
  const varint = (value) => {
    const bytes = [];
    let rest = value < 0 ? -value * 2 - 1 : value * 2;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
    return Buffer.from([...bytes, rest]);
  };
  const value = Buffer.alloc(RECORD_BYTES, 'x');
  const fields = [Buffer.from([0]), varint(0), varint(0), varint(-1), varint(value.length), value];
  const body = Buffer.concat([...fields, varint(0)]);
  const record = Buffer.concat([varint(body.length), body]);
  const header = Buffer.alloc(61);
  header.writeInt32BE(49 + record.length, 8);
  header.writeInt32BE(-1, 12);
  header.writeInt8(2, 16);
  header.writeBigInt64BE(BigInt(Date.now()), 27);
  header.writeBigInt64BE(BigInt(Date.now()), 35);
  header.writeBigInt64BE(-1n, 43);
  header.writeInt16BE(-1, 51);
  header.writeInt32BE(-1, 53);
  header.writeInt32BE(1, 57);
  const whole = Buffer.concat([header, record]);
  whole.writeUInt32BE(crc32c(whole.subarray(21)), 17);
  return whole;
}

/** Produce v3 with acks=all for one partition. */
function produceFrame(partition) {
  const records = batch();
  const text = (value) => Buffer.concat([int16(value.length), Buffer.from(value)]);
  const body = Buffer.concat([
    ...[int16(0), int16(3), int32(1), text('bench')],
    ...[int16(-1), int16(-1), int32(30_000), int32(1), text(TOPIC), int32(1), int32(partition)],
    ...[int32(records.length), records],
  ]);
  return Buffer.concat([int32(body.length), body]);
}

function int16(value) {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** Sends requests until `until`, `inFlight` at a time; the latencies, in ms, of those after `from`. */
function produce(port, partition, { inFlight, from, until }) {
  const frame = produceFrame(partition);
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const sent = [];
  const latencies = [];
  let pending = Buffer.alloc(0);
  const send = () => {
    sent.push(performance.now());
    socket.write(frame);
  };
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('connect', () => {
      for (let index = 0; index < inFlight; index++) send();
    });
    socket.on('data', (chunk) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
        // Size, correlation id, one topic, one partition, its index, then its error.
        const error = pending.readInt16BE(4 + 4 + 4 + 2 + TOPIC.length + 4 + 4);
        if (error !== 0) reject(new Error(`the broker answers error ${error}`));
        pending = pending.subarray(4 + pending.readInt32BE(0));
        const now = performance.now();
        const began = sent.shift();
        if (began >= from) latencies.push(now - began);
        if (now < until) send();
        else if (sent.length === 0) {
          socket.destroy();
          resolve(latencies);
        }
      }
    });
  });
}

async function measure(policy, port, producers, inFlight) {
  const from = performance.now() + WARM_SECONDS * 1000;
  const until = from + SECONDS * 1000;
  const runs = Array.from({ length: producers }, (_, index) =>
    produce(port, index % PARTITIONS, { inFlight, from, until }),
  );
  const latencies = (await Promise.all(runs)).flat().sort((a, b) => a - b);
  const at = (part) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * part))];
  const what = `${policy}, ${producers} producers, ${inFlight} in flight each`;
  print(`${what}: p50`, at(0.5), 'ms');
  print(`${what}: p99`, at(0.99), 'ms');
  print(`${what}: records`, latencies.length / SECONDS, '/s');
}

for (const policy of ['os', 'group-commit']) {
  const broker = await startBroker({ overrides: { 'log.flush.policy': policy } });
  try {
    const flags = ['--create', '--topic', TOPIC, '--partitions', String(PARTITIONS)];
    execFileSync(process.execPath, [
      'bin/sluice',
      'topics',
      '--bootstrap-server',
      broker.address,
      ...flags,
    ]);
    const port = Number(broker.address.split(':').at(-1));
    for (const producers of [1, 50]) {
      for (const inFlight of [1, 5]) await measure(policy, port, producers, inFlight);
    }
  } finally {
    await broker.stop();
  }
}
