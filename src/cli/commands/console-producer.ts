import { type Cluster, Producer, type ProducerOptions } from '../../client/index.ts';
import type { ConfigTexts } from '../../config/index.ts';
import { KafkaError } from '../../protocol/errors.ts';
import {
  BOOTSTRAP_FLAGS,
  bootstrapServers,
  propertiesFile,
  withCluster,
} from '../bootstrap-servers.ts';
import { producerSettings } from '../client-properties.ts';
import { Delivery } from '../delivery.ts';
import { CliError } from '../failure.ts';
import {
  flagHelp,
  keyValues,
  optional,
  type Parsed,
  parseFlags,
  repeated,
  toggle,
  value,
} from '../flags.ts';
import { type LineFormat, lineFormat, parseLine } from '../line-reader.ts';
import { type Line, LineSplitter } from '../line-splitter.ts';
import { Progress } from '../progress.ts';
import { systemReason } from '../system-reason.ts';
import type { Command, Terminal } from '../terminal.ts';

/** `produce` and `consume` know them too. */
export const FLAGS = {
  topic: value('topic', 'Where the records go.'),
  ...BOOTSTRAP_FLAGS,
  property: repeated(
    'key=value',
    'How a line becomes a record: parse.key, key.separator (a tab), parse.headers, headers.delimiter (a tab), headers.separator (a comma), headers.key.separator (a colon), null.marker, ignore.error.',
  ),
  'reader-property': repeated('key=value', 'The newer name of --property.'),
  'reader-config': value('file', 'The same from a properties file.'),
  'compression-codec': optional('codec', 'none, gzip, snappy, lz4 or zstd; alone it is gzip.'),
  sync: toggle('Wait for each record before the next one is sent.'),
  'request-required-acks': value('acks', '0, 1, -1 or all. Default: -1.'),
  'request-timeout-ms': value('ms', 'How long replicas may take. Default: 30000.'),
  timeout: value('ms', 'How long a line waits for others to go with it. Default: 20.'),
  'batch-size': value('bytes', 'How large a batch may become. Default: 16384.'),
  'max-partition-memory-bytes': value('bytes', 'The same.'),
  'max-memory-bytes': value('bytes', 'How much may wait to be sent. Default: 33554432.'),
  'max-block-ms': value('ms', 'How long to wait for the topic. Default: 60000.'),
  'producer-property': repeated('key=value', "A property of Kafka's producer, such as acks."),
  'producer.config': value('file', 'The same from a properties file.'),
  'command-property': repeated('key=value', 'The newer name of --producer-property.'),
  'command-config': value('file', 'The newer name of --producer.config.'),
  'line-reader': value('class', 'Without effect.', true),
  'message-send-max-retries': value('count', 'Without effect.', true),
  'retry-backoff-ms': value('ms', 'Without effect.', true),
  'metadata-expiry-ms': value('ms', 'Without effect.', true),
  'socket-buffer-size': value('bytes', 'Without effect.', true),
} as const;

const HELP = `Sends each line of standard input as a record.

Usage: sluice console-producer --topic <topic> [flags]

${flagHelp(FLAGS)}

  sluice console-producer --topic greetings
  sluice console-producer --topic access --compression-codec zstd < access.log
  echo 'alice:hello' | sluice console-producer --topic chat --property parse.key=true --property key.separator=:
`;

/** Flags that are another name of a property; the last one given counts. */
const PROPERTY_OF = {
  'request-required-acks': 'acks',
  'request-timeout-ms': 'request.timeout.ms',
  timeout: 'linger.ms',
  'max-partition-memory-bytes': 'batch.size',
  'batch-size': 'batch.size',
  'max-memory-bytes': 'buffer.memory',
  'max-block-ms': 'max.block.ms',
} as const;

const DEFAULT_LINGER_MS = '20';
const DEFAULT_MAX_LINE_BYTES = 1_048_576;

/** How long a topic that nobody creates is asked for. */
const MISSING_TOPIC_MS = 500;

/** kafka-console-producer.sh */
export const consoleProducer: Command = {
  async run(args, terminal) {
    const { flags, help } = parseFlags(FLAGS, args, { command: 'sluice console-producer' });
    if (help) {
      terminal.out(HELP);
      return 0;
    }
    const { topic } = flags;
    if (topic === undefined) throw new CliError('Missing required argument "[topic]"');
    const lineProperties = {
      ...propertiesFile('reader-config', flags['reader-config']),
      ...keyValues('property', [...flags.property, ...flags['reader-property']], {
        valueMayMiss: true,
      }),
    };
    const format = lineFormat(lineProperties, (warning) => terminal.err(`${warning}\n`));
    const properties = producerProperties(flags);
    const settings = producerSettings(properties, terminal);
    const bootstrap = bootstrapServers(flags, terminal);
    const clientId = properties['client.id'] ?? 'console-producer';
    return withCluster(bootstrap, { clientId }, async (cluster) => {
      const producer = new Producer(cluster, await withSupported(cluster, settings.options));
      await prepare(producer, topic, settings.maxBlockMs);
      const { bufferBytes } = settings;
      return produceLines({
        producer,
        topic,
        format,
        bufferBytes,
        maxLineBytes: settings.options.maxRequestBytes ?? DEFAULT_MAX_LINE_BYTES,
        sync: flags.sync,
        terminal,
      });
    });
  },
};

/** An old broker that gives no producer ids gets batches without numbers. */
async function withSupported(cluster: Cluster, options: ProducerOptions): Promise<ProducerOptions> {
  const INIT_PRODUCER_ID = 22;
  const { apiRanges } = await cluster.any();
  return apiRanges.has(INIT_PRODUCER_ID) ? options : { ...options, idempotent: false };
}

async function prepare(producer: Producer, topic: string, maxBlockMs: number): Promise<void> {
  try {
    await producer.prepare(topic, Math.min(MISSING_TOPIC_MS, maxBlockMs));
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    if (error.error === 'UNKNOWN_TOPIC_OR_PARTITION') {
      throw new CliError(
        `topic ${topic} does not exist, and the broker does not create it; create it with: sluice topics --create --topic ${topic}`,
      );
    }
    if (!error.retriable) throw new CliError(`topic ${topic}: ${error.message}`);
    await producer.prepare(topic, maxBlockMs);
  }
}

async function produceLines(options: {
  producer: Producer;
  topic: string;
  format: LineFormat;
  bufferBytes: number;
  maxLineBytes: number;
  sync: boolean;
  terminal: Terminal;
}): Promise<number> {
  const { producer, topic, format, bufferBytes, sync, terminal } = options;
  const delivery = new Delivery(producer, terminal, { topic, noun: 'line' });
  const splitter = new LineSplitter(options.maxLineBytes);
  const progress = new Progress(terminal);
  let lineNumber = 0;
  const sendLine = (line: Line): Promise<unknown> | undefined => {
    const number = ++lineNumber;
    if (!Buffer.isBuffer(line)) {
      delivery.refuse(
        number,
        `line ${number} has ${line.bytes} bytes, more than max.request.size = ${options.maxLineBytes}`,
      );
      return undefined;
    }
    const record = { topic, ...parseLine(line, format, number) };
    const sent = delivery.send(record, number);
    // At a terminal the next line is on its way already when the last sentence comes.
    if (terminal.inputIsTerminal) void sent.then((outcome) => tellAtOnce(outcome, number));
    return sync ? sent : undefined;
  };
  const tellAtOnce = (outcome: unknown, number: number) => {
    if (outcome instanceof Error) {
      terminal.err(`line ${number} was not stored: ${outcome.message}\n`);
    }
  };
  const prompt = () => {
    if (terminal.inputIsTerminal) terminal.out('>');
  };
  let failure: unknown;
  try {
    prompt();
    for await (const chunk of untilStopped(terminal.input, delivery)) {
      for (const line of splitter.push(chunk)) {
        const waited = sendLine(line);
        if (waited) await waited;
      }
      await producer.whenBelow(bufferBytes);
      if (!terminal.inputIsTerminal) progress.update(() => `${lineNumber} records read`);
      prompt();
    }
    const last = splitter.end();
    // Half a line is no record.
    if (last !== undefined && delivery.isStopped) {
      delivery.refuse(
        lineNumber + 1,
        'the program was stopped before the end of the line was read',
      );
    } else if (last !== undefined) await sendLine(last);
  } catch (error) {
    failure = inputFailure(error);
  }
  const waiting = () => `${lineNumber} records read, waiting for the broker's answers`;
  try {
    await progress.during(delivery.finish(), waiting);
  } catch (error) {
    if (failure === undefined) throw error;
    throw new CliError(`${messageOf(failure)}; and ${messageOf(error)}`);
  }
  if (failure !== undefined) throw failure;
  return 0;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The sentence for an input that cannot be read: a folder, say. */
function inputFailure(error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error)) return error;
  return new CliError(`standard input cannot be read: ${systemReason(error)}`);
}

/** The input until its end, or until somebody says stop: what was read is sent either way. */
async function* untilStopped(
  input: AsyncIterable<Uint8Array>,
  delivery: Delivery,
): AsyncGenerator<Uint8Array> {
  const chunks = input[Symbol.asyncIterator]();
  let stop = () => {};
  delivery.onStop(() => stop());
  while (!delivery.isStopped) {
    // One promise for each chunk: a race against one that lives on would keep every chunk alive as long as that.
    const next = await new Promise<IteratorResult<Uint8Array> | undefined>((resolve, reject) => {
      stop = () => resolve(undefined);
      chunks.next().then(resolve, reject);
    });
    if (!next || next.done) return;
    yield next.value;
  }
}

/** The producer's properties: files, under single ones, under the flags that mean one. */
function producerProperties(flags: Parsed<typeof FLAGS>): ConfigTexts {
  const texts: Record<string, string> = {
    'linger.ms': DEFAULT_LINGER_MS,
    ...propertiesFile('producer.config', flags['producer.config']),
    ...propertiesFile('command-config', flags['command-config']),
    ...keyValues('producer-property', flags['producer-property'], { valueMayMiss: true }),
    ...keyValues('command-property', flags['command-property'], { valueMayMiss: true }),
  };
  for (const [flag, name] of Object.entries(PROPERTY_OF)) {
    const given = flags[flag as keyof typeof PROPERTY_OF];
    if (given !== undefined) texts[name] = given;
  }
  const codec = flags['compression-codec'];
  if (codec !== undefined)
    texts['compression.type'] = codec === true || codec === '' ? 'gzip' : codec;
  if (flags.sync) texts['linger.ms'] = '0';
  return texts;
}
