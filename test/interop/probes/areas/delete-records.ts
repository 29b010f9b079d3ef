import type { Probe } from '../probe.ts';
export const deleteRecordsProbes: readonly Probe[] = [];
