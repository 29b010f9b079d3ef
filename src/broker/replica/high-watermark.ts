/**
 * Where the committed part ends: what every in-sync replica has (KIP-101). `logEndOffsets` are by broker id, as
 * each replica last told them; one that has not told yet holds the end where it is: undefined.
 */
export function committedEnd(
  isr: readonly number[],
  logEndOffsets: (brokerId: number) => number | undefined,
): number | undefined {
  let end: number | undefined;
  for (const brokerId of isr) {
    const replicaEnd = logEndOffsets(brokerId);
    if (replicaEnd === undefined) return undefined;
    if (end === undefined || replicaEnd < end) end = replicaEnd;
  }
  return end;
}
