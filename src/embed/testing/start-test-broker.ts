import type { BrokerParts } from '../../broker/broker-apis.ts';
import type { RequestContext } from '../../broker/network/request-context.ts';
import { KafkaError } from '../../protocol/errors.ts';
import { checkBrokerOptions } from '../broker-options.ts';
import { configTexts, problemIn, problemOf, topicName, wholeNumber } from '../check-options.ts';
import type { BrokerOptions, EmbeddedBroker, KafkaConfig } from '../options.ts';
import { processClock, startBroker } from '../start-broker.ts';
import { Activity } from './activity.ts';
import { checkedWaits } from './checked-waits.ts';
import { FaultScript, type Faults } from './faults.ts';
import { instrumentedApi } from './instrumented-api.ts';
import { RequestCounts } from './request-counts.ts';
import { canNameTopics, RequestTopics } from './request-topics.ts';
import { resetBroker } from './reset.ts';
import { type StoredRecord, storedRecords } from './stored-records.ts';
import { type BrokerClock, TestClock } from './test-clock.ts';
import { type Waits, waitsFor } from './waits.ts';

/** A broker with handles for a test suite. */
export interface TestBroker extends EmbeddedBroker, Waits {
  readonly clock: BrokerClock;
  readonly faults: Faults;
  /**
   * Back to an empty broker, in a few milliseconds: no topics, groups, committed offsets, faults, or
   * configs changed at run time. Connections stay.
   */
  reset(): Promise<void>;
  /** Creates a topic and resolves when it can be used. Rejects with a KafkaError. */
  createTopic(
    topic: string,
    options?: { readonly partitions?: number; readonly config?: KafkaConfig },
  ): Promise<void>;
  /** What a consumer could read from a topic now: by partition, then by offset. */
  records(topic: string): Promise<StoredRecord[]>;
}

const TOPIC_OPTIONS = { partitions: wholeNumber(1), config: configTexts };

/**
 * What tests want otherwise than production: one partition for groups, no wait for late members, and no
 * friendliness that would hide what a Kafka of today answers.
 */
const TEST_CONFIG: KafkaConfig = {
  compatibility: 'kafka-4',
  'offsets.topic.num.partitions': 1,
  'group.initial.rebalance.delay.ms': 0,
};

/**
 * Starts a broker for tests: the same one as `startBroker`, with its data in memory unless you say
 * otherwise, and with handles on its faults, its clock and what happens in it. It logs errors only: a
 * scripted disconnect would be a warning.
 */
export async function startTestBroker(options: BrokerOptions = {}): Promise<TestBroker> {
  checkBrokerOptions('startTestBroker', options);
  const clock = new TestClock(processClock);
  const activity = new Activity(processClock);
  const faults = new FaultScript();
  const counts = new RequestCounts();
  let attached: BrokerParts | undefined;
  const broker = await startBroker(
    {
      data: 'memory',
      logLevel: 'error',
      ...options,
      config: { ...TEST_CONFIG, ...options.config },
    },
    {
      clock,
      instrument(parts, apis) {
        attached = parts;
        activity.attach(parts);
        clock.onFired = () => activity.touch();
        faults.knowApis(
          apis.map(({ name, request }) => ({ name, namesTopics: canNameTopics(request.fields) })),
        );
        const { metadata } = parts;
        const topics = new RequestTopics((id) => metadata.snapshot.topicsById.get(id)?.name);
        const watcher = {
          clock,
          requested({ name }: { name: string }, context: RequestContext, request: unknown) {
            counts.add(name, context.clientId);
            activity.touch();
            return faults.take(name, context.clientId, topics.of(name, context, request));
          },
          fetchedBy: (context: RequestContext) => topics.fetchedBy(context),
        };
        return apis.map((api) => instrumentedApi(api, watcher));
      },
    },
  );
  if (!attached) throw new Error('the broker was not instrumented');
  const parts = attached;
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= (async () => {
      // A broker that shuts down gives clients some time, which must pass.
      clock.resume();
      activity.close();
      await broker.stop();
    })();
    return stopped;
  };
  const refuseStopped = (what: string) => {
    if (stopped) throw new Error(`${what}: the broker is stopped; start another one`);
  };
  return {
    ...broker,
    ...checkedWaits(waitsFor(parts, activity, counts), () => faults.apis),
    clock,
    faults,
    async reset() {
      refuseStopped('reset');
      faults.clear();
      await resetBroker(parts);
      counts.clear();
    },
    async createTopic(topic, options = {}) {
      const problem =
        problemOf('createTopic: topic', topic, topicName) ??
        problemIn('createTopic', options, TOPIC_OPTIONS);
      if (problem) throw new RangeError(problem);
      refuseStopped('createTopic');
      const { partitions = 1, config = {} } = options;
      await createTopic(parts, { topic, partitions, config });
    },
    async records(topic) {
      const problem = problemOf('records: topic', topic, topicName);
      if (problem) throw new RangeError(problem);
      refuseStopped('records');
      return storedRecords(parts, topic);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function createTopic(
  { controller }: BrokerParts,
  { topic, partitions, config }: { topic: string; partitions: number; config: KafkaConfig },
): Promise<void> {
  const configs = Object.entries(config).map(([name, value]) => ({ name, value: String(value) }));
  const [result] = await controller.createTopics(
    [{ name: topic, partitionCount: partitions, replicationFactor: -1, assignments: [], configs }],
    { validateOnly: false },
  );
  if (result && result.error !== 'NONE') throw new KafkaError(result.error, result.detail);
}
