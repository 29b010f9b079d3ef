// What a tool printed, as lines that can be compared, and where two of them differ.

/**
 * The lines of one run: standard output, then the exit code where it is not 0, and with `row.stderr` the first line of
 * standard error. What varies from run to run is replaced.
 */
export function linesOf({ code, stdout, stderr }, row, context) {
  const lines = textLines(stdout);
  const shown = lines.map((line) => normalised(line, row, context)).filter((line) => line !== null);
  if (row.unordered) shown.sort();
  if (code !== 0) shown.push(`[exit ${code}]`);
  if (row.stderr) {
    const first = textLines(stderr)
      .map((line) => normalised(line.replace(/^sluice [a-z-]+: /, ''), row, context))
      .find((line) => line !== null && line.trim() !== '');
    shown.push(`[stderr] ${first ?? ''}`);
  }
  return shown;
}

function textLines(text) {
  const lines = text.split(/\r?\n/);
  // Only the end of the last line: an empty line before it is one.
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function normalised(line, row, { port, folder }) {
  const plain = line.replaceAll(folder, 'FOLDER').replace(new RegExp(`\\b${port}\\b`, 'g'), 'PORT');
  return row.normalise === undefined ? plain : row.normalise(plain);
}

/** The lines that only one of two has, in order, by their longest common subsequence. */
export function difference(kafka, ours) {
  const lengths = Array.from({ length: kafka.length + 1 }, () =>
    new Array(ours.length + 1).fill(0),
  );
  for (let k = kafka.length - 1; k >= 0; k--) {
    for (let o = ours.length - 1; o >= 0; o--) {
      lengths[k][o] =
        kafka[k] === ours[o]
          ? lengths[k + 1][o + 1] + 1
          : Math.max(lengths[k + 1][o], lengths[k][o + 1]);
    }
  }
  const only = { kafka: [], ours: [] };
  let k = 0;
  let o = 0;
  while (k < kafka.length || o < ours.length) {
    if (k < kafka.length && o < ours.length && kafka[k] === ours[o]) {
      k++;
      o++;
    } else if (o >= ours.length || (k < kafka.length && lengths[k + 1][o] >= lengths[k][o + 1])) {
      only.kafka.push(kafka[k++]);
    } else only.ours.push(ours[o++]);
  }
  return only;
}

/**
 * Judges one row. `outputs` maps releases, oldest first, to Kafka's lines; `expected` are the expected differences of
 * the row. The newest release is the measure: where an older one printed other lines than
 * the newest, ours are those of the newest. Answers, per release, `same`, `older` (it differs from the newest as it
 * does from ours), `expected` or `different`, with the lines that nothing explains; and the entries that explained any.
 */
export function judge(ours, outputs, expected) {
  const newest = [...outputs.values()].at(-1);
  const used = new Set();
  const results = new Map();
  for (const [release, lines] of outputs) {
    const only = difference(lines, ours);
    const applying = expected.filter(
      ({ releases }) => releases === undefined || releases.includes(release),
    );
    const entriesFor = (side, line) => applying.filter((entry) => entry[side]?.test(line));
    const explained = { older: 0, expected: 0 };
    const unexplained = { kafka: [], ours: [] };
    for (const side of ['kafka', 'ours']) {
      for (const line of only[side]) {
        const entries = entriesFor(side, line);
        // A line of an older release that the newest has not got either, or one of the newest's.
        const isOlder = lines !== newest && newest.includes(line) === (side === 'ours');
        if (isOlder) explained.older++;
        else if (entries.length > 0) {
          explained.expected++;
          for (const entry of entries) used.add(entry);
        } else unexplained[side].push(line);
      }
    }
    const outcome =
      unexplained.kafka.length + unexplained.ours.length > 0
        ? 'different'
        : explained.expected > 0
          ? 'expected'
          : explained.older > 0
            ? 'older'
            : 'same';
    results.set(release, { outcome, unexplained });
  }
  return { results, used };
}
