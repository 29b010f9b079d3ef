import { array, int16, int32, type MessageOf, message, string } from '../schema/index.ts';

export const AlterReplicaLogDirsRequest = message({
  apiKey: 34,
  name: 'AlterReplicaLogDirs',
  type: 'request',
  validVersions: '0-2',
  flexibleVersions: '2+',
  fields: {
    dirs: array('0+', {
      path: string('0+'),
      topics: array('0+', { name: string('0+'), partitions: array('0+', 'int32') }),
    }),
  },
});
export type AlterReplicaLogDirsRequest = MessageOf<typeof AlterReplicaLogDirsRequest>;

export const AlterReplicaLogDirsResponse = message({
  apiKey: 34,
  name: 'AlterReplicaLogDirs',
  type: 'response',
  validVersions: '0-2',
  flexibleVersions: '2+',
  fields: {
    throttleTimeMs: int32('0+'),
    results: array('0+', {
      topicName: string('0+'),
      partitions: array('0+', { partitionIndex: int32('0+'), errorCode: int16('0+') }),
    }),
  },
});
export type AlterReplicaLogDirsResponse = MessageOf<typeof AlterReplicaLogDirsResponse>;
