/** What was being done, where the system's error does not say it itself. */
export interface ErrorContext {
  /** The file or folder. */
  readonly path?: string;
  /** `host:port`, of a listener. */
  readonly address?: string;
}

interface SystemError extends Error {
  readonly code: string;
  readonly syscall?: unknown;
  readonly path?: unknown;
  readonly dest?: unknown;
  readonly address?: unknown;
  readonly port?: unknown;
  readonly hostname?: unknown;
}

/** What a refusal says of a file or folder. */
const OF_PATHS: Readonly<Record<string, (path: string) => string>> = {
  EACCES: (path) => `no permission for ${path}; change its owner or mode, or choose another place`,
  EPERM: (path) =>
    `the system does not allow it for ${path}; choose another place, or another user`,
  EROFS: (path) =>
    `${path} is on a read-only file system; mount it for writing, or choose another place`,
  ENOENT: (path) => `there is no file or folder ${path}; check the name`,
  ENOTDIR: (path) => `${path} leads through a file, where a folder should be; check the name`,
  EISDIR: (path) => `${path} is a folder, not a file; name a file`,
  EEXIST: (path) =>
    `${path} exists already, and is something else; move it away, or choose another name`,
  ENOTEMPTY: (path) => `${path} is not empty; move away what it holds`,
  ENOSPC: (path) => `no space is left for ${path}; make room on its disk`,
  EDQUOT: (path) => `the disk quota is used up for ${path}; make room, or raise it`,
  EFBIG: (path) =>
    `${path} would become larger than the system allows; raise the limit (ulimit -f)`,
  EMFILE: (path) => `no file handle is free for ${path}; raise the limit of open files (ulimit -n)`,
  ENFILE: (path) => `the machine has no file handle left for ${path}; raise fs.file-max`,
  ELOOP: (path) => `${path} leads through symbolic links that go round in a circle; mend the links`,
  ENAMETOOLONG: (path) =>
    `${path} is a longer name than the file system takes; choose a shorter one`,
  EBUSY: (path) => `${path} is in use by the system; try again, or choose another place`,
  EIO: (path) => `the disk fails at ${path}; see the system's log, then mend or replace it`,
  ENXIO: (path) => `${path} is a device or socket without anything behind it; name a file`,
  ENODEV: (path) => `the device of ${path} is gone; mount it again`,
  ESTALE: (path) => `the server of ${path} does not know it any more; mount it again`,
  ENOTCONN: (path) => `the file system of ${path} is not connected any more; mount it again`,
  EINVAL: (path) => `the system does not take ${path} for this; choose another place`,
  ENOTSUP: (path) => `the file system of ${path} cannot do this; choose another place`,
  EXDEV: (path) => `${path} is on two file systems, where it must be on one`,
};

/** What a refusal says of an address to listen on. */
const OF_LISTENERS: Readonly<Record<string, (address: string) => string>> = {
  EADDRINUSE: (at) => `another program listens on ${at} already; stop it, or choose another port`,
  EACCES: (at) =>
    `no permission to listen on ${at}; ports below 1024 are for root, choose another one`,
  EPERM: (at) => `the system does not allow listening on ${at}; choose another port`,
  EADDRNOTAVAIL: (at) =>
    `${at} is no address of this machine; name one that it has, or none for all`,
  EAFNOSUPPORT: (at) => `this machine does not speak the protocol of ${at}; name an IPv4 address`,
  EINVAL: (at) =>
    `${at} is not complete: an address of a link needs its zone, as in [fe80::1%eth0]`,
  ENODEV: (at) => `${at} names a network interface that is not there`,
  ENOTFOUND: (at) => `no host has the name in ${at}; check it, or name an address`,
  EAI_AGAIN: (at) =>
    `the name in ${at} cannot be looked up at the moment, as no name server answers; try again, or name an address`,
  EMFILE: (at) =>
    `no file handle is free to listen on ${at}; raise the limit of open files (ulimit -n)`,
  ENFILE: (at) => `the machine has no file handle left to listen on ${at}; raise fs.file-max`,
};

/** What a refusal says of a place to connect to. */
const OF_PEERS: Readonly<Record<string, (address: string) => string>> = {
  ECONNREFUSED: (at) => `nothing listens on ${at}`,
  ECONNRESET: (at) => `${at} closed the connection`,
  ETIMEDOUT: (at) => `${at} did not answer in time`,
  EHOSTUNREACH: (at) => `there is no way to the host of ${at}`,
  ENETUNREACH: (at) => `there is no way to the network of ${at}`,
  ENOTFOUND: (at) => `no host is called ${at}; check the name`,
  EAI_AGAIN: (at) =>
    `the name ${at} cannot be looked up at the moment; try again, or name an address`,
};

/**
 * The sentence for an error of the operating system: what it is about, what is wrong, what to do. Undefined
 * for all other errors, whose messages are sentences already.
 */
export function systemSentence(error: unknown, context: ErrorContext = {}): string | undefined {
  if (!isSystemError(error)) return undefined;
  const { code, syscall } = error;
  const isListening = context.address !== undefined || syscall === 'listen' || syscall === 'bind';
  const address = context.address ?? addressOf(error);
  if (address !== undefined) {
    const sentence = (isListening ? OF_LISTENERS : OF_PEERS)[code];
    if (sentence) return sentence(address);
  }
  const path = typeof error.path === 'string' ? error.path : context.path;
  if (path === undefined) return undefined;
  return OF_PATHS[code]?.(path) ?? `${path}: the system says ${code} to ${String(syscall)}`;
}

/** The sentence of any error. */
export function errorSentence(error: unknown, context: ErrorContext = {}): string {
  const known = systemSentence(error, context);
  if (known !== undefined) return known;
  return error instanceof Error ? error.message : String(error);
}

/** A system's error said in a sentence; its code stays, for programs. */
export function withSentence(error: unknown, context: ErrorContext): unknown {
  const sentence = systemSentence(error, context);
  if (sentence === undefined || !isSystemError(error)) return error;
  return Object.assign(new Error(sentence, { cause: error }), { code: error.code });
}

/** Node's have a number and the call beside the code; a message that is a sentence already has neither. */
function isSystemError(error: unknown): error is SystemError {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    /^E[A-Z0-9_]+$/.test(error.code) &&
    'syscall' in error
  );
}

function addressOf({ address, port, hostname }: SystemError): string | undefined {
  if (typeof address === 'string') {
    const host = address.includes(':') ? `[${address}]` : address;
    return typeof port === 'number' ? `${host}:${port}` : host;
  }
  return typeof hostname === 'string' ? hostname : undefined;
}
