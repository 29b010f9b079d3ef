import type { BrokerParts } from '../../broker/broker-apis.ts';
import { OFFSETS_TOPIC } from '../../broker/replicated-coordinator-log.ts';
import { KafkaError } from '../../protocol/errors.ts';

/**
 * Back to an empty broker: no topics, no groups, no committed offsets, no configs changed at run time.
 * Connections stay; members of groups learn that theirs is gone and join anew, as after a move of the
 * coordinator.
 */
export async function resetBroker({ metadata, controller }: BrokerParts): Promise<void> {
  const { topics, brokerConfigs, defaultBrokerConfig } = metadata.snapshot;
  // The groups go first: their offsets of the other topics then need no records of their own.
  const names = [...topics.keys()];
  await remove(
    controller,
    names.filter((name) => name === OFFSETS_TOPIC),
  );
  await remove(
    controller,
    names.filter((name) => name !== OFFSETS_TOPIC),
  );
  const changed = [...brokerConfigs.keys()].map(String);
  if (defaultBrokerConfig.size > 0) changed.push('');
  if (changed.length === 0) return;
  const results = await controller.alterConfigs(
    changed.map((name) => ({ resource: { type: 'broker', name }, configs: [] })),
    { validateOnly: false },
  );
  for (const { error, detail } of results)
    if (error !== 'NONE') throw new KafkaError(error, detail);
}

async function remove(controller: BrokerParts['controller'], names: string[]): Promise<void> {
  if (names.length === 0) return;
  const results = await controller.deleteTopics(names.map((name) => ({ name })));
  for (const { error, detail } of results) {
    // Somebody else deleting it is as good.
    if (error !== 'NONE' && error !== 'UNKNOWN_TOPIC_OR_PARTITION')
      throw new KafkaError(error, detail);
  }
}
