import {
  type ClientQuota,
  type Cluster,
  describeClientQuotas,
  describeScramCredentials,
  type ScramCredentials,
} from '../client/index.ts';
import { javaNumber } from './record-format.ts';
import type { Terminal } from './terminal.ts';

// `configs --describe` of users, clients and addresses: their quotas, and the passwords of users.

export interface QuotaEntity {
  readonly type: 'users' | 'clients' | 'ips';
  /** Undefined: all of the type; empty: its default. */
  readonly name: string | undefined;
}

const COMPONENT_OF = { users: 'user', clients: 'client-id', ips: 'ip' } as const;
/** What the lines call a component, in the order of the lines. */
const SHOWN_AS: readonly (readonly [type: string, shown: string])[] = [
  ['user', 'user-principal'],
  ['client-id', 'client-id'],
  ['ip', 'ip'],
];
const MECHANISMS: Readonly<Record<number, string>> = { 1: 'SCRAM-SHA-256', 2: 'SCRAM-SHA-512' };

/** Prints what there is, and nothing where there is nothing. Throws KafkaError. */
export async function describeQuotas(
  cluster: Cluster,
  entities: readonly QuotaEntity[],
  terminal: Pick<Terminal, 'out'>,
): Promise<void> {
  const quotas = await describeClientQuotas(
    cluster,
    entities.map(({ type, name }) => ({
      type: COMPONENT_OF[type],
      name: name === '' ? null : name,
    })),
  );
  terminal.out(quotas.map(quotaLine).join(''));
  // A password is a user's, whatever the client, and there is no default one.
  if (!entities.every(({ type, name }) => type === 'users' && name !== '')) return;
  const names = entities.flatMap(({ name }) => (name === undefined ? [] : [name]));
  const credentials = await describeScramCredentials(cluster, names);
  terminal.out(credentials.map(credentialsLine).join(''));
}

export function quotaLine({ entity, values }: ClientQuota): string {
  const parts = SHOWN_AS.flatMap(([type, shown]) => {
    const found = entity.find((component) => component.type === type);
    if (found === undefined) return [];
    return [found.name === null ? `the default ${shown}` : `${shown} '${found.name}'`];
  });
  const texts = values.map(({ key, value }) => `${key}=${javaNumber(value)}`);
  return `Quota configs for ${parts.join(', ')} are ${texts.join(', ')}\n`;
}

/** Empty for a user who has no password: Kafka's tool is silent then, too. */
export function credentialsLine({ user, error, passwords }: ScramCredentials): string {
  if (error?.error === 'RESOURCE_NOT_FOUND') return '';
  const shown = `SCRAM credential configs for user-principal '${user}'`;
  if (error) return `Error retrieving ${shown}: ${error.message}\n`;
  const texts = passwords.map(
    ({ mechanism, iterations }) =>
      `${MECHANISMS[mechanism] ?? `mechanism ${mechanism}`}=iterations=${iterations}`,
  );
  return `${shown} are ${texts.join(', ')}\n`;
}
