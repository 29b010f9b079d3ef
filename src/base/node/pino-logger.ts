import { type DestinationStream, destination, pino } from 'pino';
import type { LogFields, Logger, LogLevel, LogThreshold } from '../logger.ts';
import { readableLine } from './readable-line.ts';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

/** Kept for when the disk has room again. */
const MOST_UNWRITTEN_BYTES = 1024 * 1024;

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
  const plain: DestinationStream = write ? { write } : standardOutput();
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
  return adapt(logger, { level: options.level }, {});
}

/** A full disk under the log, or a reader that is gone, must not end the broker: what cannot be written is dropped. */
function standardOutput(): DestinationStream {
  const stream = destination({
    dest: process.stdout.fd,
    sync: true,
    maxLength: MOST_UNWRITTEN_BYTES,
  });
  stream.on('error', () => {});
  return stream;
}

/** The part of pino that is used. */
interface PinoLike {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** What every line has. A field of such a name gets an underscore: a key twice in an object is no JSON. */
const OWN_KEYS = ['time', 'level', 'msg'] as const;

/** `common` is on every line; a line's own field of the same name wins. */
function adapt(logger: PinoLike, threshold: LogThreshold, common: LogFields): Logger {
  const at = (level: Exclude<LogLevel, 'silent'>) => (fields: LogFields, message: string) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(threshold.level)) return;
    logger[level](withoutOwnKeys({ ...common, ...fields }), message);
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => adapt(logger, threshold, { ...common, ...fields }),
    threshold,
  };
}

/** `fields` is this function's to change. */
function withoutOwnKeys(fields: LogFields): LogFields {
  for (const key of OWN_KEYS) {
    if (!Object.hasOwn(fields, key)) continue;
    fields[`${key}_`] = fields[key];
    delete fields[key];
  }
  return fields;
}
