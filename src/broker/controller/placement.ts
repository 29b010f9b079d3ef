import type { Random } from '../../base/random.ts';

export interface PlacementBroker {
  readonly id: number;
  readonly rack: string | null;
}

export interface Placement {
  /** Live brokers in ascending order of id, at least `replicationFactor` many. */
  readonly brokers: readonly PlacementBroker[];
  readonly partitionCount: number;
  readonly replicationFactor: number;
  /** The index of the first partition to place; above 0 when a topic grows. */
  readonly firstPartition: number;
  /** Where in the list of brokers partition 0 begins, and how far its followers are from it at first. */
  readonly start: number;
  readonly shift: number;
}

/** Random `start` and `shift`, so that the first partitions of topics do not all share a broker. */
export function randomStart(random: Random, brokerCount: number) {
  return { start: random.int(brokerCount), shift: random.int(brokerCount) };
}

/**
 * The replicas of each new partition, preferred leader first, as Kafka places them: leaders go round
 * the brokers, followers sit at a distance that grows with every round, so that the partitions one
 * broker leads have their followers spread over the others. Where racks are known (all or none must
 * be), neighbours in the list are in different racks and a rack is not used twice before all are used.
 */
export function placeReplicas(placement: Placement): number[][] {
  const { brokers, partitionCount, replicationFactor, firstPartition, start } = placement;
  const ordered = alternateRacks(brokers);
  const rackCount = new Set(brokers.map(({ rack }) => rack)).size;
  const racked = brokers.some(({ rack }) => rack !== null);
  const placed: number[][] = [];
  let { shift } = placement;
  for (let index = firstPartition; index < firstPartition + partitionCount; index++) {
    if (index > 0 && index % ordered.length === 0) shift++;
    const first = (index + start) % ordered.length;
    const distance = racked ? shift * rackCount : shift;
    placed.push(
      racked
        ? rackAware(ordered, rackCount, first, distance, replicationFactor)
        : roundRobin(ordered, first, distance, replicationFactor),
    );
  }
  return placed;
}

function roundRobin(
  brokers: readonly PlacementBroker[],
  first: number,
  distance: number,
  replicationFactor: number,
): number[] {
  const replicas = [brokers[first]!.id];
  for (let step = 0; replicas.length < replicationFactor; step++) {
    replicas.push(brokers[follower(first, distance, step, brokers.length)]!.id);
  }
  return replicas;
}

function rackAware(
  brokers: readonly PlacementBroker[],
  rackCount: number,
  first: number,
  distance: number,
  replicationFactor: number,
): number[] {
  const leader = brokers[first]!;
  const replicas = [leader.id];
  const racks = new Set([leader.rack]);
  for (let step = 0; replicas.length < replicationFactor; step++) {
    const { id, rack } = brokers[follower(first, distance, step, brokers.length)]!;
    if (replicas.includes(id) || (racks.has(rack) && racks.size < rackCount)) continue;
    replicas.push(id);
    racks.add(rack);
  }
  return replicas;
}

/** Never `first` itself: one of the other brokers, another for each step. */
function follower(first: number, distance: number, step: number, brokerCount: number): number {
  return (first + 1 + ((distance + step) % (brokerCount - 1))) % brokerCount;
}

/** One broker of each rack in turn; the order as it is where no racks are known. */
export function alternateRacks(brokers: readonly PlacementBroker[]): PlacementBroker[] {
  const byRack = new Map<string, PlacementBroker[]>();
  for (const broker of brokers) {
    const rack = broker.rack ?? '';
    byRack.set(rack, [...(byRack.get(rack) ?? []), broker]);
  }
  const racks = [...byRack.keys()].sort().map((rack) => byRack.get(rack)!);
  const ordered: PlacementBroker[] = [];
  for (let round = 0; ordered.length < brokers.length; round++) {
    for (const rack of racks) {
      const broker = rack[round];
      if (broker) ordered.push(broker);
    }
  }
  return ordered;
}
