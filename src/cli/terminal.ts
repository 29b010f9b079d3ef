/** What a command may do with the outside; commands get it handed in, so that tests can look. */
export interface Terminal {
  /** Standard output, as it is: no line end is added. */
  out(text: string | Uint8Array): void;
  /** Standard error, likewise. */
  err(text: string): void;
  /** Resolves when standard output took what was written; false once it takes nothing more. */
  drained(): Promise<boolean>;
  /** Standard output takes nothing more: it has no reader left (`| head`), or its disk is full. */
  readonly outClosed: boolean;
  /** Why that is. */
  readonly outFailure?: OutFailure | undefined;
  /** How many bytes it is known to have taken. Absent: all that was written. */
  readonly outBytes?: number;
  readonly input: AsyncIterable<Uint8Array>;
  readonly inputIsTerminal: boolean;
  /** Somebody watches standard error. Absent: nobody does. */
  readonly errIsTerminal?: boolean;
  /**
   * Runs `stop` once on SIGINT, SIGTERM, SIGQUIT or SIGHUP (unless `nohup` is in force). Another signal some
   * seconds later runs `hurry`, or ends the process at once.
   */
  onInterrupt(stop: () => void, hurry?: () => void): void;
}

export interface OutFailure {
  /** The reader went away, which is how many a command line is meant. */
  readonly isReaderGone: boolean;
  /** For a person: no space left on device. */
  readonly reason: string;
}

/** A command line: its flags' declaration lives in the command's own file. */
export interface Command {
  /** Resolves to the exit code. Throws CliError and ClientError for what a person should read. */
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}
