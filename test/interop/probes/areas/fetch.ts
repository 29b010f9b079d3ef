import type { Probe } from '../probe.ts';
export const fetchProbes: readonly Probe[] = [];
