import { nodeRandom } from '../../base/node/node-random.ts';
import { Consumer } from '../../client/index.ts';
import type { ConfigTexts } from '../../config/index.ts';
import {
  BOOTSTRAP_FLAGS,
  bootstrapServers,
  propertiesFile,
  withCluster,
} from '../bootstrap-servers.ts';
import { consumerSettings } from '../client-properties.ts';
import { CliError } from '../failure.ts';
import { keyValues, many, toggle, value, wholeNumber } from '../flags.ts';
import { consumerMetrics, metricsTable } from '../perf-metrics.ts';
import {
  type Consumed,
  consumerHeader,
  consumerProgressLine,
  consumerTotalLine,
  dateFormat,
} from '../perf-output.ts';
import { Progress } from '../progress.ts';
import { Reader } from '../reader.ts';
import type { Terminal } from '../terminal.ts';
import { tool } from '../tool.ts';
import { subscriptionPattern } from '../topic-filter.ts';

const FLAGS = {
  ...BOOTSTRAP_FLAGS,
  topic: value('topic', 'The topic to read.'),
  include: value('pattern', 'A regular expression instead: all topics that it matches whole.'),
  'num-records': value('count', 'How many records to read.'),
  messages: value('count', 'The older name of --num-records.'),
  group: value('group', 'The consumer group. Default: one of its own.'),
  'fetch-size': value('bytes', 'How much of a partition comes with one request. Default: 1048576.'),
  'from-latest': toggle('Begin with the newest record where the group has no offset yet.'),
  timeout: value('ms', 'End when no record came for so long. Default: 10000.'),
  'consumer.config': value('file', "Properties of Kafka's consumer."),
  'command-property': many('key=value', 'A property of its own.'),
  'command-config': value('file', 'The newer name of --consumer.config.'),
  'show-detailed-stats': toggle('A line per --reporting-interval, instead of one at the end.'),
  'reporting-interval': value('ms', 'How often that is. Default: 5000.'),
  'date-format': value('pattern', 'How times are written. Default: yyyy-MM-dd HH:mm:ss:SSS.'),
  'hide-header': toggle('Without the line that names the columns.'),
  'socket-buffer-size': value('bytes', 'Without effect.', true),
  'print-metrics': toggle('Tell at the end what the consumer counted.'),
  threads: value('count', 'From before Kafka 3.0: without effect.', true),
  'num-fetch-threads': value('count', 'From before Kafka 3.0: without effect.', true),
} as const;

const POLL_MS = 100;
/** The precision with which the time that joining took is shown. */
const JOINING_POLL_MS = 5;

/** kafka-consumer-perf-test.sh */
export const consumerPerfTest = tool({
  name: 'consumer-perf-test',
  about: 'Reads records as fast as they come, and tells how fast that was.',
  usage: '--topic <topic> --messages <count> [flags]',
  flags: FLAGS,
  examples: [
    '--topic orders --messages 1000000',
    '--topic orders --messages 1000000 --show-detailed-stats --reporting-interval 1000',
  ],
  async run(flags, terminal) {
    const { topic, include } = flags;
    exactlyOne({ topic, include });
    exactlyOne({ messages: flags.messages, 'num-records': flags['num-records'] });
    const subscription = topic === undefined ? subscriptionPattern(include!) : [topic];
    const number = (name: 'fetch-size' | 'timeout' | 'reporting-interval', otherwise: number) =>
      flags[name] === undefined ? otherwise : wholeNumber(name, flags[name], { atLeast: 1 });
    const run = {
      terminal,
      messages:
        flags['num-records'] === undefined
          ? wholeNumber('messages', flags.messages!, { atLeast: 0 })
          : wholeNumber('num-records', flags['num-records'], { atLeast: 0 }),
      timeoutMs: number('timeout', 10_000),
      reportMs: number('reporting-interval', 5000),
      detailed: flags['show-detailed-stats'],
      format: dateFormat(flags['date-format'] ?? 'yyyy-MM-dd HH:mm:ss:SSS'),
    };
    const properties: ConfigTexts = {
      ...propertiesFile('consumer.config', flags['consumer.config']),
      ...propertiesFile('command-config', flags['command-config']),
      ...keyValues('command-property', flags['command-property']),
      'group.id': flags.group ?? `perf-consumer-${nodeRandom.int(100_000)}`,
      'max.partition.fetch.bytes': String(number('fetch-size', 1_048_576)),
      'auto.offset.reset': flags['from-latest'] ? 'latest' : 'earliest',
    };
    const options = consumerSettings(properties, terminal);
    const settings = { clientId: properties['client.id'] ?? 'perf-consumer-client' };
    return withCluster(bootstrapServers(flags, terminal), settings, async (cluster) => {
      if (!flags['hide-header']) terminal.out(consumerHeader(run.detailed));
      const consumer = new Consumer(cluster, options);
      consumer.subscribe(subscription);
      const consumed = await consume(consumer, run);
      if (flags['print-metrics']) {
        terminal.out(metricsTable(consumerMetrics(consumed, settings.clientId)));
      }
      return 0;
    });
  },
});

/** Throws CliError, in Kafka's words. */
function exactlyOne(values: Readonly<Record<string, string | undefined>>): void {
  if (Object.values(values).filter((text) => text !== undefined).length === 1) return;
  const names = Object.keys(values).map((name) => `[${name}]`);
  throw new CliError(`Exactly one of the following arguments is required: ${names.join(', ')}`);
}

async function consume(
  consumer: Consumer,
  run: {
    terminal: Terminal;
    messages: number;
    timeoutMs: number;
    reportMs: number;
    detailed: boolean;
    format: (ms: number) => string;
  },
): Promise<Consumed> {
  const { terminal, format } = run;
  const reader = new Reader(consumer, terminal);
  const startMs = Date.now();
  const all = { bytes: 0, messages: 0 };
  let joinMs = 0;
  let reported = { atMs: startMs, bytes: 0, messages: 0, joinMs: 0 };
  let joined = false;
  let lastMs = startMs;
  const progress = new Progress(terminal);
  try {
    while (all.messages < run.messages && reader.goesOn) {
      const records = await reader.poll(joined ? POLL_MS : JOINING_POLL_MS);
      const nowMs = Date.now();
      if (!joined && consumer.assignment.length > 0) {
        joined = true;
        joinMs = nowMs - startMs;
      }
      progress.update(() => `${all.messages} of ${run.messages} records`);
      if (records.length > 0) lastMs = nowMs;
      else if (nowMs - lastMs > run.timeoutMs) break;
      for (const { key, value } of records) {
        all.messages++;
        all.bytes += (key?.length ?? 0) + (value?.length ?? 0);
      }
      if (records.length > 0 && nowMs - reported.atMs >= run.reportMs) {
        const since = {
          startMs: reported.atMs,
          endMs: nowMs,
          joinMs: joinMs - reported.joinMs,
          bytes: all.bytes - reported.bytes,
          messages: all.messages - reported.messages,
        };
        progress.end();
        if (run.detailed) terminal.out(consumerProgressLine(all, since, format));
        reported = { atMs: nowMs, joinMs, ...all };
      }
    }
    progress.end();
    if (all.messages < run.messages && !reader.isStopped) {
      terminal.out(
        `WARNING: Exiting before consuming the expected number of records: timeout (${run.timeoutMs} ms) exceeded. You can use the --timeout option to increase the timeout.\n`,
      );
    }
    const endMs = Date.now();
    const consumed = { startMs, endMs, joinMs, ...all };
    if (!run.detailed) terminal.out(consumerTotalLine(consumed, format));
    if (all.messages < run.messages && !reader.isStopped) {
      reader.failIfTroubled(`${all.messages} of ${run.messages} records came`);
    }
    return consumed;
  } finally {
    await reader.close();
  }
}
