// A worker of Kafka Connect, as its start scripts run it: a Java program, a file of properties, a log.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { interopFolder } from '../../lib/cache.mjs';
import { mavenClasspath, programs } from '../../lib/install.mjs';
import { start, stop, until } from '../../lib/processes.mjs';

/** The programs of the scripts, and what each says when it has stopped as it should. */
const scripts = {
  'connect-standalone': {
    className: 'org.apache.kafka.connect.cli.ConnectStandalone',
    farewell: 'Kafka Connect stopped',
  },
  'connect-distributed': {
    className: 'org.apache.kafka.connect.cli.ConnectDistributed',
    farewell: 'Kafka Connect stopped',
  },
  'connect-mirror-maker': {
    className: 'org.apache.kafka.connect.mirror.MirrorMaker',
    farewell: 'Kafka MirrorMaker stopped',
    // At its end it closes its admin clients while its schedules still use them, and logs that as errors.
    errorsAtEnd: true,
  },
};

const jvmFlags = [
  '-Xmx384m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.log.org.apache.kafka.connect=info',
  '-Dorg.slf4j.simpleLogger.log.org.apache.kafka.connect.runtime.isolation=warn',
];

/** What a JVM that obeyed SIGTERM ends with. */
const TERMINATED = 143;

async function connectClasspath(version, { install }) {
  await programs(['java', 'mvn'], { install, packages: ['default-jdk-headless', 'maven'] });
  const pom = join(interopFolder, 'clients', 'kafka-connect', 'pom.xml');
  const flags = [`-Dkafka.version=${version}`];
  return join(await mavenClasspath(`kafka-connect-${version}`, pom, flags), '*');
}

/** A file of Java properties. */
export function propertiesFile(folder, name, properties) {
  const file = join(folder, `${name}.properties`);
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(file, lines.join(''));
  return file;
}

/** One run of a worker: from its start to the signal that ends it. */
export class Worker {
  #script;
  #child;
  #logFile;

  /** `files` are the properties that the script takes; the log is `log` in `folder`. */
  static async start(script, { version, install, folder, files, log }) {
    const classpath = await connectClasspath(version, { install });
    return new Worker(script, { version, classpath, folder, files, log });
  }

  constructor(script, { version, classpath, folder, files, log }) {
    const { className } = scripts[script];
    this.#script = script;
    this.#logFile = join(folder, log);
    // All that it leaves behind, such as unpacked libraries, goes with the scenario's folder.
    const ownFlags = [
      `-Dorg.slf4j.simpleLogger.logFile=${this.#logFile}`,
      `-Djava.io.tmpdir=${folder}`,
    ];
    this.#child = start('java', [...jvmFlags, ...ownFlags, '-cp', classpath, className, ...files], {
      label: `${script} ${version}`,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }

  #log = () => (existsSync(this.#logFile) ? readFileSync(this.#logFile, 'utf8') : '');

  /** The end of the log, without the configurations that workers and clients print. */
  #story() {
    const log = this.#log().replace(/^\t[\w.]+ = .*\n/gm, '');
    return `${log.slice(-8_000)}\n${this.#child.errorText().slice(-2_000)}`;
  }

  /** Waits for `check` to be true. A worker that ends or is late tells its log. */
  until(check, what) {
    return until(
      () => {
        const { exitCode, signalCode } = this.#child;
        if (exitCode !== null || signalCode !== null)
          throw new Error(`${this.#script} ended by itself with ${exitCode ?? signalCode}`);
        return check();
      },
      { what, timeoutMs: 60_000, everyMs: 50 },
    ).catch((error) => {
      throw new Error(`${error.message}\n${this.#story()}`);
    });
  }

  #errors = () => this.#log().match(/^.*\b(ERROR|FATAL)\b.*$/gm) ?? [];

  /** Asks it to end, and looks at how it did: in good time, in good order and without an error in its log. */
  async stop() {
    const { farewell, errorsAtEnd } = scripts[this.#script];
    const before = this.#errors();
    const { code } = await stop(this.#child, { graceMs: 30_000 });
    assert.equal(code, TERMINATED, `exit code\n${this.#story()}`);
    assert.ok(this.#log().includes(farewell), `no farewell\n${this.#story()}`);
    const errors = errorsAtEnd ? before : this.#errors();
    assert.deepEqual(errors, [], `${errors.join('\n')}\n${this.#story()}`);
  }

  /** Ends it however it goes, for a scenario that has failed. */
  end() {
    return stop(this.#child, { graceMs: 3_000 });
  }
}
