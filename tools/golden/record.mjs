// Records golden bytes: runs a command whose Kafka client talks to a real Kafka through a recording proxy, and keeps
// one request and one response per API and version under test/golden/.
//
//   node tools/golden/record.mjs --client "kafkajs 2.2.4" [--kafka 3.9.2] -- node client.mjs BOOTSTRAP
//
// The word BOOTSTRAP becomes the proxy's address. What the messages mean is written down by Kafka's own classes
// (KafkaDecoder.java), so that the files are a witness that is independent of our codec. Frames that hold folders of
// this machine, or that Kafka's classes do not know, are left out.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { freePort } from '../../test/interop/lib/processes.mjs';
import { kafkaClasspath, startRealKafka } from '../../test/interop/real-kafka.mjs';
import { startProxy } from './proxy.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const goldenFolder = join(here, '..', '..', 'test', 'golden');

/** Long enough to show repeated structs, short enough to keep hundreds of files small. */
const LARGEST_FRAME = 900;

const separator = process.argv.indexOf('--');
const options = process.argv.slice(2, separator);
const option = (name, otherwise) => {
  const index = options.indexOf(`--${name}`);
  return index < 0 ? otherwise : options[index + 1];
};
const client = option('client');
const kafkaVersion = option('kafka', '3.9.2');
const command = process.argv.slice(separator + 1);
if (client === undefined || separator < 0 || command.length === 0) {
  console.error(
    'usage: record.mjs --client "NAME VERSION" [--kafka VERSION] -- COMMAND... BOOTSTRAP',
  );
  process.exit(2);
}

/** Message names and header sizes come from our registry; only names, so that nothing is decoded by it. */
async function loadRegistry() {
  const folder = mkdtempSync(join(tmpdir(), 'golden-'));
  const outfile = join(folder, 'codec.mjs');
  const contents = `export { apiByKey } from './src/protocol/messages/index.ts';
    export { decodeRequestHeader, responseHeaderVersion } from './src/protocol/codec/index.ts';`;
  await build({
    stdin: { contents, resolveDir: join(here, '..', '..') },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'warning',
  });
  const registry = await import(pathToFileURL(outfile).href);
  rmSync(folder, { recursive: true });
  return registry;
}

/** The best example of each (API, version, direction): the longest that is not too long. */
class Samples {
  #best = new Map();

  offer(seen) {
    const { apiKey, clientId, type, frame } = seen;
    // To a version it does not know a broker answers ApiVersions in version 0 (KIP-511).
    const downgraded = apiKey === 18 && type === 'response' && frame.readInt16BE(4) === 35;
    const version = downgraded ? 0 : seen.version;
    const exchange = { ...seen, version };
    if (clientId === 'interop-referee' || /\/(tmp|work|root|home)\//.test(frame.toString('latin1')))
      return;
    const key = `${apiKey}/${version}/${type}`;
    const best = this.#best.get(key);
    const size = frame.length;
    const better =
      best === undefined ||
      (best.frame.length > LARGEST_FRAME
        ? size < best.frame.length
        : size > best.frame.length && size <= LARGEST_FRAME);
    if (better) this.#best.set(key, exchange);
  }

  all() {
    return [...this.#best.values()].filter(({ frame }) => frame.length <= 4 * LARGEST_FRAME);
  }
}

function run(words, settings = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(words[0], words.slice(1), {
      stdio: ['pipe', 'pipe', 'inherit'],
      ...settings,
    });
    let output = '';
    child.stdout?.on('data', (chunk) => {
      output += chunk;
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(settings.input ?? '');
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

async function main() {
  const registry = await loadRegistry();
  const samples = new Samples();
  const port = await freePort();
  const kafka = await startRealKafka({
    version: kafkaVersion,
    overrides: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}` },
  });
  const proxy = await startProxy({
    port,
    target: kafka.port,
    onExchange: (each) => samples.offer(each),
  });
  const words = command.map((word) => word.replace('BOOTSTRAP', `127.0.0.1:${port}`));
  const { code, output } = await run(words);
  console.log(output.split('\n').slice(-12).join('\n'));
  proxy.stop();
  await kafka.stop();
  if (code !== 0)
    console.log(`the client ended with ${code}; what it sent is recorded all the same`);

  const captures = [];
  for (const exchange of samples.all()) {
    const api = registry.apiByKey(exchange.apiKey);
    if (api === undefined) continue;
    const { frame, type, version } = exchange;
    if (version > Number(/\d+$/.exec(api.request.validVersions)[0])) {
      console.log(`left out: ${api.name} has no version ${version}`);
      continue;
    }
    const bodyOffset =
      type === 'request'
        ? registry.decodeRequestHeader(frame).bodyOffset
        : 4 + registry.responseHeaderVersion(exchange.apiKey, version);
    const message = `${api.name}${type === 'request' ? 'Request' : 'Response'}`;
    captures.push({ ...exchange, message, body: frame.subarray(bodyOffset) });
  }
  const input = captures.map(
    ({ message, version, body }) => `${message} ${version} ${body.toString('hex')}\n`,
  );
  const classpath = await kafkaClasspath(kafkaVersion);
  const decoder = await run(['java', '-cp', classpath, join(here, 'KafkaDecoder.java')], {
    input: input.join(''),
  });
  const lines = decoder.output.trimEnd().split('\n');
  if (decoder.code !== 0 || lines.length !== captures.length)
    throw new Error('KafkaDecoder failed');

  const slug = client.toLowerCase().replaceAll(/[^a-z0-9.]+/g, '-');
  const folder = join(goldenFolder, slug);
  mkdirSync(folder, { recursive: true });
  captures.forEach((capture, index) => {
    const { apiKey, version, type, message, frame } = capture;
    const [, remaining, json] = /^(\d+|unread) (.*)$/.exec(lines[index]);
    if (remaining !== '0') {
      console.log(`left out: ${message} v${version}: ${lines[index].slice(0, 200)}`);
      return;
    }
    const golden = {
      client,
      broker: `Apache Kafka ${kafkaVersion}`,
      message,
      version,
      frame: frame.toString('hex'),
      decoded: JSON.parse(json),
    };
    const name = `${String(apiKey).padStart(2, '0')}-${message}-v${version}.json`;
    writeFileSync(join(folder, name), `${JSON.stringify(golden, null, 1)}\n`);
    console.log(`${slug}/${name} (${type}, ${frame.length} bytes)`);
  });
}

await main();
