import { isDeepStrictEqual } from 'node:util';
import { SimRandom } from '../../base/testing/sim-random.ts';
import { decodeFrom, decodeRequestFrame, encode, encodeRequestFrame } from '../codec/index.ts';
import { interpretDecode } from '../codec/interpret.ts';
import { ProtocolError } from '../codec/protocol-error.ts';
import { Reader } from '../codec/reader.ts';
import { apis } from '../messages/index.ts';
import type { MessageSchema } from '../schema/index.ts';
import { fullName } from '../schema/index.ts';
import * as stateRecords from '../state-records/index.ts';
import { generateMessage, versionsOf } from './generate.ts';

/** A valid message to damage; a whole request frame with its header where `frame` says so. */
interface Seed {
  readonly schema: MessageSchema;
  readonly version: number;
  readonly bytes: Buffer;
  readonly frame: boolean;
}

export interface FuzzResult {
  readonly inputs: number;
  /** Inputs that were still a message, and those refused as a ProtocolError. */
  readonly decoded: number;
  readonly refused: number;
  /** Inputs that both codecs decoded, and agreed on. */
  readonly compared: number;
  /** The messages of all versions that inputs were made from. */
  readonly messages: number;
}

/** An input that ended in anything but a value or a ProtocolError. */
export class FuzzFailure extends Error {
  override name = 'FuzzFailure';
}

const SEEDS_PER_MESSAGE = 4;
const COMPARED_ONE_IN = 64;

function makeSeeds(random: SimRandom): Seed[] {
  const schemas: readonly MessageSchema[] = [
    ...apis.flatMap(({ request, response }) => [request, response]),
    ...Object.values(stateRecords),
  ];
  return schemas.flatMap((schema) =>
    versionsOf(schema).flatMap((version) =>
      Array.from({ length: SEEDS_PER_MESSAGE }, (_, index) => {
        const input = generateMessage(schema, version, random);
        const frame = schema.type === 'request' && index % 2 === 0;
        const header = { correlationId: index, clientId: 'fuzz' };
        const bytes = frame
          ? Buffer.concat(encodeRequestFrame(schema, version, header, input)).subarray(4)
          : Buffer.concat(encode(schema, version, input));
        return { schema, version, bytes, frame };
      }),
    ),
  );
}

/** Lengths, counts and varints that have broken parsers before. */
const EVIL = [
  '7fffffff',
  '80000000',
  'ffffffff',
  'fffffffe',
  '7fff',
  '8000',
  'ffffffff0f',
  '808080808001',
  '00',
].map((hex) => Buffer.from(hex, 'hex'));

/** Damages a copy of `bytes` in one to four places; `scratch` must be 64 bytes longer than any seed. */
function damage(bytes: Buffer, scratch: Buffer, random: SimRandom): Buffer {
  let size = bytes.copy(scratch);
  for (let times = 1 + random.int(4); times > 0; times--) {
    const at = size === 0 ? 0 : random.int(size);
    const choice = random.int(6);
    if (choice === 0 && size > 0) scratch[at] = random.int(256);
    else if (choice === 1 && size > 0) scratch[at] = scratch[at]! ^ (1 << random.int(8));
    else if (choice === 2) size = at;
    else if (choice === 3) {
      const evil = random.pick(EVIL);
      if (at + evil.length <= size) evil.copy(scratch, at);
    } else if (choice === 4 && size + 16 <= scratch.length) {
      const count = 1 + random.int(8);
      scratch.copyWithin(at + count, at, size);
      size += count;
    } else if (choice === 5 && size > at + 1) {
      const count = 1 + random.int(Math.min(8, size - at - 1));
      scratch.copyWithin(at, at + count, size);
      size -= count;
    }
  }
  return scratch.subarray(0, size);
}

/**
 * Feeds `count` damaged messages of every API and version to the decoders. Each must end in a value
 * or a ProtocolError; one in {@link COMPARED_ONE_IN} is decoded by the interpreter too, and the two
 * must agree. Anything else is a {@link FuzzFailure} with the bytes that caused it.
 */
export function fuzz(count: number, seed: number): FuzzResult {
  const random = new SimRandom(seed);
  const seeds = makeSeeds(random);
  const scratch = Buffer.alloc(Math.max(...seeds.map(({ bytes }) => bytes.length)) + 64);
  let decoded = 0;
  let refused = 0;
  let compared = 0;
  for (let index = 0; index < count; index++) {
    const { schema, version, bytes, frame } = random.pick(seeds);
    const input = damage(bytes, scratch, random);
    try {
      if (frame) decodeRequestFrame(input);
      else {
        const value = decodeFrom(schema, version, new Reader(input));
        if (index % COMPARED_ONE_IN === 0) {
          compared++;
          const other = interpretDecode(schema, version, new Reader(input));
          if (!isDeepStrictEqual(value, other)) throw new Error('the two codecs disagree');
        }
      }
      decoded++;
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        const where = `seed ${seed}, input ${index}, ${fullName(schema)} v${version}`;
        throw new FuzzFailure(`${where}: ${input.toString('hex')}`, { cause: error });
      }
      refused++;
    }
  }
  return { inputs: count, decoded, refused, compared, messages: seeds.length };
}
