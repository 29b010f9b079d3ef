import {
  milliseconds,
  nonEmptyText,
  type OptionTable,
  oneOf,
  problemIn,
  problemOf,
  topicName,
  wholeNumber,
} from '../check-options.ts';
import type { GroupState, Waits } from './waits.ts';

const STATES: readonly GroupState[] = [
  'Empty',
  'PreparingRebalance',
  'CompletingRebalance',
  'Stable',
  'Dead',
];
const WAIT: OptionTable = { timeoutMs: milliseconds };
const GROUP_WAIT: OptionTable = { ...WAIT, members: wholeNumber(0) };
const REQUEST_WAIT: OptionTable = { ...WAIT, clientId: nonEmptyText };

/**
 * The same waits, which look at what they are given first: one for something that cannot come would end in a
 * timeout that hides the mistake. `apis` are the names that requests have.
 * @internal
 */
export function checkedWaits(waits: Waits, apis: () => readonly string[]): Waits {
  const refuse = (problem: string | undefined) => {
    if (problem !== undefined) throw new RangeError(problem);
  };
  const count = wholeNumber(0);
  return {
    async waitForTopic(topic, options = {}) {
      refuse(problemOf('waitForTopic: topic', topic, topicName));
      refuse(problemIn('waitForTopic', options, WAIT));
      return waits.waitForTopic(topic, options);
    },
    async waitForRecords(topic, wanted, options = {}) {
      refuse(problemOf('waitForRecords: topic', topic, topicName));
      refuse(problemOf('waitForRecords: count', wanted, count));
      refuse(problemIn('waitForRecords', options, WAIT));
      return waits.waitForRecords(topic, wanted, options);
    },
    async waitForGroup(groupId, state, options = {}) {
      refuse(problemOf('waitForGroup: groupId', groupId, nonEmptyText));
      refuse(problemOf('waitForGroup: state', state, oneOf(STATES)));
      refuse(problemIn('waitForGroup', options, GROUP_WAIT));
      return waits.waitForGroup(groupId, state, options);
    },
    async waitForConsumed(groupId, topic, options = {}) {
      refuse(problemOf('waitForConsumed: groupId', groupId, nonEmptyText));
      refuse(problemOf('waitForConsumed: topic', topic, topicName));
      refuse(problemIn('waitForConsumed', options, WAIT));
      return waits.waitForConsumed(groupId, topic, options);
    },
    async waitForRequests(api, wanted, options = {}) {
      refuse(problemOf('waitForRequests: api', api, oneOf(apis())));
      refuse(problemOf('waitForRequests: count', wanted, count));
      refuse(problemIn('waitForRequests', options, REQUEST_WAIT));
      return waits.waitForRequests(api, wanted, options);
    },
  };
}
