import type { Log } from '../log.ts';
import type { LogListener } from '../log-types.ts';

/** The replica of a log that has no other one: what is written is committed. */
export function onlyReplica(log: Log): LogListener {
  return {
    get highWatermark() {
      return log.logEndOffset;
    },
    logEndOffsetMoved() {},
    truncated() {},
  };
}

/** One whose followers have got as far as `highWatermark`. */
export function replicaAt(highWatermark: number): LogListener {
  return { highWatermark, logEndOffsetMoved() {}, truncated() {} };
}
