import type { CrashSurvival } from '../../src/base/testing/sim-file.ts';
import type { SimRandom } from '../../src/base/testing/sim-random.ts';
import type { FlushPolicy } from '../../src/storage/log-types.ts';
import type { FixedTopic } from '../clients/client-world.ts';

/** How a life of the broker ends. */
export type Ending = 'stop' | 'kill' | 'power cut';

/** What a seed decides before anything happens. */
export interface Plan {
  readonly policy: FlushPolicy;
  readonly properties: Readonly<Record<string, string>>;
  readonly topics: readonly FixedTopic[];
  readonly producersPerPartition: number;
  readonly pauseMs: number;
  readonly readers: number;
  readonly members: number;
  readonly churns: number;
  readonly lives: readonly LifePlan[];
  readonly networkDelayMs: number;
  readonly maxChunkBytes: number;
}

export interface LifePlan {
  readonly ending: Ending;
  readonly survival: CrashSurvival;
  /** How long it lives under load, before it ends or until `operations` are done. */
  readonly durationMs: number;
  /** It ends at this operation of the disk, be it while it starts; infinite where it does not. */
  readonly operations: number;
  /** Clean stops that are not waited for. */
  readonly endsWhileStopping: boolean;
  /** What goes wrong meanwhile. */
  readonly faults: readonly Fault[];
}

export type Fault =
  | 'connections break'
  | 'connections go silent'
  | 'the disk is slow'
  | 'the disk stutters'
  | 'the clock jumps'
  | 'noise on the wire'
  | 'the disk fills up'
  | 'the disk fails';

const FAULTS: readonly Fault[] = [
  'connections break',
  'connections break',
  'connections go silent',
  'the disk is slow',
  'the disk stutters',
  'the clock jumps',
  'noise on the wire',
];

export function choosePlan(random: SimRandom, policy: FlushPolicy | undefined): Plan {
  const chosen = policy ?? random.pick<FlushPolicy>(['os', 'group-commit']);
  const lives = 2 + random.int(3);
  return {
    policy: chosen,
    properties: {
      'log.flush.policy': chosen,
      'log.segment.bytes': String(random.pick([3000, 10_000, 1_000_000])),
      'log.index.interval.bytes': String(random.pick([1, 1000, 4096])),
      'log.initial.task.delay.ms': '300',
      'log.retention.check.interval.ms': String(random.pick([500, 2000])),
      'log.segment.delete.delay.ms': String(random.pick([0, 500, 60_000])),
      'log.flush.offset.checkpoint.interval.ms': String(random.pick([300, 60_000])),
      'log.cleaner.backoff.ms': '500',
      'offsets.topic.num.partitions': '2',
      'offsets.topic.segment.bytes': String(random.pick([2000, 1_000_000])),
      'group.initial.rebalance.delay.ms': String(random.pick([0, 200])),
      'num.recovery.threads.per.data.dir': String(1 + random.int(3)),
      'replica.high.watermark.checkpoint.interval.ms': '700',
    },
    topics: chooseTopics(random),
    producersPerPartition: 1 + random.int(2),
    pauseMs: random.pick([5, 40, 100]),
    readers: 1 + random.int(2),
    members: random.int(4),
    churns: random.int(2),
    lives: Array.from({ length: lives }, () => chooseLife(random)),
    networkDelayMs: random.pick([0.2, 1, 20]),
    maxChunkBytes: random.pick([100, 1000, 65_536, 65_536]),
  };
}

function chooseTopics(random: SimRandom): FixedTopic[] {
  const topics: FixedTopic[] = [
    {
      name: 'kept',
      partitionCount: 1 + random.int(3),
      configs: {},
      mayExpire: false,
      isCompacted: false,
    },
  ];
  if (random.chance(0.6)) {
    const configs: Record<string, string> = random.chance(0.5)
      ? { 'retention.bytes': '5000' }
      : { 'retention.ms': '1500' };
    topics.push({
      name: 'expiring',
      partitionCount: 1 + random.int(2),
      configs,
      mayExpire: true,
      isCompacted: false,
    });
  }
  if (random.chance(0.4)) {
    topics.push({
      name: 'compacted',
      partitionCount: 1,
      configs: {
        'cleanup.policy': 'compact',
        'min.cleanable.dirty.ratio': '0.01',
        'segment.ms': '400',
      },
      mayExpire: false,
      isCompacted: true,
    });
  }
  return topics;
}

function chooseLife(random: SimRandom): LifePlan {
  const ending = random.pick<Ending>(['stop', 'kill', 'kill', 'power cut', 'power cut']);
  const faults = FAULTS.filter(() => random.chance(0.25));
  if (random.chance(0.1)) faults.push('the disk fills up');
  if (ending !== 'stop' && random.chance(0.1)) faults.push('the disk fails');
  return {
    ending,
    survival: random.pick<CrashSurvival>(['none', 'torn', 'scattered', 'scattered']),
    durationMs: 50 + random.float() * random.pick([200, 200, 1000]),
    operations:
      ending === 'stop' || random.chance(0.4)
        ? Number.POSITIVE_INFINITY
        : 1 + random.int(random.pick([15, 60, 500])),
    endsWhileStopping: ending !== 'stop' && random.chance(0.2),
    faults,
  };
}
