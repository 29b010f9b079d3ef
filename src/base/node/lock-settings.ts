import { isLocalDisk } from './local-disk.ts';
import { ownIdentity, type ProcessIdentity } from './process-identity.ts';

/** An owner looks this often whether the folder is still its own, and whether somebody asks. */
const LOOK_MS = 1_000;
/** Nothing is written on the strength of a look that is older than this... */
const LEASE_MS = 3_000;
/** ...and who gets no answer for this long knows that nothing is written any more. */
const WATCH_MS = 5_000;

/** What the owner of a folder is, and whether it can be asked to stop. */
export interface LockHolder {
  /** For people: `sluice server`. */
  readonly program: string;
  /** Does what SIGTERM does. Without it the owner tells whoever asks to stop it where it runs. */
  readonly stop?: () => void;
}

/** Where the owner is, and its times: what tests have otherwise. */
export interface LockSettings {
  readonly lookMs: number;
  readonly leaseMs: number;
  readonly watchMs: number;
  readonly identity: ProcessIdentity;
  readonly isLocalDisk: (folder: string) => boolean;
}

export function defaultSettings(): LockSettings {
  return {
    lookMs: LOOK_MS,
    leaseMs: LEASE_MS,
    watchMs: WATCH_MS,
    identity: ownIdentity(),
    isLocalDisk,
  };
}
