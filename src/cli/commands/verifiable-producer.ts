import { Producer } from '../../client/index.ts';
import type { ConfigTexts } from '../../config/index.ts';
import {
  BOOTSTRAP_FLAGS,
  bootstrapServers,
  propertiesFile,
  withCluster,
} from '../bootstrap-servers.ts';
import { producerSettings } from '../client-properties.ts';
import { Delivery } from '../delivery.ts';
import { CliError } from '../failure.ts';
import { value, wholeNumber } from '../flags.ts';
import type { Terminal } from '../terminal.ts';
import { breathe, Throttle } from '../throttle.ts';
import { tool } from '../tool.ts';

const FLAGS = {
  topic: value('topic', 'The topic to send to.'),
  ...BOOTSTRAP_FLAGS,
  'max-messages': value('count', 'End after so many records. Default: -1, without end.'),
  throughput: value('count', 'At most so many records a second. Default: -1, as many as go.'),
  acks: value('acks', 'Who must have stored a record: 0, 1 or -1, all (the default).'),
  'producer.config': value('file', "Properties of Kafka's producer."),
  'command-config': value('file', 'The newer name of --producer.config.'),
  'message-create-time': value('ms', 'The time of the first record, in milliseconds since 1970.'),
  'value-prefix': value('number', 'Values are <number>.0, <number>.1 and so on.'),
  'repeating-keys': value('count', 'Keys are 0 to count - 1, again and again; without: none.'),
} as const;

/** Records between two looks at the network. */
const AT_ONCE = 100;

/** kafka-verifiable-producer.sh */
export const verifiableProducer = tool({
  name: 'verifiable-producer',
  about: 'Sends the numbers from 0 on, and tells in JSON, line by line, what became of each.',
  usage: '--topic <topic> [flags]',
  flags: FLAGS,
  examples: ['--topic orders --max-messages 1000', '--topic orders --throughput 10 --acks 1'],
  async run(flags, terminal) {
    const { topic } = flags;
    if (topic === undefined) throw new CliError('Missing required argument "[topic]"');
    const number = (
      name:
        | 'max-messages'
        | 'throughput'
        | 'message-create-time'
        | 'repeating-keys'
        | 'value-prefix',
    ) => (flags[name] === undefined ? undefined : wholeNumber(name, flags[name]));
    const limit = number('max-messages') ?? -1;
    const run = {
      topic,
      terminal,
      limit: limit < 0 ? Number.POSITIVE_INFINITY : limit,
      throughput: number('throughput') ?? -1,
      createTime: number('message-create-time') ?? -1,
      prefix: number('value-prefix'),
      repeatingKeys: number('repeating-keys'),
    };
    const properties: ConfigTexts = {
      ...propertiesFile('producer.config', flags['producer.config']),
      ...propertiesFile('command-config', flags['command-config']),
      acks: flags.acks ?? '-1',
    };
    const { options, bufferBytes } = producerSettings(properties, terminal);
    const settings = { clientId: properties['client.id'] ?? 'producer-1' };
    return withCluster(bootstrapServers(flags, terminal), settings, async (cluster) => {
      const producer = new Producer(cluster, options);
      await producer.prepare(topic, 2000);
      await send(producer, { ...run, bufferBytes });
      return 0;
    });
  },
});

async function send(
  producer: Producer,
  run: {
    topic: string;
    terminal: Terminal;
    limit: number;
    throughput: number;
    createTime: number;
    prefix: number | undefined;
    repeatingKeys: number | undefined;
    bufferBytes: number;
  },
): Promise<void> {
  const { topic, terminal } = run;
  const delivery = new Delivery(producer, terminal, { topic, noun: 'record' });
  const tell = (event: Record<string, unknown>) =>
    terminal.out(`${JSON.stringify({ timestamp: Date.now(), ...event })}\n`);
  const startMs = Date.now();
  const throttle = new Throttle(run.throughput);
  let sent = 0;
  let acked = 0;
  tell({ name: 'startup_complete' });
  while (sent < run.limit && !delivery.isStopped && !terminal.outClosed) {
    const value = run.prefix === undefined ? String(sent) : `${run.prefix}.${sent}`;
    const key = run.repeatingKeys === undefined ? null : String(sent % run.repeatingKeys);
    const timestamp =
      run.createTime < 0 ? {} : { timestamp: run.createTime + Date.now() - startMs };
    sent++;
    void delivery.send({ topic, key, value, ...timestamp }, sent).then((outcome) => {
      if (outcome instanceof Error) {
        const { name: exception, message } = outcome;
        tell({ name: 'producer_send_error', key, value, topic, exception, message });
        return;
      }
      acked++;
      const { partition, offset } = outcome;
      tell({ name: 'producer_send_success', key, value, topic, partition, offset });
    });
    await throttle.wait(sent, () => delivery.isStopped);
    if (sent % AT_ONCE === 0) {
      await producer.whenBelow(run.bufferBytes);
      await breathe();
      await terminal.drained();
    }
  }
  let failure: unknown;
  await delivery.finish().catch((error: unknown) => {
    failure = error;
  });
  tell({ name: 'shutdown_complete' });
  tell({
    name: 'tool_data',
    sent,
    acked,
    target_throughput: run.throughput,
    // JSON has no word for what is divided by nothing.
    avg_throughput: (1000 * acked) / Math.max(1, Date.now() - startMs),
  });
  if (failure !== undefined) throw failure;
}
