import type { LogConfig } from '../../storage/log-config.ts';
import type { ProduceRules } from '../../storage/validate/batch-validator.ts';

/** What of the rules is the request's, and not the topic's. */
export interface RequestRules {
  /** Of Produce. */
  readonly version: number;
  /** Where somebody has checked it already. */
  readonly crcIsValid?: boolean | undefined;
  /** Also where no rule of the topic asks about the records. */
  readonly readRecords?: boolean;
}

/** The rules of every topic, one object for each configuration: only a few of its fields change with a request. */
export class ProduceRuleBook {
  readonly #byConfig = new WeakMap<LogConfig, ProduceRules>();

  /** Good until the next call. */
  rules(config: LogConfig, request: RequestRules, now: number): ProduceRules {
    let rules = this.#byConfig.get(config);
    if (!rules) {
      rules = rulesOf(config);
      this.#byConfig.set(config, rules);
    }
    rules.requestVersion = request.version;
    rules.crcIsValid = request.crcIsValid;
    rules.readRecords = request.readRecords === true;
    rules.now = now;
    return rules;
  }

  /** The same, to keep. */
  rulesToKeep(config: LogConfig, request: RequestRules, now: number): ProduceRules {
    return { ...this.rules(config, request, now), isOnLoop: false };
  }
}

/** What a topic's configuration asks of every produced batch. */
export function rulesOf(config: LogConfig): ProduceRules {
  return {
    requestVersion: 0,
    crcIsValid: undefined,
    readRecords: false,
    isOnLoop: true,
    now: 0,
    maxMessageBytes: config.maxMessageBytes,
    timestampType: config.messageTimestampType,
    timestampBeforeMaxMs: limitMs(config.messageTimestampBeforeMaxMs),
    timestampAfterMaxMs: limitMs(config.messageTimestampAfterMaxMs),
    compacted: config.cleanupPolicy.includes('compact'),
    compressionType: config.compressionType === 'uncompressed' ? 'none' : config.compressionType,
  };
}

/** Kafka's largest long says "no limit"; validation, which then need not read records, says Infinity. */
function limitMs(configured: number): number {
  return configured >= 2 ** 63 ? Number.POSITIVE_INFINITY : configured;
}
