import type { ConfigTexts } from '../config/index.ts';
import { CliError } from './failure.ts';
import { nearProperty } from './near-property.ts';

/** How `--property` makes records of lines. */
export interface LineFormat {
  readonly parseKey: boolean;
  readonly parseHeaders: boolean;
  readonly ignoreError: boolean;
  readonly keySeparator: string;
  readonly headersDelimiter: string;
  readonly headersSeparator: string;
  readonly headersKeySeparator: string;
  /** Text that stands for null; undefined: none does. */
  readonly nullMarker: string | undefined;
}

export interface ParsedLine {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[];
}

const KNOWN = [
  ...['parse.key', 'parse.headers', 'ignore.error', 'null.marker', 'key.separator'],
  ...['headers.delimiter', 'headers.separator', 'headers.key.separator'],
];

/**
 * Others' properties are ignored; `warn` hears of one that is nearly ours. Throws CliError for separators that cannot
 * be told apart.
 */
export function lineFormat(properties: ConfigTexts, warn: (warning: string) => void): LineFormat {
  for (const name of Object.keys(properties)) {
    const warning = KNOWN.includes(name) ? undefined : nearProperty(name, KNOWN);
    if (warning) warn(warning);
  }
  const isTrue = (name: string) => properties[name]?.trim().toLowerCase() === 'true';
  const separators = {
    'headers.delimiter': properties['headers.delimiter'] ?? '\t',
    'headers.separator': properties['headers.separator'] ?? ',',
    'headers.key.separator': properties['headers.key.separator'] ?? ':',
  };
  const named = Object.entries(separators);
  const marker = properties['null.marker'];
  const others = [...named, ['key.separator', properties['key.separator'] ?? '\t'] as const];
  for (const [name, text] of others) {
    if (text === '') throw new CliError(`${name} may not be empty`);
    if (text === marker) throw new CliError(`null.marker and ${name} may not be equal`);
  }
  for (const [index, [name, text]] of named.entries()) {
    const same = named.slice(index + 1).find(([, other]) => other === text);
    if (same) throw new CliError(`${name} and ${same[0]} may not be equal`);
  }
  return {
    parseKey: isTrue('parse.key'),
    parseHeaders: isTrue('parse.headers'),
    ignoreError: isTrue('ignore.error'),
    keySeparator: properties['key.separator'] ?? '\t',
    headersDelimiter: separators['headers.delimiter'],
    headersSeparator: separators['headers.separator'],
    headersKeySeparator: separators['headers.key.separator'],
    nullMarker: marker,
  };
}

/** "headers, key, value" as the format says. Throws CliError naming the line. */
export function parseLine(line: Buffer, format: LineFormat, lineNumber: number): ParsedLine {
  let rest = line;
  const cut = (separator: string, name: string): Buffer | undefined => {
    const at = rest.indexOf(separator);
    if (at < 0) {
      if (format.ignoreError) return undefined;
      throw new CliError(`No ${name} found on line number ${lineNumber}: '${line.toString()}'`);
    }
    const part = rest.subarray(0, at);
    rest = rest.subarray(at + Buffer.byteLength(separator));
    return part;
  };
  const headers = format.parseHeaders
    ? cut(format.headersDelimiter, 'headers delimiter')
    : undefined;
  const key = format.parseKey ? cut(format.keySeparator, 'key separator') : undefined;
  const orNull = (part: Buffer | undefined) =>
    part === undefined ||
    (format.nullMarker !== undefined && part.equals(Buffer.from(format.nullMarker)))
      ? null
      : part;
  return {
    key: orNull(key),
    value: orNull(rest),
    headers: orNull(headers) === null ? [] : parseHeaders(headers!.toString(), format, lineNumber),
  };
}

function parseHeaders(
  text: string,
  format: LineFormat,
  lineNumber: number,
): { key: string; value: Buffer | null }[] {
  return text.split(format.headersSeparator).map((pair) => {
    const at = pair.indexOf(format.headersKeySeparator);
    if (at < 0) {
      if (format.ignoreError) return { key: pair, value: null };
      throw new CliError(
        `No header key separator found in pair '${pair}' on line number ${lineNumber}`,
      );
    }
    const key = pair.slice(0, at);
    if (key === format.nullMarker) {
      throw new CliError(
        `Header keys should not be equal to the null marker '${key}' as they can't be null`,
      );
    }
    const value = pair.slice(at + format.headersKeySeparator.length);
    return { key, value: value === format.nullMarker ? null : Buffer.from(value) };
  });
}
