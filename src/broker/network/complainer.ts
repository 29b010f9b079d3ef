import type { ComplaintRate, Complaints } from '../../base/complaints.ts';
import type { LogFields } from '../../base/logger.ts';
import type { Session } from './session.ts';

/** What complaints about clients are about. Those of a kind share a limit on how often they are said. */
export type ComplaintKind =
  // Connections that are not accepted.
  | 'shutting down'
  | 'no more connections'
  | 'too many of an address'
  // Bytes that cannot be answered.
  | 'bad length'
  | 'foreign protocol'
  | 'stalled'
  | 'no header'
  | 'unreadable request'
  | 'too large to decode'
  | 'unknown API'
  | 'unsupported version'
  | 'unanswerable'
  // Requests that were answered, or not, with an error that the client will not explain.
  | 'in flight'
  | 'answer too large'
  | 'API not offered'
  | 'unacknowledged produce failed'
  | 'bad batch'
  | 'unreadable records'
  | 'member refused'
  | 'topic not created'
  | 'no offsets topic'
  | 'transactional id'
  | 'advertised address'
  | 'scripted fault';

/** One warning about what a client did. */
export interface Complaint {
  readonly kind: ComplaintKind;
  /** Which one of the kind, where each is worth lines of its own: an error, an API, a partition. */
  readonly of?: string;
  /** What happened and what to change. */
  readonly sentence: string;
  /** How often it is said; 10 times a minute by default. */
  readonly rate?: ComplaintRate;
  /** It would be said of every client: the rate is that of all together. */
  readonly isOfAll?: boolean;
}

/** What the line tells of the request that the complaint is about. */
export interface ComplaintRequest {
  readonly api: string | number;
  readonly apiVersion: number;
}

/** Warns of what one client does, in lines that name the client. */
export class Complainer {
  readonly #complaints: Complaints;
  readonly #session: Session;

  constructor(complaints: Complaints, session: Session) {
    this.#complaints = complaints;
    this.#session = session;
  }

  complain({ kind, of, sentence, rate, isOfAll }: Complaint, request?: ComplaintRequest): void {
    this.#complaints.warn(
      {
        about: isOfAll ? 'every client' : this.#session.remote.host,
        kind: of === undefined ? kind : `${kind} ${of}`,
        ...(rate && { rate }),
      },
      { ...this.describe(), ...request },
      sentence,
    );
  }

  /** The client, as fields of a log line. */
  describe(): LogFields {
    const { remote, listenerName, clientId, clientSoftware } = this.#session;
    return {
      client: `${remote.host}:${remote.port}`,
      listener: listenerName,
      ...(clientId && { clientId }),
      ...(clientSoftware && { software: clientSoftware }),
    };
  }
}
