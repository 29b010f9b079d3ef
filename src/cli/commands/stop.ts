import { accessSync, constants, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FolderOwner, folderOwner, STOPPING } from '../../base/node/lock-owner.ts';
import { type LockRecord, ownerText } from '../../base/node/lock-record.ts';
import { processState } from '../../base/node/process-identity.ts';
import { readBrokerConfig } from '../broker-file.ts';
import { backgroundPid, PID_FILE, removePidFile } from '../daemon.ts';
import { CliError } from '../failure.ts';
import { flagHelp, parseFlags, repeated, value, wholeNumber } from '../flags.ts';
import type { Command } from '../terminal.ts';

const FLAGS = {
  'data-dir': value('folder', 'The data directory of the broker to stop. Default: ./data.'),
  override: repeated('key=value', 'As given to `sluice server`: only log.dirs matters.'),
  timeout: value('seconds', 'How long to wait for a clean stop. Default: 60.'),
} as const;

const HELP = `Stops the broker that owns a data directory, and waits until it is gone.

Usage: sluice stop [config/server.properties | folder] [flags]

${flagHelp(FLAGS)}

  sluice stop
  sluice stop /var/lib/sluice
`;

const POLL_MS = 25;
const GRACE_MS = 500;

/** Asks the owner of a data directory to stop, and waits until it is gone. */
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
    const folder = flags['data-dir'] ?? folderOf(rest[0], flags.override);
    const owner = requestStop(folder, await folderOwner(folder, 'stop'));
    for (let waitedMs = 0; await isStillThere(folder, owner); waitedMs += POLL_MS) {
      if (waitedMs >= timeoutSeconds * 1000) {
        throw new CliError(`process ${owner.pid} still runs after ${timeoutSeconds} seconds`);
      }
      await sleep(POLL_MS);
    }
    // The data is free; the process itself has a moment to end too.
    for (
      let waitedMs = 0;
      waitedMs < GRACE_MS && processState(owner) === 'alive';
      waitedMs += POLL_MS
    ) {
      await sleep(POLL_MS);
    }
    removePidFile(folder);
    terminal.out(`Stopped the broker on ${folder} (process ${owner.pid}).\n`);
    return 0;
  },
};

/** A data directory as such, or the first one of a configuration. */
function folderOf(named: string | undefined, overrides: readonly string[]): string {
  const isFolder = named !== undefined && statSync(named, { throwIfNoEntry: false })?.isDirectory();
  if (isFolder) return named;
  return readBrokerConfig(named, overrides).config.logDirList[0]!;
}

/** Who is about to stop. Throws CliError where nobody is. */
function requestStop(folder: string, owner: FolderOwner): LockRecord {
  switch (owner.kind) {
    case 'none': {
      const stale = backgroundPid(folder);
      removePidFile(folder);
      throw new CliError(
        `no broker runs on ${folder}${stale === undefined ? '' : ` (${PID_FILE} named process ${stale}, which does not own it)`}`,
      );
    }
    case 'answers': {
      const { record, reply } = owner;
      if (record && reply === STOPPING) return record;
      throw new CliError(
        record
          ? `${folder} is in use by ${ownerText(record)}, which is not to be stopped from outside; end it there`
          : `${folder} is in use by a process that does not answer; try again, or end it where it runs`,
      );
    }
    case 'runs': {
      const { record } = owner;
      // Its socket was removed. The number is still that of the process that wrote the record.
      if (!record.isStoppable) {
        throw new CliError(`${folder} is in use by ${ownerText(record)}; end it there`);
      }
      try {
        process.kill(record.pid, 'SIGTERM');
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new CliError(`process ${record.pid} cannot be signalled: ${reason}`);
      }
      return record;
    }
    case 'unknown':
      throw new CliError(
        `${folder} was not given up by ${ownerText(owner.record)}, which cannot be reached from here; run sluice stop on the machine, or in the container, where it runs`,
      );
    case 'barred':
      if (!mayEnter(folder)) {
        throw new CliError(`no permission for ${folder}, so nobody can tell who runs on it`);
      }
      throw new CliError(
        `${folder} is in use by ${owner.record ? ownerText(owner.record) : 'a process of another user'}, which only its own user, or root, may stop`,
      );
    case 'foreign':
      throw new CliError(
        `${folder} is in use by process ${owner.pid}, which is not a Sluice broker; stop it with its own tools`,
      );
  }
}

async function isStillThere(folder: string, owner: LockRecord): Promise<boolean> {
  const now = await folderOwner(folder);
  return now.kind !== 'none' && 'record' in now && now.record?.nonce === owner.nonce;
}

function mayEnter(folder: string): boolean {
  try {
    accessSync(folder, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
