// Kafka Connect, unchanged: workers that copy files, and MirrorMaker 2 between clusters.
import { distributedScenario } from './connect/distributed.mjs';
import { standaloneScenario } from './connect/standalone.mjs';
import { toolVersions } from './tools.mjs';

export const connectScenarios = [
  ...toolVersions.map(distributedScenario),
  ...toolVersions.map(standaloneScenario),
];
