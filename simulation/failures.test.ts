// If one of these breaks, a fault that once lost or repeated records is back. Each seed failed once, by its symptom. What was wrong has a test of its own beside the code that
// was mended; these keep the way on which it was found.
import { test } from 'node:test';
import { runBroker } from './broker/broker-run.ts';
import { settle } from './node/settle.ts';
import { runStorage } from './storage/storage-run.ts';

const FAILURES = [
  { symptom: 'the folder of a log made by a killed process is gone', kind: runStorage, seed: 40 },
  {
    symptom: 'the store refuses to start after a kill and a power cut',
    kind: runBroker,
    seed: 303,
  },
  { symptom: 'a record was read that a power cut took', kind: runBroker, seed: 10_130 },
  {
    symptom: 'a new topic inherits the recovery point of a deleted one',
    kind: runBroker,
    seed: 10_151,
  },
  { symptom: 'an index that cannot be read ends the broker', kind: runBroker, seed: 987 },
  { symptom: 'a full disk leaves folders of no topic', kind: runBroker, seed: 932 },
] as const;

for (const { symptom, kind, seed } of FAILURES) {
  test(`${symptom} (seed ${seed})`, async () => {
    for (const policy of ['group-commit', 'os'] as const) await kind({ seed, policy, settle });
  });
}
