import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { FileSystem } from '../../base/file-system.ts';
import { type FolderLock, FolderLockedError } from '../../base/folder-lock.ts';
import { nodeFileSystem } from '../../base/node/node-file-system.ts';
import { NodeFolderLocker } from '../../base/node/node-folder-locker.ts';
import { brokerConfig } from '../../config/index.ts';
import { embeddedStoreFolder } from '../../coordination/embedded/store-files.ts';
import { inspectPartition } from '../../storage/repair/inspect-partition.ts';
import { logDirFindings, repairLogDir } from '../../storage/repair/log-dir-files.ts';
import { logDirOf, partitionFolders } from '../../storage/repair/partition-folders.ts';
import type { Finding, PartitionReport } from '../../storage/repair/partition-report.ts';
import { convertPartition, repairPartition } from '../../storage/repair/repair-partition.ts';
import { CliError } from '../failure.ts';
import { repeated, value } from '../flags.ts';
import { findingText, partitionText, sizeText } from '../log-report.ts';
import { cleanerCheckpoint, topicConfigs, whyText } from '../log-why.ts';
import type { Terminal } from '../terminal.ts';
import { readProperties } from '../text-file.ts';
import { tool } from '../tool.ts';

const FLAGS = {
  topic: repeated('topic', 'Only the partitions of this topic. May be given several times.'),
  config: value('file', 'For why: the server.properties that the broker is started with.'),
} as const;

const ACTIONS = ['inspect', 'verify', 'why', 'repair', 'convert'] as const;
type Action = (typeof ACTIONS)[number];

/** Looks after a data directory while no broker runs on it. */
export const log = tool({
  name: 'log',
  about: `Inspects, verifies and repairs data directories, or single partition folders, without a broker.

  inspect   what is in each partition: segments, offsets, times, formats
  verify    reads every batch, index, snapshot and checkpoint; exit code 1 when something is wrong
  why       why each segment is still on the disk: retention, size, compaction. For a running broker
            ask its HTTP listener: GET /topics/<topic>/retention
  repair    takes damage out: what cannot be read is kept in .corrupt files, what surrounds it is
            joined, indexes are built anew. No broker may run on the directory
  convert   turns messages of formats v0 and v1 (Kafka before 0.11) into record batches. A broker does
            so by itself when it starts on a directory for the first time`,
  usage: '<inspect|verify|why|repair|convert> [folder...] [flags]',
  flags: FLAGS,
  allowRest: true,
  examples: [
    'inspect data',
    'verify data --topic orders',
    'why data --topic orders --config config/server.properties',
    'repair data/orders-0',
    'convert /var/lib/kafka-logs',
  ],
  notes: 'Without a folder: ./data. Nothing is ever deleted that could not be read.',
  async run(flags, terminal, rest) {
    const [given, ...folders] = rest;
    const action = ACTIONS.find((one) => one === given);
    if (!action) {
      throw new CliError(
        `${given === undefined ? 'what to do is missing' : `"${given}" is not known`}: sluice log ${ACTIONS.join('|')} [folder...]`,
      );
    }
    let healthy = true;
    for (const folder of folders.length > 0 ? folders : ['data']) {
      if (!existsSync(folder)) throw new CliError(`${folder} does not exist`);
      const run = new LogRun(terminal, {
        folder,
        topics: new Set(flags.topic),
        configFile: flags.config,
      });
      if (!(await run.run(action))) healthy = false;
    }
    return healthy ? 0 : 1;
  },
});

class LogRun {
  readonly #fileSystem: FileSystem = nodeFileSystem;
  readonly #terminal: Terminal;
  readonly #folder: string;
  readonly #topics: ReadonlySet<string>;
  readonly #configFile: string | undefined;

  constructor(
    terminal: Terminal,
    on: { folder: string; topics: ReadonlySet<string>; configFile: string | undefined },
  ) {
    this.#terminal = terminal;
    this.#folder = on.folder;
    this.#topics = on.topics;
    this.#configFile = on.configFile;
  }

  /** Whether all is well afterwards. */
  async run(action: Action): Promise<boolean> {
    const partitions = partitionFolders(this.#fileSystem, this.#folder).filter(
      (path) => this.#topics.size === 0 || this.#topics.has(basename(path).replace(/-\d+$/, '')),
    );
    if (partitions.length === 0) {
      throw new CliError(`${this.#folder} holds no partition folders such as orders-0`);
    }
    if (action === 'inspect') return this.#inspect(partitions);
    if (action === 'verify') return this.#verify(partitions);
    const lock = await this.#lock();
    try {
      if (action === 'why') return await this.#why(partitions);
      return action === 'repair' ? await this.#repair(partitions) : await this.#convert(partitions);
    } finally {
      await lock.release();
    }
  }

  async #lock(): Promise<FolderLock> {
    try {
      return await new NodeFolderLocker({ program: 'sluice log' }).lock(
        resolve(logDirOf(this.#folder)),
      );
    } catch (error) {
      if (!(error instanceof FolderLockedError)) throw error;
      throw new CliError(`${error.message}: stop it first, with sluice stop`);
    }
  }

  async #inspect(partitions: readonly string[]): Promise<boolean> {
    for (const path of partitions) {
      this.#terminal.out(partitionText(inspectPartition(this.#fileSystem, path)));
      if (!(await this.#terminal.drained())) break;
    }
    return true;
  }

  async #verify(partitions: readonly string[]): Promise<boolean> {
    const wholeDir = partitions[0] !== this.#folder;
    let problems = 0;
    let segments = 0;
    let bytes = 0;
    const tell = (findings: readonly Finding[]) => {
      for (const finding of findings) {
        this.#terminal.out(findingText(finding));
        if (finding.severity !== 'note') problems++;
      }
    };
    if (wholeDir) tell(logDirFindings(this.#fileSystem, this.#folder));
    for (const path of partitions) {
      const report: PartitionReport = inspectPartition(this.#fileSystem, path);
      tell(report.findings);
      segments += report.segments.length;
      for (const { sizeInBytes } of report.segments) bytes += sizeInBytes;
      // Goes on without a reader too: the exit code speaks of all of them.
      await this.#terminal.drained();
    }
    const what = `${partitions.length} partitions, ${segments} segments, ${sizeText(bytes)}`;
    const result =
      problems === 0 ? 'all is well' : `${problems} problems; sluice log repair mends them`;
    this.#terminal.out(`Checked ${what}: ${result}\n`);
    return problems === 0;
  }

  async #why(partitions: readonly string[]): Promise<boolean> {
    const logDir = logDirOf(this.#folder);
    const broker = brokerConfig(readProperties(this.#configFile, '--config'));
    const topicOf = (path: string) => basename(path).replace(/-\d+$/, '');
    const logDirs = this.#configFile === undefined ? [logDir] : broker.logDirList;
    const storeFolder = embeddedStoreFolder(this.#fileSystem, logDirs);
    const topics = new Set(partitions.map(topicOf));
    const from = { storeFolder, broker };
    const configs = await topicConfigs(this.#fileSystem, from, topics);
    const cleaned = cleanerCheckpoint(this.#fileSystem, logDir);
    const now = Date.now();
    for (const path of partitions) {
      const config = configs.get(topicOf(path))!;
      const about = { config, cleaned: cleaned.get(basename(path)), now };
      this.#terminal.out(whyText(this.#fileSystem, path, about));
      if (!(await this.#terminal.drained())) break;
    }
    return true;
  }

  async #repair(partitions: readonly string[]): Promise<boolean> {
    let changes = 0;
    const tell = (done: readonly { path: string; what: string }[]) => {
      for (const { path, what } of done) this.#terminal.out(`${path}: ${what}\n`);
      changes += done.length;
    };
    if (partitions[0] !== this.#folder) tell(repairLogDir(this.#fileSystem, this.#folder));
    for (const path of partitions) {
      tell(repairPartition(this.#fileSystem, path));
      await this.#terminal.drained();
    }
    this.#terminal.out(
      changes === 0 ? 'Nothing needed repair.\n' : `Repaired: ${changes} changes.\n`,
    );
    return this.#verify(partitions);
  }

  async #convert(partitions: readonly string[]): Promise<boolean> {
    let converted = 0;
    for (const path of partitions) {
      const done = convertPartition(this.#fileSystem, path);
      if (!done) continue;
      converted++;
      this.#terminal.out(
        `${path}: ${done.records} records in ${done.segments} segments converted\n`,
      );
      await this.#terminal.drained();
    }
    if (converted === 0) this.#terminal.out('Nothing is of an old format.\n');
    return true;
  }
}
