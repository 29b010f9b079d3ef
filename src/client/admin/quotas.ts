import { errorName, KafkaError } from '../../protocol/errors.ts';
import {
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
} from '../../protocol/messages/48-describe-client-quotas.ts';
import {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
} from '../../protocol/messages/50-describe-user-scram-credentials.ts';
import type { Cluster } from '../cluster.ts';

/** One part of what a quota is for (KIP-546). */
export interface QuotaComponent {
  readonly type: 'user' | 'client-id' | 'ip';
  /** Undefined: any that has a quota of its own; null: the default of the type. */
  readonly name: string | null | undefined;
}

export interface ClientQuota {
  /** Null stands for the default of the type. */
  readonly entity: readonly { readonly type: string; readonly name: string | null }[];
  readonly values: readonly { readonly key: string; readonly value: number }[];
}

/** The protocol's numbers of how a component is matched. */
const MATCH = { exact: 0, default: 1, any: 2 } as const;

/** The quotas of entities that consist of just these components. Throws KafkaError. */
export async function describeClientQuotas(
  cluster: Cluster,
  components: readonly QuotaComponent[],
): Promise<ClientQuota[]> {
  const connection = await cluster.retry(() => cluster.any());
  const answer = await connection.call(DescribeClientQuotasRequest, DescribeClientQuotasResponse, {
    components: components.map(({ type, name }) => ({
      entityType: type,
      matchType: name === undefined ? MATCH.any : name === null ? MATCH.default : MATCH.exact,
      match: name ?? null,
    })),
    strict: true,
  });
  throwOnError(answer);
  return (answer.entries ?? []).map(({ entity, values }) => ({
    entity: entity.map(({ entityType, entityName }) => ({ type: entityType, name: entityName })),
    values,
  }));
}

export interface ScramCredentials {
  readonly user: string;
  /** What went wrong for this user; undefined where the passwords are known. */
  readonly error: KafkaError | undefined;
  /** The protocol's number of each mechanism (KIP-554), and how often its hash is repeated. */
  readonly passwords: readonly { readonly mechanism: number; readonly iterations: number }[];
}

/** Of the named users, or of all that have a password where none is named. Throws KafkaError. */
export async function describeScramCredentials(
  cluster: Cluster,
  users: readonly string[],
): Promise<ScramCredentials[]> {
  const connection = await cluster.retry(() => cluster.any());
  const answer = await connection.call(
    DescribeUserScramCredentialsRequest,
    DescribeUserScramCredentialsResponse,
    { users: users.length === 0 ? null : users.map((name) => ({ name })) },
  );
  throwOnError(answer);
  return answer.results.map((result) => ({
    user: result.user,
    error: errorOf(result),
    passwords: result.credentialInfos,
  }));
}

type Failure = { readonly errorCode: number; readonly errorMessage: string | null };

function errorOf({ errorCode, errorMessage }: Failure): KafkaError | undefined {
  return errorCode === 0 ? undefined : new KafkaError(errorName(errorCode), errorMessage);
}

function throwOnError(answer: Failure): void {
  const error = errorOf(answer);
  if (error) throw error;
}
