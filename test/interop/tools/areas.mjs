// Every area of the suite; its row files are listed here and nowhere else.
import { consumerGroupRows } from './rows-consumer-groups.mjs';
import { dumpLogRows } from './rows-dump-log.mjs';
import { offsetRows } from './rows-offsets.mjs';
import { topicRows } from './rows-topics.mjs';

export const areas = [topicRows, consumerGroupRows, offsetRows, dumpLogRows];
