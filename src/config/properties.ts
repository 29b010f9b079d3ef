import { ConfigError, type ConfigTexts } from './key.ts';

/** Parses the format of Java's `Properties`: the last value of a key counts. Throws ConfigError. */
export function parseServerProperties(text: string): ConfigTexts {
  const found: Record<string, string> = Object.create(null);
  for (const line of logicalLines(text)) {
    const [key, value] = splitLine(line);
    found[key] = value;
  }
  return found;
}

/** `key=value`, as `--override` takes it. Throws ConfigError. */
export function parseOverride(text: string): readonly [key: string, value: string] {
  const at = text.indexOf('=');
  if (at < 1) throw new ConfigError(`--override ${text} is not of the form key=value`);
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

/** Joins continued lines, and drops comments and blank ones. */
function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let open: string | undefined;
  for (const raw of text.replace(/^\uFEFF/, '').split(/\r\n|[\r\n]/)) {
    const line = raw.replace(/^[ \t\f]+/, '');
    if (open === undefined && (line === '' || line[0] === '#' || line[0] === '!')) continue;
    const joined = (open ?? '') + line;
    // An odd number of backslashes at the end: the last one is not escaped and continues the line.
    const backslashes = /\\*$/.exec(joined)![0].length;
    if (backslashes % 2 === 1) open = joined.slice(0, -1);
    else {
      lines.push(joined);
      open = undefined;
    }
  }
  if (open !== undefined) lines.push(open);
  return lines;
}

/** The key ends at the first unescaped `=`, `:` or blank; blanks around that sign do not count. */
function splitLine(line: string): [key: string, value: string] {
  const match = /^((?:\\.|[^\\=: \t\f])*)[ \t\f]*(?:[=:][ \t\f]*)?(.*)$/s.exec(line);
  return [decodeEscapes(match?.[1] ?? ''), decodeEscapes(match?.[2] ?? '').trimEnd()];
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function decodeEscapes(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(u)|(.?))/gs, (_, hex, badHex, other) => {
    if (badHex !== undefined) {
      throw new ConfigError(`${text} has a \\u that is not followed by four hexadecimal digits`);
    }
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return ESCAPES[other] ?? other;
  });
}
