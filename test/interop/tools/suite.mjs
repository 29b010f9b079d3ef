// Our tools beside the real ones of three releases of Kafka, line by line, against the same state.
//
// An area is a list of rows and a broker's properties. Every actor (ours, and Kafka's tools of each release) gets a
// fresh broker of this checkout for the area, and runs the area's rows on it in their order, with the same arguments.
// So all of them see the same state, and what a command changed is seen by the rows after it. A row:
//
//   { name: 'describe', tool: 'topics', args: ['--describe', '--topic', 'orders'] }
//
//   name        says what is asked; unique in its area
//   tool        our command's name; the script is kafka-<tool>.sh, its class is in classes.mjs
//   args        strings, or a function of the context; {bootstrap}, {port}, {folder} and {data} stand for the actor's
//               own address, temporary folder and the broker's log directory
//   bootstrap   false: don't put `--bootstrap-server {bootstrap}` before the arguments (another flag: '--broker-list')
//   input       what the tool reads on standard input
//   releases    ['2.7', '3.9', '4.3']: those that know the flags; without it all that have the tool
//   stderr      true: the first line of standard error counts too (bad input; ours without its "sluice topics: ")
//   unordered   true: the lines are sorted first, where Kafka's order is a hash table's or chance
//   normalise   a line to what is compared of it, null to leave it out; ports and {folder} are replaced already
//   before      an async function of the context, run on each actor's broker before the row, and not compared
//   timeoutMs   of one run; 15000 without it
//
// An area: { name, properties, rows, expected }. The context: { release: 'ours' | '2.7' | ..., bootstrap, port, folder, data, referee (lib/referee.mjs), raw
// (a RawConnection), file(name, content) -> path, ours(tool, args, {input}) which runs our tool, background(tool, args)
// which starts our tool beside the rows and answers its child until the area ends, state (an object to remember in) }.
//
// The measure is the newest release that has the row; where an older one differs from the newest, ours follows the
// newest. Any other difference fails, unless the area expects it. An entry of the area's `expected`, or of all areas'
// in expected-differences.mjs: { row, kafka, ours, releases, reason }: `row` is the name of a row, or a regular
// expression over names; `kafka` matches lines that only Kafka's tool prints, `ours` lines that only ours prints, both
// of which include `[exit N]` and `[stderr] ...`; `releases` is for those that differ on purpose. An entry that explains
// nothing fails the suite, too.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sluiceProgram, startSluice } from '../lib/broker.mjs';
import { start, stop } from '../lib/processes.mjs';
import { RawConnection } from '../lib/raw.mjs';
import { Referee } from '../lib/referee.mjs';
import { areas } from './areas.mjs';
import { judge, linesOf } from './compare.mjs';
import { expectedEverywhere } from './expected-differences.mjs';
import { KafkaTools } from './kafka-tools.mjs';
import { OurTools } from './our-tools.mjs';

/** Ours is compared with the tools of these: the last before ZooKeeper went, Kafka 3's last, and the newest. */
export const toolVersions = ['2.7.2', '3.9.2', '4.3.0'];

/** Each has brokers of its own, so they do not meet; the waits of one are another's time on the processor. */
const ACTORS_AT_ONCE = 3;

/** What an area's broker is started with, under the area's own `properties`. */
const properties = {
  'broker.id': 1,
  'offsets.topic.num.partitions': 3,
};

/** The lines of an area's rows as one actor's tools print them, by the row's name. */
async function runArea(area, tools, chosen) {
  const broker = await startSluice({ ...properties, ...area.properties });
  const folder = mkdtempSync(join(tmpdir(), 'tools-'));
  const port = Number(broker.bootstrap.split(':')[1]);
  const referee = new Referee(broker.bootstrap);
  const raw = new RawConnection('127.0.0.1', port);
  const background = [];
  const ours = new OurTools();
  const context = {
    release: tools.release,
    bootstrap: broker.bootstrap,
    port,
    folder,
    data: broker.logFolder,
    referee,
    raw,
    state: {},
    file(name, content) {
      const path = join(folder, name);
      writeFileSync(path, content);
      return path;
    },
    ours: (tool, args, options) => ours.run(tool, commandLine(tool, { args }, context), options),
    background(tool, args) {
      const line = commandLine(tool, { args }, context);
      const child = start(process.execPath, [sluiceProgram, tool, ...line], { label: tool });
      background.push(child);
      return child;
    },
  };
  const lines = new Map();
  try {
    for (const row of area.rows) {
      if (row.before) await row.before(context);
      if (!tools.has(row.tool)) continue;
      if (row.releases && tools.release !== 'ours' && !row.releases.includes(tools.release))
        continue;
      const args = commandLine(row.tool, row, context);
      const { input, timeoutMs } = row;
      const startedAt = Date.now();
      const result = await tools.run(row.tool, args, { input, timeoutMs });
      const ms = Date.now() - startedAt;
      if (chosen(area, row)) {
        const text = linesOf(result, row, { port, folder, data: broker.logFolder });
        lines.set(row.name, { lines: text, args, ms });
      }
    }
  } finally {
    await Promise.all(background.map((child) => stop(child)));
    referee.close();
    raw.close();
    await broker.stop();
    broker.remove();
    rmSync(folder, { recursive: true, force: true });
  }
  return lines;
}

function commandLine(tool, row, context) {
  const given = typeof row.args === 'function' ? row.args(context) : row.args;
  // The tools of 2.7 that look at offsets have not got the newer name of the flag.
  const flag =
    tool === 'get-offsets' && context.release === '2.7' ? '--broker-list' : '--bootstrap-server';
  const { bootstrap = flag } = row;
  const address = bootstrap === false ? [] : [bootstrap, '{bootstrap}'];
  return [...address, ...given].map((word) =>
    word.replace(/\{(bootstrap|port|folder|data)\}/g, (_, name) => String(context[name])),
  );
}

/**
 * Runs the suite. `only` are beginnings of `area: row`, `versions` Kafka's releases; `say` gets a line for each row that
 * differs, or with `verbose` for every one. `recorded` are outputs of an earlier run by actor and area, which are not
 * asked for again. Resolves to the counts by release, how many rows each reason for a difference explains (`reasons`),
 * how many expectations are `stale`, the `seconds` of each actor, and all `outputs`.
 */
export async function compareTools({
  install = false,
  only = [],
  versions = toolVersions,
  say = console.log,
  verbose = false,
  recorded = {},
}) {
  const chosen = (area, row) =>
    only.length === 0 || only.some((part) => `${area.name}: ${row.name}`.startsWith(part));
  const wanted = areas.filter((area) => area.rows.some((row) => chosen(area, row)));
  const outputs = new Map(
    Object.entries(recorded).map(([name, lines]) => [name, new Map(Object.entries(lines))]),
  );
  const actors = [new OurTools()];
  for (const version of versions) actors.push(await KafkaTools.start(version, { install }));
  const seconds = new Map();
  // The newest release has the most rows, so its tools begin beside ours.
  const waiting = [actors[0], ...actors.slice(1).reverse()];
  let failure;
  const runActors = async () => {
    for (let actor = waiting.shift(); actor; actor = waiting.shift()) {
      const startedAt = Date.now();
      try {
        for (const area of wanted) {
          if (failure) break;
          const name = `${actor.release} ${area.name}`;
          if (!outputs.has(name)) outputs.set(name, await runArea(area, actor, chosen));
        }
      } catch (error) {
        failure ??= error;
      }
      await actor.stop();
      seconds.set(actor.release, (Date.now() - startedAt) / 1000);
    }
  };
  await Promise.all(Array.from({ length: ACTORS_AT_ONCE }, runActors));
  if (failure) throw failure;
  const releases = actors.slice(1).map(({ release }) => release);
  const judged = report({
    ...{ wanted, chosen, releases, outputs, say, verbose },
    complete: only.length === 0 && versions.length === toolVersions.length,
  });
  const printed = [...outputs].map(([name, lines]) => [name, Object.fromEntries(lines)]);
  return { ...judged, seconds, outputs: Object.fromEntries(printed) };
}

function report({ wanted, chosen, releases, outputs, say, verbose, complete }) {
  const none = () => ({ same: 0, older: 0, expected: 0, different: 0 });
  const counts = new Map(releases.map((release) => [release, none()]));
  const used = new Set();
  const reasons = new Map();
  let rows = 0;
  for (const area of wanted) {
    for (const row of area.rows) {
      if (!chosen(area, row)) continue;
      rows++;
      const name = `${area.name}: ${row.name}`;
      const entries = [...(area.expected ?? []), ...expectedEverywhere].filter(({ row: which }) =>
        typeof which === 'string' ? which === row.name : which.test(row.name),
      );
      const own = outputs.get(`ours ${area.name}`).get(row.name);
      const kafka = new Map();
      for (const release of releases) {
        const found = outputs.get(`${release} ${area.name}`).get(row.name);
        if (found !== undefined) kafka.set(release, found.lines);
      }
      if (kafka.size === 0) continue;
      const judged = judge(own.lines, kafka, entries);
      for (const entry of judged.used) used.add(entry);
      for (const reason of new Set([...judged.used].map((entry) => entry.reason))) {
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
      const words = [];
      const said = new Set();
      let different = false;
      for (const [release, { outcome }] of judged.results) {
        counts.get(release)[outcome]++;
        words.push(`${release} ${outcome}`);
        different ||= outcome === 'different';
      }
      if (!different && !verbose) continue;
      say(`${different ? 'DIFFERENT' : 'ok'}  ${name}  (${words.join(', ')}; ${own.ms} ms)`);
      say(`    ${row.tool} ${own.args.join(' ')}`);
      // Older releases mostly differ in the same lines.
      const once = (who, line) => {
        const key = `${who === 'ours ' ? who : 'kafka'} ${line}`;
        if (!said.has(key)) say(`    ${who} ${line}`);
        said.add(key);
      };
      for (const [release, { unexplained }] of [...judged.results].reverse()) {
        for (const line of unexplained.kafka) once(release.padEnd(5), line);
        for (const line of unexplained.ours) once('ours ', line);
      }
      if (verbose) {
        for (const [release, lines] of kafka)
          for (const line of lines) say(`      ${release.padEnd(5)}| ${line}`);
        for (const line of own.lines) say(`      ours | ${line}`);
      }
    }
  }
  const all = [...wanted.flatMap(({ expected = [] }) => expected), ...expectedEverywhere];
  const stale = complete ? all.filter((entry) => !used.has(entry)) : [];
  for (const { row, reason } of stale) say(`STALE  ${row}: nothing differs any more (${reason})`);
  return { rows, counts, reasons, stale: stale.length };
}

/** One line about a release's counts. */
export function countsText({ same, older, expected, different }) {
  return `${same} same, ${older} as the newest and not as this release, ${expected} with expected differences, ${different} different`;
}
