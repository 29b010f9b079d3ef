// What came of a run: a table of scenarios by client, the reasons below it, and one closing line.

/** Outcomes: `passed`, `failed`, `skipped` (something is missing here), `not offered` (by the client). */
const marks = { passed: 'ok', failed: 'FAIL', skipped: 'skip', 'not offered': '-' };

export class Report {
  results = [];

  /** `subject` is a client's or a suite's name; `detail` the error or the reason; `notes` what was left out. */
  add({ subject, scenario, outcome, detail = '', notes = [], ms = 0 }) {
    this.results.push({ subject, scenario, outcome, detail, notes, ms });
    const seconds = ms > 0 ? ` (${(ms / 1000).toFixed(1)} s)` : '';
    const reason =
      outcome === 'skipped'
        ? ` SKIPPED: ${detail}`
        : outcome === 'not offered'
          ? ` not offered: ${detail}`
          : '';
    console.log(`${marks[outcome].padEnd(5)} ${subject}: ${scenario}${seconds}${reason}`);
    if (outcome === 'failed') console.log(`      ${detail.split('\n').join('\n      ')}`);
    for (const note of notes) console.log(`      note: ${note}`);
  }

  count(outcome) {
    return this.results.filter((result) => result.outcome === outcome).length;
  }

  print() {
    const unique = (key) => [...new Set(this.results.map((result) => result[key]))];
    const subjects = unique('subject');
    const scenarios = unique('scenario');
    const width = Math.max(...scenarios.map((scenario) => scenario.length), 8);
    const cell = (subject, text) => text.padStart(Math.max(subject.length, 5));
    console.log(
      `\n${''.padEnd(width)}  ${subjects.map((subject) => cell(subject, subject)).join('  ')}`,
    );
    for (const scenario of scenarios) {
      const cells = subjects.map((subject) => {
        const result = this.results.find(
          (one) => one.subject === subject && one.scenario === scenario,
        );
        return cell(subject, result === undefined ? '' : marks[result.outcome]);
      });
      console.log(`${scenario.padEnd(width)}  ${cells.join('  ')}`);
    }
    for (const outcome of ['passed', 'failed', 'skipped', 'not offered']) {
      const cells = subjects.map((subject) =>
        cell(
          subject,
          String(
            this.results.filter((one) => one.subject === subject && one.outcome === outcome).length,
          ),
        ),
      );
      console.log(`${outcome.padEnd(width)}  ${cells.join('  ')}`);
    }
    for (const outcome of ['not offered', 'skipped', 'failed']) {
      const rows = this.results.filter((result) => result.outcome === outcome);
      if (rows.length === 0) continue;
      console.log(`\n${outcome}:`);
      for (const { subject, scenario, detail } of rows)
        console.log(`  ${subject}: ${scenario}: ${detail.split('\n')[0]}`);
    }
    console.log(
      `\n${this.count('passed')} passed, ${this.count('failed')} failed, ${this.count('skipped')} skipped`,
    );
  }
}
