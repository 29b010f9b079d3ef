import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import type { Random } from '../../../base/random.ts';
import type { CoordinatorLog } from '../runtime/coordinator-log.ts';
import type { GroupConfig } from './group-config.ts';

export interface GroupCoordinatorPorts {
  clock: Clock;
  random: Random;
  logger: Logger;
  log: CoordinatorLog;
  /** Read at every use, so that a changed setting takes effect at once. */
  config: () => GroupConfig;
  /** Partitions of `__consumer_offsets`: of the topic, or as configured before it exists. */
  partitionCount: () => number;
}
