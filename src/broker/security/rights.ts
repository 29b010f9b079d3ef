import type { ErrorName } from '../../protocol/errors.ts';

/** What a client does to a resource, by the names and codes that ACLs have on the wire. */
export const OPERATION_CODES = {
  READ: 3,
  WRITE: 4,
  CREATE: 5,
  DELETE: 6,
  ALTER: 7,
  DESCRIBE: 8,
  CLUSTER_ACTION: 9,
  DESCRIBE_CONFIGS: 10,
  ALTER_CONFIGS: 11,
  IDEMPOTENT_WRITE: 12,
} as const;

export type Operation = keyof typeof OPERATION_CODES;

export type ResourceType = 'TOPIC' | 'GROUP' | 'CLUSTER' | 'TRANSACTIONAL_ID';

/** The one resource of the type CLUSTER. */
export const CLUSTER_NAME = 'kafka-cluster';

/** To do this to a resource of that type. */
export interface Right {
  readonly operation: Operation;
  readonly resource: ResourceType;
}

/** Everything that can be done to a resource of each type. */
const OPERATIONS: Readonly<Record<ResourceType, readonly Operation[]>> = {
  TOPIC: [
    'READ',
    'WRITE',
    'CREATE',
    'DELETE',
    'ALTER',
    'DESCRIBE',
    'DESCRIBE_CONFIGS',
    'ALTER_CONFIGS',
  ],
  // Groups have no configs in Kafka 3.9.
  GROUP: ['READ', 'DELETE', 'DESCRIBE'],
  CLUSTER: [
    'CREATE',
    'ALTER',
    'DESCRIBE',
    'CLUSTER_ACTION',
    'DESCRIBE_CONFIGS',
    'ALTER_CONFIGS',
    'IDEMPOTENT_WRITE',
  ],
  TRANSACTIONAL_ID: ['WRITE', 'DESCRIBE'],
};

/** The operations on a resource of this type that `isAllowed`, a bit at the code of each (KIP-430). */
export function operationBits(
  resource: ResourceType,
  isAllowed: (operation: Operation) => boolean,
): number {
  let bits = 0;
  for (const operation of OPERATIONS[resource]) {
    if (isAllowed(operation)) bits |= 1 << OPERATION_CODES[operation];
  }
  return bits;
}

/** The error for a client that may not do something to a resource of this type. */
export function denial(resource: ResourceType): ErrorName {
  return `${resource}_AUTHORIZATION_FAILED`;
}
