// Every area of the suite; its row files are listed here and nowhere else.
import { topicRows } from './rows-topics.mjs';

export const areas = [topicRows];
