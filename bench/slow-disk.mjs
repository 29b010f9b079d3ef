// Loaded into the broker under measurement (`node --import`): a sync takes as long as a disk of so many
// megabytes a second needs for what was written since the last one, and there is one such disk.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const bytesPerMs = (Number(process.env.SLUICE_DISK_MB_PER_SECOND) * 1e6) / 1000;
const { fdatasync, writeSync, writevSync } = fs;
const unsynced = new Map();
let busyUntil = 0;

function note(fd, bytes) {
  unsynced.set(fd, (unsynced.get(fd) ?? 0) + bytes);
  return bytes;
}

fs.writeSync = (fd, ...rest) => note(fd, writeSync(fd, ...rest));
fs.writevSync = (fd, ...rest) => note(fd, writevSync(fd, ...rest));
fs.fdatasync = (fd, done) => {
  const now = performance.now();
  busyUntil = Math.max(now, busyUntil) + (unsynced.get(fd) ?? 0) / bytesPerMs;
  unsynced.delete(fd);
  const readyAt = busyUntil;
  fdatasync(fd, (error) => setTimeout(() => done(error), readyAt - performance.now()));
};
syncBuiltinESMExports();
