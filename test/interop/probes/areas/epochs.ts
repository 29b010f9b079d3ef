import type { Probe } from '../probe.ts';
export const epochProbes: readonly Probe[] = [];
