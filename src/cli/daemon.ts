import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeFolder } from '../base/node/make-folder.ts';
import { errorSentence } from '../base/system-error.ts';
import { CliError } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** In the data directory: who runs in the background, and what it says. */
export const PID_FILE = 'sluice.pid';
export const LOG_FILE = 'sluice.log';

/**
 * Starts the same command line in a process of its own and waits until it serves, or fails. Resolves
 * to the exit code. Throws CliError with the end of its log.
 */
export async function runInBackground(
  args: readonly string[],
  folder: string,
  terminal: Terminal,
): Promise<number> {
  const logPath = resolve(folder, LOG_FILE);
  const log = openLog(resolve(folder), logPath);
  const child = spawn(
    process.execPath,
    [
      ...process.execArgv,
      process.argv[1] ?? '',
      'server',
      ...args.filter((arg) => !/^--?daemon$/.test(arg)),
    ],
    { detached: true, stdio: ['ignore', log, log, 'ipc'] },
  );
  closeSync(log);
  // The start is taken back: nobody would know of a broker that comes up later.
  terminal.onInterrupt(() => child.kill('SIGTERM'));
  const banner = await new Promise<string | undefined>((done) => {
    child.once('message', (message) => done(String(message)));
    child.once('exit', () => done(undefined));
    child.once('error', () => done(undefined));
  });
  if (banner === undefined || child.pid === undefined) {
    const said = readFileSync(logPath, 'utf8').trimEnd().split('\n').at(-1);
    throw new CliError(
      `the broker did not start: ${said?.replace(/^sluice server: /, '')} (its log is ${logPath})`,
    );
  }
  writeFileSync(join(folder, PID_FILE), `${child.pid}\n`);
  terminal.out(banner);
  terminal.out(
    `It runs in the background as process ${child.pid}, its log is ${logPath}; \`sluice stop\` ends it.\n`,
  );
  child.disconnect();
  child.unref();
  return 0;
}

function openLog(folder: string, path: string): number {
  try {
    makeFolder(folder);
    return openSync(path, 'a');
  } catch (error) {
    throw new CliError(`the broker's log cannot be kept: ${errorSentence(error, { path })}`);
  }
}

/** In the background: the start succeeded. */
export function tellParent(banner: string): void {
  if (!process.connected) return;
  // Whoever started it may be gone meanwhile.
  process.send?.(banner, () => process.connected && process.disconnect());
}

/** The process that a folder's pid file names, or undefined. */
export function backgroundPid(folder: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(folder, PID_FILE), 'utf8').trim());
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

export function removePidFile(folder: string): void {
  // What names no process, a folder perhaps, is none of ours.
  if (backgroundPid(folder) === undefined) return;
  rmSync(join(folder, PID_FILE), { force: true });
}
