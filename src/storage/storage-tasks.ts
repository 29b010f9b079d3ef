import type { Task, Tasks } from '../base/work-thread.ts';
import { recordsPayload } from '../protocol/records/record.ts';
import { rebuildTask } from './cleaner/clean-batch.ts';
import { firstMatchTask } from './read/time-lookup.ts';

/** What storage has done on the thread beside the event loop: each task is a pure function of a batch. */
export const STORAGE_TASKS: Tasks = {
  decompress: (batch) => ({ bytes: recordsPayload(batch) }),
  firstMatch: firstMatchTask,
  rebuild: rebuildTask,
} satisfies Record<string, Task<never>>;
