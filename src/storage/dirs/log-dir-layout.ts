import type { KnownLog } from '../recovery/known-log.ts';
import type { FoundLogDir } from './found-log-dir.ts';
import type { Inventory, InventoryDirectory, InventoryLog } from './inventory.ts';
import { INVENTORY_FILE } from './inventory.ts';
import type { ListOfTopics } from './list-of-topics.ts';
import { META_PROPERTIES_FILE } from './meta-properties.ts';

/** log.dirs are not what they were, and going on could put an empty partition in place of a full one. */
export class LogDirLayoutError extends Error {
  override name = 'LogDirLayoutError';
}

/** In log.dirs.lost: whatever the list of topics has and no directory, where nobody noted what lay where. */
export const UNKNOWN = 'unknown';

export interface LayoutQuestion {
  /** The directories that can be read, in the order of log.dirs. */
  readonly found: readonly FoundLogDir[];
  /** Those that cannot. */
  readonly failed: readonly { readonly path: string; readonly error: Error }[];
  /** log.dirs.lost: ids of directories whose data is given up, or UNKNOWN. */
  readonly lost: readonly string[];
  /** Whether a partition's folder holds nothing of a partition; asked of few. */
  readonly isHollow: (dir: string, partition: string) => boolean;
}

/** What the directories are to this start. */
export interface LogDirLayout {
  /** The directory that holds the list of topics, or is to. */
  readonly home: string;
  /** There is no list of topics yet. */
  readonly isFirstStart: boolean;
  /** The newest inventory of all. */
  readonly inventory: Inventory | undefined;
  /** What it says of each partition, by name. */
  readonly known: ReadonlyMap<string, KnownLog>;
  /** Directories of it that cannot be read just now, or held nothing that is missed. */
  readonly unreadable: readonly InventoryDirectory[];
  readonly forgotten: readonly InventoryDirectory[];
  /** Partitions of directories that are given up, by name. */
  readonly givenUp: ReadonlyMap<string, InventoryLog>;
  /** Partitions that are given up, and of which nobody noted where they lay or what they held. */
  readonly givenUpUnknown: readonly string[];
}

/** Decides whether these directories can be the broker's. Throws LogDirLayoutError. */
export function layoutOf(question: LayoutQuestion): LogDirLayout {
  const { found } = question;
  refuseCopies(found);
  refuseTwoHomes(found);
  refusePartitionsTwice(question);
  const inventory = newestInventory(found);
  const home = found.find(({ topics }) => topics);
  if (home) refuseOlderHome(home, { found, newest: inventory });
  else refuseMissingHome(question, inventory);
  return {
    home: (home ?? found[0])?.path ?? '',
    isFirstStart: home === undefined,
    inventory,
    known: knownLogs(found, inventory, home?.topics),
    ...missingDirectories(question, inventory),
    givenUpUnknown: inventory ? [] : missingUnnoted(question, home),
  };
}

/** Segments may have come and gone since, where another program had the directory. */
function knownLogs(
  found: readonly FoundLogDir[],
  inventory: Inventory | undefined,
  topics: ListOfTopics | undefined,
): Map<string, KnownLog> {
  const known = new Map<string, KnownLog>();
  for (const { id, closedMs, logs } of inventory?.directories ?? []) {
    const dir = found.find((one) => one.id === id);
    const isAsItWas = inventory?.isComplete === true && dir?.closedMs === closedMs;
    for (const [name, log] of logs) {
      if (isOfOlderTopic(name, log, topics)) continue;
      known.set(name, isAsItWas ? log : { ...log, segments: [] });
    }
  }
  return known;
}

/**
 * The topic was deleted since, and another of the name may have been made: what is known is of the one before, also
 * where a power cut took the new one's id.
 */
function isOfOlderTopic(name: string, log: KnownLog, topics: ListOfTopics | undefined): boolean {
  if (!topics) return false;
  const topic = name.slice(0, name.lastIndexOf('-'));
  if (!topics.has(topic)) return true;
  const topicId = topics.topicId(topic);
  return topicId !== undefined && log.topicId !== undefined && log.topicId !== topicId;
}

function newestInventory(found: readonly FoundLogDir[]): Inventory | undefined {
  let newest: Inventory | undefined;
  for (const { inventory } of found) {
    if (inventory && (!newest || isNewer(inventory, newest))) newest = inventory;
  }
  return newest;
}

function isNewer(one: Inventory, other: Inventory): boolean {
  return one.life > other.life || (one.life === other.life && one.sequence > other.sequence);
}

function refuseCopies(found: readonly FoundLogDir[]): void {
  const byId = new Map<string, FoundLogDir>();
  for (const dir of found) {
    if (dir.id === undefined) continue;
    const other = byId.get(dir.id);
    if (other) {
      throw new LogDirLayoutError(
        `${other.path} and ${dir.path} have the same directory.id ${dir.id}, so one is a copy of the other; leave the copy out of log.dirs`,
      );
    }
    byId.set(dir.id, dir);
  }
}

function refuseTwoHomes(found: readonly FoundLogDir[]): void {
  const [one, other] = found.filter(({ topics }) => topics);
  if (!one || !other) return;
  throw new LogDirLayoutError(
    `${one.path} and ${other.path} both hold a list of topics (sluice-store.log), so they are the data of two brokers; leave one of them out of log.dirs`,
  );
}

/** As Kafka. Which of the two is the right one only a person can say. */
function refusePartitionsTwice({ found, isHollow }: LayoutQuestion): void {
  const seen = new Map<string, FoundLogDir>();
  for (const dir of found) {
    for (const name of dir.partitions) {
      const other = seen.get(name);
      if (other && !isHollow(other.path, name)) {
        if (isHollow(dir.path, name)) continue;
        throw new LogDirLayoutError(
          `${name} lies in ${other.path} and in ${dir.path}; move the folder that is not wanted out of log.dirs`,
        );
      }
      seen.set(name, dir);
    }
  }
}

/** The list of topics decides what is made and deleted: one of before would undo what came after it. */
function refuseOlderHome(
  home: FoundLogDir,
  { found, newest }: { found: readonly FoundLogDir[]; newest: Inventory | undefined },
): void {
  const known = home.inventory;
  if (known && newest && known.life < newest.life) {
    const newer = found.filter(({ inventory }) => inventory && inventory.life > known.life);
    const [paths, have] = [
      newer.map(({ path }) => path).join(' and '),
      newer.length > 1 ? 'have' : 'has',
    ];
    throw new LogDirLayoutError(
      `${home.path} holds an older copy of the list of topics (of start ${known.life}) than ${paths} ${have} seen (start ${newest.life}); restore all of log.dirs from one moment, or remove ${INVENTORY_FILE} from ${paths} to go on with the older list`,
    );
  }
  const { version } = home.topics ?? {};
  if (
    version === undefined ||
    newest?.topicsVersion === undefined ||
    version >= newest.topicsVersion
  )
    return;
  const holders = found.filter(({ inventory }) => inventory).map(({ path }) => path);
  throw new LogDirLayoutError(
    `the list of topics (sluice-store.log) in ${home.path} is an older copy, or lost its end: its last change is ${version}, and change ${newest.topicsVersion} has been seen; restore all of log.dirs from one moment, or remove ${INVENTORY_FILE} from ${holders.join(', ')} to go on with the older list`,
  );
}

/**
 * Data of before there were inventories, or without them: nothing says what lay where, but the list of topics says
 * what there must be. A directory that does not work may have it, and then nothing is made in its place.
 */
function missingUnnoted(
  { found, failed, lost, isHollow }: LayoutQuestion,
  home: FoundLogDir | undefined,
): string[] {
  if (!home?.topics || failed.length > 0) return [];
  const isHere = (name: string) =>
    found.some(({ path, partitions }) => partitions.has(name) && !isHollow(path, name));
  const missing = [...home.topics.assigned().keys()].filter((name) => !isHere(name));
  const [first] = missing;
  if (first === undefined || lost.includes(UNKNOWN)) return missing;
  const dirs = found.map(({ path }) => path).join(', ');
  const count =
    missing.length === 1
      ? `1 partition, ${first},`
      : `${missing.length} partitions, ${first} for one,`;
  throw new LogDirLayoutError(
    `the list of topics has ${count} of which log.dirs (${dirs}) ${missing.length === 1 ? 'has' : 'have'} no folder, and no ${INVENTORY_FILE} says where ${missing.length === 1 ? 'it' : 'they'} lay: is a directory left out, or its disk not mounted? Where the data is lost for good, start with log.dirs.lost=${UNKNOWN}; what has no folder then begins empty, at offset 0`,
  );
}

function refuseMissingHome({ found, failed }: LayoutQuestion, newest: Inventory | undefined): void {
  if (newest) {
    if (newest.home === undefined || found.some(({ id }) => id === newest.home)) return;
    const path = newest.directories.find(({ id }) => id === newest.home)?.path;
    const why = failed.find((dir) => dir.path === path)?.error.message;
    const holders = found.filter(({ inventory }) => inventory).map(({ path: at }) => at);
    throw new LogDirLayoutError(
      `the list of topics lies in ${path}, which ${why === undefined ? stateOf(path, found) : `cannot be used (${why})`}: is its disk mounted? Only where it is lost for good, take it out of log.dirs and remove ${INVENTORY_FILE} from ${holders.join(', ')}: topics are then made of the folders that are left`,
    );
  }
  // Data of another Kafka, or of before there were inventories.
  const known = found.find(({ meta }) => meta !== undefined);
  if (!known) return;
  const empty = found.find(({ meta }) => meta === undefined)?.path;
  const unreadable = failed[0];
  if (empty === undefined && !unreadable) return;
  throw new LogDirLayoutError(
    unreadable
      ? `${unreadable.path} cannot be used (${unreadable.error.message}), and without it nobody knows which topics there are; mend it, or leave it out of log.dirs where it holds no data`
      : `${empty} has no ${META_PROPERTIES_FILE}, but ${known.path} has data: is its disk mounted? Start with the directories that hold data; new ones can be added to log.dirs after that`,
  );
}

/** What the inventory knows and log.dirs do not have. */
function missingDirectories(
  question: LayoutQuestion,
  inventory: Inventory | undefined,
): Pick<LogDirLayout, 'unreadable' | 'forgotten' | 'givenUp'> {
  const { found, failed, lost } = question;
  const unreadable: InventoryDirectory[] = [];
  const forgotten: InventoryDirectory[] = [];
  const givenUp = new Map<string, InventoryLog>();
  const named = found.find(({ id }) => id !== undefined && lost.includes(id));
  if (named) {
    throw new LogDirLayoutError(
      `log.dirs.lost names ${named.id}, but that directory is there: ${named.path}; take it out of log.dirs.lost`,
    );
  }
  for (const directory of inventory?.directories ?? []) {
    if (found.some(({ id }) => id === directory.id)) continue;
    if (failed.some(({ path }) => path === directory.path)) {
      unreadable.push(directory);
      continue;
    }
    const missing = missingPartitions(directory, question);
    if (lost.includes(directory.id)) for (const [name, log] of missing) givenUp.set(name, log);
    else if (missing.length > 0 || !inventory?.isComplete) {
      throw new LogDirLayoutError(missingText(directory, { missing, found }));
    }
    forgotten.push(directory);
  }
  return { unreadable, forgotten, givenUp };
}

/** Not those whose folders were moved to another directory. */
function missingPartitions(
  { logs }: InventoryDirectory,
  { found, isHollow }: LayoutQuestion,
): [string, InventoryLog][] {
  const isAt = ({ path, partitions }: FoundLogDir, name: string) =>
    partitions.has(name) && !isHollow(path, name);
  return [...logs].filter(([name]) => !found.some((dir) => isAt(dir, name)));
}

function missingText(
  { id, path }: InventoryDirectory,
  { missing, found }: { missing: readonly [string, unknown][]; found: readonly FoundLogDir[] },
): string {
  const [first] = missing;
  const count = missing.length === 1 ? '1 partition' : `${missing.length} partitions`;
  const what = first
    ? `${count}, ${first[0]} for one, ${missing.length === 1 ? 'lies' : 'lie'} in ${path}`
    : `partitions that were made before the broker was killed may lie in ${path}`;
  return `${what}, which ${stateOf(path, found)}: is its disk mounted? Where its data is lost for good, start with log.dirs.lost=${id}; its partitions then go on, empty`;
}

/** What there is in place of a directory that is missed; one that was not there was made just now. */
function stateOf(path: string | undefined, found: readonly FoundLogDir[]): string {
  const there = found.find((dir) => dir.path === path);
  if (!there) return 'is not in log.dirs';
  const { meta, inventory, partitions } = there;
  const isNew = !meta && !inventory && partitions.size === 0;
  return isNew ? 'was missing, or is empty' : 'is another folder now';
}
