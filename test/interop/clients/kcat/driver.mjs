// librdkafka under test through kcat, as Debian packages it: each command is one or more runs of kcat.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { bootstrap, decode, emit, encode, serve } from '../../lib/serve.mjs';

/** Bytes that no record of the suites contains, to separate keys from values and records from each other. */
const KEY_END = '\x1f';
const RECORD_END = '\x1e';
/** Prints lengths first, so that any bytes can follow; kcat prints -1 for null. */
const FORMAT = '%p %o %T %K %S %h\n%k%s';

const children = new Set();

/** Runs kcat to its end and resolves to what it printed. */
function kcat(args, { input, timeoutMs = 20_000 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn('kcat', ['-b', bootstrap, '-X', 'client.id=interop-kcat', ...args]);
    children.add(child);
    const output = [];
    let errors = '';
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      children.delete(child);
      if (code === 0) resolve(Buffer.concat(output));
      else reject(new Error(`kcat ${args.join(' ')} ended with ${signal ?? code}: ${errors}`));
    });
  });
}

/** `name=value,name=value` as kcat prints headers; a null value reads NULL. The suites' values hold no comma. */
function parseHeaders(text) {
  if (text === '') return [];
  return text.split(',').map((pair) => {
    const equals = pair.indexOf('=');
    const value = pair.slice(equals + 1);
    return [pair.slice(0, equals), value === 'NULL' ? null : encode(Buffer.from(value, 'utf8'))];
  });
}

/** Takes the complete records off the front of `bytes`; answers them and the rest. */
function parseRecords(bytes) {
  const records = [];
  let position = 0;
  for (;;) {
    const lineEnd = bytes.indexOf(10, position);
    if (lineEnd < 0) break;
    const words = bytes.toString('utf8', position, lineEnd).split(' ');
    const [partition, offset, timestamp, keySize, valueSize] = words.map(Number);
    const end = lineEnd + 1 + Math.max(keySize, 0) + Math.max(valueSize, 0);
    if (end > bytes.length) break;
    const valueStart = lineEnd + 1 + Math.max(keySize, 0);
    records.push({
      partition,
      offset,
      timestamp,
      key: keySize < 0 ? null : encode(bytes.subarray(lineEnd + 1, valueStart)),
      value: valueSize < 0 ? null : encode(bytes.subarray(valueStart, end)),
      headers: parseHeaders(words.slice(5).join(' ')),
    });
    position = end;
  }
  return { records, rest: bytes.subarray(position) };
}

/**
 * Records that one run of kcat can send: those alike in partition, headers, and in what is null or empty.
 * kcat reads a missing separator as a null key, and -Z turns what is empty into null.
 */
function runsOf(records) {
  const runs = [];
  for (const record of records) {
    const empty = [record.key, record.value].includes('');
    const nullValue = record.value === null;
    if (nullValue && record.key === '')
      throw new Error('kcat cannot send an empty key with a null value');
    const traits = JSON.stringify([record.partition, record.headers ?? [], nullValue, empty]);
    const last = runs.at(-1);
    if (last?.traits === traits) last.records.push(record);
    else runs.push({ traits, nullValue, records: [record] });
  }
  return runs;
}

let member;
serve({
  async produce({ topic, codec = 'none', records }) {
    for (const { nullValue, records: alike } of runsOf(records)) {
      const [{ partition, headers = [] }] = alike;
      const args = [
        '-P',
        '-t',
        topic,
        '-z',
        codec,
        '-K',
        KEY_END,
        '-D',
        RECORD_END,
        '-X',
        'acks=all',
      ];
      if (partition !== undefined) args.push('-p', String(partition));
      for (const [name, value] of headers)
        args.push('-H', `${name}=${decode(value).toString('utf8')}`);
      if (nullValue) args.push('-Z');
      const input = alike.map(({ key, value }) =>
        Buffer.concat([
          ...(key === null ? [] : [decode(key), Buffer.from(KEY_END)]),
          decode(value) ?? Buffer.alloc(0),
          Buffer.from(RECORD_END),
        ]),
      );
      await kcat(args, { input: Buffer.concat(input) });
    }
    return {};
  },
  async consume({ topic, partition = 0, from = 'earliest', fromTime, count, timeoutMs = 20_000 }) {
    const start =
      fromTime === undefined ? (from === 'earliest' ? 'beginning' : String(from)) : `s@${fromTime}`;
    const output = await kcat(
      [
        '-C',
        '-q',
        '-t',
        topic,
        '-p',
        String(partition),
        '-o',
        start,
        '-c',
        String(count),
        '-f',
        FORMAT,
        '-X',
        'check.crcs=true',
      ],
      { timeoutMs },
    );
    const { records } = parseRecords(output);
    if (records.length !== count) throw new Error(`${records.length} of ${count} records`);
    return { records };
  },
  async groupTake({ group, topic, count, timeoutMs = 20_000 }) {
    const output = await kcat(
      [
        '-q',
        '-c',
        String(count),
        '-f',
        FORMAT,
        '-X',
        'auto.offset.reset=earliest',
        '-G',
        group,
        topic,
      ],
      { timeoutMs },
    );
    return { records: parseRecords(output).records };
  },
  async groupStart({ group, topic, sessionTimeoutMs, assignor = 'range' }) {
    const settings = {
      'session.timeout.ms': sessionTimeoutMs,
      'heartbeat.interval.ms': Math.floor(sessionTimeoutMs / 6),
      'max.poll.interval.ms': 10_000,
      'auto.commit.interval.ms': 100,
      'auto.offset.reset': 'earliest',
      'partition.assignment.strategy': assignor,
      'fetch.wait.max.ms': 200,
    };
    const child = spawn('kcat', [
      ...['-b', bootstrap, '-X', 'client.id=interop-kcat', '-u', '-f', FORMAT],
      ...Object.entries(settings).flatMap(([key, value]) => ['-X', `${key}=${value}`]),
      ...['-G', group, topic],
    ]);
    children.add(child);
    member = child;
    child.exited = new Promise((resolve) => child.on('close', resolve));
    let rest = Buffer.alloc(0);
    child.stdout.on('data', (chunk) => {
      const parsed = parseRecords(Buffer.concat([rest, chunk]));
      rest = parsed.rest;
      if (parsed.records.length > 0) emit({ event: 'records', records: parsed.records });
    });
    // "% Group g rebalanced (memberid m): assigned: topic [0], topic [1]", and in cooperative groups
    // "% Group g rebalanced: incremental assignment of 2 partition(s) (memberid m, ...): topic [0], topic [1]".
    const owned = new Set();
    createInterface({ input: child.stderr }).on('line', (line) => {
      process.stderr.write(`${line}\n`);
      const match =
        /rebalanced.*?(incremental )?\b(assigned|assignment|revoked|revoke)\b.*?: ?([^:]*)$/.exec(
          line,
        );
      if (match === null) return;
      const [, incremental, verb, list] = match;
      const named = [...list.matchAll(/(\S+) \[(\d+)\]/g)].map(
        ([, name, number]) => `${name}-${number}`,
      );
      const adds = verb.startsWith('assign');
      if (!incremental) owned.clear();
      for (const name of named) {
        if (adds) owned.add(name);
        else owned.delete(name);
      }
      emit({ event: 'assigned', partitions: [...owned] });
    });
    return { pid: child.pid };
  },
  async groupStop() {
    member.kill('SIGTERM');
    await member.exited;
  },
  async describeTopic({ topic }) {
    const { topics } = JSON.parse((await kcat(['-L', '-J', '-t', topic])).toString('utf8'));
    return { partitions: topics[0].partitions.length };
  },
  async close() {
    for (const child of children) child.kill('SIGKILL');
  },
});
