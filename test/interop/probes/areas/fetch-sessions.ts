import type { Probe } from '../probe.ts';
export const fetchSessionProbes: readonly Probe[] = [];
