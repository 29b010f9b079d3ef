import { readFileSync } from 'node:fs';
import { errorSentence } from '../base/system-error.ts';
import { type ConfigTexts, parseServerProperties } from '../config/index.ts';
import { CliError } from './failure.ts';

/** A file that somebody named. `what` says by which flag. Throws CliError. */
export function readBytes(path: string, what?: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CliError(`${what === undefined ? '' : `${what}: `}${errorSentence(error, { path })}`);
  }
}

export function readText(path: string, what?: string): string {
  return readBytes(path, what).toString('utf8');
}

/** A server.properties, or a client's; empty where none is named. Throws CliError. */
export function readProperties(path: string | undefined, what?: string): ConfigTexts {
  if (path === undefined) return {};
  const text = readText(path, what);
  try {
    return parseServerProperties(text);
  } catch (error) {
    throw new CliError(`${path}: ${errorSentence(error)}`);
  }
}
