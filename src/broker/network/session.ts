import type { Endpoint, Socket } from '../../base/network.ts';
import { ANONYMOUS, type Principal } from '../security/principal.ts';

/** Who is at the other end of a connection, and which way it came. */
export class Session {
  /** Unique while the broker runs, ascending. */
  readonly id: number;
  /** The listener the client connected to, as `advertised.listeners` names it. */
  readonly listenerName: string;
  /** The client's address. */
  readonly remote: Endpoint;
  /** The address the client itself connected to: it works for that client, so it is the default to advertise. */
  readonly local: Endpoint;
  /** Nobody logs in on a plaintext listener, the only kind there is: everybody is anonymous from the first byte. */
  readonly principal: Principal = ANONYMOUS;
  /** From the last request whose header could be read. */
  clientId = '';
  #clientSoftware: string | undefined = undefined;

  constructor(
    id: number,
    listenerName: string,
    { remote, local }: Pick<Socket, 'remote' | 'local'>,
  ) {
    this.id = id;
    this.listenerName = listenerName;
    this.remote = remote;
    this.local = local;
  }

  /** Name and version from ApiVersions v3+ (KIP-511), once known. */
  get clientSoftware(): string | undefined {
    return this.#clientSoftware;
  }

  /** For the ApiVersions handler: the software name and version that logs then show. */
  identifyClient(softwareName: string, softwareVersion: string): void {
    this.#clientSoftware = `${softwareName} ${softwareVersion}`;
  }
}
