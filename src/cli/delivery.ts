import type { Clock } from '../base/clock.ts';
import { NodeClock } from '../base/node/node-clock.ts';
import type { Producer, ProducerRecord, RecordMetadata } from '../client/index.ts';
import { CliError } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** How long a tool that was told to stop waits for what is still on its way. */
const GRACE_MS = 5000;

/** What a tool's records are to its user: lines of the input, or records by their number. */
export type RecordNoun = 'line' | 'record';

/**
 * What becomes of the records that a tool sends. After a signal what is on its way has some seconds more, after a second
 * one none; whatever is not stored then is counted, and told by its numbers.
 */
export class Delivery {
  readonly #producer: Producer;
  readonly #topic: string;
  readonly #noun: RecordNoun;
  #isStopped = false;
  #onStop: (() => void) | undefined;
  #sent = 0;
  #failures = 0;
  #mayBeStored = 0;
  #firstFailed = 0;
  #lastFailed = 0;
  #reason: Error | undefined;

  constructor(
    producer: Producer,
    terminal: Pick<Terminal, 'onInterrupt'>,
    { topic, noun }: { topic: string; noun: RecordNoun },
    clock: Pick<Clock, 'after'> = new NodeClock(),
  ) {
    this.#producer = producer;
    this.#topic = topic;
    this.#noun = noun;
    const abandon = () => producer.abandon('the program was stopped before it was stored');
    terminal.onInterrupt(() => {
      this.#isStopped = true;
      this.#onStop?.();
      clock.after(GRACE_MS, abandon);
    }, abandon);
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Called once at the first signal. */
  onStop(callback: () => void): void {
    this.#onStop = callback;
    if (this.#isStopped) callback();
  }

  /** Resolves to where the record is, or to why it is not stored. `number` is the line's or the record's own. */
  send(record: ProducerRecord, number: number): Promise<RecordMetadata | Error> {
    this.#sent++;
    return this.#producer.send(record).catch((error: unknown) => {
      const failure = error instanceof Error ? error : new Error(String(error));
      this.#note(failure, number);
      return failure;
    });
  }

  /** Counts a record that cannot even be sent. */
  refuse(number: number, why: string): void {
    this.#sent++;
    this.#note(new CliError(why), number);
  }

  /** Until everything has its answer; throws CliError where something is not stored. */
  async finish(): Promise<void> {
    await this.#producer.flush();
    // The callbacks of the last answers come after the flush.
    await new Promise(setImmediate);
    const reason = this.#reason;
    if (reason) throw new CliError(this.#sentence(reason));
  }

  #note(failure: Error, number: number): void {
    if (this.#failures === 0) this.#firstFailed = number;
    this.#failures++;
    this.#firstFailed = Math.min(this.#firstFailed, number);
    this.#lastFailed = Math.max(this.#lastFailed, number);
    if ('mayBeStored' in failure && failure.mayBeStored === true) this.#mayBeStored++;
    this.#reason ??= failure;
  }

  #sentence(reason: Error): string {
    const failures = this.#failures;
    const whole = this.#lastFailed - this.#firstFailed + 1 === failures;
    const span =
      failures === 1
        ? `${this.#noun} ${this.#firstFailed}`
        : whole
          ? `${this.#noun}s ${this.#firstFailed} to ${this.#lastFailed}`
          : `the first is ${this.#noun} ${this.#firstFailed}, the last ${this.#noun} ${this.#lastFailed}`;
    const unsure =
      this.#mayBeStored === 0 ? '' : `; ${this.#mayBeStored} of them may be, but no answer came`;
    return `${failures} of ${this.#sent} records were not stored in topic ${this.#topic} (${span})${unsure}: ${reason.message}`;
  }
}
