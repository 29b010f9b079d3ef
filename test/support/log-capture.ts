import type { LogFields, Logger } from '../../src/base/logger.ts';

export interface CapturedLine extends LogFields {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly msg: string;
}

/** A logger that keeps its lines for a test to look at. */
export class LogCapture implements Logger {
  readonly lines: CapturedLine[] = [];

  debug(fields: LogFields, msg: string): void {
    this.lines.push({ ...fields, level: 'debug', msg });
  }

  info(fields: LogFields, msg: string): void {
    this.lines.push({ ...fields, level: 'info', msg });
  }

  warn(fields: LogFields, msg: string): void {
    this.lines.push({ ...fields, level: 'warn', msg });
  }

  error(fields: LogFields, msg: string): void {
    this.lines.push({ ...fields, level: 'error', msg });
  }

  child(more: LogFields): Logger {
    const log =
      (level: CapturedLine['level']) =>
      (fields: LogFields, msg: string): void =>
        this[level]({ ...more, ...fields }, msg);
    return {
      debug: log('debug'),
      info: log('info'),
      warn: log('warn'),
      error: log('error'),
      child: (fields) => this.child({ ...more, ...fields }),
    };
  }

  /** Warnings and errors since the last call; whatever is of lower interest goes too. */
  takeComplaints(): CapturedLine[] {
    return this.lines.splice(0).filter(({ level }) => level === 'warn' || level === 'error');
  }
}
