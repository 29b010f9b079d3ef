// If this breaks, partitions pile up on one broker, or two replicas of one lie on the same.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { alternateRacks, type PlacementBroker, placeReplicas } from './placement.ts';

const brokers = (count: number): PlacementBroker[] =>
  Array.from({ length: count }, (_, id) => ({ id, rack: null }));

const racked = (racks: string[]): PlacementBroker[] => racks.map((rack, id) => ({ id, rack }));

test('round robin with followers that shift, as Kafka documents it', () => {
  const placed = placeReplicas({
    brokers: brokers(5),
    partitionCount: 10,
    replicationFactor: 3,
    firstPartition: 0,
    start: 0,
    shift: 0,
  });
  assert.deepEqual(placed, [
    [0, 1, 2],
    [1, 2, 3],
    [2, 3, 4],
    [3, 4, 0],
    [4, 0, 1],
    [0, 2, 3],
    [1, 3, 4],
    [2, 4, 0],
    [3, 0, 1],
    [4, 1, 2],
  ]);
});

test('racks alternate, and followers shift after each round, as Kafka documents it', () => {
  const six = racked(['rack1', 'rack3', 'rack3', 'rack2', 'rack2', 'rack1']);
  assert.deepEqual(
    alternateRacks(six).map(({ id }) => id),
    [0, 3, 1, 5, 4, 2],
  );
  const placed = placeReplicas({
    brokers: six,
    partitionCount: 7,
    replicationFactor: 3,
    firstPartition: 0,
    start: 0,
    shift: 0,
  });
  assert.deepEqual(placed, [
    [0, 3, 1],
    [3, 1, 5],
    [1, 5, 4],
    [5, 4, 2],
    [4, 2, 0],
    [2, 0, 3],
    [0, 4, 2],
  ]);
});

test('a single broker takes everything', () => {
  const placed = placeReplicas({
    brokers: brokers(1),
    partitionCount: 3,
    replicationFactor: 1,
    firstPartition: 0,
    start: 0,
    shift: 0,
  });
  assert.deepEqual(placed, [[0], [0], [0]]);
});

const placements = fc
  .record({
    racks: fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 9 }),
    useRacks: fc.boolean(),
    partitionCount: fc.integer({ min: 1, max: 40 }),
    firstPartition: fc.integer({ min: 0, max: 20 }),
    seed: fc.nat(1000),
  })
  .chain((base) =>
    fc.integer({ min: 1, max: base.racks.length }).map((replicationFactor) => ({
      brokers: base.useRacks ? racked(base.racks) : brokers(base.racks.length),
      partitionCount: base.partitionCount,
      firstPartition: base.firstPartition,
      replicationFactor,
      start: base.seed % base.racks.length,
      shift: (base.seed * 7) % base.racks.length,
    })),
  );

test('every partition gets its replicas, each on another broker', () => {
  fc.assert(
    fc.property(placements, (placement) => {
      const placed = placeReplicas(placement);
      assert.equal(placed.length, placement.partitionCount);
      for (const replicas of placed) {
        assert.equal(replicas.length, placement.replicationFactor);
        assert.equal(new Set(replicas).size, replicas.length);
      }
    }),
  );
});

test('no broker leads more than one partition more than another', () => {
  fc.assert(
    fc.property(placements, (placement) => {
      const counts = new Map(placement.brokers.map(({ id }) => [id, 0]));
      for (const [leader = -1] of placeReplicas(placement)) {
        counts.set(leader, (counts.get(leader) ?? 0) + 1);
      }
      const sorted = [...counts.values()].sort((a, b) => a - b);
      assert.ok(sorted.at(-1)! - sorted[0]! <= 1, sorted.join());
    }),
  );
});

test('replicas use as many racks as they can', () => {
  fc.assert(
    fc.property(placements, (placement) => {
      const rackOf = new Map(placement.brokers.map(({ id, rack }) => [id, rack]));
      const rackCount = new Set(rackOf.values()).size;
      for (const replicas of placeReplicas(placement)) {
        const used = new Set(replicas.map((id) => rackOf.get(id)));
        assert.equal(used.size, Math.min(rackCount, placement.replicationFactor));
      }
    }),
  );
});

test('partitions placed in two goes are placed as in one', () => {
  fc.assert(
    fc.property(placements, fc.nat(40), (placement, cut) => {
      const first = Math.min(cut, placement.partitionCount);
      const rounds = Math.floor((placement.firstPartition + first - 1) / placement.brokers.length);
      const roundsBefore = Math.floor((placement.firstPartition - 1) / placement.brokers.length);
      const again = placeReplicas({
        ...placement,
        firstPartition: placement.firstPartition + first,
        partitionCount: placement.partitionCount - first,
        shift: placement.shift + Math.max(0, rounds) - Math.max(0, roundsBefore),
      });
      const before = placeReplicas({ ...placement, partitionCount: first });
      assert.deepEqual([...before, ...again], placeReplicas(placement));
    }),
  );
});
