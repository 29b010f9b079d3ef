import { type BrokerConfig, compatibilityOf } from '../config/index.ts';
import type { LogManagerSettings } from '../storage/log-manager-settings.ts';
import type { ControllerSettings } from './controller/controller.ts';
import type { GroupConfig } from './coordinator/group/group-config.ts';
import { defaultNetworkLimits, type NetworkLimits } from './network/limits.ts';
import { OFFSETS_TOPIC } from './replicated-coordinator-log.ts';

// What each part of the broker takes from the configuration, in one place.

/** The sentence for what the configuration asks and this version does not do; undefined if nothing. */
export function unsupportedConfig(config: BrokerConfig): string | undefined {
  const encrypted = config.parsedListeners.find(({ protocol }) => protocol !== 'PLAINTEXT');
  if (encrypted) {
    return `listeners names ${encrypted.name} with ${encrypted.protocol}, but this version speaks PLAINTEXT only; name PLAINTEXT listeners, on addresses that only trusted clients reach`;
  }
  const [role, ...otherRoles] = config.processRoles;
  if (role !== undefined && otherRoles.length === 0) {
    return `process.roles = ${role} asks for one half of a KRaft node, but this version runs as a single node that is both; say process.roles=broker,controller, or leave it out`;
  }
  for (const [key, nodes] of [
    ['controller.quorum.voters', config.controllerQuorumVoters],
    ['controller.quorum.bootstrap.servers', config.controllerQuorumBootstrapServers],
  ] as const) {
    if (nodes.length > 1) {
      return `${key} = ${nodes.join(',')} names ${nodes.length} controllers, but this version runs as a single node; name this node alone, or leave it out`;
    }
  }
  return undefined;
}

/** A broker with ZooKeeper takes 60 to 210 ms, measured. */
const DELETED_NAME_TAKEN_MS = 100;

const MEGABYTE = 1024 * 1024;

/** `memoryBytes` is what this process may use. */
export function logManagerSettings(
  config: BrokerConfig,
  memoryBytes: number,
): Partial<LogManagerSettings> {
  return {
    initialTaskDelayMs: config.logInitialTaskDelayMs,
    retentionCheckIntervalMs: config.logRetentionCheckIntervalMs,
    recoveryPointCheckpointIntervalMs: config.logFlushOffsetCheckpointIntervalMs,
    producerIdExpirationMs: config.producerIdExpirationMs,
    reservedBytes: config.logDiskReservedBytes,
    maxUnsyncedBytes: maxUnsyncedBytes(config, memoryBytes),
    recoveryConcurrency: config.numRecoveryThreadsPerDataDir,
    cleaner: {
      enable: config.logCleanerEnable,
      threads: config.logCleanerThreads,
      backoffMs: config.logCleanerBackoffMs,
      ioMaxBytesPerSecond: config.logCleanerIoMaxBytesPerSecond,
      ioBufferSize: config.logCleanerIoBufferSize,
      dedupeBufferSize: config.logCleanerDedupeBufferSize,
      ioBufferLoadFactor: config.logCleanerIoBufferLoadFactor,
    },
  };
}

/**
 * For each log directory. The system begins to hold up writers at some 15 % of the memory; all of the
 * broker's other memory is to have room too.
 */
function maxUnsyncedBytes(config: BrokerConfig, memoryBytes: number): number {
  const configured = config.logUnsyncedMaxBytes;
  const bytes =
    configured >= 0
      ? configured
      : Math.min(4096 * MEGABYTE, Math.max(32 * MEGABYTE, Math.floor(memoryBytes / 16)));
  return bytes / config.logDirList.length;
}

export function controllerSettings(config: BrokerConfig): ControllerSettings {
  return {
    partitionCount: config.numPartitions,
    replicationFactor: config.defaultReplicationFactor,
    deleteTopicEnable: config.deleteTopicEnable,
    deletedNameTakenMs:
      compatibilityOf(config.compatibility).deletedName === 'free at once'
        ? 0
        : DELETED_NAME_TAKEN_MS,
    uncleanLeaderElectionEnable: config.uncleanLeaderElectionEnable,
    internalTopics: new Map([
      [
        OFFSETS_TOPIC,
        {
          partitionCount: config.offsetsTopicNumPartitions,
          replicationFactor: config.offsetsTopicReplicationFactor,
          configs: new Map([
            ['compression.type', 'producer'],
            ['cleanup.policy', 'compact'],
            ['segment.bytes', String(config.offsetsTopicSegmentBytes)],
          ]),
        },
      ],
    ]),
  };
}

export function groupConfig(config: BrokerConfig): GroupConfig {
  return {
    minSessionTimeoutMs: config.groupMinSessionTimeoutMs,
    maxSessionTimeoutMs: config.groupMaxSessionTimeoutMs,
    maxSize: config.groupMaxSize,
    initialRebalanceDelayMs: config.groupInitialRebalanceDelayMs,
    offsetMetadataMaxBytes: config.offsetMetadataMaxBytes,
    offsetsRetentionMs: config.offsetsRetentionMinutes * 60_000,
    offsetsRetentionCheckIntervalMs: config.offsetsRetentionCheckIntervalMs,
  };
}

/** `heapBytes` is what the objects of this process may take up. */
export function networkLimits(config: BrokerConfig, heapBytes: number): NetworkLimits {
  return {
    ...defaultNetworkLimits,
    maxRequestBytes: config.socketRequestMaxBytes,
    maxConnections: config.maxConnections,
    maxConnectionsPerIp: config.maxConnectionsPerIp,
    maxConnectionsPerIpOverrides: connectionOverrides(config.maxConnectionsPerIpOverrides),
    maxIdleMs: config.connectionsMaxIdleMs,
    maxResponseBytes: config.socketResponseMaxBytes,
    maxDecodedBytes: Math.min(defaultNetworkLimits.maxDecodedBytes, Math.floor(heapBytes / 8)),
    // -1, Kafka's "no limit", does not exist here: every queue has a bound.
    ...(config.queuedMaxRequestBytes > 0 && { maxInFlightBytes: config.queuedMaxRequestBytes }),
  };
}

/** What one partition of a fetch session takes up. */
const SESSION_PARTITION_BYTES = 300;

/** Partitions of all fetch sessions: a sixteenth of the heap, 120 MB at most. */
export function maxSessionPartitions(heapBytes: number): number {
  return Math.min(400_000, Math.floor(heapBytes / 16 / SESSION_PARTITION_BYTES));
}

/** What the members of all groups may say of themselves: 256 MB, or a sixteenth of the memory. */
export function maxMemberBytes(memoryBytes: number): number {
  return Math.min(256 * MEGABYTE, Math.floor(memoryBytes / 16));
}

/** `host:count` entries, comma-separated. */
function connectionOverrides(text: string): Map<string, number> {
  const entries = text.split(',').filter((entry) => entry.trim() !== '');
  return new Map(
    entries.map((entry) => {
      const cut = entry.lastIndexOf(':');
      return [entry.slice(0, cut).trim(), Number(entry.slice(cut + 1))];
    }),
  );
}
