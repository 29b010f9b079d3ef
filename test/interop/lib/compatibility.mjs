// The report of a run as a page of the documentation: docs/reference/compatibility.md.

const marks = { passed: 'yes', failed: '**no**', skipped: 'not run', 'not offered': '—' };

const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** Rows that say the same of several scenarios, joined. */
function grouped(results) {
  const byText = new Map();
  for (const { scenario, text } of results) {
    if (text === '') continue;
    byText.set(text, [...(byText.get(text) ?? []), scenario]);
  }
  return [...byText].map(([text, scenarios]) => ({ text, scenarios }));
}

const endsWith = /^ends with (\S+), (as with .+?|unlike Kafka): (.*)$/;

/** How a tool ended: its exit code, and what that of a real Kafka's is where it is no success. */
function exitOf(result) {
  if (result === undefined) return '';
  if (result.outcome !== 'passed') return marks[result.outcome];
  const match = result.notes.map((note) => endsWith.exec(note)).find((one) => one !== null);
  if (match === undefined) return '0';
  return match[2] === 'unlike Kafka' ? `**${match[1]}**` : `${match[1]} (as Kafka)`;
}

/** What Kafka's own tools did, release by release, and why where they did not end with 0. */
function toolsSection({ tools, results, toolsNotTried }) {
  const own = results.filter(({ subject }) => tools.includes(subject));
  const scenarios = [...new Set(own.map(({ scenario }) => scenario))];
  const noted = own.flatMap(({ scenario, notes }) =>
    notes.flatMap((note) => {
      const match = endsWith.exec(note);
      return match === null ? [] : [{ scenario, as: match[2], text: match[3] }];
    }),
  );
  const reasons = (isGap) =>
    grouped(noted.filter(({ as }) => (as === 'unlike Kafka') === isGap)).map(
      ({ text, scenarios: of }) => `- ${text}: ${[...new Set(of)].join('; ')}`,
    );
  return [
    '## Kafka’s own tools, unchanged',
    '',
    'The exit code of each with Sluice. Every one was compared with what the same tool does with a real Kafka in its',
    'default configuration, exit code and output: `1 (as Kafka)` is a refusal that a real one answers, too. That is the',
    'Kafka of the tool’s own release, or 3.9.2 with ZooKeeper where Kafka 4’s tools ask for what only KRaft has. A code',
    'in bold is a gap: Kafka does it. `stopped`: the tool runs until it is stopped, and had done its work.',
    '',
    table(
      ['', ...tools.map((name) => `of Kafka ${name.replace('tools-', '')}`)],
      scenarios.map((scenario) => [
        scenario,
        ...tools.map((name) =>
          exitOf(own.find((one) => one.subject === name && one.scenario === scenario)),
        ),
      ]),
    ),
    '',
    'Refused as by Kafka, because:',
    '',
    ...reasons(false),
    '',
    'Gaps:',
    '',
    ...reasons(true),
    '',
    'Not tried, because:',
    '',
    ...Object.entries(toolsNotTried).map(([tool, reason]) => `- ${tool}: ${reason}`),
    '',
  ];
}

/**
 * Markdown of `results` (see report.mjs). `clients` are those of clients.mjs, `tools` the results of Kafka's own
 * tools by subject, `toolsNotTried` what of them is left out, with the reasons.
 */
export function compatibilityPage({ broker, results, clients, toolsNotTried }) {
  const scenariosOf = (subjects) => [
    ...new Set(
      results.filter(({ subject }) => subjects.includes(subject)).map(({ scenario }) => scenario),
    ),
  ];
  const outcome = (subject, scenario) => {
    const result = results.find((one) => one.subject === subject && one.scenario === scenario);
    return result === undefined ? '' : marks[result.outcome];
  };
  const tested = clients.filter(({ name }) => results.some(({ subject }) => subject === name));
  const scenarios = scenariosOf(tested.map(({ name }) => name));
  const tools = [...new Set(results.map(({ subject }) => subject))]
    .filter((name) => name.startsWith('tools-'))
    .sort();
  const rest = [...new Set(results.map(({ subject }) => subject))].filter(
    (subject) => !tools.includes(subject) && !tested.some(({ name }) => name === subject),
  );

  const lines = [
    '# What has been tried with which client',
    '',
    `Written by \`npm run test:interop -- --report docs/reference/compatibility.md\` against ${broker}; do not edit.`,
    'Every client is the real one, driven in its own language (`test/interop/README.md` says how). `yes`: passed.',
    '`—`: the client itself does not offer it; the reasons are below. An empty field: does not apply.',
    '',
    '## Clients',
    '',
    table(
      ['', ...scenarios.map((_, index) => String(index + 1))],
      tested.map(({ name, title }) => [
        title,
        ...scenarios.map((scenario) => outcome(name, scenario)),
      ]),
    ),
    '',
    ...scenarios.map((scenario, index) => `${index + 1}. ${scenario}`),
    '',
    '## What a client does not do',
    '',
  ];
  for (const { name, title } of tested) {
    const own = results.filter(({ subject }) => subject === name);
    const absent = grouped(
      own
        .filter((one) => one.outcome === 'not offered' || one.outcome === 'skipped')
        .map(({ scenario, detail }) => ({ scenario, text: detail.split('\n')[0] })),
    );
    const notes = grouped(
      own.flatMap(({ scenario, notes: list }) =>
        list
          // How often a record came again depends on the moment; what a client reads depends on who else was tried.
          .filter((text) => !/delivered again|^written by/.test(text))
          .map((text) => ({ scenario, text })),
      ),
    );
    if (absent.length + notes.length === 0) continue;
    lines.push(`**${title}**`, '');
    for (const { text, scenarios: of } of absent)
      lines.push(`- ${text} (${of.map((one) => scenarios.indexOf(one) + 1).join(', ')})`);
    for (const { text } of notes) lines.push(`- ${text.replace(/^[\w.-]+: /, '')}`);
    lines.push('');
  }
  if (tools.length > 0) lines.push(...toolsSection({ tools, results, toolsNotTried }));
  lines.push('## The other suites', '');
  for (const subject of rest) {
    const own = results.filter((one) => one.subject === subject);
    const passed = own.filter((one) => one.outcome === 'passed').length;
    const others = own.filter((one) => one.outcome !== 'passed');
    lines.push(`- ${subject}: ${passed} of ${own.length} passed`);
    if (own.length <= 12)
      for (const { scenario, outcome: came } of own) lines.push(`  - ${scenario}: ${marks[came]}`);
    else
      for (const { scenario, outcome: came } of others)
        lines.push(`  - ${scenario}: ${marks[came]}`);
  }
  return `${lines.join('\n')}\n`;
}
