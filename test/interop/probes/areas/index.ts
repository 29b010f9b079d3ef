import type { Probe } from '../probe.ts';
import { adminProbes } from './admin.ts';
import { configProbes } from './configs.ts';
import { deleteRecordsProbes } from './delete-records.ts';
import { epochProbes } from './epochs.ts';
import { fetchProbes } from './fetch.ts';
import { fetchSessionProbes } from './fetch-sessions.ts';
import { frameProbes } from './frames.ts';
import { groupAdminProbes } from './group-admin.ts';
import { groupProbes } from './groups.ts';
import { legacyProbes } from './legacy.ts';
import { legacyDamageProbes } from './legacy-damage.ts';
import { listOffsetsProbes } from './list-offsets.ts';
import { metadataProbes } from './metadata.ts';
import { numberProbes } from './numbers.ts';
import { offsetProbes } from './offsets.ts';
import { produceProbes } from './produce.ts';
import { producerProbes } from './producers.ts';
import { reassignmentProbes } from './reassignments.ts';
import { securityProbes } from './security.ts';
import { topicDescriptionProbes } from './topic-descriptions.ts';
import { topicProbes } from './topics.ts';
import { transactionProbes } from './transactions.ts';
import { versionProbes } from './versions.ts';

/** Every probe, in the order in which they run. */
export const probes: readonly Probe[] = [
  ...versionProbes,
  ...metadataProbes,
  ...topicProbes,
  ...configProbes,
  ...produceProbes,
  ...frameProbes,
  ...legacyProbes,
  ...legacyDamageProbes,
  ...producerProbes,
  ...fetchProbes,
  ...fetchSessionProbes,
  ...epochProbes,
  ...listOffsetsProbes,
  ...deleteRecordsProbes,
  ...groupProbes,
  ...offsetProbes,
  ...groupAdminProbes,
  ...adminProbes,
  ...topicDescriptionProbes,
  ...reassignmentProbes,
  ...transactionProbes,
  ...securityProbes,
  ...numberProbes,
];
