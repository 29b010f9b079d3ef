// Kafka's own tools of one release, unchanged, in one JVM: see host/ToolHost.java.
import { join } from 'node:path';
import { cached, contentHash, interopFolder } from '../lib/cache.mjs';
import { programs } from '../lib/install.mjs';
import { run, start, stop } from '../lib/processes.mjs';
import { kafkaClasspath } from '../real-kafka.mjs';
import { classes } from './classes.mjs';

/** The class of a tool (`topics`) in a release (`3.9.2`), null where there is none. */
export function classOf(tool, version) {
  const byRelease = classes[`kafka-${tool}`];
  if (byRelease === undefined) throw new Error(`no class is known for the tool ${tool}`);
  return byRelease[version.split('.')[0]] ?? null;
}

/** Makes the releases' classes ready; throws Missing for a toolchain that is absent. */
async function hostClasspath(version, install) {
  await programs(['java', 'javac', 'mvn'], {
    install,
    packages: ['default-jdk-headless', 'maven'],
  });
  const jars = await kafkaClasspath(version);
  const source = join(interopFolder, 'tools', 'host', 'ToolHost.java');
  const host = await cached(`tool-host-${version}-${contentHash([source])}`, async (folder) => {
    const { code, stderr } = await run('javac', ['-nowarn', '-cp', jars, '-d', folder, source]);
    if (code !== 0) throw new Error(`ToolHost.java with Kafka ${version}:\n${stderr}`);
  });
  return `${host}:${jars}`;
}

/** More would fill its memory, fewer would load Kafka's classes again and again. */
const RUNS_OF_A_JVM = 120;

const encoded = (text) => `=${Buffer.from(text).toString('base64')}`;
const decoded = (field) => Buffer.from(field.slice(1), 'base64').toString();

/** The tools of one release. `run` may be called by one at a time. */
export class KafkaTools {
  #classpath;
  #child;
  #text = '';
  #waiting;
  #runs = 0;

  /** Throws Missing for a toolchain that is absent. */
  static async start(version, { install }) {
    return new KafkaTools(version, await hostClasspath(version, install));
  }

  constructor(version, classpath) {
    this.version = version;
    /** `3.9` of `3.9.2`: what rows call it. */
    this.release = version.split('.').slice(0, 2).join('.');
    this.#classpath = classpath;
  }

  has = (tool) => classOf(tool, this.version) !== null;

  /** Runs a tool to its end; resolves to `{ code, stdout, stderr }`, with code -1 after `timeoutMs`. */
  async run(tool, args, { input = '', timeoutMs = 15_000 } = {}) {
    const className = classOf(tool, this.version);
    // What tools leave behind at their exit (threads, clients, classes) gathers in the JVM.
    if (++this.#runs % RUNS_OF_A_JVM === 0) await this.stop();
    this.#child ??= this.#launch();
    const child = this.#child;
    const answer = new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    const command = [className, timeoutMs, encoded(input), ...args.map(encoded)].join(' ');
    child.stdin.write(`${command}\n`);
    const [told, stdout, stderr] = (await answer).split(' ');
    const code = told === 'null' ? (await child.exited).code : Number(told);
    return { code, stdout: decoded(stdout), stderr: decoded(stderr) };
  }

  #launch() {
    const flags = [
      ...['-Xmx320m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Duser.timezone=UTC'],
      // Where the tools' shutdown hooks are.
      '--add-opens=java.base/java.lang=ALL-UNNAMED',
      // What the clients log is no output of the tools.
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=off',
    ];
    const args = [...flags, '-cp', this.#classpath, 'ToolHost'];
    const child = start('java', args, { label: `the tools of Kafka ${this.version}` });
    child.stdout.on('data', (chunk) => {
      this.#text += chunk.toString('latin1');
      const end = this.#text.indexOf('\n');
      if (end < 0) return;
      const line = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 1);
      this.#waiting.resolve(line);
    });
    child.exited.then(({ code }) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#text = '';
      this.#waiting?.reject(
        new Error(`the JVM of Kafka ${this.version}'s tools ended (${code}): ${child.errorText()}`),
      );
    });
    return child;
  }

  async stop() {
    const child = this.#child;
    this.#child = undefined;
    if (child) await stop(child, { signal: 'SIGKILL' });
  }
}
