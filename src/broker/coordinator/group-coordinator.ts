import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { ErrorName } from '../../protocol/errors.ts';
import type { CoordinatorLog } from './coordinator-log.ts';
import type {
  CommittedOffsetView,
  DescribedGroup,
  HeartbeatRequest,
  JoinRequest,
  JoinResult,
  LeaveRequest,
  LeaveResult,
  ListedGroup,
  OffsetCommitRequest,
  OffsetDeleteRequest,
  OffsetDeleteResult,
  OffsetFetchRequest,
  OffsetFetchResult,
  SyncRequest,
  SyncResult,
} from './group/messages.ts';
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

/** A request that is answered later; `cancel` tells that its client is gone. Idempotent. */
export interface Parked<Result> {
  answer: Promise<Result>;
  cancel(): void;
}

/**
 * The group coordinator: classic groups (KIP-345, 394, 559, 800, 814 included) and committed
 * offsets, one shard per partition of `__consumer_offsets` that this broker leads.
 */
export class GroupCoordinator {
  constructor(_ports: GroupCoordinatorPorts) {
    throw new Error('not yet');
  }

  /** This broker leads `partition` from `leaderEpoch` on: load it, then serve its groups. */
  onElection(_partition: number, _leaderEpoch: number): void {}
  /** This broker no longer leads `partition`; `undefined` says it is being deleted. */
  onResignation(_partition: number, _leaderEpoch: number | undefined): void {}
  /** Drops the offsets that groups committed for partitions which are gone. */
  onPartitionsDeleted(_topic: string, _partitions: readonly number[] | 'all'): void {}
  /** Starts the periodic work. */
  start(): void {}
  /** Answers everything parked and stops all timers. */
  stop(): void {}

  /** The `__consumer_offsets` partition of a group. */
  partitionFor(_groupId: string): number {
    throw new Error('not yet');
  }
  /** Resolves once the shard is loaded, or at once when it is not being loaded here. Never rejects. */
  whenLoaded(_partition: number): Promise<void> {
    throw new Error('not yet');
  }

  join(_request: JoinRequest): Parked<JoinResult> {
    throw new Error('not yet');
  }
  sync(_request: SyncRequest): Parked<SyncResult> {
    throw new Error('not yet');
  }
  heartbeat(_request: HeartbeatRequest): ErrorName {
    throw new Error('not yet');
  }
  leave(_request: LeaveRequest): LeaveResult {
    throw new Error('not yet');
  }
  /** One error per entry, in the order of the entries. */
  commitOffsets(_request: OffsetCommitRequest): Promise<ErrorName[]> {
    throw new Error('not yet');
  }
  fetchOffsets(_request: OffsetFetchRequest): OffsetFetchResult {
    throw new Error('not yet');
  }
  describe(_groupId: string): DescribedGroup {
    throw new Error('not yet');
  }
  /** Empty filters list everything. Names are compared without case. */
  list(_filter: { states: readonly string[]; types: readonly string[] }): {
    error: ErrorName;
    groups: ListedGroup[];
  } {
    throw new Error('not yet');
  }
  deleteGroup(_groupId: string): Promise<ErrorName> {
    throw new Error('not yet');
  }
  deleteOffsets(_request: OffsetDeleteRequest): Promise<OffsetDeleteResult> {
    throw new Error('not yet');
  }

  /** Every committed offset of every loaded group: the lag metric reads it. */
  committedOffsets(): Iterable<CommittedOffsetView> {
    throw new Error('not yet');
  }
  /** Count of groups by state. */
  groupCounts(): Map<string, number> {
    throw new Error('not yet');
  }
}
