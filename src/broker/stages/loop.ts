import { Metrics } from '../../base/metrics.ts';
import { Slices } from '../../base/slices.ts';
import { TurnWatch } from '../../base/turn-watch.ts';
import type { BrokerPorts } from '../broker-ports.ts';

/** What all parts of a broker have together: its event loop, and the figures about it. */
export interface Loop {
  readonly metrics: Metrics;
  readonly watch: TurnWatch;
  /** The share of the loop that all long work has, of clients and in the background. */
  readonly slices: Slices;
}

export function shareLoop({ clock, logger }: BrokerPorts): Loop {
  const metrics = new Metrics();
  const watch = new TurnWatch(clock, logger, metrics);
  const slices = new Slices(clock, watch);
  metrics.gauge(
    'sluice_long_work_waiting',
    'Long requests, answers and duties that go on in a later turn of the event loop.',
    () => slices.waiting,
  );
  return { metrics, watch, slices };
}
