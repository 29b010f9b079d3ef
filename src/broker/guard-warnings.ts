import type { Logger } from '../base/logger.ts';
import { type BrokerConfig, guardsWithoutEffect } from '../config/index.ts';

/** Warns once of each key that was set at run time to protect something, and does not. */
export function guardWarnings(broker: () => BrokerConfig, logger: Logger): () => void {
  let told: ReadonlyMap<string, string> = new Map();
  return () => {
    const { dynamicDefault, dynamicBroker } = broker().sources;
    const now = guardsWithoutEffect({ ...dynamicDefault, ...dynamicBroker });
    for (const [name, sentence] of now) {
      if (told.get(name) !== sentence) logger.warn({ key: name }, sentence);
    }
    told = now;
  };
}
