// Records for the scenarios, made from a seed, and their comparison byte for byte.
import assert from 'node:assert/strict';

/** A small generator of numbers in [0, 1), the same for the same seed. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const base64 = (value) => (value === null ? null : Buffer.from(value).toString('base64'));

/** A record as the drivers take it: key, value and header values in base64 or null. */
export function record({ key = null, value = null, headers = [], ...rest }) {
  return {
    key: base64(key),
    value: base64(value),
    headers: headers.map(([name, content]) => [name, base64(content)]),
    ...rest,
  };
}

/** Any bytes except the two that kcat's driver separates records with. */
function bytes(random, size) {
  const result = Buffer.alloc(size);
  for (let index = 0; index < size; index++) {
    const byte = Math.floor(random() * 256);
    result[index] = byte === 0x1e || byte === 0x1f ? 0x20 : byte;
  }
  return result;
}

/** `count` records for one partition: text that compresses well, random bytes that do not, sizes from 1 to 20,000. */
export function mixedRecords(count, { seed = 1, partition = 0, timestamp } = {}) {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, index) => {
    const size = index === count - 1 ? 20_000 : 1 + Math.floor(random() * 2_000);
    const text = `line ${index}: größer, 流, the quick brown fox; `;
    const value =
      index % 2 === 0 ? Buffer.from(text.repeat(Math.ceil(size / 50))) : bytes(random, size);
    return record({
      key: index % 3 === 0 ? bytes(random, 12) : `key-${index}`,
      value,
      partition,
      ...(timestamp !== undefined && { timestamp: timestamp + index }),
    });
  });
}

/**
 * Records at the edges: null and empty keys and values, and headers of all kinds.
 * `needs` names what a client must offer for that record to be tried.
 */
export const edgeRecords = [
  { content: { key: null, value: null }, needs: 'record.nullKeyNoValue' },
  { content: { key: null, value: '' }, needs: 'record.nullKeyNoValue' },
  { content: { key: '', value: null }, needs: 'record.emptyKeyNullValue' },
  { content: { key: '', value: '' } },
  { content: { key: 'key', value: null } },
  { content: { key: 'key', value: '' } },
  { content: { key: null, value: 'value' } },
  { content: { key: '', value: 'value' } },
  { content: { key: 'one', value: 'header', headers: [['name', 'value']] } },
  {
    content: {
      key: 'order',
      value: 'kept',
      headers: [
        ['z', '1'],
        ['a', '2'],
        ['m', '3'],
      ],
    },
  },
  {
    content: {
      key: 'same',
      value: 'name',
      headers: [
        ['twice', 'first'],
        ['twice', 'second'],
      ],
    },
  },
  { content: { key: 'empty', value: 'header', headers: [['empty', '']] } },
  { content: { key: 'utf-8', value: 'größer', headers: [['名', '流']] } },
  { content: { key: 'null', value: 'header', headers: [['nothing', null]] }, needs: 'header.null' },
  {
    content: {
      key: 'binary',
      value: 'header',
      headers: [['bytes', Buffer.from([0, 255, 128, 10, 44, 61])]],
    },
    needs: 'header.binary',
  },
  { content: { key: 'last', value: 'without headers' } },
];

const show = (text) =>
  text === null
    ? 'null'
    : JSON.stringify(Buffer.from(text, 'base64').toString('latin1').slice(0, 60));

/** Asserts that `actual` holds just the `expected` records, in order, with consecutive offsets from `firstOffset`. */
export function assertSameRecords(actual, expected, { firstOffset = 0, what = 'records' } = {}) {
  assert.equal(actual.length, expected.length, `${what}: number of records`);
  expected.forEach((wanted, index) => {
    const got = actual[index];
    const at = `${what}, record ${index}`;
    assert.ok(got.key === wanted.key, `${at}: key ${show(got.key)} instead of ${show(wanted.key)}`);
    assert.ok(
      got.value === wanted.value,
      `${at}: value ${show(got.value)} instead of ${show(wanted.value)}`,
    );
    assert.deepEqual(got.headers, wanted.headers ?? [], `${at}: headers`);
    assert.equal(got.offset, firstOffset + index, `${at}: offset`);
    if (wanted.timestamp !== undefined)
      assert.equal(got.timestamp, wanted.timestamp, `${at}: timestamp`);
  });
}
