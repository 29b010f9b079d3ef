import type { MessageSchema } from '../schema/index.ts';
import * as messages from './all.ts';

export * from './all.ts';

/** The two messages of one API. */
export interface ApiMessages {
  readonly key: number;
  readonly name: string;
  readonly request: MessageSchema;
  readonly response: MessageSchema;
}

/** Every API this code can read and write, by key; which of them a broker offers is the broker's choice. */
export const apis: readonly ApiMessages[] = pairs();

/** Throws where a request or a response is alone. */
function pairs(): ApiMessages[] {
  const byType = {
    request: new Map<number, MessageSchema>(),
    response: new Map<number, MessageSchema>(),
  };
  for (const declared of Object.values<unknown>(messages)) {
    if (isMessage(declared)) byType[declared.type].set(declared.apiKey, declared);
  }
  const keys = new Set([...byType.request.keys(), ...byType.response.keys()]);
  return [...keys]
    .sort((one, other) => one - other)
    .map((key) => {
      const request = byType.request.get(key);
      const response = byType.response.get(key);
      if (!request || !response) throw new Error(`API ${key} has only one of its two messages`);
      return { key, name: request.name, request, response };
    });
}

/** The files export types of their own too, and parts of messages. */
function isMessage(value: unknown): value is MessageSchema & { type: 'request' | 'response' } {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false;
  return value.type === 'request' || value.type === 'response';
}

const byKey: readonly (ApiMessages | undefined)[] = apis.reduce<ApiMessages[]>((table, api) => {
  table[api.key] = api;
  return table;
}, []);

/** The messages of an API key as it came off the wire, or undefined for a key nobody declared. */
export function apiByKey(key: number): ApiMessages | undefined {
  return byKey[key];
}
