import { ConfigError } from '../config/index.ts';
import {
  type Check,
  configTexts,
  nearest,
  nonEmptyText,
  type OptionTable,
  oneOf,
  problemIn,
  shown,
  wholeNumber,
} from './check-options.ts';

const PLACES = ['temporary', 'memory'] as const;

/** An IPv6 address has colons of its own, two at least. */
const hostName: Check = (value) => {
  const problem = nonEmptyText(value);
  if (problem !== undefined || typeof value !== 'string') return problem;
  const isBare =
    /^[^\s[\]/:]+$/.test(value) || /^[\da-fA-F.]*:[\da-fA-F:.]*:[\da-fA-F.]*(%\S+)?$/.test(value);
  return isBare ? undefined : "a host's name or address, without a port or brackets";
};

const port = wholeNumber(0, 65_535);
const HTTP: OptionTable = { port, host: hostName };

/** log.dirs, into which it goes, is a list that commas divide and blanks around a name do not belong to. */
const folderName: Check = (value) => {
  const problem = nonEmptyText(value);
  if (problem !== undefined || typeof value !== 'string') return problem;
  const isUsable = !value.includes(',') && value.trim() === value;
  return isUsable ? undefined : 'a path without a comma, and without blanks at its ends';
};

const data: Check = (value) => {
  if (value === 'temporary' || value === 'memory') return undefined;
  const must = "'temporary', 'memory' or { folder: '...' }";
  if (typeof value === 'string') {
    const near = nearest(value, PLACES);
    return `${must}; did you mean ${near === undefined ? `{ folder: ${shown(value)} }` : `'${near}'`}?`;
  }
  if (typeof value !== 'object' || value === null) return must;
  const problem = problemIn('data', value, { folder: folderName });
  if (problem !== undefined) return `${must}: ${problem}`;
  return 'folder' in value ? undefined : must;
};

const http: Check = (value) => {
  if (typeof value === 'boolean') return undefined;
  const must = 'true, false or { port, host }';
  if (typeof value !== 'object' || value === null) return must;
  const problem = problemIn('http', value, HTTP);
  return problem === undefined ? undefined : `${must}: ${problem}`;
};

const LOGGER_METHODS = ['debug', 'info', 'warn', 'error', 'child'] as const;

const logger: Check = (value) => {
  const methods: Readonly<Record<string, unknown>> =
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const missing = LOGGER_METHODS.filter((name) => typeof methods[name] !== 'function');
  return missing.length === 0
    ? undefined
    : `an object with the methods ${LOGGER_METHODS.join(', ')}; ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing`;
};

const BROKER_OPTIONS: OptionTable = {
  port,
  host: hostName,
  data,
  config: configTexts,
  logger,
  logLevel: oneOf(['debug', 'info', 'warn', 'error', 'silent']),
  http,
};

/** What programs without types hand over is as wrong as what a person types. Throws ConfigError. */
export function checkBrokerOptions(what: string, options: unknown): void {
  const problem = problemIn(what, options, BROKER_OPTIONS);
  if (problem !== undefined) throw new ConfigError(problem);
}
