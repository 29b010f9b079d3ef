import { producerIdBlockNode } from '../../coordination/znodes.ts';
import type { ProducerIdBlock } from './requests.ts';
import type { Term } from './term.ts';

/** As many as Kafka hands out at once. */
const BLOCK_SIZE = 1000;

/**
 * Takes the next block of producer ids for a broker. The block is durable before it is answered, so
 * whatever a broker did with it, no other will get one of its ids.
 */
export async function allocateProducerIdBlock(
  term: Term,
  brokerId: number,
): Promise<ProducerIdBlock> {
  const { path, decode, encode } = producerIdBlockNode;
  const node = await term.store.get(path);
  const previous = decode(node?.data ?? null);
  const first = previous === undefined ? 0 : previous.last + 1;
  const last = first + BLOCK_SIZE - 1;
  if (!Number.isSafeInteger(last)) throw new Error('all producer ids are used up');
  const data = encode({ brokerId, first, last });
  await term.writer.write([
    [node ? { op: 'set', path, data, version: node.stat.version } : { op: 'create', path, data }],
  ]);
  return { first, count: BLOCK_SIZE };
}
