import type { Random } from '../../base/random.ts';

/** Four words of hash and an offset as a double: what a key takes, however long it is. */
const SLOT_BYTES = 24;
/** Each grows by itself, so that no growth moves more than a small part of the map at a time. */
const SHARDS = 256;
const FIRST_SLOTS = 4;
const EMPTY = -1;

interface Shard {
  words: Int32Array;
  offsets: Float64Array;
  count: number;
}

/**
 * The latest offset of each key in a bounded memory. Keys are known by a hash of 128 bits (SipHash's
 * construction on words, keyed anew for each map): nobody can make two keys that take each other's
 * place, and by chance it does not happen.
 */
export class OffsetMap {
  readonly #maxSlotsPerShard: number;
  readonly #loadFactor: number;
  readonly #shards: (Shard | undefined)[] = new Array<undefined>(SHARDS).fill(undefined);
  readonly #secret: Int32Array;
  readonly #hash = new Int32Array(4);
  #count = 0;
  #bytes = 0;

  constructor(random: Random, { maxBytes, loadFactor }: { maxBytes: number; loadFactor: number }) {
    const slots = Math.floor(maxBytes / SLOT_BYTES / SHARDS);
    this.#maxSlotsPerShard = Math.max(1, slots);
    this.#loadFactor = Math.min(Math.max(loadFactor, 0.1), 0.95);
    const bytes = random.bytes(16);
    this.#secret = Int32Array.from([0, 4, 8, 12], (at) => bytes.readInt32LE(at));
  }

  /** Keys in it. */
  get size(): number {
    return this.#count;
  }

  /** Memory that it holds. */
  get sizeInBytes(): number {
    return this.#bytes;
  }

  /** Notes `offset` for the key unless a later one is there. False where there is no room for the key. */
  put(buffer: Buffer, keyAt: number, keySize: number, offset: number): boolean {
    const shard = this.#shardOf(buffer, keyAt, keySize);
    const slot = this.#slotOf(shard);
    const known = shard.offsets[slot]!;
    if (known !== EMPTY) {
      if (offset > known) shard.offsets[slot] = offset;
      return true;
    }
    const room = this.#roomOf(shard);
    if (shard.count < room) {
      this.#insert(shard, slot, offset);
      return true;
    }
    if (!this.#grow(shard)) return false;
    this.#insert(shard, this.#slotOf(shard), offset);
    return true;
  }

  /** -1 for a key that is not in it. */
  get(buffer: Buffer, keyAt: number, keySize: number): number {
    const shard = this.#shardOf(buffer, keyAt, keySize);
    return shard.offsets[this.#slotOf(shard)]!;
  }

  /** The 128 bits that a key is known by. */
  hashOf(buffer: Buffer, keyAt: number, keySize: number): readonly number[] {
    this.#hashKey(buffer, keyAt, keySize);
    return [...this.#hash];
  }

  #insert(shard: Shard, slot: number, offset: number): void {
    shard.words.set(this.#hash, slot * 4);
    shard.offsets[slot] = offset;
    shard.count++;
    this.#count++;
  }

  /** One slot at least stays empty, or a search for a key that is not there would not end. */
  #roomOf({ offsets }: Shard): number {
    return Math.min(Math.floor(offsets.length * this.#loadFactor), offsets.length - 1);
  }

  #grow(shard: Shard): boolean {
    const slots = Math.min(shard.offsets.length * 2, this.#maxSlotsPerShard + 1);
    if (slots <= shard.offsets.length) return false;
    const { words, offsets } = shard;
    const wanted = this.#hash.slice();
    this.#bytes += (slots - offsets.length) * SLOT_BYTES;
    shard.words = new Int32Array(slots * 4);
    shard.offsets = new Float64Array(slots).fill(EMPTY);
    for (let old = 0; old < offsets.length; old++) {
      if (offsets[old] === EMPTY) continue;
      for (let word = 0; word < 4; word++) this.#hash[word] = words[old * 4 + word]!;
      const slot = this.#slotOf(shard);
      shard.words.set(this.#hash, slot * 4);
      shard.offsets[slot] = offsets[old]!;
    }
    this.#hash.set(wanted);
    return shard.count < this.#roomOf(shard);
  }

  /** Leaves the key's hash in `#hash`. */
  #shardOf(buffer: Buffer, keyAt: number, keySize: number): Shard {
    this.#hashKey(buffer, keyAt, keySize);
    const index = this.#hash[3]! & (SHARDS - 1);
    let shard = this.#shards[index];
    if (!shard) {
      const slots = Math.min(FIRST_SLOTS, this.#maxSlotsPerShard + 1);
      shard = {
        words: new Int32Array(slots * 4),
        offsets: new Float64Array(slots).fill(EMPTY),
        count: 0,
      };
      this.#bytes += slots * SLOT_BYTES;
      this.#shards[index] = shard;
    }
    return shard;
  }

  /** The slot that holds the hash in `#hash`, or the empty one where it belongs. */
  #slotOf({ words, offsets }: Shard): number {
    const hash = this.#hash;
    const slots = offsets.length;
    let slot = (hash[0]! >>> 0) % slots;
    while (offsets[slot] !== EMPTY) {
      const at = slot * 4;
      if (
        words[at] === hash[0] &&
        words[at + 1] === hash[1] &&
        words[at + 2] === hash[2] &&
        words[at + 3] === hash[3]
      ) {
        return slot;
      }
      slot = slot + 1 === slots ? 0 : slot + 1;
    }
    return slot;
  }

  /** Two lanes of HalfSipHash-2-4 with 64 bits each, side by side. */
  #hashKey(buffer: Buffer, keyAt: number, keySize: number): void {
    const secret = this.#secret;
    const hash = this.#hash;
    for (let lane = 0; lane < 2; lane++) {
      const [k0, k1] = [secret[lane * 2]!, secret[lane * 2 + 1]!];
      let v0 = k0;
      let v1 = k1 ^ 0xee;
      let v2 = k0 ^ 0x6c796765;
      let v3 = k1 ^ 0x74656462;
      const end = keyAt + (keySize & ~3);
      const rounds = ((keySize >>> 2) + 1) * 2;
      let at = keyAt;
      let word = 0;
      // Two rounds a word, the last of which holds the rest and the size; then two times four.
      for (let round = 0; round < rounds + 8; round++) {
        if (round < rounds && (round & 1) === 0) {
          if (at < end) {
            word =
              buffer[at]! |
              (buffer[at + 1]! << 8) |
              (buffer[at + 2]! << 16) |
              (buffer[at + 3]! << 24);
            at += 4;
          } else {
            word = keySize << 24;
            for (let rest = 0; end + rest < keyAt + keySize; rest++) {
              word |= buffer[end + rest]! << (rest * 8);
            }
          }
          v3 ^= word;
        }
        if (round === rounds) v2 ^= 0xee;
        if (round === rounds + 4) {
          hash[lane * 2] = v1 ^ v3;
          v1 ^= 0xdd;
        }
        v0 = (v0 + v1) | 0;
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
        v0 = (v0 << 16) | (v0 >>> 16);
        v2 = (v2 + v3) | 0;
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
        v0 = (v0 + v3) | 0;
        v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
        v2 = (v2 + v1) | 0;
        v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
        v2 = (v2 << 16) | (v2 >>> 16);
        if (round < rounds && (round & 1) === 1) v0 ^= word;
      }
      hash[lane * 2 + 1] = v1 ^ v3;
    }
  }
}
