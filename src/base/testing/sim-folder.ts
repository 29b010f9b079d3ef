import type { CrashSurvival, SimInode } from './sim-file.ts';

/** Names that change together: one, or the two of a rename. An absent entry is a name removed. */
type NameChange = readonly (readonly [name: string, entry: Entry | undefined])[];

/** A folder's names: as seen now, and as the disk holds them since the folder was last synced. */
export interface SimFolder {
  kind: 'folder';
  names: Map<string, Entry>;
  durable: Map<string, Entry>;
  /** What happened to the names since. */
  unsynced: NameChange[];
  /** How many changes are durable, of all there ever were. */
  syncedChanges: number;
}
interface SimFileEntry {
  kind: 'file';
  inode: SimInode;
}
export type Entry = SimFolder | SimFileEntry;

export function newFolder(): SimFolder {
  return {
    kind: 'folder',
    names: new Map(),
    durable: new Map(),
    unsynced: [],
    syncedChanges: 0,
  };
}

function applyTo(names: Map<string, Entry>, together: NameChange): void {
  for (const [name, entry] of together) {
    if (entry) names.set(name, entry);
    else names.delete(name);
  }
}

export function change(folder: SimFolder, together: NameChange): void {
  applyTo(folder.names, together);
  folder.unsynced.push(together);
}

export function changesOf(folder: SimFolder): number {
  return folder.syncedChanges + folder.unsynced.length;
}

export function syncNames(folder: SimFolder, upTo: number): void {
  const count = upTo - folder.syncedChanges;
  if (count <= 0) return;
  for (const together of folder.unsynced.splice(0, count)) applyTo(folder.durable, together);
  folder.syncedChanges = upTo;
}

/** Names first (a lost name loses its file), then the bytes of each file once. */
export function crashFolder(
  folder: SimFolder,
  survival: CrashSurvival,
  keep: (unitCount: number) => number,
  { isJournaled, seen }: { isJournaled: boolean; seen: Set<SimInode> },
): void {
  if (survival === 'all') return;
  const names = new Map(folder.durable);
  const surviving =
    survival === 'none' ? [] : survivingNames(folder.unsynced, { isJournaled, keep });
  for (const together of surviving) applyTo(names, together);
  folder.names = oneNamePerFolder(names);
  folder.syncedChanges += folder.unsynced.length;
  folder.unsynced = [];
  folder.durable = new Map(folder.names);
  for (const entry of folder.names.values()) {
    if (entry.kind === 'folder') crashFolder(entry, survival, keep, { isJournaled, seen });
    else if (!seen.has(entry.inode)) {
      seen.add(entry.inode);
      entry.inode.crash(survival, keep);
    }
  }
}

/** In order, as a journal has them, or in any; what happened to one name stays in its order. */
function survivingNames(
  changes: readonly NameChange[],
  { isJournaled, keep }: { isJournaled: boolean; keep: (unitCount: number) => number },
): readonly NameChange[] {
  if (changes.length === 0) return [];
  if (isJournaled || keep(1) === 0) return changes.slice(0, keep(changes.length));
  return chains(changes).flatMap((chain) => chain.slice(0, keep(chain.length)));
}

/** The changes, those that share a name in one list and in order. */
function chains(changes: readonly NameChange[]): NameChange[][] {
  let found: { names: Set<string>; changes: NameChange[] }[] = [];
  for (const change of changes) {
    const names = new Set(change.map(([name]) => name));
    const touched = found.filter((chain) => [...names].some((name) => chain.names.has(name)));
    if (touched.length === 0) {
      found.push({ names, changes: [change] });
      continue;
    }
    for (const chain of touched) for (const name of chain.names) names.add(name);
    const members = new Set([...touched.flatMap((chain) => chain.changes), change]);
    found = found.filter((chain) => !touched.includes(chain));
    found.push({ names, changes: changes.filter((one) => members.has(one)) });
  }
  return found.map((chain) => chain.changes);
}

/** A file may have two names, a folder cannot: of two renames of which one was lost the last stays. */
function oneNamePerFolder(names: Map<string, Entry>): Map<string, Entry> {
  const nameOf = new Map<Entry, string>();
  for (const [name, entry] of names) if (entry.kind === 'folder') nameOf.set(entry, name);
  for (const [name, entry] of [...names]) {
    if (entry.kind === 'folder' && nameOf.get(entry) !== name) names.delete(name);
  }
  return names;
}
