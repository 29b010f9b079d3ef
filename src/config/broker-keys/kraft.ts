import { list, string } from '../key.ts';

/** What a node of a KRaft cluster is. A Sluice node is broker and controller in one process. */
export const KRAFT_KEYS = {
  'process.roles': list({
    default: '',
    items: ['broker', 'controller'],
    importance: 'high',
    doc: 'The roles of a node in a KRaft cluster. A Sluice node always is both, and a file for one that is only one of them is refused.',
  }),
  'controller.listener.names': string({
    default: null,
    importance: 'high',
    doc: 'The listeners of the KRaft controller. They are not opened here.',
  }),
  'controller.quorum.voters': list({
    default: '',
    importance: 'high',
    doc: 'The controllers of a KRaft cluster. One is this node; more are refused, as there is no cluster mode yet.',
  }),
  'controller.quorum.bootstrap.servers': list({
    default: '',
    importance: 'high',
    doc: 'Where to find the controllers of a KRaft cluster. One is this node; more are refused, as there is no cluster mode yet.',
  }),
} as const;
