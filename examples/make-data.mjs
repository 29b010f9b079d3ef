// Makes the two files of the README's first five minutes in the current folder (or the one named): a web server's access
// log and a row of status documents. They are invented, and the same every time, so that what the README shows is what
// you see.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? '.';
const LINES = 10_000;
const DOCUMENTS = 500;

let state = 20_261_130;
/** The next of a fixed row of numbers from 0 to below `limit` (mulberry32). */
function random(limit) {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
}
const oneOf = (list) => list[random(list.length)];

const clients = Array.from({ length: 400 }, () => `198.51.${random(256)}.${1 + random(254)}`);
const paths = [
  '/',
  '/cart',
  '/checkout',
  '/search?q=tea',
  '/img/logo.svg',
  '/api/v1/items',
  '/robots.txt',
];
const agents = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1',
  'curl/8.9.1',
];

/** 30/Nov/2026:08:00:00 +0000, as Apache writes it. */
function apacheTime(seconds) {
  const [, day, month, year, time] =
    /, (\d+) (\w+) (\d+) (\S+)/.exec(new Date(seconds * 1000).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}

let seconds = Date.UTC(2026, 10, 30, 8) / 1000;
const lines = [];
for (let line = 0; line < LINES; line++) {
  seconds += random(3);
  const status = oneOf([200, 200, 200, 200, 200, 304, 404, 500]);
  const request = `${oneOf(['GET', 'GET', 'GET', 'POST'])} ${oneOf(paths)} HTTP/1.1`;
  lines.push(
    `${oneOf(clients)} - - [${apacheTime(seconds)}] "${request}" ${status} ${random(60_000)} "-" "${oneOf(agents)}"\n`,
  );
}
writeFileSync(join(folder, 'apache_access.log'), lines.join(''));

const documents = [];
for (let number = 0; number < DOCUMENTS; number++) {
  const zones = Object.fromEntries(
    Array.from({ length: 40 }, (_, zone) => [
      `zone_${String(zone).padStart(2, '0')}`,
      {
        requests: random(1e6),
        responses: {
          '2xx': random(1e6),
          '3xx': random(1e5),
          '4xx': random(1e4),
          '5xx': random(100),
        },
        received: random(1e9),
        sent: random(1e9),
      },
    ]),
  );
  documents.push(`${JSON.stringify({ host: 'web1', generation: number, zones })}\n`);
}
writeFileSync(join(folder, 'nginx_status.jsonl'), documents.join(''));
console.log(`${LINES} lines in apache_access.log, ${DOCUMENTS} documents in nginx_status.jsonl`);
