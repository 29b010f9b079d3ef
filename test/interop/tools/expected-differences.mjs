// Where our tools print other lines than Kafka's in every area, with the reasons; see suite.mjs.

export const expectedEverywhere = [
  {
    row: /./,
    releases: ['4.3'],
    kafka: /^(Warning: |Option )--\S+ (is|has been) deprecated(\.| and will be removed in )/,
    reason: 'a runbook written for an older release gets the lines that it had there',
  },
  {
    row: /./,
    kafka:
      /^\[stderr\] (\S+\.\w+Exception: )?(\S+ is not a recognized option|Option \S+ requires an argument|Cannot parse argument)/,
    ours: /^\[stderr\] --?\S+ (is not a flag of|needs a value|must be)/,
    reason: 'a bad flag is told in one sentence that names it, its value, and the closest flag',
  },
];
