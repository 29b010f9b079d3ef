import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LockOwner, lockOwner } from '../../base/node/node-folder-locker.ts';
import { brokerConfig, parseOverride, parseServerProperties } from '../../config/index.ts';
import { backgroundPid, removePidFile } from '../daemon.ts';
import { CliError } from '../failure.ts';
import { flagHelp, parseFlags, repeated, value, wholeNumber } from '../flags.ts';
import type { Command } from '../terminal.ts';

const FLAGS = {
  'data-dir': value('folder', 'The data directory of the broker to stop. Default: ./data.'),
  override: repeated('key=value', 'As given to `sluice server`: only log.dirs matters.'),
  timeout: value('seconds', 'How long to wait for a clean stop. Default: 60.'),
} as const;

const HELP = `Stops the broker that owns a data directory, and waits until it is gone.

Usage: sluice stop [config/server.properties] [flags]

${flagHelp(FLAGS)}

  sluice stop
  sluice stop --data-dir /var/lib/sluice
`;

const POLL_MS = 25;
const GRACE_MS = 500;

/** Sends SIGTERM to the owner of a data directory and waits. */
export const stop: Command = {
  async run(args, terminal) {
    const { flags, rest, help } = parseFlags(FLAGS, args, {
      command: 'sluice stop',
      allowRest: true,
    });
    if (help) {
      terminal.out(HELP);
      return 0;
    }
    const timeoutSeconds = wholeNumber('timeout', flags.timeout ?? '60', { atLeast: 1 });
    const folder = flags['data-dir'] ?? dataDirOf(rest[0], flags.override);
    const owner = await lockOwner(folder);
    if (!owner) {
      const stale = backgroundPid(folder);
      removePidFile(folder);
      throw new CliError(
        `no broker runs on ${folder}${stale === undefined ? '' : ` (process ${stale}, which sluice.pid named, is gone)`}`,
      );
    }
    try {
      process.kill(owner.pid, 'SIGTERM');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CliError(`process ${owner.pid} cannot be signalled: ${reason}`);
    }
    for (let waitedMs = 0; await isOwner(folder, owner); waitedMs += POLL_MS) {
      if (waitedMs >= timeoutSeconds * 1000) {
        throw new CliError(`process ${owner.pid} still runs after ${timeoutSeconds} seconds`);
      }
      await sleep(POLL_MS);
    }
    // The data is free; the process itself has a moment to end too.
    for (let waitedMs = 0; waitedMs < GRACE_MS && isAlive(owner.pid); waitedMs += POLL_MS) {
      await sleep(POLL_MS);
    }
    removePidFile(folder);
    terminal.out(`Stopped the broker on ${folder} (process ${owner.pid}).\n`);
    return 0;
  },
};

async function isOwner(folder: string, owner: LockOwner): Promise<boolean> {
  return (await lockOwner(folder))?.pid === owner.pid;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function dataDirOf(path: string | undefined, overrides: readonly string[]): string {
  const file = path === undefined ? {} : parseServerProperties(readFileSync(path, 'utf8'));
  const config = brokerConfig({ ...file, ...Object.fromEntries(overrides.map(parseOverride)) });
  return config.logDirList[0]!;
}
