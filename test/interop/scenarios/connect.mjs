// Kafka Connect, unchanged: workers that copy files, and MirrorMaker 2 between clusters.
import { handoverScenario, restartScenario } from './connect/distributed.mjs';
import { migrationScenario, mirrorScenario } from './connect/mirror.mjs';
import { standaloneScenario } from './connect/standalone.mjs';
import { toolVersions } from './tools.mjs';

const [, last3, newest] = toolVersions;

/** The longest first, so that two at a time end at about the same time. */
export const connectScenarios = [
  migrationScenario(last3),
  ...[last3, newest].map(mirrorScenario),
  handoverScenario(newest),
  ...toolVersions.map(restartScenario),
  ...toolVersions.map(standaloneScenario),
];
