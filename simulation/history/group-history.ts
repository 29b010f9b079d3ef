import { mustHold } from '../violation.ts';

/** What the members of a group know together. */
export class GroupHistory {
  readonly groupId: string;
  /** What leaders gave out, by generation and member; a generation may come again where nobody was told. */
  readonly #given = new Map<string, Set<string>>();
  /** Who owns a partition, by generation and partition. */
  readonly #owners = new Map<string, string>();
  readonly #commits = new Map<string, { sent: number; acknowledged: number }>();
  #newestGeneration = 0;

  constructor(groupId: string) {
    this.groupId = groupId;
  }

  /** A leader sends its assignment. */
  giving(generation: number, assignment: ReadonlyMap<string, readonly string[]>): void {
    for (const [member, partitions] of assignment) {
      const key = `${generation} ${member}`;
      const given = this.#given.get(key) ?? new Set<string>();
      given.add(partitions.join());
      this.#given.set(key, given);
    }
  }

  /** A member was told what it owns. */
  owns(generation: number, member: string, partitions: readonly string[]): void {
    mustHold(
      this.#given.get(`${generation} ${member}`)?.has(partitions.join()) ?? false,
      () => `${member} got ${partitions} in generation ${generation}, which no leader gave it`,
    );
    this.#newestGeneration = Math.max(this.#newestGeneration, generation);
    for (const partition of partitions) {
      const key = `${generation} ${partition}`;
      const owner = this.#owners.get(key);
      mustHold(
        owner === undefined || owner === member,
        () => `${partition} is owned by ${owner} and ${member} in generation ${generation}`,
      );
      this.#owners.set(key, member);
    }
  }

  /** The offset for the next commit of a partition; they only grow. */
  committing(partition: string): number {
    const commits = this.#commits.get(partition) ?? { sent: -1, acknowledged: -1 };
    commits.sent++;
    this.#commits.set(partition, commits);
    return commits.sent;
  }

  committed(partition: string, offset: number): void {
    const commits = this.#commits.get(partition)!;
    commits.acknowledged = Math.max(commits.acknowledged, offset);
  }

  /** The largest offset whose commit was acknowledged, -1 for none. */
  acknowledged(partition: string): number {
    return this.#commits.get(partition)?.acknowledged ?? -1;
  }

  /** What the broker says is committed, -1 for nothing; `acknowledged` is from before it was asked. */
  found(partition: string, offset: number, acknowledged: number): void {
    const sent = this.#commits.get(partition)?.sent ?? -1;
    mustHold(
      offset >= acknowledged && offset <= sent,
      () =>
        `${this.groupId} has committed ${offset} for ${partition}, not ${acknowledged} to ${sent}`,
    );
  }

  /** A power cut under a policy that promises nothing of what was not synced. */
  lost(): void {
    this.#owners.clear();
    for (const commits of this.#commits.values()) commits.acknowledged = -1;
  }

  get partitions(): string[] {
    return [...this.#commits.keys()];
  }
}
