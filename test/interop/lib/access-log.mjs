// The lines of a web server's log: real ones where they are at hand, made ones elsewhere.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './broker.mjs';

/** `count` lines of printable ASCII, with nothing at their ends that a program could trim. */
export function accessLog(count) {
  const file = join(repository, '..', 'shared', 'data', 'apache_access.log');
  if (existsSync(file)) {
    const lines = readFileSync(file, 'latin1').split('\n');
    // Shippers trim lines and escape what is not ASCII, each in its way.
    return lines
      .filter((line) => /^[\x21-\x7e][\x20-\x7e]*[\x21-\x7e]$/.test(line))
      .slice(0, count);
  }
  return Array.from(
    { length: count },
    (_, index) =>
      `10.0.${index % 256}.7 - - [20/Nov/2026:10:00:00 +0000] "GET /page/${index} HTTP/1.1" 200 ${index * 7}`,
  );
}
