// Where our tools print other lines than Kafka's in every area, with the reasons; see suite.mjs.

export const expectedEverywhere = [
  {
    row: /./,
    releases: ['4.3'],
    kafka: /^(Warning: |Option )--\S+ (is|has been) deprecated and will be removed in /,
    reason: 'a runbook written for an older release gets the lines that it had there',
  },
];
