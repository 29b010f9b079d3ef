// The same records for every actor: bytes that do not depend on the clock.
import { batch } from '../lib/batch.mjs';
import { produce } from '../lib/requests.mjs';

/** The time of the first record; each later one is a second younger. */
export const FIRST_RECORD_MS = 1_700_000_000_000;

/** Appends `count` batches of one record each, `value 0` first. `fields` as those of lib/batch.mjs. */
export async function fill({ raw }, topic, partition, count, fields = {}) {
  for (let index = 0; index < count; index++) {
    const bytes = batch([{ key: `key ${index}`, value: `value ${index}` }], {
      timestamp: FIRST_RECORD_MS + index * 1000,
      ...fields,
    });
    const { error } = await produce(raw, topic, bytes, { partition });
    if (error !== 0) throw new Error(`${topic}-${partition} refused a record: error ${error}`);
  }
}
