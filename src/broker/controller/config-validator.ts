import type { ConfigMap } from '../metadata/cluster-snapshot.ts';

/**
 * What the controller needs to know of configs; the config registry implements it, so that the
 * controller names no key itself. Problems are sentences for the client, undefined means fine.
 */
export interface ConfigValidator {
  /** Checks all overrides of a topic together: unknown keys, bad values, bad combinations. */
  topicProblem(configs: ConfigMap): string | undefined;
  /**
   * Checks all dynamic overrides of a broker together, or those of every broker (`perBroker` false).
   * A key that cannot be changed at run time, or not at that level, is a problem.
   */
  brokerProblem(configs: ConfigMap, options: { perBroker: boolean }): string | undefined;
  /**
   * For APPEND and SUBTRACT: undefined where the key does not exist, else whether it is a list and
   * the value it has without an override at this level ('' for none).
   */
  keyInfo(
    scope: 'topic' | 'broker',
    key: string,
  ): { isList: boolean; defaultValue: string } | undefined;
}
