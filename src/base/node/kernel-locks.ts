import * as fs from 'node:fs';

/**
 * A Kafka broker holds a record lock on the lock file. Node cannot ask for such locks, but Linux lists
 * them: the process that holds an exclusive one, undefined when there is none or nothing can be known.
 */
export function kernelLockHolder(path: string): number | undefined {
  try {
    const { dev, ino } = fs.statSync(path);
    const locks = fs.readFileSync('/proc/locks', 'utf8');
    if (!locks.includes(`:${ino} `)) return undefined;
    // Btrfs and others show files another device than the kernel's own list does.
    const devices = [deviceText(dev), ...mountDevices(path)];
    return lockHolder(locks, devices, ino);
  } catch {
    // No such file yet, or not Linux.
    return undefined;
  }
}

/** Finds a file in the text of /proc/locks. `devices` are as `fe:01`. */
export function lockHolder(
  locks: string,
  devices: readonly string[],
  inode: number,
): number | undefined {
  for (const line of locks.split('\n')) {
    // "1: POSIX  ADVISORY  WRITE 1234 fe:01:5678 0 EOF"; one that waits has an arrow after the number.
    const [, , , , pid, file] = line.trim().split(/\s+/);
    if (!(Number(pid) > 0) || file === undefined) continue;
    if (devices.some((device) => file === `${device}:${inode}`)) return Number(pid);
  }
  return undefined;
}

/** `major:minor`, as the kernel packs them and as /proc/locks writes them. */
export function deviceText(device: number): string {
  const wide = BigInt(device);
  const major = ((wide >> 8n) & 0xfffn) | ((wide >> 32n) & ~0xfffn);
  const minor = (wide & 0xffn) | ((wide >> 12n) & ~0xffn & 0xffffffffn);
  return numbersText(Number(major), Number(minor));
}

/** The device of the mount that holds `path`. */
function mountDevices(path: string): string[] {
  const descriptor = fs.openSync(path, 'r');
  try {
    const about = fs.readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8');
    const mount = /^mnt_id:\s*(\d+)$/m.exec(about)?.[1];
    const mounts = fs.readFileSync('/proc/self/mountinfo', 'utf8');
    // "36 35 98:0 /mnt1 /mnt2 rw,noatime ..."
    const found = new RegExp(`^${mount} \\d+ (\\d+):(\\d+) `, 'm').exec(mounts);
    return found ? [numbersText(Number(found[1]), Number(found[2]))] : [];
  } finally {
    fs.closeSync(descriptor);
  }
}

function numbersText(major: number, minor: number): string {
  return [major, minor].map((part) => part.toString(16).padStart(2, '0')).join(':');
}
