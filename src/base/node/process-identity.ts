import * as fs from 'node:fs';
import * as os from 'node:os';

/** A process, together with what its number means something in. */
export interface ProcessIdentity {
  readonly pid: number;
  /** For people: two machines may have one name. */
  readonly host: string;
  /** One run of one kernel. Undefined where the system does not tell. */
  readonly boot: string | undefined;
  /** Containers on one kernel each count their processes from 1. */
  readonly pidNamespace: string | undefined;
  /** When it started, in the kernel's ticks: a number that is used again has another. */
  readonly startTime: string | undefined;
}

let own: ProcessIdentity | undefined;

export function ownIdentity(): ProcessIdentity {
  own ??= {
    pid: process.pid,
    host: os.hostname(),
    boot: textOf('/proc/sys/kernel/random/boot_id')?.trim(),
    pidNamespace: ownPidNamespace(),
    startTime: statOf(process.pid)?.startTime,
  };
  return own;
}

/**
 * Whether a process still runs: 'dead' and 'alive' are certain, 'unknown' is all that can be said of one
 * on another machine, in another container, or where the system does not tell.
 */
export function processState(
  { pid, boot, pidNamespace, startTime }: ProcessIdentity,
  here: ProcessIdentity = ownIdentity(),
): 'alive' | 'dead' | 'unknown' {
  if (here.boot === undefined || here.pidNamespace === undefined) return 'unknown';
  if (boot !== here.boot || pidNamespace !== here.pidNamespace) return 'unknown';
  // A user who may not look into /proc/<pid> still learns whether the number is taken.
  if (!isTaken(pid)) return 'dead';
  const found = statOf(pid);
  if (found === undefined || startTime === undefined) return 'unknown';
  return found.startTime === startTime && !found.isZombie ? 'alive' : 'dead';
}

function isTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/** Undefined too where /proc shows the processes of another namespace than this one's. */
function ownPidNamespace(): string | undefined {
  try {
    if (fs.readlinkSync('/proc/self') !== String(process.pid)) return undefined;
    return fs.readlinkSync('/proc/self/ns/pid');
  } catch {
    return undefined;
  }
}

function statOf(pid: number): { startTime: string; isZombie: boolean } | undefined {
  const text = textOf(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The name before it may hold spaces and brackets: "12 (a) b) S 1 ...".
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state = '', startTime] = [fields[0], fields[19]];
  if (startTime === undefined) return undefined;
  return { startTime, isZombie: state === 'Z' || state === 'X' };
}

function textOf(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
