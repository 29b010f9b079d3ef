// If this breaks, a properties file is read otherwise than Java reads it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ConfigError, parseOverride, parseServerProperties } from './index.ts';

// If these break, a file that Java reads is read differently here.

const parse = (text: string) => ({ ...parseServerProperties(text) });

const CASES: readonly (readonly [string, Record<string, string>])[] = [
  ['a=1\nb = 2\nc:3\nd : 4\ne 5\nf\t6', { a: '1', b: '2', c: '3', d: '4', e: '5', f: '6' }],
  ['# x\n! y\n\n   \n  a=1\r\nb=2\rc=3', { a: '1', b: '2', c: '3' }],
  ['a=1,\\\n    2,\\\n    3', { a: '1,2,3' }],
  ['a=1\\\n# not a comment\nb=2', { a: '1# not a comment', b: '2' }],
  ['a=x\\\\\nb=2', { a: 'x\\', b: '2' }],
  ['a\\=b=c\\u0041\\t!\\q', { 'a=b': 'cA\t!q' }],
  ['key', { key: '' }],
  ['a=1\na=2', { a: '2' }],
  ['a = x = y : z', { a: 'x = y : z' }],
  ['listeners=PLAINTEXT://:9092', { listeners: 'PLAINTEXT://:9092' }],
  ['\uFEFFa=1', { a: '1' }],
  ['a=1   ', { a: '1' }],
  ['a=1\\', { a: '1' }],
];

test('the format of java.util.Properties', () => {
  for (const [text, expected] of CASES) assert.deepEqual(parse(text), expected, text);
});

test('a broken unicode escape is an error that shows the text', () => {
  assert.throws(() => parse('a=\\u12'), ConfigError);
});

test('any text parses or is refused, and never takes over the object', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parse(text);
      } catch (error) {
        assert.ok(error instanceof ConfigError);
      }
    }),
  );
  assert.equal(parse('__proto__=x')['toString'], Object.prototype.toString);
});

test('an override is a key and a value', () => {
  assert.deepEqual(parseOverride('a.b=c=d'), ['a.b', 'c=d']);
  assert.deepEqual(parseOverride('a.b='), ['a.b', '']);
  assert.throws(() => parseOverride('a.b'), /a\.b is not of the form key=value/);
});
