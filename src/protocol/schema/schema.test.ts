// If this breaks, a mistake in a message's declaration reaches clients instead of its author.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageInput, MessageOf } from './index.ts';
import { array, bytes, int32, int64, message, records, string, struct } from './index.ts';
import { intersectVersions, NO_VERSIONS, parseVersions } from './versions.ts';

test('version ranges read as they are written', () => {
  assert.deepEqual(parseVersions('3'), { lowest: 3, highest: 3 });
  assert.deepEqual(parseVersions('0-17'), { lowest: 0, highest: 17 });
  assert.deepEqual(parseVersions('12+'), { lowest: 12, highest: 32767 });
  assert.deepEqual(parseVersions('none'), NO_VERSIONS);
  for (const wrong of ['', '3-1', '-1', '1 +', '1+2', 'all']) {
    assert.throws(() => parseVersions(wrong), TypeError, wrong);
  }
  assert.deepEqual(
    intersectVersions(parseVersions('0-4'), parseVersions('3+')),
    parseVersions('3-4'),
  );
  assert.deepEqual(intersectVersions(parseVersions('0-2'), parseVersions('3+')), NO_VERSIONS);
});

const Sample = message({
  name: 'Sample',
  type: 'data',
  validVersions: '0-2',
  flexibleVersions: '2+',
  fields: {
    host: string('0+', { nullable: '1+' }),
    offset: int64('0+', { default: -1 }),
    batches: records('0+'),
    token: bytes('0+', { nullable: '0+', default: null }),
    topics: array('0+', { name: string('0+'), ids: array('0+', 'int32') }),
    leader: struct('1+', { id: int32('1+') }, { nullable: '1+' }),
  },
});
type Sample = MessageOf<typeof Sample>;

test('the types of a message follow from its declaration', () => {
  // The compiler checks these lines: each `@ts-expect-error` fails the build if there is no error.
  const value: Sample = {
    host: null,
    offset: 1,
    batches: null,
    token: null,
    topics: [{ name: 'a', ids: [1] }],
    leader: { id: 1 },
  };
  const partial: MessageInput<typeof Sample> = { topics: [{}], batches: [Buffer.alloc(1)] };
  const same: MessageInput<typeof Sample> = value;
  // @ts-expect-error a host may be null
  const host: string = value.host;
  // @ts-expect-error there is no such field
  const extra: MessageInput<typeof Sample> = { nothing: 1 };
  // @ts-expect-error the default of an int32 is a number
  const wrong = int32('0+', { default: 'x' });
  // @ts-expect-error null can only be the default of a nullable field
  const none = string('0+', { default: null });
  assert.equal([partial, same, host, extra, wrong, none].length, 6);
});
