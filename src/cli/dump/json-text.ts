import type { Field, Fields, MessageSchema } from '../../protocol/schema/index.ts';
import { parseVersions } from '../../protocol/schema/versions.ts';

/** A message as Kafka's tools write it in JSON: the fields of this version, bytes as base64. */
export function messageJson(schema: MessageSchema, version: number, value: unknown): unknown {
  return structJson(schema.fields, version, value);
}

function structJson(fields: Fields, version: number, value: unknown): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  if (typeof value !== 'object' || value === null) return found;
  const values = new Map<string, unknown>(Object.entries(value));
  for (const [name, field] of Object.entries(fields)) {
    if (!has(field.versions, version)) continue;
    const one = values.get(name);
    const tagged = has(field.options.taggedVersions, version);
    if (tagged && one === field.default) continue;
    found[name] = fieldJson(field, version, one);
  }
  return found;
}

function fieldJson(field: Field, version: number, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (Array.isArray(value)) {
    const { element } = field;
    return typeof element === 'object'
      ? value.map((one: unknown) => structJson(element, version, one))
      : value;
  }
  return field.fields ? structJson(field.fields, version, value) : value;
}

function has(versions: string | undefined, version: number): boolean {
  if (versions === undefined) return false;
  const { lowest, highest } = parseVersions(versions);
  return version >= lowest && version <= highest;
}
