import type { FileSystem } from '../base/file-system.ts';
import {
  EMBEDDED_STORE_FILES,
  type EmbeddedStore,
  type EmbeddedStoreOptions,
  openEmbeddedStore,
} from '../coordination/embedded/embedded-store.ts';
import { readStoredTree, type StoredTree } from '../coordination/embedded/stored-tree.ts';
import type { Tree } from '../coordination/embedded/tree.ts';
import { deleteTopicNode, partitionStateNode, topicNode } from '../coordination/znodes.ts';
import type { ListOfTopics, TopicListKeeper } from '../storage/dirs/list-of-topics.ts';
import { logName } from '../storage/log-types.ts';

/** The embedded store as the log directories know it: read while they are looked at, opened once they are found fit. */
export class StoredTopics implements TopicListKeeper {
  readonly files = Object.values(EMBEDDED_STORE_FILES);
  readonly #fileSystem: FileSystem;
  readonly #stored = new Map<string, StoredTree>();
  #store: EmbeddedStore | undefined;

  constructor(fileSystem: FileSystem) {
    this.#fileSystem = fileSystem;
  }

  /** Throws StoreDamaged. */
  read(logDir: string): ListOfTopics {
    const stored = readStoredTree(this.#fileSystem, logDir);
    this.#stored.set(logDir, stored);
    const { tree, txId } = stored;
    return {
      version: txId,
      assigned: () => assignedReplicas(tree),
      has: (topic) => tree.get(topicNode.path(topic)) !== undefined,
      topicId: (topic) => topicIdOf(tree, topic),
    };
  }

  version(): number | undefined {
    return this.#store?.version;
  }

  /** Reads nothing a second time. Throws what openEmbeddedStore does. */
  open(options: Omit<EmbeddedStoreOptions, 'stored'>): EmbeddedStore {
    const stored = this.#stored.get(options.folder);
    this.#stored.clear();
    this.#store = openEmbeddedStore(stored ? { ...options, stored } : options);
    return this.#store;
  }
}

function topicIdOf(tree: Tree, topic: string): string | undefined {
  const node = tree.get(topicNode.path(topic));
  return node && (topicNode.decode(node.data, topic).topicId ?? undefined);
}

/** Of partitions that had a leader once: others have no folder yet. Throws ZnodeError. */
function assignedReplicas(tree: Tree): Map<string, readonly number[]> {
  const deletions = new Set(tree.children(deleteTopicNode.parent));
  const assigned = new Map<string, readonly number[]>();
  for (const topic of tree.children(topicNode.parent) ?? []) {
    if (deletions.has(topic)) continue;
    const { partitions } = topicNode.decode(tree.get(topicNode.path(topic))?.data ?? null, topic);
    for (const [index, { replicas }] of partitions.entries()) {
      const hadLeader = tree.exists(partitionStateNode.path(topic, index)) !== undefined;
      if (hadLeader) assigned.set(logName(topic, index), replicas);
    }
  }
  return assigned;
}
