import type { Operation } from '../../coordination/store.ts';
import { configChangeNode, configNode, DEFAULT_ENTITY } from '../../coordination/znodes.ts';
import { type ConfigMap, EMPTY_CONFIG } from '../metadata/cluster-snapshot.ts';
import type { UpdateMetadata } from './broker-channel.ts';
import type { ConfigTarget, ConfigVerdict } from './config-validator.ts';
import { brokerIdOf } from './context.ts';
import { refuse } from './creation-plan.ts';
import type {
  AlterConfigs,
  AlterConfigsResult,
  ConfigResource,
  IncrementalAlterConfigs,
  Outcome,
} from './requests.ts';
import type { Term } from './term.ts';

/** Change notifications older than this were seen by every broker (Kafka's purge interval). */
const NOTIFICATION_LIFETIME_MS = 15 * 60 * 1000;

/** AlterConfigs: what is not named goes back to its default. */
export async function replaceConfigs(
  term: Term,
  requests: readonly AlterConfigs[],
  options: { validateOnly: boolean },
): Promise<AlterConfigsResult[]> {
  return alter(term, requests, options, ({ configs }, entity) => {
    const names = configs.map(({ name }) => name);
    if (new Set(names).size !== names.length) {
      return refuse('INVALID_REQUEST', 'Error due to duplicate config keys');
    }
    return verdictOf(term.options.validator.replace(entity.target, configs));
  });
}

/** IncrementalAlterConfigs. */
export async function changeConfigs(
  term: Term,
  requests: readonly IncrementalAlterConfigs[],
  options: { validateOnly: boolean },
): Promise<AlterConfigsResult[]> {
  return alter(term, requests, options, ({ changes }, { target, current }) =>
    verdictOf(term.options.validator.change(target, current, changes)),
  );
}

/** How often they are looked through. */
const PURGE_INTERVAL_MS = 60_000;

/** Removes old change notifications, which otherwise pile up for ever. */
export async function purgeConfigNotifications(term: Term): Promise<void> {
  const { store } = term;
  const { clock } = term.options;
  if (clock.monotonicMs() - term.notificationsPurgedMs < PURGE_INTERVAL_MS) return;
  term.notificationsPurgedMs = clock.monotonicMs();
  const names = (await store.children(configChangeNode.parent)) ?? [];
  const paths = names.map((name) => `${configChangeNode.parent}/${name}`);
  const stats = await Promise.all(paths.map((path) => store.exists(path)));
  const old = paths.filter((_, index) => {
    const createdMs = stats[index]?.createdMs;
    return createdMs !== undefined && createdMs < clock.now() - NOTIFICATION_LIFETIME_MS;
  });
  await term.writer.write(old.map((path) => [{ op: 'delete', path, version: 'any' }]));
}

/** All configs of a resource are looked at, which is as much work as so many steps. */
const STEPS_OF_A_DECISION = 8;

/** The node of a resource and its overrides now. */
interface Entity {
  readonly type: 'topics' | 'brokers';
  readonly name: string;
  readonly target: ConfigTarget;
  readonly current: ConfigMap;
  readonly hasNode: boolean;
}

type Decision = { readonly configs: ConfigMap } | Outcome;

async function alter<Request extends AlterConfigs | IncrementalAlterConfigs>(
  term: Term,
  requests: readonly Request[],
  { validateOnly }: { validateOnly: boolean },
  decide: (request: Request, entity: Entity) => Decision,
): Promise<AlterConfigsResult[]> {
  const { slices } = term.options;
  const results: AlterConfigsResult[] = [];
  const writes: { entity: Entity; configs: ConfigMap }[] = [];
  for (const request of requests) {
    const { resource } = request;
    const entity = entityOf(term, resource);
    const decision = 'error' in entity ? entity : decide(request, entity);
    if ('error' in decision) results.push({ resource, ...decision });
    else {
      results.push({ resource, error: 'NONE', detail: null });
      if (!('error' in entity) && isChange(entity.current, decision.configs))
        writes.push({ entity, configs: decision.configs });
    }
    const asked = 'changes' in request ? request.changes : request.configs;
    if (slices.isOver(STEPS_OF_A_DECISION + asked.length)) await slices.nextTurn();
  }
  if (validateOnly || writes.length === 0) return results;
  await term.writer.write(writes.map(({ entity, configs }) => writeOperations(entity, configs)));
  for (const { entity, configs } of writes) {
    const { type, name } = entity;
    (type === 'topics' ? term.context.topicConfigs : term.context.brokerConfigs).set(name, configs);
    // Values may be secrets, so the log names keys only.
    const fields = { entity: `${type}/${name}`, keys: [...configs.keys()] };
    term.options.logger.info(fields, `changed the configs of ${type}/${name}`);
  }
  await term.updateMetadata(changesOf(writes));
  await purgeConfigNotifications(term);
  return results;
}

/**
 * Whether there is anything to write: MirrorMaker sets the configs of every topic that it mirrors again and again, mostly
 * to what they are.
 */
function isChange(current: ConfigMap, configs: ConfigMap): boolean {
  if (current.size !== configs.size) return true;
  return [...configs].some(([key, value]) => current.get(key) !== value);
}

/** As the channel has them. */
function changesOf(
  writes: readonly { entity: Entity; configs: ConfigMap }[],
): Pick<UpdateMetadata, 'topicConfigs' | 'brokerConfigs'> {
  const of = (type: Entity['type']) => writes.filter(({ entity }) => entity.type === type);
  return {
    topicConfigs: of('topics').map(({ entity, configs }) => ({ topic: entity.name, configs })),
    brokerConfigs: of('brokers').map(({ entity, configs }) => ({
      brokerId: brokerIdOf(entity.name),
      configs,
    })),
  };
}

function writeOperations({ type, name, hasNode }: Entity, configs: ConfigMap): Operation[] {
  const path = configNode.path(type, name);
  const data = configNode.encode(configs);
  return [
    hasNode ? { op: 'set', path, data, version: 'any' } : { op: 'create', path, data },
    {
      op: 'create',
      path: configChangeNode.createPath,
      data: configChangeNode.encode(type, name),
      mode: 'persistent-sequential',
    },
  ];
}

function entityOf(term: Term, resource: ConfigResource): Entity | Outcome {
  const { context } = term;
  if (resource.type === 'topic') {
    const { name } = resource;
    if (name === '') return refuse('INVALID_REQUEST', 'Default topic resources are not allowed.');
    if (!context.topics.has(name) || context.deletions.has(name)) {
      return refuse('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${name}' does not exist.`);
    }
    const current = context.topicConfig(name);
    const hasNode = context.topicConfigs.has(name);
    return { type: 'topics', name, target: 'topic', current, hasNode };
  }
  if (resource.name !== '' && brokerIdOf(resource.name) === undefined) {
    const detail = `Broker id must be an integer, but it is: ${resource.name}`;
    return refuse('INVALID_REQUEST', detail);
  }
  const name = resource.name === '' ? DEFAULT_ENTITY : resource.name;
  const current = context.brokerConfigs.get(name);
  return {
    type: 'brokers',
    name,
    target: resource.name === '' ? 'broker-defaults' : 'broker',
    current: current ?? EMPTY_CONFIG,
    hasNode: current !== undefined,
  };
}

function verdictOf(verdict: ConfigVerdict): Decision {
  return 'error' in verdict ? refuse(verdict.error, verdict.detail) : verdict;
}
