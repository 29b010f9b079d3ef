import {
  type BrokerConfigResult,
  ConfigError,
  loadBrokerConfig,
  parseOverride,
} from '../config/index.ts';
import { CliError } from './failure.ts';
import { readProperties } from './text-file.ts';

/**
 * A broker's configuration: its server.properties, and the `key=value` of --override that win over it. Throws CliError
 * and ConfigError; of a value from the file with the file's name. `flag` is the
 * one that names the file.
 */
export function readBrokerConfig(
  path: string | undefined,
  overrides: readonly string[] = [],
  flag?: string,
): BrokerConfigResult {
  const file = readProperties(path, flag);
  const over = Object.fromEntries(overrides.map(parseOverride));
  try {
    return loadBrokerConfig({ ...file, ...over });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const withFile = (line: string) => {
      const key = /^([\w.-]+) = /.exec(line)?.[1] ?? '';
      return Object.hasOwn(file, key) && !Object.hasOwn(over, key) ? `${path}: ${line}` : line;
    };
    throw new CliError(error.message.split('\n').map(withFile).join('\n'));
  }
}
