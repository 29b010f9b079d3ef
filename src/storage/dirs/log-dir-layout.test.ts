// If this breaks, a disk that is not mounted, or a copy in its place, costs records without a word.
import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { test } from 'node:test';
import type { LogFields, Logger } from '../../base/logger.ts';
import { SimClock } from '../../base/testing/sim-clock.ts';
import { SimFileSystem } from '../../base/testing/sim-file-system.ts';
import { SimRandom } from '../../base/testing/sim-random.ts';
import { DEFAULT_LOG_CONFIG } from '../log-config.ts';
import { LogManager } from '../log-manager.ts';
import type { OwnedLog } from '../log-owner.ts';
import { onlyReplica } from '../testing/replicas.ts';
import { appendBatch, batchOf, contentsOf, TOPIC_ID } from '../testing/test-storage.ts';
import { INVENTORY_FILE } from './inventory.ts';
import { encodeMetaProperties } from './meta-properties.ts';

const HOME_FILE = 'topics';

/** A broker's storage over several directories, with a list of topics in one of them. */
class Storage {
  readonly clock = new SimClock();
  readonly disk = new SimFileSystem({ now: () => this.clock.now() });
  readonly random = new SimRandom(7);
  readonly lines: string[] = [];
  /** What the list of topics has. */
  readonly topics = { version: 1, names: [] as string[], id: TOPIC_ID };
  manager!: LogManager;

  async start(logDirs?: string[], lostDirs?: string[]): Promise<void> {
    await this.open(logDirs, lostDirs);
    this.writeTopics();
    await this.manager.keepInventory();
  }

  /** A start as far as the list of topics is made, where there is none. */
  async open(logDirs = ['/d1', '/d2'], lostDirs: string[] = []): Promise<void> {
    const at = (level: string) => (_fields: LogFields, text: string) =>
      void this.lines.push(`${level} ${text}`);
    const [debug, info, warn, error] = ['debug', 'info', 'warn', 'error'].map(at);
    const logger = { debug, info, warn, error, child: () => logger } as Logger;
    this.lines.length = 0;
    this.manager = await LogManager.open({
      fileSystem: this.disk,
      clock: this.clock,
      random: this.random,
      logger,
      logDirs,
      lostDirs,
      topicList: {
        files: [HOME_FILE],
        version: () => this.topics.version,
        read: (dir) => {
          const text = this.disk.readFile(`${dir}/${HOME_FILE}`).toString();
          const { version, names } = JSON.parse(text) as Storage['topics'];
          const assigned = () => new Map(names.map((name) => [name, [1]]));
          const has = (topic: string) => names.some((name) => name.startsWith(`${topic}-`));
          return { version, assigned, has, topicId: () => this.topics.id };
        },
      },
      configOf: () => DEFAULT_LOG_CONFIG,
      onLogDirFailure: () => {},
    });
  }

  /** As after a change of topics. */
  writeTopics(): void {
    this.disk.writeFile(`${this.manager.home.path}/${HOME_FILE}`, JSON.stringify(this.topics));
  }

  /** The sentence with which the start refuses. */
  async refusal(logDirs?: string[], lostDirs?: string[]): Promise<string> {
    const before = this.disk.files();
    const error = await this.start(logDirs, lostDirs).then(
      () => assert.fail('the start went well'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof Error);
    assert.match(error.name, /^(LogDirLayoutError|MetaPropertiesError)$/);
    assert.deepEqual(this.disk.files(), before, 'a refused start changes nothing');
    return error.message;
  }

  log(partition: number, isNew = false): OwnedLog {
    const at = { topicId: TOPIC_ID, config: DEFAULT_LOG_CONFIG, isNew };
    const log = this.manager.getOrCreate('t', partition, at);
    if (isNew) {
      this.topics.names.push(`t-${partition}`);
      this.topics.version++;
      this.writeTopics();
    }
    log.listener = onlyReplica(log);
    return log;
  }

  append(partition: number, ...values: string[]): void {
    appendBatch(this.log(partition), batchOf(values));
    this.clock.runTurn();
  }

  /** Two directories with two partitions each, three records in every one, stopped in order. */
  async fill(stop: 'close' | 'kill' = 'close'): Promise<this> {
    await this.start();
    for (const partition of [0, 1, 2, 3]) {
      this.log(partition, true);
      this.append(partition, 'a', 'b', 'c');
    }
    assert.deepEqual([...this.manager.logs()].map(({ logDir }) => logDir).sort(), [
      ...['/d1', '/d1', '/d2', '/d2'],
    ]);
    if (stop === 'close') await this.manager.close();
    else this.disk.crash('all');
    return this;
  }

  copy(from: string, to: string): void {
    for (const [path, bytes] of this.disk.files(from)) {
      const target = posix.join(to, posix.relative(from, path));
      this.disk.makeFolder(posix.dirname(target));
      this.disk.writeFile(target, bytes);
    }
  }

  empty(folder: string): void {
    this.disk.removeFolder(folder);
    this.disk.makeFolder(folder);
  }

  idOf(folder: string): string {
    const text = this.disk.readFile(`${folder}/${INVENTORY_FILE}`).toString();
    return (JSON.parse(text) as { directory: string }).directory;
  }

  async all(): Promise<string[][]> {
    return Promise.all([0, 1, 2, 3].map((partition) => contentsOf(this.log(partition))));
  }
}

const FULL = Array.from({ length: 4 }, () => ['0:a', '1:b', '2:c']);
/** What the directories are called in `fill`, and which partitions lie in each. */
const IN_D2 = /2 partitions, t-[13] for one, lie in \/d2, which (is|was)/;

test('a directory that is missing, empty, or another one now is refused by name', async () => {
  for (const stop of ['close', 'kill'] as const) {
    const left = await new Storage().fill(stop);
    assert.match(await left.refusal(['/d1']), stop === 'close' ? IN_D2 : /may lie|lies? in \/d2/);
    const gone = await new Storage().fill(stop);
    gone.disk.removeFolder('/d2');
    // Making the folder that is missing is no harm: the refusal itself is what counts.
    await assert.rejects(
      gone.start(),
      /in \/d2, which was missing, or is empty: is its disk mounted/,
    );
    const empty = await new Storage().fill(stop);
    empty.empty('/d2');
    assert.match(await empty.refusal(), /in \/d2, which was missing, or is empty:/);
    assert.match(await empty.refusal(), /log\.dirs\.lost=[\w-]{22};/);
    const meta = { version: 1 as const, nodeId: 1, clusterId: 'c', directoryId: 'x'.repeat(22) };
    empty.disk.writeFile('/d2/meta.properties', encodeMetaProperties(meta));
    assert.match(await empty.refusal(), /in \/d2, which is another folder now: is its disk/);
  }
});

test('the disk is mounted again, and nothing is missing', async () => {
  const storage = await new Storage().fill();
  storage.disk.rename('/d2', '/elsewhere');
  storage.disk.makeFolder('/d2');
  await storage.refusal();
  storage.disk.removeFolder('/d2');
  storage.disk.rename('/elsewhere', '/d2');
  await storage.start();
  assert.deepEqual(await storage.all(), FULL);
});

test('the directory with the list of topics is found wherever it is named, and missed', async () => {
  const storage = await new Storage().fill();
  await storage.start(['/d2', '/d1']);
  assert.deepEqual(storage.manager.home, { path: '/d1', isNew: false });
  assert.deepEqual(await storage.all(), FULL);
  await storage.manager.close();
  assert.match(
    await storage.refusal(['/d2']),
    /^the list of topics lies in \/d1, which is not in log\.dirs: is its disk mounted\?/,
  );
  storage.empty('/d1');
  assert.match(
    await storage.refusal(),
    /list of topics lies in \/d1, which was missing, or is empty:/,
  );
  storage.disk.removeFolder('/d1');
  storage.disk.writeFile('/d1', 'a file');
  assert.match(await storage.refusal(), /lies in \/d1, which cannot be used \(E/);
});

test('a list of topics that is lost for good is made of the folders that are left, as the sentence says', async () => {
  const storage = await new Storage().fill();
  storage.disk.removeFolder('/d1');
  const advice =
    /take it out of log\.dirs and remove sluice-inventory from \/d2: topics are then made of/;
  assert.match(await storage.refusal(['/d2']), advice);
  storage.disk.removeFile(`/d2/${INVENTORY_FILE}`);
  await storage.start(['/d2']);
  assert.equal(storage.manager.home.isNew, true);
  const left = [...storage.manager.logs()];
  assert.equal(left.length, 2);
  for (const log of left) assert.deepEqual(await contentsOf(log), FULL[0]);
});

test('a list of topics that is made anew is taken for no older copy, whenever the broker is killed', async () => {
  const storage = await new Storage().fill();
  storage.disk.removeFile(`/d1/${HOME_FILE}`);
  Object.assign(storage.topics, { version: 1, names: [] });
  await storage.open();
  storage.writeTopics();
  storage.disk.crash('all');
  await storage.start();
  assert.deepEqual(await storage.all(), FULL);
});

test('a new directory may come anywhere in the list, and gets the next partitions', async () => {
  const storage = await new Storage().fill();
  await storage.start(['/new', '/d2', '/d1']);
  assert.deepEqual(await storage.all(), FULL);
  assert.equal(storage.log(4, true).logDir, '/new');
});

test('a directory leaves log.dirs when its partitions were moved, or it had none', async () => {
  const storage = await new Storage().fill();
  for (const name of storage.disk.list('/d2').filter((one) => one.startsWith('t-'))) {
    assert.match(await storage.refusal(['/d1']), /partitions?, t-[13] for one, lies? in \/d2/);
    storage.disk.rename(`/d2/${name}`, `/d1/${name}`);
  }
  await storage.start(['/d1']);
  assert.deepEqual(await storage.all(), FULL);
  assert.ok(storage.lines.some((line) => /^warn \/d2 .* is not in log\.dirs any more/.test(line)));
  await storage.manager.close();
  await storage.start(['/d1']);
  assert.ok(!storage.lines.some((line) => line.includes('/d2')), 'it is said once');
  await storage.manager.close();
  // The one with the list of topics, too.
  await storage.start(['/d1', '/d3']);
  await storage.manager.close();
  for (const name of storage.disk.list('/d1').filter((one) => /^t-|^topics$/.test(one))) {
    storage.disk.rename(`/d1/${name}`, `/d3/${name}`);
  }
  await storage.start(['/d3']);
  assert.deepEqual(await storage.all(), FULL);
});

test('data that is lost for good goes on after its last known offset, by name', async () => {
  const storage = await new Storage().fill();
  const id = storage.idOf('/d2');
  assert.match(await storage.refusal(undefined, [id]), /log\.dirs\.lost names .* is there: \/d2/);
  storage.empty('/d2');
  await storage.start(undefined, [id]);
  const lost = [0, 1, 2, 3].filter((partition) => storage.log(partition).logStartOffset === 3);
  assert.equal(lost.length, 2);
  for (const partition of lost) {
    storage.append(partition, 'd');
    assert.deepEqual(await contentsOf(storage.log(partition)), ['3:d']);
    const told = `error t-${partition} was here with the offsets 0 to 2 and its folder is gone`;
    assert.ok(storage.lines.some((line) => line.startsWith(told)));
  }
  await storage.manager.close();
  await storage.start();
  assert.deepEqual(await contentsOf(storage.log(lost[0]!)), ['3:d']);
});

test('a partition whose folder was exchanged for one of another topic goes on after its last known offset', async () => {
  const storage = await new Storage().fill();
  const metadata = '/d1/t-0/partition.metadata';
  const text = storage.disk.readFile(metadata).toString();
  const id = /topic_id: (.*)/.exec(text)![1]!;
  storage.disk.writeFile(metadata, text.replace(id, 'AAAAAAAAAAAAAAAAAAAABA'));
  await storage.start();
  assert.equal(storage.log(0).logEndOffset, 3);
  const told = [
    /^warn \/d1\/t-0 is of another topic of this name \(AAAAAAAAAAAAAAAAAAAABA\) and has the offsets 0 to 2: it is set aside as \/d1\/t-0\.[0-9a-f]{32}-stray$/,
    /^error t-0 was here with the offsets 0 to 2 and its folder is gone from \/d1: it goes on, empty, at offset 3; /,
  ];
  for (const line of told)
    assert.ok(
      storage.lines.some((one) => line.test(one)),
      String(line),
    );
});

test('a partition that lies in two directories is refused, unless one folder is hollow', async () => {
  const storage = await new Storage().fill();
  const [name] = storage.disk.list('/d2').filter((one) => one.startsWith('t-'));
  storage.disk.makeFolder(`/d1/${name}`);
  await storage.start();
  assert.deepEqual(await storage.all(), FULL);
  await storage.manager.close();
  storage.copy(`/d2/${name}`, `/d1/${name}`);
  assert.equal(
    await storage.refusal(),
    `${name} lies in /d1 and in /d2; move the folder that is not wanted out of log.dirs`,
  );
});

test('a copy beside its original, and the data of two brokers, are refused', async () => {
  const storage = await new Storage().fill();
  storage.copy('/d2', '/copy');
  assert.match(
    await storage.refusal(['/d1', '/d2', '/copy']),
    /^\/d2 and \/copy have the same directory\.id/,
  );
  storage.disk.makeFolder('/other');
  storage.disk.writeFile(`/other/${HOME_FILE}`, JSON.stringify({ version: 9, names: [] }));
  assert.match(
    await storage.refusal(['/d1', '/d2', '/other']),
    /^\/d1 and \/other both hold a list of topics/,
  );
});

test('an older copy of a directory shows what is missing, one of the list of topics is refused', async () => {
  const storage = await new Storage().fill();
  storage.copy('/d1', '/old1');
  storage.copy('/d2', '/old2');
  await storage.start();
  storage.log(4, true);
  storage.log(5, true);
  for (const partition of [4, 5]) storage.append(partition, 'new');
  await storage.manager.close();
  const put = (from: string, to: string) => {
    storage.disk.removeFolder(to);
    storage.copy(from, to);
  };
  storage.copy('/d1', '/new1');
  put('/old1', '/d1');
  assert.match(
    await storage.refusal(),
    /^\/d1 holds an older copy of the list of topics \(of start 1\) than \/d2 has seen \(start 2\)/,
  );
  put('/new1', '/d1');
  put('/old2', '/d2');
  await storage.start();
  const missing = [4, 5].find((partition) => storage.log(partition).logDir === '/d2');
  assert.ok(storage.lines.some((line) => line.startsWith('error t-') && line.includes('/d2')));
  assert.equal(storage.manager.get('t', missing ?? 4)?.logEndOffset, 1, 'no offset is given twice');
});

test('without an inventory, directories with and without data are not taken together', async () => {
  const storage = new Storage();
  const meta = { version: 0 as const, nodeId: 1, clusterId: 'c', directoryId: undefined };
  for (const folder of ['/d1', '/d2']) storage.disk.makeFolder(folder);
  storage.disk.writeFile('/d2/meta.properties', encodeMetaProperties(meta));
  assert.match(
    await storage.refusal(),
    /^\/d1 has no meta\.properties, but \/d2 has data: is its disk mounted\?/,
  );
  assert.match(await storage.refusal(['/d2', '/d1']), /^\/d1 has no meta\.properties/);
  storage.disk.removeFolder('/d1');
  storage.disk.writeFile('/d1', 'a file');
  assert.match(
    await storage.refusal(),
    /^\/d1 cannot be used \(E.* which topics there are; mend it/,
  );
  storage.disk.removeFile('/d1');
  await storage.start(['/d2']);
});

test('an inventory that cannot be read is said, and the others are believed', async () => {
  const storage = await new Storage().fill();
  for (const text of ['', '{}', '[]', '{"version":1,"life":-1}', '{"version":2}']) {
    storage.disk.writeFile(`/d1/${INVENTORY_FILE}`, text);
    await storage.start();
    assert.ok(storage.lines.some((line) => line.startsWith(`error /d1/${INVENTORY_FILE} cannot`)));
    assert.deepEqual(await storage.all(), FULL);
    await storage.manager.close();
  }
});

test('a folder in the place of an inventory is said, and its directory serves', async () => {
  const storage = await new Storage().fill();
  storage.disk.removeFile(`/d2/${INVENTORY_FILE}`);
  storage.disk.makeFolder(`/d2/${INVENTORY_FILE}`);
  for (const stop of ['first', 'again']) {
    await storage.start();
    assert.ok(
      storage.lines.some((line) => line.startsWith(`error /d2/${INVENTORY_FILE} cannot`)),
      stop,
    );
    assert.deepEqual(await storage.all(), FULL);
    assert.deepEqual(storage.manager.offlineLogDirs(), []);
    await storage.manager.close();
  }
});

test('a partition folder that is gone is said with its offsets, and no offset is given twice', async () => {
  for (const stop of ['close', 'kill'] as const) {
    const storage = await new Storage().fill(stop);
    if (stop === 'kill') {
      await storage.start();
      // Until all of it is synced, and noted.
      await storage.clock.advanceAndSettle(61_000);
      storage.disk.crash('all');
    }
    storage.disk.removeFolder('/d1/t-0');
    await storage.start();
    storage.append(0, 'd');
    assert.deepEqual(await contentsOf(storage.log(0)), ['3:d']);
    assert.ok(
      storage.lines.some((line) =>
        line.startsWith(
          'error t-0 was here with the offsets 0 to 2 and its folder is gone from /d1',
        ),
      ),
    );
  }
});

test('a topic of the same name and what nobody wants any more are not missed', async () => {
  const storage = await new Storage().fill();
  storage.disk.removeFolder('/d1/t-0');
  storage.disk.removeFolder('/d1/t-2');
  await storage.start();
  const other = { topicId: 'AAAAAAAAAAAAAAAAAAAABQ', config: DEFAULT_LOG_CONFIG };
  assert.equal(storage.manager.getOrCreate('t', 0, other).logStartOffset, 0);
  storage.manager.forgetMissing(() => false);
  assert.equal(storage.log(2).logStartOffset, 0);
  assert.ok(!storage.lines.some((line) => line.startsWith('error')));
});

test('a folder that merely has the name of a partition is left alone', async () => {
  const storage = new Storage();
  storage.disk.makeFolder('/d1/backup-2024-01-01');
  storage.disk.writeFile('/d1/backup-2024-01-01/notes.txt', 'mine');
  await storage.start(['/d1']);
  assert.deepEqual([...storage.manager.logs()], []);
  assert.deepEqual([...storage.manager.hollowFolders()], ['/d1/backup-2024-01-01']);
  await storage.manager.close();
  assert.equal(storage.disk.readFile('/d1/backup-2024-01-01/notes.txt').toString(), 'mine');
});

for (const deleted of [0, 1, 3]) {
  test(`a folder that comes back before anything is written has its records from ${deleted} on`, async () => {
    const storage = await new Storage().fill();
    await storage.start();
    await storage.log(1).incrementLogStartOffset(deleted);
    const { logDir } = storage.log(1);
    await storage.manager.close();
    storage.disk.rename(`${logDir}/t-1`, '/away');
    // However often it starts, and ends, without the folder.
    for (const end of ['close', 'kill', 'close'] as const) {
      await storage.start();
      const log = storage.log(1);
      assert.deepEqual([log.logStartOffset, log.logEndOffset], [3, 3]);
      await storage.manager.keepInventory();
      if (end === 'close') await storage.manager.close();
      else storage.disk.crash('all');
    }
    const place = ['/d1', '/d2'].find((dir) => storage.disk.stat(`${dir}/t-1`));
    storage.disk.removeFolder(`${place}/t-1`);
    storage.disk.rename('/away', `${place}/t-1`);
    await storage.start();
    assert.deepEqual(await contentsOf(storage.log(1)), ['0:a', '1:b', '2:c'].slice(deleted));
    storage.append(1, 'd');
    assert.equal(storage.log(1).logEndOffset, 4);
  });
}

test('a disk that was given up and comes back before anything is written has its records', async () => {
  const storage = await new Storage().fill();
  const id = storage.idOf('/d2');
  await storage.start(['/d1'], [id]);
  for (const partition of [0, 1, 2, 3]) storage.log(partition);
  await storage.manager.close();
  assert.match(await storage.refusal(), /lies in \/d1 and in \/d2; move the folder/);
  for (const name of storage.disk.list('/d2')) {
    if (name.startsWith('t-')) storage.disk.removeFolder(`/d1/${name}`);
  }
  await storage.start();
  assert.deepEqual(await storage.all(), FULL);
});

test('a file with the name of a partition is none, and keeps only that partition from being made', async () => {
  const storage = new Storage();
  for (const dir of ['/d1', '/d2']) {
    storage.disk.makeFolder(dir);
    storage.disk.writeFile(`${dir}/README-1`, 'read me');
    storage.disk.writeFile(`${dir}/t-1`, 'in the way');
  }
  await storage.start();
  assert.throws(
    () => storage.log(1, true),
    /^LogUnusableError: \/d1\/t-1 is a file, or a link that leads nowhere, where the folder of t-1 should be; move it away/,
  );
  storage.append(0, 'a');
  assert.deepEqual(await contentsOf(storage.log(0)), ['0:a']);
  assert.deepEqual(storage.manager.offlineLogDirs(), []);
  await storage.manager.close();
  await storage.start();
  assert.equal(storage.disk.readFile('/d1/t-1').toString(), 'in the way');
});

/** As a version of before there were inventories left it, or somebody who tidied up. */
function forgetInventories({ disk }: Storage): void {
  for (const dir of ['/d1', '/d2']) {
    disk.writeFile(`${dir}/meta.properties`, 'version=0\n');
    disk.removeFile(`${dir}/${INVENTORY_FILE}`);
  }
}

test('without an inventory, what the list of topics has and no directory is refused by number and name', async () => {
  const storage = await new Storage().fill();
  forgetInventories(storage);
  const lacks = (count: string) =>
    new RegExp(
      `^the list of topics has ${count}.* of which log\\.dirs \\(/d1.*\\) ha(s|ve) no folder, and no sluice-inventory says where .*\\? Where .* start with log\\.dirs\\.lost=unknown;`,
    );
  // Left out, empty, not there; each of two partitions.
  assert.match(await storage.refusal(['/d1']), lacks('2 partitions, t-[13] for one,'));
  storage.disk.rename('/d2', '/away');
  storage.disk.makeFolder('/d2');
  assert.match(await storage.refusal(), lacks('2 partitions, t-[13] for one,'));
  storage.disk.removeFolder('/d2');
  storage.disk.rename('/away', '/d2');
  const [one] = storage.disk.list('/d2').filter((name) => name.startsWith('t-'));
  storage.disk.rename(`/d2/${one}`, '/away');
  assert.match(await storage.refusal(), lacks(`1 partition, ${one},`));
  // A folder that merely looks like it.
  storage.disk.makeFolder(`/d2/${one}`);
  assert.match(await storage.refusal(), lacks(`1 partition, ${one},`));
  storage.disk.removeFolder(`/d2/${one}`);
  storage.disk.rename('/away', `/d2/${one}`);
  // A new directory is welcome, since nothing is missing.
  await storage.start(['/new', '/d1', '/d2']);
  assert.deepEqual(await storage.all(), FULL);
});

test('without an inventory, what is lost for good begins empty when that is asked for, each by name', async () => {
  const storage = await new Storage().fill();
  forgetInventories(storage);
  storage.empty('/d2');
  await storage.start(undefined, ['unknown']);
  for (const partition of [0, 1, 2, 3]) {
    const told = `error t-${partition} has no folder in log.dirs`;
    const isTold = storage.lines.some((line) => line.startsWith(told));
    assert.equal(isTold, storage.log(partition).logEndOffset === 0);
  }
  await storage.manager.close();
  // What it made is noted now: the word has nothing to say any more.
  await storage.start(undefined, ['unknown', 'mistyped']);
  assert.ok(!storage.lines.some((line) => line.startsWith('error')));
  const warnings = storage.lines.filter((line) => line.startsWith('warn'));
  assert.deepEqual(warnings, [
    'warn log.dirs.lost names mistyped, which no log directory ever was',
  ]);
});

test('without an inventory, a directory that cannot be used keeps its partitions from being made anew', async () => {
  const storage = await new Storage().fill();
  forgetInventories(storage);
  storage.disk.rename('/d2', '/away');
  storage.disk.writeFile('/d2', 'a file');
  await storage.start();
  assert.throws(() => storage.log(1), /LogUnusableError|offline/);
});

test('an older list of topics alone, or one that lost its end, is refused', async () => {
  const storage = await new Storage().fill();
  const older = { version: storage.topics.version - 1, names: ['t-0'] };
  const newest = storage.disk.readFile(`/d1/${HOME_FILE}`);
  storage.disk.writeFile(`/d1/${HOME_FILE}`, JSON.stringify(older));
  assert.match(
    await storage.refusal(),
    /^the list of topics .* in \/d1 is an older copy, or lost its end: its last change is 4, and change 5 has been seen; .* remove sluice-inventory from \/d1, \/d2 to go on with the older list$/,
  );
  storage.disk.writeFile(`/d1/${HOME_FILE}`, newest);
  await storage.start();
  await storage.manager.close();
  // The way out that the sentence names.
  storage.disk.writeFile(`/d1/${HOME_FILE}`, JSON.stringify(older));
  for (const dir of ['/d1', '/d2']) storage.disk.removeFile(`${dir}/${INVENTORY_FILE}`);
  await storage.start();
  assert.deepEqual(await storage.all(), FULL);
});

for (const since of ['was made anew', 'was deleted']) {
  test(`what an inventory knows of a topic is not missed where it ${since}, and a power cut took the id of a folder`, async () => {
    const storage = await new Storage().fill();
    // As after a deletion, or one and a creation, that no inventory has seen.
    if (since === 'was made anew') storage.topics.id = 'B'.repeat(22);
    else storage.topics.names = [];
    storage.writeTopics();
    for (const dir of ['/d1', '/d2']) {
      for (const name of storage.disk.list(dir).filter((one) => one.startsWith('t-'))) {
        storage.disk.removeFolder(`${dir}/${name}`);
        storage.disk.makeFolder(`${dir}/${name}`);
        storage.disk.writeFile(`${dir}/${name}/00000000000000000000.log`, '');
      }
      storage.disk.removeFile(`${dir}/recovery-point-offset-checkpoint`);
    }
    await storage.start();
    assert.deepEqual(
      storage.lines.filter((line) => line.startsWith('error')),
      [],
    );
    assert.deepEqual(
      [...storage.manager.logs()].map(({ logEndOffset }) => logEndOffset),
      [0, 0, 0, 0],
    );
  });
}
