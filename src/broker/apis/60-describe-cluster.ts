// DescribeCluster v0-v2 (KIP-700, KIP-919, KIP-1073): the brokers as this client can reach them. v2 can ask
// for fenced brokers too, of which a broker without a quorum knows none.
//
// Gaps: endpoint type 2 (KRaft controllers) is refused, since there are none.
import { errorCode } from '../../protocol/errors.ts';
import {
  DescribeClusterRequest,
  DescribeClusterResponse,
} from '../../protocol/messages/60-describe-cluster.ts';
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts';
import { type Api, defineApi } from '../network/api.ts';
import { brokersFor } from './broker-endpoints.ts';
import { clusterOperations } from './cluster-operations.ts';

const BROKERS = 1;
const CONTROLLERS = 2;

export function describeClusterApi({ metadata }: { metadata: ClusterMetadata }): Api {
  return defineApi({
    request: DescribeClusterRequest,
    response: DescribeClusterResponse,
    versions: { min: 0, max: 2 },
    rights: { asks: [{ operation: 'DESCRIBE', resource: 'CLUSTER' }] },
    handle(context, request) {
      const { snapshot } = metadata;
      if (request.endpointType !== BROKERS) {
        const isKnown = request.endpointType === CONTROLLERS;
        return {
          errorCode: errorCode(isKnown ? 'MISMATCHED_ENDPOINT_TYPE' : 'UNSUPPORTED_ENDPOINT_TYPE'),
          errorMessage: isKnown
            ? 'The request was sent to a broker, but asks for controllers.'
            : `There is no endpoint type ${request.endpointType}.`,
        };
      }
      return {
        errorCode: 0,
        clusterId: snapshot.clusterId,
        controllerId: snapshot.controllerId,
        brokers: brokersFor(snapshot, context).map(({ nodeId, ...address }) => ({
          brokerId: nodeId,
          ...address,
        })),
        ...(request.includeClusterAuthorizedOperations && {
          clusterAuthorizedOperations: clusterOperations(context),
        }),
      };
    },
    errorResponse: (_context, _request, error) => ({
      errorCode: errorCode(error.error),
      errorMessage: error.detail,
    }),
  });
}
