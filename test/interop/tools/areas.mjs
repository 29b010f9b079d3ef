// Every area of the suite; its row files are listed here and nowhere else.
import { configRows } from './rows-configs.mjs';
import { consoleConsumerRows } from './rows-console-consumer.mjs';
import { consoleProducerRows } from './rows-console-producer.mjs';
import { consumerGroupRows } from './rows-consumer-groups.mjs';
import { dumpLogRows } from './rows-dump-log.mjs';
import { internalTopicRows } from './rows-internal-topics.mjs';
import { loadRows } from './rows-load.mjs';
import { offsetRows } from './rows-offsets.mjs';
import { topicRows } from './rows-topics.mjs';

export const areas = [
  topicRows,
  configRows,
  consoleProducerRows,
  consoleConsumerRows,
  internalTopicRows,
  loadRows,
  consumerGroupRows,
  offsetRows,
  dumpLogRows,
];
