import type { Probe } from '../probe.ts';
export const groupAdminProbes: readonly Probe[] = [];
