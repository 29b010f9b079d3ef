import type { Probe } from '../probe.ts';
export const offsetProbes: readonly Probe[] = [];
