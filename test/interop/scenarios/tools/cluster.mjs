// The tools that administer a cluster: elections, reassignments, features, the quorum, log dirs.
import { isBefore } from '../../lib/install.mjs';

/** A reassignment of every partition of the topic to its one broker: nothing is to be moved. */
const toTheSameBroker = ({ topic, brokerId, file }) =>
  file({
    version: 1,
    partitions: [0, 1, 2, 3].map((partition) => ({ topic, partition, replicas: [brokerId] })),
  });

const toAnUnknownBroker = ({ topic, file }) =>
  file({ version: 1, partitions: [{ topic, partition: 0, replicas: [99] }] });

const oldElection = 'kafka-preferred-replica-election';

export const clusterSteps = [
  {
    name: 'kafka-leader-election --election-type preferred --all-topic-partitions',
    args: () => ['--election-type', 'preferred', '--all-topic-partitions'],
  },
  {
    name: 'kafka-leader-election --election-type preferred --topic --partition',
    args: ({ topic }) => ['--election-type', 'preferred', '--topic', topic, '--partition', '0'],
  },
  {
    name: 'kafka-leader-election --election-type unclean --path-to-json-file',
    args: ({ topic, file }) => [
      ...['--election-type', 'unclean', '--path-to-json-file'],
      file({ partitions: [{ topic, partition: 1 }] }),
    ],
  },
  {
    name: 'kafka-leader-election of an unknown topic',
    because: 'there is no such topic',
    args: () => ['--election-type', 'preferred', '--topic', 'no-such-topic', '--partition', '0'],
  },
  { name: `${oldElection}`, args: () => [] },
  {
    name: `${oldElection} --path-to-json-file`,
    args: ({ topic, file }) => [
      '--path-to-json-file',
      file({ partitions: [{ topic, partition: 1 }] }),
    ],
  },
  {
    name: 'kafka-reassign-partitions --generate',
    args: ({ topic, brokerId, file }) => [
      ...['--generate', '--broker-list', String(brokerId), '--topics-to-move-json-file'],
      file({ version: 1, topics: [{ topic }] }),
    ],
  },
  {
    name: 'kafka-reassign-partitions --execute',
    args: (context) => ['--execute', '--reassignment-json-file', toTheSameBroker(context)],
  },
  {
    name: 'kafka-reassign-partitions --verify',
    args: (context) => ['--verify', '--reassignment-json-file', toTheSameBroker(context)],
  },
  {
    name: 'kafka-reassign-partitions --execute --throttle',
    args: (context) => [
      ...['--execute', '--throttle', '1000000', '--reassignment-json-file'],
      toTheSameBroker(context),
    ],
  },
  {
    name: 'kafka-reassign-partitions --execute --replica-alter-log-dirs-throttle',
    args: (context) => [
      ...['--execute', '--replica-alter-log-dirs-throttle', '1000000', '--reassignment-json-file'],
      toTheSameBroker(context),
    ],
  },
  {
    name: 'kafka-reassign-partitions --verify, which takes the throttles away',
    args: (context) => ['--verify', '--reassignment-json-file', toTheSameBroker(context)],
  },
  {
    name: 'kafka-configs --describe (broker, after the throttles)',
    args: ({ brokerId }) => [
      ...['--entity-type', 'brokers', '--entity-name', String(brokerId), '--describe'],
    ],
  },
  {
    name: 'kafka-reassign-partitions --cancel',
    args: (context) => ['--cancel', '--reassignment-json-file', toTheSameBroker(context)],
  },
  {
    name: 'kafka-reassign-partitions --execute to an unknown broker',
    because: 'there is no such broker',
    args: (context) => ['--execute', '--reassignment-json-file', toAnUnknownBroker(context)],
  },
  {
    name: 'kafka-reassign-partitions --execute of an unknown topic',
    because: 'there is no such topic',
    args: ({ brokerId, file }) => [
      ...['--execute', '--reassignment-json-file'],
      file({
        version: 1,
        partitions: [{ topic: 'no-such-topic', partition: 0, replicas: [brokerId] }],
      }),
    ],
  },
  {
    name: 'kafka-features describe',
    because: 'features need KRaft',
    words: ['describe'],
    args: () => [],
    from: 3,
    after: true,
  },
  {
    name: 'kafka-features --describe',
    because: 'features need KRaft',
    args: () => ['--describe'],
    to: 2,
  },
  {
    name: 'kafka-features --upgrade-all',
    because: 'features need KRaft',
    args: () => ['--upgrade-all'],
    to: 2,
  },
  {
    name: 'kafka-features upgrade --metadata',
    because: 'features need KRaft',
    words: ['upgrade', '--metadata', '3.9', '--dry-run'],
    args: () => [],
    from: 3,
    after: true,
  },
  {
    name: 'kafka-features upgrade --feature',
    because: 'features need KRaft',
    words: ['upgrade', '--feature', 'no.such.feature=1'],
    args: () => [],
    from: 3,
    after: true,
  },
  {
    name: 'kafka-features downgrade --feature',
    because: 'features need KRaft',
    words: ['downgrade', '--feature', 'kraft.version=0', '--dry-run'],
    args: () => [],
    from: 3,
    after: true,
  },
  {
    name: 'kafka-features disable --feature',
    because: 'features need KRaft',
    words: ['disable', '--feature', 'no.such.feature'],
    args: () => [],
    from: 3,
    after: true,
  },
  {
    name: 'kafka-metadata-quorum describe --status',
    because: 'there is no KRaft quorum',
    args: () => ['describe', '--status'],
  },
  {
    name: 'kafka-metadata-quorum describe --replication',
    because: 'there is no KRaft quorum',
    args: () => ['describe', '--replication'],
  },
  {
    name: 'kafka-metadata-quorum remove-controller',
    because: 'there is no KRaft quorum',
    args: () => [
      ...['remove-controller', '--controller-id', '7', '--controller-directory-id'],
      'AAAAAAAAQACAAAAAAAAAAA',
    ],
  },
  {
    name: 'kafka-cluster list-endpoints',
    words: ['list-endpoints'],
    args: () => [],
    only: (version) => !isBefore(version, '4.0'),
  },
  {
    name: 'kafka-cluster unregister',
    because: 'there is no such broker',
    words: ['unregister'],
    args: () => ['--id', '99'],
  },
  {
    name: 'kafka-log-dirs --describe --broker-list',
    args: ({ brokerId, topic }) => [
      ...['--describe', '--broker-list', String(brokerId), '--topic-list', topic],
    ],
    varies: 'it names folders and sizes',
  },
  {
    name: 'kafka-log-dirs --describe of an unknown broker',
    because: 'there is no such broker',
    args: ({ topic }) => ['--describe', '--broker-list', '99', '--topic-list', topic],
    from: 3, // That of 2.7 waits for the broker for ever.
  },
  {
    name: 'kafka-replica-verification',
    because: 'it runs until it is stopped',
    flag: '--broker-list',
    args: ({ topic, version }) => [
      isBefore(version, '3.0') ? '--topic-white-list' : '--topics-include',
      ...[topic, '--report-interval-ms', '500'],
    ],
    until: ({ output }) => /max lag is 0/.test(output),
    varies: 'it prints the time',
  },
];
