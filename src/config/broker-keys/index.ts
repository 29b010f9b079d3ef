import type { ConfigKey } from '../key.ts';
import { COORDINATOR_KEYS } from './coordinator.ts';
import { KRAFT_KEYS } from './kraft.ts';
import { LOG_KEYS } from './log.ts';
import { REPLICATION_KEYS } from './replication.ts';
import { SERVER_KEYS } from './server.ts';
import { UNUSED_KEYS } from './unused.ts';
import { ZOOKEEPER_KEYS } from './zookeeper.ts';

/** The keys that have a typed field in `BrokerConfig`. */
export const TYPED_BROKER_KEYS = {
  ...SERVER_KEYS,
  ...LOG_KEYS,
  ...COORDINATOR_KEYS,
  ...REPLICATION_KEYS,
  ...ZOOKEEPER_KEYS,
  ...KRAFT_KEYS,
} as const;

/** Every broker config there is. */
export const BROKER_KEYS: Readonly<Record<string, ConfigKey>> = {
  ...TYPED_BROKER_KEYS,
  ...UNUSED_KEYS,
};
