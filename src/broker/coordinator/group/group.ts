import type { ClassicGroup } from './classic/classic-group.ts';
import { GroupOffsets } from './offsets/group-offsets.ts';

/**
 * How the members of a group come to share its partitions: one case per protocol, told apart by
 * `kind`. The offsets don't depend on it, and stay when the protocol changes.
 */
export type GroupProtocol = ClassicGroup;

/** What is known under one group id. */
export class Group {
  readonly id: string;
  readonly offsets = new GroupOffsets();
  protocol: GroupProtocol;

  constructor(id: string, protocol: GroupProtocol) {
    this.id = id;
    this.protocol = protocol;
  }
}

/** The groups of one shard by id. */
export type Groups = Map<string, Group>;
