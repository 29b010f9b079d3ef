import type { Probe } from '../probe.ts';
export const adminProbes: readonly Probe[] = [];
