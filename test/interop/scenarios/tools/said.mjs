// What a tool said, in a form in which two brokers can be compared.

/** Lines of the tool's own log, and those of a stack: they tell of the tool's insides, not of the broker. */
const noise =
  /^\[[\w-|. ]+\] (WARN|ERROR|INFO)|^\s+at |^\s*\.\.\. \d+ more|^SLF4J|^\s*$|^WARNING: /;

const exception = /\b(?:[a-z]\w*\.)+([A-Z]\w*(?:Exception|Error))\b/g;

/** The wording of errors is each broker's own: of a line that names one, only its class counts. */
function errorOf(line) {
  const names = [...line.matchAll(exception)].map(([, name]) => name);
  return names.length === 0 ? undefined : `${names.at(-1)}: ...`;
}

/** Lines of tools that end in the broker's own words, up to them. */
const beforeItsWords =
  /^(Error while executing [\w ]+command :|C(?:an|ould) not .*? to [\d.]+\.|Could not disable \S+\.) .*/;

/** Lines without what each broker and each moment chooses; a row of errors once. */
export function said({ stdout, stderr }, { bootstrap }) {
  const lines = `${stdout}\n${stderr}`
    .split('\n')
    .filter((line) => !noise.test(line))
    .map((line) => errorOf(line) ?? line)
    .map((line) =>
      line
        .replaceAll(bootstrap, '<broker>')
        .replaceAll(bootstrap.split(':')[1], '<port>')
        .replace(/(TopicId: |Cluster ID: |ClusterId: +)[\w-]{22}/g, '$1<id>')
        .replace(/(["/ ])\/?tmp\/[^\s",]*/g, '$1<file>')
        .replace(/\b1[67]\d{11}\b/g, '<ms>')
        .replace(/\b20\d\d-\d\d-\d\d[T ][\d:.,]+Z?/g, '<time>')
        .replace(beforeItsWords, '$1 ...')
        // A new cluster of Kafka 4 sets this for all topics, to the value that is the default anyway.
        .replace(/min\.insync\.replicas=1,?/, '')
        .trimEnd(),
    );
  return lines.filter((line, index) => line !== lines[index - 1]);
}
