import { AssertionFailure } from '../../base/assert.ts';
import type { Timer } from '../../base/clock.ts';
import { isStoreError, type SessionState, type Store } from '../../coordination/store.ts';
import { controllerNode } from '../../coordination/znodes.ts';
import { changeConfigs, purgeConfigNotifications, replaceConfigs } from './config-changes.ts';
import { loadContext } from './context.ts';
import type { Controller, ControllerOptions } from './controller.ts';
import { tryElection, type Victory } from './controller-election.ts';
import { ControllerMoved, FencedWriter } from './fenced-writer.ts';
import { createPartitions } from './partition-growth.ts';
import { allocateProducerIdBlock } from './producer-id-blocks.ts';
import type {
  AlterConfigs,
  AlterConfigsResult,
  CreatePartitions,
  CreatePartitionsResult,
  CreateTopic,
  CreateTopicResult,
  DeleteTopicResult,
  IncrementalAlterConfigs,
  Outcome,
  ProducerIdBlock,
  TopicReference,
} from './requests.ts';
import { SerialQueue } from './serial-queue.ts';
import { Term } from './term.ts';
import { beginTerm, brokersChanged, retryFailedReplicas } from './term-duties.ts';
import { createTopics, defaultTopic, failed } from './topic-creation.ts';
import { completeDeletions, deleteTopics, unresolved } from './topic-deletion.ts';

const NOT_CONTROLLER: Outcome = { error: 'NOT_CONTROLLER', detail: null };

/** The store has no room for a change: the disk is full, or no file handle is free. */
const NO_ROOM: Outcome = {
  error: 'KAFKA_STORAGE_ERROR',
  detail: 'the disk of the log directory with the list of topics is full; nothing was changed',
};

/** After an election that found no room. */
const NO_ROOM_RETRY_MS = 1000;

/** The controller over a coordination store: elections, watches, and one request after another. */
export class StoreController implements Controller {
  readonly #options: ControllerOptions;
  readonly #queue = new SerialQueue();
  #term: Term | undefined;
  /** `/controller` is this session's. */
  #ownsNode = false;
  /** Until `start` is over: this broker's logs were reopened, so what it leads needs new epochs. */
  #justStarted = true;
  #stopped = false;
  /** What is answered while nobody here is the controller. */
  #absence: Outcome = NOT_CONTROLLER;
  #retry: Timer | undefined;
  /** Of topics that are hidden, and whose files are still there. */
  #deletion: Timer | undefined;
  #store: Store;
  #unfollow: () => void = () => {};
  #unsubscribe: () => void = () => {};

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#store = options.sessions.current;
  }

  get isActive(): boolean {
    return this.#term !== undefined;
  }

  async start(): Promise<void> {
    this.#follow(this.#options.sessions.current);
    this.#unsubscribe = this.#options.sessions.onSession((store) => {
      this.#follow(store);
      this.#enqueueElection();
    });
    await this.#queue.run(() => this.#compete());
    this.#justStarted = false;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#retry?.cancel();
    this.#unsubscribe();
    this.#unfollow();
    await this.#queue.run(async () => {
      this.#resign('it stops');
      await this.#giveUpNode();
    });
  }

  retryFailedPartitions(brokerId: number): void {
    const term = this.#term;
    if (term) this.#enqueueDuty(term, () => retryFailedReplicas(term, brokerId));
  }

  isBeingDeleted(topic: string): boolean {
    return this.#term?.context.deletions.has(topic) === true;
  }

  createTopics(
    topics: readonly CreateTopic[],
    options: { validateOnly: boolean },
  ): Promise<CreateTopicResult[]> {
    return this.#serve(
      (term) => createTopics(term, topics, options),
      (outcome) => topics.map(({ name }) => failed(name, outcome)),
    );
  }

  autoCreateTopics(names: readonly string[]): Promise<CreateTopicResult[]> {
    return this.#serve(
      (term) =>
        createTopics(
          term,
          names.map((name) => defaultTopic(term, name)),
          { validateOnly: false },
        ),
      (outcome) => names.map((name) => failed(name, outcome)),
    );
  }

  createPartitions(
    topics: readonly CreatePartitions[],
    options: { validateOnly: boolean },
  ): Promise<CreatePartitionsResult[]> {
    return this.#serve(
      (term) => createPartitions(term, topics, options),
      (outcome) => topics.map(({ name }) => ({ name, ...outcome })),
    );
  }

  deleteTopics(topics: readonly TopicReference[]): Promise<DeleteTopicResult[]> {
    return this.#serve(
      (term) => deleteTopics(term, topics, this.#completeDeletionsLater(term)),
      (outcome) => topics.map((topic) => unresolved(topic, outcome)),
    );
  }

  alterConfigs(
    resources: readonly AlterConfigs[],
    options: { validateOnly: boolean },
  ): Promise<AlterConfigsResult[]> {
    return this.#serve(
      (term) => replaceConfigs(term, resources, options),
      (outcome) => resources.map(({ resource }) => ({ resource, ...outcome })),
    );
  }

  incrementalAlterConfigs(
    resources: readonly IncrementalAlterConfigs[],
    options: { validateOnly: boolean },
  ): Promise<AlterConfigsResult[]> {
    return this.#serve(
      (term) => changeConfigs(term, resources, options),
      (outcome) => resources.map(({ resource }) => ({ resource, ...outcome })),
    );
  }

  allocateProducerIds(brokerId: number): Promise<Outcome & { block: ProducerIdBlock | null }> {
    return this.#serve<Outcome & { block: ProducerIdBlock | null }>(
      async (term) => {
        const block = await allocateProducerIdBlock(term, brokerId);
        return { error: 'NONE', detail: null, block };
      },
      (outcome) => ({ ...outcome, block: null }),
    );
  }

  /** Undefined where a deletion is completed before it is answered. */
  #completeDeletionsLater(term: Term): (() => void) | undefined {
    const { clock, settings } = this.#options;
    const { deletedNameTakenMs } = settings();
    if (deletedNameTakenMs === 0) return undefined;
    return () => {
      this.#deletion ??= clock.after(deletedNameTakenMs, () => {
        this.#deletion = undefined;
        this.#enqueueDuty(term, async () => {
          await completeDeletions(term, [...term.context.deletions]);
        });
      });
    };
  }

  /** Does `work` when its turn comes; `refused` makes the answer where it cannot be done. */
  #serve<T>(work: (term: Term) => Promise<T>, refused: (outcome: Outcome) => T): Promise<T> {
    return this.#queue.run(async () => {
      const term = this.#term;
      if (!term) return refused(this.#absence);
      try {
        return await work(term);
      } catch (error) {
        if (error instanceof AssertionFailure) throw error;
        return refused(this.#recover(error));
      }
    });
  }

  /**
   * After a failure in the middle of a decision the context may differ from the store, so the term
   * ends; where this broker may still be the controller it is elected anew and loads everything.
   */
  #recover(error: unknown): Outcome {
    if (error instanceof ControllerMoved) {
      this.#ownsNode = false;
      this.#resign(error.message);
      this.#enqueueElection();
      return { error: 'NOT_CONTROLLER', detail: null };
    }
    this.#options.logger.error({ error }, 'a request of the controller failed');
    this.#resign('a request failed');
    this.#enqueueElection();
    if (isStoreError(error, 'NOT_WRITTEN')) return NO_ROOM;
    return isStoreError(error, 'AMBIGUOUS', 'SUSPENDED', 'SESSION_LOST')
      ? { error: 'REQUEST_TIMED_OUT', detail: null }
      : { error: 'UNKNOWN_SERVER_ERROR', detail: null };
  }

  #follow(store: Store): void {
    this.#unfollow();
    this.#store = store;
    this.#unfollow = store.onSessionState((state) => this.#sessionChanged(state));
  }

  #sessionChanged(state: SessionState): void {
    if (state === 'connected') {
      this.#enqueueElection();
      return;
    }
    if (state === 'lost') this.#ownsNode = false;
    this.#resign(`its session with the store is ${state}`);
  }

  #resign(reason: string): void {
    const term = this.#term;
    if (!term) return;
    this.#term = undefined;
    this.#deletion?.cancel();
    this.#deletion = undefined;
    this.#options.logger.info({ controllerEpoch: term.epoch, reason }, 'no longer the controller');
  }

  /**
   * An election that fails (a store that is gone, nodes that cannot be read) is not repeated, unless
   * all that the store misses is room.
   */
  #enqueueElection(): void {
    this.#queue
      .run(() => this.#compete())
      .then(
        () => {
          this.#absence = NOT_CONTROLLER;
        },
        (error: unknown) => {
          this.#options.logger.error({ error }, 'could not take part in the election');
          if (!isStoreError(error, 'NOT_WRITTEN') || this.#stopped) return;
          this.#absence = NO_ROOM;
          this.#retry?.cancel();
          this.#retry = this.#options.clock.after(NO_ROOM_RETRY_MS, () => this.#enqueueElection());
        },
      );
  }

  /** Work of the term that nobody waits for. */
  #enqueueDuty(term: Term, duty: () => Promise<void>): void {
    this.#serve(
      async (current) => {
        if (current === term) await duty();
      },
      () => undefined,
    ).catch((error: unknown) => {
      this.#options.logger.error({ error }, 'a duty of the controller failed');
    });
  }

  /** Becomes the controller, or watches the one there is. */
  async #compete(): Promise<void> {
    const { brokerId, clock } = this.#options;
    const store = this.#store;
    if (this.#term || this.#stopped || store.sessionState !== 'connected') return;
    await this.#giveUpNode();
    for (;;) {
      const victory = await tryElection(store, { brokerId, nowMs: clock.now() });
      if (victory) return this.#begin(store, victory);
      const holder = await store.get(controllerNode.path, () => this.#enqueueElection());
      if (holder) return;
    }
  }

  async #giveUpNode(): Promise<void> {
    if (!this.#ownsNode) return;
    this.#ownsNode = false;
    try {
      await this.#store.delete(controllerNode.path, 'any');
    } catch (error) {
      if (!isStoreError(error)) throw error;
      // It is gone, or goes with the session.
    }
  }

  async #begin(store: Store, { epoch, epochVersion }: Victory): Promise<void> {
    const { logger, brokerId } = this.#options;
    this.#ownsNode = true;
    const context = await loadContext(store);
    const term = new Term({
      options: this.#options,
      store,
      epoch,
      writer: new FencedWriter(store, epochVersion, this.#options.slices),
      context,
    });
    const restarted = this.#justStarted ? new Set([brokerId]) : new Set<number>();
    await beginTerm(term, restarted);
    this.#term = term;
    logger.info({ controllerEpoch: epoch, topics: context.topics.size }, 'became the controller');
    await store.exists(controllerNode.path, () => this.#controllerNodeChanged(term));
    this.#followBrokers(term);
    // After `start`: who is to forget about the topics may itself wait for the broker to be up.
    this.#enqueueDuty(term, async () => {
      await completeDeletions(term, [...context.deletions]);
      await purgeConfigNotifications(term);
    });
  }

  #controllerNodeChanged(term: Term): void {
    if (this.#term !== term) return;
    this.#ownsNode = false;
    this.#resign('another broker took over');
    this.#enqueueElection();
  }

  #followBrokers(term: Term): void {
    this.#enqueueDuty(term, () => brokersChanged(term, () => this.#followBrokers(term)));
  }
}
