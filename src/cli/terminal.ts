/** What a command may do with the outside; commands get it handed in, so that tests can look. */
export interface Terminal {
  /** Standard output, as it is: no line end is added. */
  out(text: string | Uint8Array): void;
  /** Standard error, likewise. */
  err(text: string): void;
  /** Resolves when standard output took what was written; false once nobody reads it any more. */
  drained(): Promise<boolean>;
  /** Standard output has no reader left (`| head`). */
  readonly outClosed: boolean;
  readonly input: AsyncIterable<Uint8Array>;
  readonly inputIsTerminal: boolean;
  /** Somebody watches standard error. Absent: nobody does. */
  readonly errIsTerminal?: boolean;
  /**
   * Runs `stop` once on SIGINT, SIGTERM, SIGQUIT or SIGHUP (unless `nohup` is in force). Another signal some
   * seconds later ends the process at once.
   */
  onInterrupt(stop: () => void): void;
}

/** A command line: its flags' declaration lives in the command's own file. */
export interface Command {
  /** Resolves to the exit code. Throws CliError and ClientError for what a person should read. */
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}
