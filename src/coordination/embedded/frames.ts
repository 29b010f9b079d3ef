import { crc32c } from '../../protocol/records/crc32c.ts';

/**
 * The framing of the store's files: magic, payload length, CRC-32C over length and payload, payload.
 * One frame is written and synced at a time, so only the last one of a file can be torn.
 */
const MAGIC = Buffer.from('SLST');
const HEADER_BYTES = 12;

export interface Frame {
  position: number;
  end: number;
  payload: Buffer;
}

/** The header and the payload as they go to the file. */
export function encodeFrame(payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  MAGIC.copy(frame);
  frame.writeUInt32BE(payload.length, 4);
  payload.copy(frame, HEADER_BYTES);
  frame.writeUInt32BE(checksum(payload), 8);
  return frame;
}

/** The intact frame at `position`, or undefined. */
export function frameAt(file: Buffer, position: number): Frame | undefined {
  const start = position + HEADER_BYTES;
  if (start > file.length || file.compare(MAGIC, 0, MAGIC.length, position, position + 4) !== 0) {
    return undefined;
  }
  const end = start + file.readUInt32BE(position + 4);
  if (end > file.length) return undefined;
  const payload = file.subarray(start, end);
  return checksum(payload) === file.readUInt32BE(position + 8)
    ? { position, end, payload }
    : undefined;
}

/** The first intact frame that begins at or after `position`; tells a torn tail from a bad middle. */
export function nextFrame(file: Buffer, position: number): Frame | undefined {
  for (let at = file.indexOf(MAGIC, position); at >= 0; at = file.indexOf(MAGIC, at + 1)) {
    const frame = frameAt(file, at);
    if (frame) return frame;
  }
  return undefined;
}

/** The length is in the magic's company, so a flipped length cannot pass for a shorter payload. */
function checksum(payload: Buffer): number {
  return (crc32c(payload) ^ payload.length) >>> 0;
}
