import type { Logger, LogLevel } from '../../base/logger.ts';
import type { DescribedConfig } from '../../config/index.ts';
import type { Outcome } from '../controller/requests.ts';

/** The one logger there is, by Kafka's name for the one above all others. */
const ROOT = 'root';

/** Kafka's words for our levels; its FATAL and TRACE have none. */
const LEVELS: ReadonlyMap<string, LogLevel> = new Map([
  ['DEBUG', 'debug'],
  ['INFO', 'info'],
  ['WARN', 'warn'],
  ['ERROR', 'error'],
]);

const DYNAMIC_BROKER_LOGGER_CONFIG = 6;

export interface LoggerChange {
  readonly name: string;
  /** The code of IncrementalAlterConfigs: 0 sets, 1 deletes; the others are for lists. */
  readonly configOperation: number;
  readonly value: string | null;
}

/** The levels as DescribeConfigs shows them (KIP-412); `names` narrows them (null or empty: all). */
export function describeLoggers(
  logger: Logger,
  names: readonly string[] | null,
): DescribedConfig[] {
  const { threshold } = logger;
  const isAsked = names === null || names.length === 0 || names.includes(ROOT);
  if (!threshold || !isAsked) return [];
  return [
    {
      name: ROOT,
      value: threshold.level === 'silent' ? 'OFF' : threshold.level.toUpperCase(),
      readOnly: false,
      isDefault: false,
      configSource: DYNAMIC_BROKER_LOGGER_CONFIG,
      isSensitive: false,
      synonyms: [],
      configType: 0,
      documentation: '',
    },
  ];
}

/** Sets levels until the broker stops, all that are asked or none. */
export function alterLoggers(
  logger: Logger,
  changes: readonly LoggerChange[],
  { validateOnly }: { validateOnly: boolean },
): Outcome {
  for (const change of changes) {
    const refused = refusal(logger, change);
    if (refused) return refused;
  }
  const level = LEVELS.get(changes.at(-1)?.value ?? '');
  if (level && logger.threshold && !validateOnly) {
    logger.threshold.level = level;
    logger.info({ logLevel: level }, `the log level is now ${level}`);
  }
  return { error: 'NONE', detail: null };
}

function refusal(
  logger: Logger,
  { name, configOperation, value }: LoggerChange,
): Outcome | undefined {
  if (configOperation > 1) {
    return { error: 'INVALID_REQUEST', detail: `The level of ${name} is no list.` };
  }
  if (name !== ROOT || !logger.threshold) {
    const known = logger.threshold ? `the only one is ${ROOT}` : 'the level cannot be changed here';
    return { error: 'INVALID_CONFIG', detail: `There is no logger ${name}; ${known}.` };
  }
  if (configOperation === 1) {
    return { error: 'INVALID_REQUEST', detail: `${ROOT} has no level to go back to.` };
  }
  if (value === null || !LEVELS.has(value)) {
    const levels = [...LEVELS.keys()].join(', ');
    return { error: 'INVALID_CONFIG', detail: `${name} = ${value}: must be one of ${levels}.` };
  }
  return undefined;
}
