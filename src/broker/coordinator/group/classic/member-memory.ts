import type { NamedProtocol } from '../messages.ts';

/** What a member takes up beside what it says of itself. */
const MEMBER_BYTES = 512;

/** What the subscriptions of all members of all groups take up, and how much that may be. */
export class MemberMemory {
  readonly limitBytes: number;
  #usedBytes = 0;
  #saidMs = Number.NEGATIVE_INFINITY;

  constructor(limitBytes = Number.POSITIVE_INFINITY) {
    this.limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  hasRoomFor(bytes: number): boolean {
    return this.#usedBytes + bytes <= this.limitBytes;
  }

  /** Whether somebody should be told that there is no room: once a minute. */
  isWorthALine(nowMs: number): boolean {
    if (nowMs - this.#saidMs < 60_000) return false;
    this.#saidMs = nowMs;
    return true;
  }

  /** Negative where a member goes. */
  add(bytes: number): void {
    this.#usedBytes += bytes;
  }
}

/** Bytes that a member with these takes up. */
export function memberBytes(protocols: readonly NamedProtocol[]): number {
  let bytes = MEMBER_BYTES;
  for (const { name, metadata } of protocols) bytes += name.length + metadata.length;
  return bytes;
}
