/** Fields that have a place of their own in the line, or none. */
const PLACED = new Set(['time', 'level', 'msg', 'error']);

/**
 * A line of JSON from the logger as a person reads it:
 * `12:00:00.123 WARN  closed a connection: ... client=127.0.0.1:50000 api=Fetch`, and an error's stack
 * on the lines below.
 */
export function readableLine(json: string): string {
  let entry: Record<string, unknown>;
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed !== 'object' || parsed === null) return json;
    entry = { ...parsed };
  } catch {
    return json;
  }
  const time = localTime(String(entry['time'] ?? ''));
  const level = String(entry['level'] ?? '')
    .toUpperCase()
    .padEnd(5);
  const fields = Object.entries(entry)
    .filter(([name]) => !PLACED.has(name))
    .map(([name, value]) => `${name}=${fieldText(value)}`);
  const line = [time, level, String(entry['msg'] ?? ''), ...fields].join(' ');
  return `${line}${errorText(entry['error'])}\n`;
}

/** Hours to milliseconds in the time zone of whoever reads it. */
function localTime(iso: string): string {
  return `${new Date(iso).toTimeString().slice(0, 8)}.${iso.slice(20, 23)}`;
}

function fieldText(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

function errorText(error: unknown): string {
  if (error === undefined) return '';
  if (typeof error === 'object' && error !== null && 'stack' in error) {
    return `\n${String(error.stack).replace(/^/gm, '    ')}`;
  }
  return ` error=${fieldText(error)}`;
}
