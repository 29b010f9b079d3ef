import type { Probe } from '../probe.ts';
export const groupProbes: readonly Probe[] = [];
