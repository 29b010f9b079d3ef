/** What a log line may carry beside its sentence. */
export type LogFields = Record<string, unknown>;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Structured logging as a port: one line per state transition, never one per record. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A logger that adds `fields` to every line. */
  child(fields: LogFields): Logger;
  /** How much is logged, by this logger and all its children; absent where that cannot be changed. */
  readonly threshold?: LogThreshold;
}

/** Lines of a lower level than `level` are dropped; set it, and they are from the next line on. */
export interface LogThreshold {
  level: LogLevel;
}

/** Says nothing; for tests and tools. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};
