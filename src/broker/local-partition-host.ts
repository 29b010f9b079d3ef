import type { Clock } from '../base/clock.ts';
import type { ErrorName } from '../protocol/errors.ts';
import type {
  ApplyPartitions,
  PartitionHost,
  PartitionOutcome,
  PartitionState,
  StopPartitions,
} from './controller/partition-host.ts';
import type { Configs } from './metadata/configs.ts';
import type { Partitions } from './replica/partitions.ts';

/** Who else must know which partitions this broker leads: the coordinators of internal topics. */
export interface LeadershipListener {
  elected(topic: string, partition: number, leaderEpoch: number): void;
  /** `leaderEpoch` undefined: the partition is being deleted. */
  resigned(topic: string, partition: number, leaderEpoch: number | undefined): void;
}

/** Making logs goes on for at most about this long without letting anybody else have the event loop. */
const LONGEST_STRETCH_MS = 20;

/** Carries out the controller's decisions on this broker. */
export class LocalPartitionHost implements PartitionHost {
  readonly #clock: Clock;
  readonly #brokerId: number;
  readonly #partitions: Partitions;
  readonly #configs: Configs;
  readonly #listener: LeadershipListener;
  #controllerEpoch = -1;

  constructor(
    clock: Clock,
    brokerId: number,
    partitions: Partitions,
    configs: Configs,
    listener: LeadershipListener,
  ) {
    this.#clock = clock;
    this.#brokerId = brokerId;
    this.#partitions = partitions;
    this.#configs = configs;
    this.#listener = listener;
  }

  async applyPartitions(command: ApplyPartitions): Promise<PartitionOutcome[]> {
    if (!this.#accept(command)) return refuse(command.partitions);
    const outcomes: PartitionOutcome[] = [];
    let startMs = this.#clock.monotonicMs();
    for (const state of command.partitions) {
      if (this.#clock.monotonicMs() - startMs >= LONGEST_STRETCH_MS) {
        await new Promise<void>((resolve) => this.#clock.endOfTurn(resolve));
        if (!this.#accept(command)) return refuse(command.partitions);
        startMs = this.#clock.monotonicMs();
      }
      outcomes.push(this.#apply(state));
    }
    return outcomes;
  }

  #apply(state: PartitionState): PartitionOutcome {
    const { topic, partition, leaderEpoch } = state;
    const config = this.#configs.topicWith(state.topicConfig);
    const error = this.#partitions.apply({ ...state, config });
    if (error === 'NONE') {
      if (state.leader === this.#brokerId) this.#listener.elected(topic, partition, leaderEpoch);
      else this.#listener.resigned(topic, partition, leaderEpoch);
    }
    return { topic, partition, error };
  }

  async stopPartitions(command: StopPartitions): Promise<PartitionOutcome[]> {
    if (!this.#accept(command)) return refuse(command.partitions);
    const { deleteFiles } = command;
    return Promise.all(
      command.partitions.map(async ({ topic, partition, leaderEpoch }) => {
        this.#listener.resigned(topic, partition, deleteFiles ? undefined : leaderEpoch);
        const error = await this.#partitions.stop(topic, partition, { deleteFiles });
        return { topic, partition, error };
      }),
    );
  }

  /** Only the newest controller is listened to. */
  #accept({ controllerEpoch }: { controllerEpoch: number }): boolean {
    if (controllerEpoch < this.#controllerEpoch) return false;
    this.#controllerEpoch = controllerEpoch;
    return true;
  }
}

function refuse(partitions: readonly { topic: string; partition: number }[]): PartitionOutcome[] {
  const error: ErrorName = 'STALE_CONTROLLER_EPOCH';
  return partitions.map(({ topic, partition }) => ({ topic, partition, error }));
}
