import type { TopicPartition } from '../protocol/topic-partition.ts';

export interface Subscriber {
  readonly memberId: string;
  readonly topics: readonly string[];
}

/** Member id to its partitions; every member has an entry. */
export type Assignment = Map<string, TopicPartition[]>;

export type Assignor = (
  subscribers: readonly Subscriber[],
  partitionCounts: ReadonlyMap<string, number>,
) => Assignment;

/** Code unit order, as Java sorts strings. */
const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function emptyAssignment(subscribers: readonly Subscriber[]): Assignment {
  return new Map(subscribers.map(({ memberId }) => [memberId, []]));
}

/** Topic by topic, each member gets a run of neighbouring partitions. */
export const assignRange: Assignor = (subscribers, partitionCounts) => {
  const assignment = emptyAssignment(subscribers);
  const topics = [...new Set(subscribers.flatMap(({ topics }) => topics))].sort(inOrder);
  for (const topic of topics) {
    const count = partitionCounts.get(topic) ?? 0;
    const members = subscribers
      .filter((subscriber) => subscriber.topics.includes(topic))
      .map(({ memberId }) => memberId)
      .sort(inOrder);
    const share = Math.floor(count / members.length);
    const larger = count % members.length;
    let partition = 0;
    members.forEach((memberId, index) => {
      const end = partition + share + (index < larger ? 1 : 0);
      for (; partition < end; partition++) assignment.get(memberId)?.push({ topic, partition });
    });
  }
  return assignment;
};

/** All partitions of all topics are dealt out in turn. */
export const assignRoundRobin: Assignor = (subscribers, partitionCounts) => {
  const assignment = emptyAssignment(subscribers);
  const members = [...subscribers].sort((a, b) => inOrder(a.memberId, b.memberId));
  const topics = [...new Set(subscribers.flatMap(({ topics }) => topics))].sort(inOrder);
  let turn = 0;
  for (const topic of topics) {
    const count = partitionCounts.get(topic) ?? 0;
    for (let partition = 0; partition < count; partition++) {
      while (!members[turn % members.length]!.topics.includes(topic)) turn++;
      const { memberId } = members[turn % members.length]!;
      assignment.get(memberId)?.push({ topic, partition });
      turn++;
    }
  }
  return assignment;
};

/** By their names in JoinGroup, the preferred one first. */
export const ASSIGNORS: Readonly<Record<string, Assignor>> = {
  range: assignRange,
  roundrobin: assignRoundRobin,
};
