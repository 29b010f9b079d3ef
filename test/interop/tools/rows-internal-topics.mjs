// console-consumer with the formatters of internal topics, under the names that they had over the years. The topic is
// read by partition, without a group: a group's own records would be in it.
import {
  findCoordinator,
  joinGroup,
  leaveGroup,
  offsetCommit,
  syncGroup,
} from '../lib/requests.mjs';

const scala = 'kafka.coordinator.group.GroupMetadataManager$';
const java = 'org.apache.kafka.tools.consumer.';

/** Times that the broker gave, and the ids that it drew. */
const normalise = (line) =>
  line
    .replace(/(\w*[tT]imestamp"?[=:] ?)(Some\()?\d{13}(\))?/g, '$1$2TIME$3')
    .replace(/(interop-referee)-[0-9a-f-]{36}/g, '$1-ID');

async function commit({ raw, referee }) {
  await referee.createTopic('orders', { partitions: 3 });
  await findCoordinator(raw, 'committers');
  await offsetCommit(raw, 'committers', 'orders', 3);
  await offsetCommit(raw, 'committers', 'orders', 1, { partition: 2, metadata: 'a note' });
  const { member, generation } = await joinGroup(raw, 'members', {
    version: 3,
    protocols: ['range'],
  });
  await syncGroup(raw, 'members', {
    version: 2,
    generation,
    member,
    assignments: [[member, 'all']],
  });
  await leaveGroup(raw, 'members', [[member, null]]);
}

const show = (name, formatter, releases, more = {}) => ({
  name,
  tool: 'console-consumer',
  args: [
    ...['--topic', '__consumer_offsets', '--partition', '0', '--offset', 'earliest'],
    ...['--timeout-ms', '700', '--formatter', formatter],
  ],
  releases,
  normalise,
  ...more,
});

export const internalTopicRows = {
  name: 'internal topics',
  properties: { 'offsets.topic.num.partitions': 1 },
  rows: [
    show('offsets, since 3.8', `${java}OffsetsMessageFormatter`, ['3.9', '4.3'], {
      before: commit,
    }),
    show('offsets, until 3.9', `${scala}OffsetsMessageFormatter`, ['2.7', '3.9']),
    show('group metadata, since 3.8', `${java}GroupMetadataMessageFormatter`, ['3.9', '4.3']),
    show('group metadata, until 3.9', `${scala}GroupMetadataMessageFormatter`, ['2.7', '3.9']),
    show('transactions, since 3.8', `${java}TransactionLogMessageFormatter`, ['3.9', '4.3']),
  ],
  expected: [
    {
      row: 'group metadata, until 3.9',
      kafka: /^members::GroupMetadata\(/,
      ours: /^\{"key"/,
      reason: 'what Scala prints of its classes; ours is the JSON of the newer formatter',
    },
    {
      row: 'offsets, until 3.9',
      kafka: /^\[committers,orders,\d\]::OffsetAndMetadata\(/,
      ours: /^\{"key"/,
      reason: 'what Scala prints of its classes; ours is the JSON of the newer formatter',
    },
  ],
};
