import * as net from 'node:net';

/** What this module relies on in the runtime's sockets; checked before use. */
interface Internals {
  _handle: unknown;
  _server: unknown;
}

function internalsOf(socket: net.Socket): (net.Socket & Internals) | undefined {
  const isHandle = (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    'useUserBuffer' in value &&
    typeof value.useUserBuffer === 'function';
  const known = '_handle' in socket && '_server' in socket && isHandle(socket._handle);
  return known ? (socket as net.Socket & Internals) : undefined;
}

/**
 * Moves an accepted, still paused socket's handle into a new socket with `onread`, which
 * `net.createServer` can't be given. Undefined where the runtime is not as this expects; the
 * accepted socket is then untouched.
 *
 * The server counts its sockets through `_server`, so the new socket takes that over too.
 */
export function adoptHandle(accepted: net.Socket, onread: net.OnReadOpts): net.Socket | undefined {
  const from = internalsOf(accepted);
  if (!from) return undefined;
  const options = { handle: from._handle, allowHalfOpen: true, pauseOnCreate: true, onread };
  const adopted: net.Socket & Partial<Internals> = new net.Socket(options);
  adopted._server = from._server;
  from._handle = null;
  from._server = null;
  return adopted;
}

/** The number of a socket's file handle; -1 where there is none, as on Windows. */
export function handleNumber(socket: net.Socket): number {
  const handle: unknown = '_handle' in socket ? socket._handle : undefined;
  const hasNumber = typeof handle === 'object' && handle !== null && 'fd' in handle;
  return hasNumber && typeof handle.fd === 'number' ? handle.fd : -1;
}
