// DescribeClientQuotas v0-v1 (KIP-546): no client has a quota, so no filter finds one.
//
// Gaps: quotas are not enforced, and so none can be set (AlterClientQuotas is not offered).
import { errorCode, KafkaError } from '../../protocol/errors.ts';
import {
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
} from '../../protocol/messages/48-describe-client-quotas.ts';
import { type Api, defineApi } from '../network/api.ts';

type Component = DescribeClientQuotasRequest['components'][number];

const EXACT = 0;
const DEFAULT = 1;
const ANY = 2;
const ENTITY_TYPES = ['user', 'client-id', 'ip'];

export function describeClientQuotasApi(): Api {
  return defineApi({
    request: DescribeClientQuotasRequest,
    response: DescribeClientQuotasResponse,
    versions: { min: 0, max: 1 },
    rights: { needs: [{ operation: 'DESCRIBE_CONFIGS', resource: 'CLUSTER' }] },
    handle(_context, { components }) {
      components.forEach(checkMatch);
      const types = components.map(({ entityType }) => entityType);
      for (const type of types) checkType(type, types);
      return { errorCode: 0, errorMessage: null, entries: [] };
    },
    errorResponse: (_context, _request, error) => ({
      errorCode: errorCode(error.error),
      errorMessage: error.detail,
      entries: null,
    }),
  });
}

function checkMatch({ entityType, matchType, match }: Component): void {
  if (matchType !== EXACT && matchType !== DEFAULT && matchType !== ANY) {
    throw new KafkaError('INVALID_REQUEST', `There is no match type ${matchType}.`);
  }
  if (matchType === EXACT && match === null) {
    throw new KafkaError('INVALID_REQUEST', `An exact match of "${entityType}" needs a name.`);
  }
}

function checkType(type: string, all: readonly string[]): void {
  if (type === '') throw new KafkaError('INVALID_REQUEST', 'A filter has no entity type.');
  if (!ENTITY_TYPES.includes(type)) {
    throw new KafkaError('UNSUPPORTED_VERSION', `There is no entity type "${type}".`);
  }
  if (all.filter((one) => one === type).length > 1) {
    throw new KafkaError('INVALID_REQUEST', `The filter names "${type}" twice.`);
  }
  if (type === 'ip' && all.length > 1) {
    throw new KafkaError('INVALID_REQUEST', 'Quotas of "ip" have no other entity beside it.');
  }
}
