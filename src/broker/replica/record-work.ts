import type { Job, Task, TaskResult, Tasks, WorkThread } from '../../base/work-thread.ts';
import { STORAGE_TASKS } from '../../storage/storage-tasks.ts';
import {
  type ProduceRules,
  type ProduceValidation,
  validateForProduce,
} from '../../storage/validate/batch-validator.ts';
import { convert } from './fetch-conversion.ts';

/** What becomes of records on the thread beside the event loop: each task is a pure function of bytes. */
export const RECORD_TASKS: Tasks = {
  ...STORAGE_TASKS,
  ...({ validate, convert } satisfies Record<string, Task>),
};

function validate(batch: Buffer, rules: ProduceRules): TaskResult {
  const validation = validateForProduce(batch, rules);
  if (validation.kind === 'rejected') return { value: validation };
  const { batch: bytes, ...value } = validation;
  return { value, bytes };
}

/** Judges a produced batch elsewhere. Rejects with WorkRefusedError or WorkFailedError. */
export async function validateElsewhere(
  work: WorkThread,
  batch: Buffer,
  rules: ProduceRules,
  isWanted: () => boolean,
): Promise<ProduceValidation> {
  const job: Job = { task: 'validate', pieces: [batch], detail: rules, isWanted };
  const { value, bytes } = await work.run(job);
  return { ...(value as ProduceValidation), ...(bytes && { batch: bytes }) };
}
