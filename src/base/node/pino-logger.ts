import { type DestinationStream, destination, pino } from 'pino';
import type { LogFields, Logger } from '../logger.ts';
import { readableLine } from './readable-line.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

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
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
    },
    stream,
  );
  return adapt(logger);
}

/** The part of pino that is used. */
interface PinoLike {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  child(fields: LogFields): PinoLike;
}

function adapt(logger: PinoLike): Logger {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    child: (fields) => adapt(logger.child(fields)),
  };
}
