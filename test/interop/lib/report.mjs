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

  /** `clients` names the subjects that share their scenarios: the columns of the table; the others are listed. */
  print(clients) {
    const subjects = [...new Set(this.results.map(({ subject }) => subject))];
    this.#printTable(clients.filter((name) => subjects.includes(name)));
    console.log('');
    for (const subject of subjects.filter((name) => !clients.includes(name))) {
      const of = (outcome) =>
        this.results.filter((one) => one.subject === subject && one.outcome === outcome).length;
      console.log(`${subject}: ${of('passed')} ok, ${of('failed')} FAIL, ${of('skipped')} skip`);
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

  #printTable(columns) {
    if (columns.length === 0) return;
    const results = this.results.filter(({ subject }) => columns.includes(subject));
    const scenarios = [...new Set(results.map(({ scenario }) => scenario))];
    const width = Math.max(...scenarios.map((scenario) => scenario.length), 12);
    const line = (title, textOf) => {
      const cells = columns.map((column) => textOf(column).padStart(Math.max(column.length, 5)));
      console.log(`${title.padEnd(width)}  ${cells.join('  ')}`);
    };
    console.log('');
    line('', (column) => column);
    for (const scenario of scenarios) {
      line(scenario, (column) => {
        const result = results.find((one) => one.subject === column && one.scenario === scenario);
        return result === undefined ? '' : marks[result.outcome];
      });
    }
    for (const outcome of ['passed', 'failed', 'skipped', 'not offered']) {
      line(outcome, (column) =>
        String(results.filter((one) => one.subject === column && one.outcome === outcome).length),
      );
    }
  }
}
