/**
 * A broker for test suites:
 *
 *     import { startTestBroker } from 'sluice/testing';
 *     const broker = await startTestBroker();
 *     // ... the code under test produces to broker.bootstrapServers ...
 *     const [first] = await broker.waitForRecords('orders', 1);
 *     await broker.reset();
 */
export type { LogFields, Logger } from '../../base/logger.ts';
export { type ErrorName, KafkaError } from '../../protocol/errors.ts';
export type {
  BrokerOptions,
  DataPlace,
  EmbeddedBroker,
  KafkaConfig,
  LogLevel,
} from '../options.ts';
export { WaitTimeoutError } from './activity.ts';
export type { ApiName } from './api-name.ts';
export type { Faults, FaultTarget, LossTarget, ScriptedFault } from './faults.ts';
export { startTestBroker, type TestBroker } from './start-test-broker.ts';
export type { StoredRecord } from './stored-records.ts';
export type { BrokerClock } from './test-clock.ts';
export type { GroupState, GroupView, WaitOptions, Waits } from './waits.ts';
