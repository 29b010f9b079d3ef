import { eachVersion, inTurn, type Probe } from '../probe.ts';

export const adminProbes: readonly Probe[] = [
  {
    name: 'admin: describe the cluster',
    run: (asker) =>
      eachVersion(0, 1, (version) =>
        inTurn({
          plain: () => asker.ask('DescribeCluster', version, {}),
          operations: () =>
            asker.ask('DescribeCluster', version, { includeClusterAuthorizedOperations: true }),
          ...(version >= 1 && {
            controllers: () => asker.ask('DescribeCluster', version, { endpointType: 2 }),
            type9: () => asker.ask('DescribeCluster', version, { endpointType: 9 }),
          }),
        }),
      ),
  },
  {
    name: 'admin: reassignments',
    async run(asker) {
      const topic = await asker.topic('t');
      return inTurn({
        all: () => asker.ask('ListPartitionReassignments', 0, { topics: null }),
        none: () => asker.ask('ListPartitionReassignments', 0, { topics: [] }),
        one: () =>
          asker.ask('ListPartitionReassignments', 0, {
            topics: [{ name: topic, partitionIndexes: [0, 9] }],
          }),
        unknown: () =>
          asker.ask('ListPartitionReassignments', 0, {
            topics: [{ name: asker.name('no'), partitionIndexes: [0] }],
          }),
      });
    },
  },
];
