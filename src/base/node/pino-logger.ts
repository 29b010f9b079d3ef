import { type DestinationStream, destination, pino } from 'pino';
import type { LogFields, Logger, LogLevel, LogThreshold } from '../logger.ts';
import { readableLine } from './readable-line.ts';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

export interface PinoLoggerOptions {
  readonly level: LogLevel;
  /** One JSON object per line, or one line for people; by default the latter on a terminal only. */
  readonly format?: 'json' | 'text';
  /** Where lines go; standard output by default. */
  readonly write?: (line: string) => void;
}

/**
 * Logs through pino. Lines are written at once, without a worker thread: what was logged before a
 * crash is there.
 */
export function createLogger(options: PinoLoggerOptions): Logger {
  const format = options.format ?? (process.stdout.isTTY ? 'text' : 'json');
  const write = options.write;
  const plain: DestinationStream = write
    ? { write }
    : destination({ dest: process.stdout.fd, sync: true });
  const stream: DestinationStream =
    format === 'json' ? plain : { write: (line) => plain.write(readableLine(line)) };
  const logger = pino(
    {
      // The adapter drops what is below the threshold, which may change.
      level: 'debug',
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
    },
    stream,
  );
  return adapt(logger, { level: options.level });
}

/** The part of pino that is used. */
interface PinoLike {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  child(fields: LogFields): PinoLike;
}

function adapt(logger: PinoLike, threshold: LogThreshold): Logger {
  const isLogged = (level: LogLevel) => LEVELS.indexOf(level) >= LEVELS.indexOf(threshold.level);
  return {
    debug: (fields, message) => isLogged('debug') && logger.debug(fields, message),
    info: (fields, message) => isLogged('info') && logger.info(fields, message),
    warn: (fields, message) => isLogged('warn') && logger.warn(fields, message),
    error: (fields, message) => isLogged('error') && logger.error(fields, message),
    child: (fields) => adapt(logger.child(fields), threshold),
    threshold,
  };
}
