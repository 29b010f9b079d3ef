import { boolean, int, string } from '../key.ts';

/** The ensemble of a cluster. Without `zookeeper.connect` this process keeps the cluster's state itself. */
export const ZOOKEEPER_KEYS = {
  'zookeeper.connect': string({
    default: null,
    importance: 'high',
    doc: 'The ZooKeeper ensemble: host:port, comma-separated, with an optional path at the end. Not set, one node keeps its own state. Cluster mode is not there yet: a start is refused where a ZooKeeper answers, and is that of a single node, with a warning, where none does.',
  }),
  'zookeeper.connection.timeout.ms': int({
    default: null,
    importance: 'high',
    effect: 'none',
    doc: 'How long connecting to ZooKeeper may take. Not set: zookeeper.session.timeout.ms.',
  }),
  'zookeeper.session.timeout.ms': int({
    default: 18_000,
    importance: 'high',
    effect: 'none',
    doc: 'After how long without a word ZooKeeper declares this broker dead.',
  }),
  'zookeeper.max.in.flight.requests': int({
    default: 10,
    atLeast: 1,
    importance: 'high',
    effect: 'none',
    doc: 'Requests to ZooKeeper that may be on the way at once.',
  }),
  'zookeeper.set.acl': boolean({
    default: false,
    importance: 'high',
    effect: 'none',
    doc: 'Whether nodes are created so that only brokers may change them.',
  }),
} as const;
