import { ERROR_NAMES, type ErrorName } from '../../protocol/errors.ts';
import {
  type Check,
  milliseconds,
  nonEmptyText,
  type OptionTable,
  oneOf,
  problemIn,
  problemOf,
  shown,
  topicName,
  wholeNumber,
} from '../check-options.ts';
import type { ApiName } from './api-name.ts';

/** Which requests a fault is for. */
export interface FaultTarget {
  /** How many requests it happens to; 1 by default, `Infinity` until it is removed. */
  readonly times?: number;
  /** Only requests of this client. */
  readonly clientId?: string;
  /** Only requests that name this topic; they fail whole, also for other topics in them. */
  readonly topic?: string;
}

/** For faults that leave open whether the broker did what it was asked. */
export interface LossTarget extends FaultTarget {
  /**
   * `request` (the default): it never arrived, and nothing was done. `answer`: the broker did it, and
   * the client is not told, which is what retries and idempotence are for.
   */
  readonly lose?: 'request' | 'answer';
}

/** A scripted fault. */
export interface ScriptedFault {
  readonly api: ApiName;
  /** How many requests it happened to so far. */
  readonly hits: number;
  /** How many it will still happen to. */
  readonly remaining: number;
  /** Ends it early. */
  remove(): void;
}

/**
 * Faults that the broker plays for the next requests of an API. They are used up in the order in which
 * they were scripted, one per request. A topic or client that never asks leaves its faults unused.
 */
export interface Faults {
  /** Answers with this error, where the API's response carries errors, and does nothing. */
  error(api: ApiName, error: ErrorName, target?: FaultTarget): ScriptedFault;
  /** Does what is asked `ms` later, in the broker's time. */
  delay(api: ApiName, ms: number, target?: FaultTarget): ScriptedFault;
  /** Closes the connection instead of answering. */
  disconnect(api: ApiName, target?: LossTarget): ScriptedFault;
  /** Never answers, and leaves the connection open: the client's own timeout has to end it. */
  blackHole(api: ApiName, target?: LossTarget): ScriptedFault;
  /** Ends all faults. What is already delayed or swallowed stays so. */
  clear(): void;
}

const times: Check = (value) =>
  value === Number.POSITIVE_INFINITY || wholeNumber(1)(value) === undefined
    ? undefined
    : 'a whole number of at least 1, or Infinity';
const TARGET: OptionTable = { times, clientId: nonEmptyText, topic: topicName };
const FAILURES = ERROR_NAMES.filter((name) => name !== 'NONE');
const LOSS_TARGET: OptionTable = { ...TARGET, lose: oneOf(['request', 'answer']) };

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new RangeError(problem);
}

/** @internal */
export type FaultEffect =
  | { readonly kind: 'error'; readonly error: ErrorName }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'disconnect' | 'black-hole'; readonly lose: 'request' | 'answer' };

class Fault implements ScriptedFault {
  readonly api: ApiName;
  readonly effect: FaultEffect;
  readonly target: FaultTarget;
  hits = 0;
  remaining: number;
  readonly #onRemove: (fault: Fault) => void;

  constructor(
    api: ApiName,
    effect: FaultEffect,
    target: FaultTarget,
    onRemove: (fault: Fault) => void,
  ) {
    this.api = api;
    this.effect = effect;
    this.target = target;
    this.remaining = target.times ?? 1;
    this.#onRemove = onRemove;
  }

  remove(): void {
    this.remaining = 0;
    this.#onRemove(this);
  }
}

/**
 * The faults that are still to happen.
 * @internal
 */
export class FaultScript implements Faults {
  #faults: Fault[] = [];
  /** The APIs that the broker answers, known once it is put together. */
  apis: readonly string[] = [];
  /** Those whose requests name topics. */
  #withTopics: ReadonlySet<string> = new Set();

  knowApis(apis: readonly { readonly name: string; readonly namesTopics: boolean }[]): void {
    this.apis = apis.map(({ name }) => name).sort();
    this.#withTopics = new Set(apis.filter((api) => api.namesTopics).map(({ name }) => name));
  }

  error(api: ApiName, error: ErrorName, target: FaultTarget = {}): ScriptedFault {
    refuse(problemOf('faults.error: error', error, oneOf(FAILURES)));
    return this.#add('error', api, { kind: 'error', error }, target);
  }

  delay(api: ApiName, ms: number, target: FaultTarget = {}): ScriptedFault {
    refuse(problemOf('faults.delay: ms', ms, milliseconds));
    return this.#add('delay', api, { kind: 'delay', ms }, target);
  }

  disconnect(api: ApiName, target: LossTarget = {}): ScriptedFault {
    const effect = { kind: 'disconnect', lose: target?.lose ?? 'request' } as const;
    return this.#add('disconnect', api, effect, target);
  }

  blackHole(api: ApiName, target: LossTarget = {}): ScriptedFault {
    const effect = { kind: 'black-hole', lose: target?.lose ?? 'request' } as const;
    return this.#add('blackHole', api, effect, target);
  }

  clear(): void {
    for (const fault of [...this.#faults]) fault.remove();
  }

  /** What shall happen to this request, which counts as a hit. */
  take(api: string, clientId: string, topics: ReadonlySet<string>): FaultEffect | undefined {
    for (const fault of this.#faults) {
      const { target } = fault;
      if (fault.api !== api) continue;
      if (target.clientId !== undefined && target.clientId !== clientId) continue;
      if (target.topic !== undefined && !topics.has(target.topic)) continue;
      fault.hits++;
      fault.remaining--;
      if (fault.remaining <= 0) fault.remove();
      return fault.effect;
    }
    return undefined;
  }

  #add(
    name: 'error' | 'delay' | 'disconnect' | 'blackHole',
    api: ApiName,
    effect: FaultEffect,
    target: FaultTarget,
  ): ScriptedFault {
    const what = `faults.${name}`;
    refuse(problemIn(what, target, 'lose' in effect ? LOSS_TARGET : TARGET));
    if (this.apis.length > 0) refuse(problemOf(`${what}: api`, api, oneOf(this.apis)));
    if (target.topic !== undefined && this.apis.length > 0 && !this.#withTopics.has(api)) {
      refuse(`${what}: ${api} names no topics, so none would ever be ${shown(target.topic)}`);
    }
    const fault = new Fault(api, effect, target, (gone) => {
      this.#faults = this.#faults.filter((each) => each !== gone);
    });
    this.#faults.push(fault);
    return fault;
  }
}
