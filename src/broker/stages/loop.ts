import { LoopWork } from '../../base/loop-work.ts';
import { Metrics } from '../../base/metrics.ts';
import { Slices } from '../../base/slices.ts';
import { TurnWatch } from '../../base/turn-watch.ts';
import type { WorkThread } from '../../base/work-thread.ts';
import type { BrokerPorts } from '../broker-ports.ts';
import { RECORD_TASKS } from '../replica/record-work.ts';

/** What all parts of a broker have together: its event loop, and the figures about it. */
export interface Loop {
  readonly metrics: Metrics;
  readonly watch: TurnWatch;
  /** The share of the loop that all long work has, of clients and in the background. */
  readonly slices: Slices;
  /** The thread beside it, started when there is something for it. */
  readonly work: WorkThread;
}

export function shareLoop({ clock, logger, workThread }: BrokerPorts): Loop {
  const metrics = new Metrics();
  const watch = new TurnWatch(clock, logger, metrics);
  const slices = new Slices(clock, watch);
  metrics.gauge(
    'sluice_long_work_waiting',
    'Long requests, answers and duties that go on in a later turn of the event loop.',
    () => slices.waiting,
  );
  const inTurns = new LoopWork(clock, RECORD_TASKS);
  const work = workThread?.(inTurns) ?? inTurns;
  return { metrics, watch, slices, work };
}
