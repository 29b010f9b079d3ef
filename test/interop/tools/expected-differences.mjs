// Where our tools print other lines than Kafka's newest that has the tool or the flag, each with its reason. An entry
// is for one row, or for all rows whose `area: row` matches a regular expression. `kafka` matches lines that only
// Kafka's tool prints, `ours` lines that only ours prints; `[exit N]` and `[stderr] ...` are lines here too. A line that
// nobody expects fails the suite, and so does an entry that no row needs any more.

export const expectedDifferences = [];
