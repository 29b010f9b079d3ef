import type { Probe } from '../probe.ts';
export const listOffsetsProbes: readonly Probe[] = [];
