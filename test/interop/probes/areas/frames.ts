import { TEST_FRAMES } from '../../../../src/compression/testing/frames.ts';
import { batchAround } from '../../../../src/storage/testing/batch-around.ts';
import type { Probe } from '../probe.ts';

export const frameProbes: readonly Probe[] = (['gzip', 'snappy', 'lz4', 'zstd'] as const).map(
  (codec) => ({
    name: `frames: what a broker takes as ${codec}`,
    async run(asker) {
      const topic = await asker.topic(codec);
      const answers: Record<string, unknown> = {};
      for (const frame of TEST_FRAMES) {
        if (frame.codec !== codec) continue;
        const row = await asker.produce(topic, batchAround(frame));
        const isTaken = JSON.stringify(row).includes('"errorCode":"NONE"');
        answers[frame.name] = isTaken ? 'taken' : 'refused';
      }
      return answers;
    },
  }),
);
