export const noBytes: Buffer = Buffer.alloc(0);

/** A copy that outlives the request's frame. */
export function keep(bytes: Buffer): Buffer {
  if (bytes.length === 0) return noBytes;
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}
