import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { nodeRandom } from '../../base/node/node-random.ts';
import { Producer } from '../../client/index.ts';
import {
  BOOTSTRAP_FLAGS,
  bootstrapServers,
  propertiesFile,
  withCluster,
} from '../bootstrap-servers.ts';
import { producerSettings } from '../client-properties.ts';
import { Delivery } from '../delivery.ts';
import { CliError } from '../failure.ts';
import { keyValues, many, type Parsed, toggle, value, wholeNumber } from '../flags.ts';
import { metricsTable, producerMetrics } from '../perf-metrics.ts';
import { ProducerStats } from '../perf-output.ts';
import { Progress } from '../progress.ts';
import type { Terminal } from '../terminal.ts';
import { breathe, Throttle } from '../throttle.ts';
import { tool } from '../tool.ts';

const FLAGS = {
  topic: value('topic', 'The topic to fill.'),
  'num-records': value('count', 'How many records to send.'),
  'record-size': value('bytes', 'The size of each value, which is random letters.'),
  'payload-file': value('file', 'Instead: take values from this file at random.'),
  'payload-delimiter': value('text', 'What separates them there. Default: a line end.'),
  'payload-monotonic': toggle('Instead: the numbers from 0 on.'),
  throughput: value('count', 'At most so many records a second; -1 for as many as go.'),
  'producer-props': many(
    'key=value',
    "Properties of Kafka's producer: bootstrap.servers, acks, linger.ms, batch.size, compression.type, ...",
  ),
  'producer.config': value('file', 'The same from a properties file.'),
  'command-property': many('key=value', 'The newer name of --producer-props.'),
  'command-config': value('file', 'The newer name of --producer.config.'),
  'reporting-interval': value('ms', 'How often to tell how it goes. Default: 5000.'),
  ...BOOTSTRAP_FLAGS,
  'warmup-records': value('count', 'Also tell how it went without the first so many records.'),
  'print-metrics': toggle('Tell at the end what the producer counted.'),
  'transactional-id': value('id', 'Not there yet.', true),
  'transaction-duration-ms': value('ms', 'Not there yet.', true),
} as const;

const REPORT_MS = 5000;
/** Records between two looks at the clock and at the network. */
const AT_ONCE = 200;
const RANDOM_POOL_BYTES = 1 << 20;

/** kafka-producer-perf-test.sh */
export const producerPerfTest = tool({
  name: 'producer-perf-test',
  about: 'Sends records as fast as they go, and tells how fast that was.',
  usage: '--topic <topic> --num-records <count> --throughput <count> [flags]',
  flags: FLAGS,
  examples: [
    '--topic load --num-records 100000 --record-size 100 --throughput -1 --producer-props acks=1',
    '--topic orders --num-records 10000 --payload-file lines.txt --throughput 500',
  ],
  async run(flags, terminal) {
    const { topic } = flags;
    if (topic === undefined) throw new CliError('Missing required argument "[topic]"');
    if (flags['transactional-id'] ?? flags['transaction-duration-ms']) {
      throw new CliError('transactions are not supported yet');
    }
    const records = required(flags, 'num-records');
    const throughput = rate(flags.throughput);
    const warmup = warmupRecords(flags['warmup-records'], records);
    const interval = flags['reporting-interval'];
    const reportMs =
      interval === undefined
        ? REPORT_MS
        : wholeNumber('reporting-interval', interval, { atLeast: 1 });
    const payload = payloads(flags, terminal);
    const properties = {
      ...propertiesFile('producer.config', flags['producer.config']),
      ...propertiesFile('command-config', flags['command-config']),
      ...keyValues('producer-props', flags['producer-props']),
      ...keyValues('command-property', flags['command-property']),
    };
    const { options, bufferBytes } = producerSettings(properties, terminal);
    const bootstrap =
      flags['bootstrap-server'] ??
      properties['bootstrap.servers'] ??
      bootstrapServers(flags, terminal);
    const clientId = properties['client.id'] ?? 'perf-producer-client';
    return withCluster(bootstrap, { clientId }, async (cluster) => {
      const producer = new Producer(cluster, options);
      await producer.prepare(topic, 2000);
      const startMs = Date.now();
      if (warmup > 0) {
        terminal.out(
          `Warmup first ${warmup} records. Steady state results will print after the complete test summary.\n`,
        );
      }
      const failure = await send({
        producer,
        topic,
        records,
        warmup,
        throughput,
        payload,
        bufferBytes,
        reportMs,
        terminal,
      });
      if (flags['print-metrics']) {
        const seconds = (Date.now() - startMs) / 1000;
        terminal.out(metricsTable(producerMetrics(producer.counts, { clientId, seconds })));
      }
      if (failure !== undefined) throw failure;
      return 0;
    });
  },
});

/** Resolves to what went wrong, if anything did. */
async function send(options: {
  producer: Producer;
  topic: string;
  records: number;
  /** Not counted in the second summary; 0: there is none. */
  warmup: number;
  throughput: number;
  payload: (index: number) => Buffer;
  bufferBytes: number;
  reportMs: number;
  terminal: Terminal;
}): Promise<unknown> {
  const { producer, topic, records, warmup, payload, bufferBytes, terminal } = options;
  const throttle = new Throttle(options.throughput);
  const stats = new ProducerStats(records, Date.now());
  let steady: ProducerStats | undefined;
  let isSteadyTold = false;
  const delivery = new Delivery(producer, terminal, { topic, noun: 'record' });
  let sent = 0;
  const progress = new Progress(terminal);
  while (sent < records && !delivery.isStopped) {
    const end = Math.min(records, sent + (options.throughput < 0 ? AT_ONCE : 1));
    for (; sent < end; sent++) {
      const value = payload(sent);
      const startMs = Date.now();
      if (warmup > 0 && sent === warmup) {
        steady = new ProducerStats(records - warmup, startMs, 'steady state ');
      }
      const counted = steady === undefined ? [stats] : [stats, steady];
      void delivery.send({ topic, value }, sent + 1).then((outcome) => {
        if (outcome instanceof Error) return;
        for (const one of counted) one.record(Date.now() - startMs, value.length);
      });
    }
    progress.update(() => `${sent} of ${records} records`);
    await throttle.wait(sent, () => delivery.isStopped);
    await producer.whenBelow(bufferBytes);
    if (options.throughput < 0 || sent % AT_ONCE === 0) await breathe();
    const reported = steady ?? stats;
    if (reported.windowMs(Date.now()) >= options.reportMs) {
      progress.end();
      if (steady && !isSteadyTold) terminal.out('In steady state.\n');
      isSteadyTold = steady !== undefined;
      terminal.out(reported.windowLine(Date.now()));
    }
  }
  let failure: unknown;
  await progress
    .during(delivery.finish(), () => `${sent} records sent, waiting for the broker's answers`)
    .catch((error: unknown) => {
      failure = error;
    });
  terminal.out(stats.totalLine(Date.now()));
  if (steady) terminal.out(steady.totalLine(Date.now()));
  return failure;
}

function required(flags: Parsed<typeof FLAGS>, name: 'num-records'): number {
  const text = flags[name];
  if (text === undefined) throw new CliError(`Missing required argument "[${name}]"`);
  return wholeNumber(name, text, { atLeast: 1 });
}

function warmupRecords(text: string | undefined, records: number): number {
  if (text === undefined) return 0;
  const warmup = wholeNumber('warmup-records', text, { atLeast: 1 });
  if (warmup < records) return warmup;
  throw new CliError(`--warmup-records must be fewer than --num-records ${records}, not ${warmup}`);
}

function rate(text: string | undefined): number {
  if (text === undefined) throw new CliError('Missing required argument "[throughput]"');
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) {
    throw new CliError(`--throughput must be a number, not ${text}`);
  }
  return number;
}

function payloads(flags: Parsed<typeof FLAGS>, terminal: Terminal): (index: number) => Buffer {
  const size = flags['record-size'];
  const file = flags['payload-file'];
  const monotonic = flags['payload-monotonic'];
  if ([size !== undefined, file !== undefined, monotonic].filter(Boolean).length !== 1) {
    throw new CliError(
      'exactly one of --record-size, --payload-file and --payload-monotonic must be given',
    );
  }
  if (monotonic) return (index) => Buffer.from(String(index));
  if (file !== undefined) return fromFile(file, flags['payload-delimiter'], terminal);
  return randomLetters(wholeNumber('record-size', size ?? '', { atLeast: 1 }));
}

function fromFile(path: string, delimiter: string | undefined, terminal: Terminal): () => Buffer {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`--payload-file ${path} cannot be read: ${reason}`);
  }
  if (text === '') throw new CliError(`--payload-file ${path} is empty`);
  const separator = delimiter === undefined || delimiter === '\\n' ? '\n' : delimiter;
  const parts = text.split(separator);
  // As Java splits: no empty strings at the end.
  while (parts.at(-1) === '') parts.pop();
  const all = parts.map((part) => Buffer.from(part));
  terminal.out(`Reading payloads from: ${resolve(path)}\nNumber of records read: ${all.length}\n`);
  return () => all[nodeRandom.int(all.length)] ?? Buffer.alloc(0);
}

/** Pieces of one pool of random letters: making each letter anew would be the slowest part. */
function randomLetters(size: number): () => Buffer {
  const pool = Buffer.allocUnsafe(RANDOM_POOL_BYTES + size);
  for (let at = 0; at < pool.length; at++) pool[at] = 65 + nodeRandom.int(26);
  return () => {
    const at = nodeRandom.int(RANDOM_POOL_BYTES);
    return pool.subarray(at, at + size);
  };
}
