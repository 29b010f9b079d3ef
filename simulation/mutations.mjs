// Plants bugs, one at a time, and sees the simulation catch them: `node simulation/mutations.mjs [name-part]`.
// The working tree is not touched: a bug exists only in the bundle that is run. A mutation whose text is
// no longer in its file is an error, so that this list cannot rot.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

/** `kind` and `policy` say which simulation is to catch it, within `seeds`; a rare one may escape. */
const MUTATIONS = [
  {
    name: 'records are acknowledged before they are synced',
    file: 'src/storage/append/log-writer.ts',
    from: "const isCommitting = this.#log.config.flushPolicy === 'group-commit';",
    to: 'const isCommitting = false;',
    ...{ kind: 'storage', policy: 'group-commit', seeds: 100 },
  },
  {
    name: 'a sync counts for what was written while it ran',
    file: 'src/storage/append/log-writer.ts',
    from: 'this.#syncedEnd = endOffset;',
    to: 'this.#syncedEnd = this.#writtenEnd;',
    ...{ kind: 'storage', policy: 'group-commit', seeds: 1000 },
  },
  {
    name: "a new log's folder gets no durable name",
    file: 'src/storage/append/log-sync.ts',
    from: `      if (this.#newFolder) {
        await syncFolder`,
    to: `      if (this.#newFolder) {
        if (false) await syncFolder`,
    ...{ kind: 'storage', policy: 'group-commit', seeds: 200 },
  },
  {
    name: 'folders are synced on the event loop',
    file: 'src/base/syncing.ts',
    from: 'return { sync: () => syncOpen(folder), close: () => folder.close() };',
    to: 'return { sync: async () => syncFolderNow(fileSystem, path), close: () => folder.close() };',
    ...{ kind: 'broker', policy: 'os', seeds: 300 },
  },
  {
    name: "a new segment's name is not synced",
    file: 'src/storage/append/log-sync.ts',
    from: '} else if (newNames) {',
    to: '} else if (newNames && false) {',
    ...{ kind: 'storage', policy: 'group-commit', seeds: 200 },
  },
  {
    name: 'a start does not sync the names that a killed process made',
    file: 'src/storage/dirs/log-dir-loader.ts',
    from: 'fileSystem.syncFolder(logDir);',
    to: 'if (isClean) fileSystem.syncFolder(logDir);',
    ...{ kind: 'storage', policy: 'group-commit', seeds: 2000 },
  },
  {
    name: 'the torn end of a log is not cut off',
    file: 'src/storage/recovery/log-loader.ts',
    from: '    segment.truncate(end.position, nextOffset);\n',
    to: '',
    ...{ kind: 'storage', seeds: 100 },
  },
  {
    name: 'recovery checks no checksums',
    file: 'src/storage/recovery/segment-recovery.ts',
    from: 'verify: true,',
    to: 'verify: false,',
    ...{ kind: 'storage', seeds: 300 },
  },
  {
    name: 'the mark of a clean stop outlives the start',
    file: 'src/storage/dirs/log-dir-loader.ts',
    from: 'if (isClean) fileSystem.removeFile(file(CLEAN_SHUTDOWN_FILE));',
    to: '',
    ...{ kind: 'storage', seeds: 500 },
  },
  {
    name: 'the recovery point runs ahead of the syncs',
    file: 'src/storage/dirs/log-dir-checkpoints.ts',
    from: '(log) => log.recoveryPoint;',
    to: '(log) => log.logEndOffset;',
    ...{ kind: 'storage', seeds: 1000 },
  },
  {
    name: 'retention takes a segment too many',
    file: 'src/storage/segment/retention.ts',
    from: 'if (endOffset > highWatermark || !goes(segment, endOffset)) break;\n    count++;',
    to: 'count++;\n    if (endOffset > highWatermark || !goes(segment, endOffset)) break;',
    ...{ kind: 'storage', seeds: 300 },
  },
  {
    name: 'the store answers before its sync',
    file: 'src/coordination/embedded/store-files.ts',
    from: '    await syncLog(log);\n    this.#logEnd += frame.length;',
    to: '    this.#logEnd += frame.length;',
    ...{ kind: 'broker', seeds: 300 },
  },
  {
    name: 'the store builds on what a killed process left unsynced',
    file: 'src/coordination/embedded/store-files.ts',
    from: '    this.#settle();\n',
    to: '',
    // Takes a kill between a write and its sync, then a power cut before the next sync.
    ...{ kind: 'broker', seeds: 1000, isRare: true },
  },
  {
    name: 'duplicates of an idempotent producer are not known',
    file: 'src/storage/append/log-appender.ts',
    from: "const known = origin === 'client' ? this.#producers.findDuplicate(facts) : undefined;",
    to: 'const known = undefined;',
    ...{ kind: 'broker', seeds: 300 },
  },
  {
    name: 'a parked fetch is not woken by time',
    file: 'src/broker/replica/parked-fetch.ts',
    from: 'clock.after(options.maxWaitMs, () => this.wake());',
    to: 'clock.after(options.maxWaitMs, () => {});',
    ...{ kind: 'broker', seeds: 100 },
  },
  {
    name: 'a deleted topic leaves its logs behind',
    file: 'src/broker/replica/partitions.ts',
    from: 'await this.#logs.delete(topic, partition);',
    to: '',
    ...{ kind: 'broker', seeds: 300 },
  },
  {
    name: 'a topic made again takes over the offsets of the deleted one',
    file: 'src/storage/log-manager.ts',
    from: 'if (log.recoveryPoint > 0 || log.logStartOffset > 0) await this.#checkpointTogether();',
    to: '',
    // Takes a kill between the making of the topic and the next checkpoint.
    ...{ kind: 'broker', seeds: 1000, isRare: true },
  },
  {
    name: 'a start shows what is not synced',
    file: 'src/broker/stages/open-coordinators.ts',
    from: 'await logs.syncRecovered();',
    to: '',
    ...{ kind: 'broker', policy: 'group-commit', seeds: 500 },
  },
  {
    name: 'deleted records are not deleted for good where a segment begins',
    file: 'src/storage/dirs/log-dir-checkpoints.ts',
    from: 'deletedBefore > 0 ? deletedBefore : undefined',
    to: 'false ? deletedBefore : undefined',
    ...{ kind: 'storage', seeds: 300 },
  },
  {
    name: 'DeleteRecords is answered before the disk has it',
    file: 'src/broker/replica/partition.ts',
    from: '(await kept)',
    to: '((await undefined) as Error | undefined)',
    // Takes a crash within the milliseconds of the sync.
    ...{ kind: 'broker', seeds: 2000, isRare: true },
  },
  {
    name: 'what a coordinator wrote takes effect at its next load only',
    file: 'src/broker/coordinator/runtime/serving-shard.ts',
    from: 'for (const record of records) this.state.replay(record, undefined);',
    to: '',
    ...{ kind: 'broker', seeds: 100 },
  },
  {
    name: 'a coordinator that loads forgets what its log says',
    file: 'src/broker/coordinator/runtime/log-replay.ts',
    from: 'else this.shard.replay(record, batch.isTransactional ? batch.producerId : undefined);',
    to: '',
    ...{ kind: 'broker', seeds: 100 },
  },
  {
    name: 'the high watermark is shown before the bytes are there',
    file: 'src/storage/append/log-writer.ts',
    from: '      this.#publishUpTo(this.#writtenEnd);\n    }',
    to: '      this.#publishUpTo(this.#writtenEnd + 1);\n    }',
    ...{ kind: 'broker', policy: 'os', seeds: 50 },
  },
];

const filter = process.argv.slice(2).join(' ');
mkdirSync('build', { recursive: true });
const folder = mkdtempSync(join('build', 'mutations-'));
writeFileSync(
  join(folder, 'worker.mjs'),
  `import { main } from './main.mjs';\nprocess.exitCode = await main(process.argv.slice(2));\n`,
);
let escaped = 0;
let caught = 0;
for (const mutation of MUTATIONS.filter(({ name }) => name.includes(filter))) {
  await bundle(mutation);
  const { seed, message } = await firstFailure(mutation);
  if (seed !== undefined) caught++;
  else if (!mutation.isRare) escaped++;
  console.log(
    seed === undefined
      ? `ESCAPED  ${mutation.name}: nothing in ${mutation.seeds} seeds`
      : `caught   ${mutation.name}: ${mutation.kind} seed ${seed}: ${message}`,
  );
}
rmSync(folder, { recursive: true, force: true });
console.log(`${caught} caught, ${escaped} escaped`);
process.exitCode = escaped === 0 ? 0 : 1;

async function bundle({ name, file, from, to }) {
  const path = resolve(file);
  const text = readFileSync(path, 'utf8');
  if (!text.includes(from)) throw new Error(`${name}: ${file} no longer has the text to change`);
  await build({
    entryPoints: ['simulation/node/main.ts'],
    outfile: join(folder, 'main.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
    plugins: [
      {
        name: 'mutation',
        setup(plugins) {
          plugins.onLoad({ filter: /\.ts$/ }, (loaded) =>
            loaded.path === path
              ? { contents: text.replace(from, () => to), loader: 'ts' }
              : undefined,
          );
        },
      },
    ],
  });
}

function firstFailure({ kind, policy, seeds }) {
  return new Promise((done) => {
    const args = ['--kind', kind, '--seeds', String(seeds), '--stop-at-failure'];
    if (policy) args.push('--policy', policy);
    const child = spawn(process.execPath, [resolve(folder, 'worker.mjs'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.on('exit', () => {
      const found = /^FAILED seed (\d+): (.*)$/m.exec(output);
      done({ seed: found?.[1], message: found?.[2]?.slice(0, 120) });
    });
  });
}
