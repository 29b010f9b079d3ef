// If this breaks, a broker refuses to start for a lock on another disk, or starts beside a Kafka.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { deviceText, lockHolder } from './kernel-locks.ts';

const LOCKS = `1: POSIX  ADVISORY  WRITE 1234 fe:01:5678 0 EOF
2: POSIX  ADVISORY  WRITE 4321 00:2a:777 0 EOF
2: -> POSIX  ADVISORY  WRITE 99 00:2a:777 0 EOF
3: OFDLCK ADVISORY  WRITE -1 fe:01:888 0 EOF
4: FLOCK  ADVISORY  WRITE 55 103:10001:999 0 EOF
`;

test('a lock is found by device and inode together', () => {
  assert.equal(lockHolder(LOCKS, ['fe:01'], 5678), 1234);
  assert.equal(lockHolder(LOCKS, ['00:2a'], 5678), undefined, 'another disk, the same number');
  assert.equal(lockHolder(LOCKS, ['00:2b', '00:2a'], 777), 4321);
  assert.equal(lockHolder(LOCKS, ['fe:01'], 678), undefined);
  assert.equal(lockHolder(LOCKS, ['fe:01'], 888), undefined, 'its holder has no number');
  assert.equal(lockHolder(LOCKS, ['103:10001'], 999), 55);
});

test('a device is written as the kernel writes it', () => {
  assert.equal(deviceText(0xfe01), 'fe:01');
  assert.equal(deviceText(42), '00:2a');
  // makedev(0x103, 0x10001): the parts of large numbers lie apart.
  assert.equal(deviceText(0x10010301), '103:10001');
  assert.match(deviceText(statSync('.').dev), /^[0-9a-f]{2,}:[0-9a-f]{2,}$/);
});
