// If this breaks, our client asks the wrong broker, gives up too soon, or never does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assignRange, assignRoundRobin } from './assignors.ts';
import { parseBootstrap } from './cluster.ts';
import { FrameReader } from './frame-reader.ts';
import { murmur2, partitionOfKey } from './murmur2.ts';

// If these break, keys go to other partitions than with Java's clients, or two members of a group
// read the same partition.

test('the hash of keys is that of the Java client', () => {
  const known: Record<string, number> = {
    '21': -973932308,
    foobar: -790332482,
    'a-little-bit-long-string': -985981536,
    'a-little-bit-longer-string': -1486304829,
    lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
    abc: 479470107,
  };
  for (const [key, hash] of Object.entries(known))
    assert.equal(murmur2(Buffer.from(key)), hash, key);
});

test('a key has one partition, within bounds', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 1000 }), (key, count) => {
      const partition = partitionOfKey(key, count);
      assert.ok(partition >= 0 && partition < count);
    }),
  );
});

const shown = (assignment: ReturnType<typeof assignRange>) =>
  Object.fromEntries(
    [...assignment].map(([id, of]) => [id, of.map((p) => `${p.topic}${p.partition}`).join(' ')]),
  );
const both = ['a', 'b'];

test('range gives neighbours, topic by topic', () => {
  const counts = new Map([
    ['a', 3],
    ['b', 2],
  ]);
  const members = [
    { memberId: 'm2', topics: both },
    { memberId: 'm1', topics: both },
    { memberId: 'm3', topics: ['b'] },
  ];
  assert.deepEqual(shown(assignRange(members, counts)), { m1: 'a0 a1 b0', m2: 'a2 b1', m3: '' });
});

test('round robin deals in turn, past members without the topic', () => {
  const counts = new Map([
    ['a', 3],
    ['b', 3],
  ]);
  const members = [
    { memberId: 'm1', topics: ['a'] },
    { memberId: 'm2', topics: both },
  ];
  assert.deepEqual(shown(assignRoundRobin(members, counts)), { m1: 'a0 a2', m2: 'a1 b0 b1 b2' });
});

test('every partition has exactly one owner, whoever subscribes to what', () => {
  const members = fc.uniqueArray(
    fc.record({
      memberId: fc.string({ minLength: 1, maxLength: 3 }),
      topics: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
    }),
    { selector: ({ memberId }) => memberId, minLength: 1, maxLength: 6 },
  );
  const counts = new Map([
    ['a', 5],
    ['b', 1],
    ['c', 0],
  ]);
  fc.assert(
    fc.property(members, (subscribers) => {
      for (const assign of [assignRange, assignRoundRobin]) {
        const assignment = assign(subscribers, counts);
        const owned = [...assignment].flatMap(([memberId, partitions]) => {
          const { topics } = subscribers.find((one) => one.memberId === memberId)!;
          assert.ok(partitions.every(({ topic }) => topics.includes(topic)));
          return partitions.map(({ topic, partition }) => `${topic}${partition}`);
        });
        const subscribed = new Set(subscribers.flatMap(({ topics }) => topics));
        const all = [...subscribed].flatMap((topic) =>
          Array.from({ length: counts.get(topic)! }, (_, index) => `${topic}${index}`),
        );
        assert.deepEqual(owned.sort(), all.sort());
      }
    }),
  );
});

test('frames come out the same however the stream is cut', () => {
  const frame = (bytes: Uint8Array) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 4, maxLength: 40 })),
      fc.integer({ min: 1, max: 17 }),
      (bodies, size) => {
        const stream = Buffer.concat(bodies.map(frame));
        const reader = new FrameReader(1000);
        const found: Buffer[] = [];
        for (let at = 0; at < stream.length; at += size) {
          found.push(...reader.push(stream.subarray(at, at + size)));
        }
        assert.deepEqual(
          found.map(String),
          bodies.map((body) => String(Buffer.from(body))),
        );
      },
    ),
  );
  assert.throws(() => new FrameReader(1000).push(Buffer.from([0x7f, 0, 0, 0])), /a frame of/);
});

test('broker addresses', () => {
  assert.deepEqual(parseBootstrap('a:1, [::1]:2,PLAINTEXT://b:3'), [
    { host: 'a', port: 1 },
    { host: '::1', port: 2 },
    { host: 'b', port: 3 },
  ]);
  for (const wrong of ['', 'a', 'a:99999', 'a:b'])
    assert.throws(() => parseBootstrap(wrong), /host:port/);
});
