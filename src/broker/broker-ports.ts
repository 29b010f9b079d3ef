import type { Clock } from '../base/clock.ts';
import type { FileSystem } from '../base/file-system.ts';
import type { FolderLocker } from '../base/folder-lock.ts';
import type { Logger } from '../base/logger.ts';
import type { LoopWork } from '../base/loop-work.ts';
import type { Endpoint, Network } from '../base/network.ts';
import type { Random } from '../base/random.ts';
import type { WorkThread } from '../base/work-thread.ts';
import type { BrokerParts } from './broker-apis.ts';
import type { Api } from './network/api.ts';

/** Everything a broker takes from the world. */
export interface BrokerPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly fileSystem: FileSystem;
  readonly network: Network;
  readonly logger: Logger;
  readonly locker: FolderLocker;
  /** What this process may use: some bounds follow from it. */
  readonly memoryBytes: number;
  /** The most that its objects may take up, buffers aside. */
  readonly heapBytes: number;
  /** Makes the thread for what would hold up the event loop; without it, or where it does not start, the loop does that in turns. */
  readonly workThread?: (fallback: LoopWork) => WorkThread;
  /** The data is ours, and nothing of it was read yet. What rejects here ends the start. */
  readonly afterLocking?: () => Promise<void>;
  /**
   * For test suites: sees the parts before the doors open, and may put other handlers in the place of
   * these. Without it nothing stands between the dispatcher and the handlers.
   */
  readonly instrument?: (parts: BrokerParts, apis: readonly Api[]) => readonly Api[];
}

export interface BoundListener extends Endpoint {
  readonly name: string;
}
