// If this breaks, the console producer cuts lines, joins them, or takes all memory for a long one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lineFormat, parseLine } from './line-reader.ts';
import { LineSplitter } from './line-splitter.ts';

// If these break, console-producer stores other records than the lines say.

const lines = (chunks: readonly Uint8Array[]): string[] => {
  const splitter = new LineSplitter();
  const found = chunks.flatMap((chunk) => splitter.push(chunk));
  const last = splitter.end();
  return [...found, ...(last ? [last] : [])].map((line) => line.toString('latin1'));
};

test('lines are the same however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[ -~]{0,9}$/)),
      fc.array(fc.nat(20), { minLength: 1 }),
      fc.boolean(),
      (texts, sizes, closed) => {
        const all = Buffer.from(texts.join('\n') + (closed && texts.length > 0 ? '\n' : ''));
        const chunks: Buffer[] = [];
        for (let at = 0, index = 0; at < all.length; index++) {
          const size = 1 + sizes[index % sizes.length]!;
          chunks.push(all.subarray(at, at + size));
          at += size;
        }
        const expected = all.length === 0 ? [] : all.toString('latin1').split('\n');
        if (expected.at(-1) === '') expected.pop();
        assert.deepEqual(lines(chunks), expected);
      },
    ),
  );
});

test('of a line without end only the length is kept, and the lines after it are whole', () => {
  const splitter = new LineSplitter(10);
  const chunk = Buffer.alloc(6, 'x');
  const found = [
    ...splitter.push(Buffer.from('short\n')),
    ...[1, 2, 3, 4].flatMap(() => {
      const lines = splitter.push(chunk);
      assert.ok(splitter.keptBytes <= 10);
      return lines;
    }),
    ...splitter.push(Buffer.from('\nthe next\n')),
    ...splitter.push(Buffer.from('x'.repeat(11))),
    splitter.end(),
  ];
  const told = found.map((line) => (Buffer.isBuffer(line) ? line.toString() : line));
  assert.deepEqual(told, ['short', { bytes: 24 }, 'the next', { bytes: 11 }]);
  assert.equal(splitter.end(), undefined);
});

test('line ends of Windows are no part of the value, and bytes that are no UTF-8 stay', () => {
  assert.deepEqual(lines([Buffer.from('a\r\nb\r\n\r\nc')]), ['a', 'b', '', 'c']);
  assert.deepEqual(lines([Buffer.from([0xff, 0xfe, 0x0a])]), ['\xff\xfe']);
});

test('a property that is nearly one of ours is said to have no effect', () => {
  const warnings: string[] = [];
  lineFormat({ 'parse.kye': 'true', 'schema.registry.url': 'x' }, (text) => warnings.push(text));
  assert.deepEqual(warnings, [
    'WARNING: property parse.kye has no effect; did you mean parse.key?',
  ]);
});

const format = (properties: Record<string, string>) => lineFormat(properties, assert.fail);

const parse = (line: string, properties: Record<string, string>) => {
  const { key, value, headers } = parseLine(Buffer.from(line), format(properties), 7);
  return {
    key: key?.toString() ?? null,
    value: value?.toString() ?? null,
    headers: headers.map((header) => [header.key, header.value?.toString() ?? null]),
  };
};
const KEYED = { 'parse.key': 'true' };
const HEADED = { 'parse.headers': 'true', ...KEYED };

test('a line is a value, or a key and a value, or headers too', () => {
  assert.deepEqual(parse('a\tb', {}), { key: null, value: 'a\tb', headers: [] });
  assert.deepEqual(parse('a\tb\tc', KEYED), { key: 'a', value: 'b\tc', headers: [] });
  assert.deepEqual(parse('\t', KEYED), { key: '', value: '', headers: [] });
  assert.deepEqual(parse('a::b', { ...KEYED, 'key.separator': '::' }).key, 'a');
  assert.deepEqual(parse('h1:v1,h2:v2\tk\tv', HEADED), {
    key: 'k',
    value: 'v',
    headers: [
      ['h1', 'v1'],
      ['h2', 'v2'],
    ],
  });
});

test('the null marker makes nulls', () => {
  const withMarker = { ...HEADED, 'null.marker': 'NULL' };
  assert.deepEqual(parse('h:NULL\tNULL\tNULL', withMarker), {
    key: null,
    value: null,
    headers: [['h', null]],
  });
  assert.deepEqual(parse('NULL\tk\tv', withMarker).headers, []);
});

test('a line without its separators is an error that names the line, or is taken whole', () => {
  assert.throws(() => parse('abc', KEYED), /No key separator found on line number 7: 'abc'/);
  assert.throws(() => parse('abc', HEADED), /No headers delimiter found on line number 7/);
  assert.throws(
    () => parse('h\tk\tv', HEADED),
    /No header key separator found in pair 'h' on line/,
  );
  assert.deepEqual(parse('abc', { ...KEYED, 'ignore.error': 'true' }).value, 'abc');
});

test('separators that cannot be told apart are refused', () => {
  assert.throws(() => format({ 'headers.separator': ':' }), /may not be equal/);
  assert.throws(() => format({ 'null.marker': '\t' }), /may not be equal/);
  assert.throws(() => format({ 'key.separator': '' }), /may not be empty/);
});
