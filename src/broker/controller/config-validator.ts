import type { BrokerConfig } from '../../config/broker-config.ts';
import {
  type AlterResult,
  alterConfigs,
  incrementalAlterConfigs,
  validateTopicConfigs,
} from '../../config/index.ts';
import type { ConfigMap } from '../metadata/cluster-snapshot.ts';
import type { ConfigChange } from './requests.ts';

/** Whose overrides: a topic's, one broker's, or those of all brokers. */
export type ConfigTarget = 'topic' | 'broker' | 'broker-defaults';

/** What the overrides become, or why they stay as they were. */
export type ConfigVerdict =
  | { readonly configs: ConfigMap }
  | { readonly error: 'INVALID_CONFIG' | 'INVALID_REQUEST'; readonly detail: string };

/** Of one resource in one request; there are fewer keys. */
export const MOST_CONFIGS_PER_RESOURCE = 1000;

/** What the controller needs to know of configs, so that it names no key itself. */
export interface ConfigValidator {
  /** Checks all overrides of a topic together: unknown keys, bad values, bad combinations. */
  topicProblem(configs: ConfigMap): string | undefined;
  /** AlterConfigs: `configs` replace all overrides. */
  replace(
    target: ConfigTarget,
    configs: readonly { readonly name: string; readonly value: string | null }[],
  ): ConfigVerdict;
  /** IncrementalAlterConfigs: `changes` on top of `current`. */
  change(target: ConfigTarget, current: ConfigMap, changes: readonly ConfigChange[]): ConfigVerdict;
}

/** The validator that follows the declared configs; `broker` is read at every use. */
export function configValidator(broker: () => BrokerConfig): ConfigValidator {
  return {
    topicProblem: (configs) => validateTopicConfigs(broker(), Object.fromEntries(configs)),
    replace: (target, configs) => verdict(alterConfigs(broker(), target, configs)),
    change: (target, current, changes) => {
      const asked = changes.map(({ name, operation, value }) => ({ name, op: operation, value }));
      const before = Object.fromEntries(current);
      return verdict(incrementalAlterConfigs(broker(), target, before, asked));
    },
  };
}

function verdict(result: AlterResult): ConfigVerdict {
  return 'error' in result
    ? { error: result.error, detail: result.message }
    : { configs: new Map(Object.entries(result.configs)) };
}
