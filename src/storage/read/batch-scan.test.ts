// If this breaks, a lookup or a recovery passes over batches, or sees what is not there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimFileSystem } from '../../base/testing/sim-file-system.ts';
import * as RecordBatch from '../../protocol/records/record-batch.ts';
import { runSync } from '../segment/segment-io.ts';
import { batchOf } from '../testing/test-storage.ts';
import { scanBatches } from './batch-scan.ts';

test('however much is read at first, every batch is visited once, whole and in order', () => {
  const batches = [10, 5000, 1, 70_000, 200, 3, 40_000].map((size, index) => {
    const batch = batchOf(['x'.repeat(size)]);
    RecordBatch.setBaseOffset(batch, 0, index);
    return batch;
  });
  const bytes = Buffer.concat(batches);
  const disk = new SimFileSystem();
  disk.writeFile('/log', bytes);
  const file = disk.open('/log', 'read');
  const firsts = [RecordBatch.HEADER_SIZE, 100, 1000, 5100, 65_536, bytes.length, undefined];
  for (const firstReadBytes of firsts) {
    const visited: Buffer[] = [];
    const positions: number[] = [];
    const end = runSync(
      scanBatches({
        fromPosition: 0,
        endPosition: bytes.length,
        verify: true,
        ...(firstReadBytes && { firstReadBytes }),
        visit: ({ buffer, at, sizeInBytes, position }) => {
          visited.push(Buffer.from(buffer.subarray(at, at + sizeInBytes)));
          positions.push(position);
          return true;
        },
      }),
      file,
    );
    assert.deepEqual(end, { kind: 'end', position: bytes.length });
    assert.deepEqual(Buffer.concat(visited), bytes, `${firstReadBytes}`);
    let position = 0;
    for (const [index, batch] of batches.entries()) {
      assert.equal(positions[index], position);
      position += batch.length;
    }
  }
  file.close();
});

test('little is read where little is enough', () => {
  const bytes = Buffer.concat(Array.from({ length: 100 }, () => batchOf(['x'.repeat(5000)])));
  const disk = new SimFileSystem();
  disk.writeFile('/log', bytes);
  let seen = 0;
  const visit = () => ++seen < 3;
  const range = { fromPosition: 0, endPosition: bytes.length, firstReadBytes: 65_536 };
  const task = scanBatches({ ...range, verify: false, visit });
  const reads: number[] = [];
  const file = disk.open('/log', 'read');
  for (let step = task.next(0); !step.done; ) {
    const { target, targetOffset, length, position } = step.value;
    reads.push(length);
    step = task.next(file.readSync(target, targetOffset, length, position));
  }
  assert.deepEqual(reads, [65_536]);
});
