// The program of the thread beside the event loop; a file of its own in the bundle (tools/build.mjs).
import { serveWork } from '../base/node/serve-work.ts';
import { RECORD_TASKS } from './replica/record-work.ts';

serveWork(RECORD_TASKS);
