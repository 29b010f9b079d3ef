// Makes the clients' toolchains ready: packages from npm, Maven and the Go proxy, programs from Debian.
import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cached, contentHash, interopFolder, isCached } from './cache.mjs';
import { hasProgram, run } from './processes.mjs';

/** Thrown when something is absent that this run may not install: the suite is skipped, loudly. */
export class Missing extends Error {}

async function must(command, args, options) {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code !== 0)
    throw new Error(
      `${command} ${args.join(' ')} ended with ${code}:\n${(stdout + stderr).slice(-6_000)}`,
    );
}

/** Runs works one after the other. Neither Maven's nor every pip's folder bears two installs at once, nor does Debian. */
function oneAtATime() {
  let previous = Promise.resolve();
  return (work) => {
    const result = previous.then(work);
    previous = result.catch(() => {});
    return result;
  };
}
const withMaven = oneAtATime();
const withPip = oneAtATime();
const withApt = oneAtATime();

/** The folder holding the jars of a pom's runtime class path. */
export async function mavenClasspath(name, pom, args = []) {
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime'];
  return withMaven(() =>
    cached(`${name}-${contentHash([pom], args.join(' '))}`, (folder) =>
      must(
        'mvn',
        ['-q', '-B', '-ntp', '-f', pom, ...args, ...goal, `-DoutputDirectory=${folder}`],
        { timeoutMs: 300_000 },
      ),
    ),
  );
}

let aptUpdated;
/** apt-get, after its lists have been brought up to date; it waits for a lock that somebody else holds. */
function aptGet(args, options = {}) {
  const settings = {
    timeoutMs: 600_000,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    ...options,
  };
  const apt = (line) => must('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...line], settings);
  return withApt(async () => {
    aptUpdated ??= apt(['update']);
    await aptUpdated;
    await apt(args);
  });
}

/** Installs Debian packages when the run may; otherwise says what is missing. */
export async function debianPackages(packages, { install, reason }) {
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (!install || process.getuid?.() !== 0 || !(await hasProgram('apt-get'))) {
    throw new Missing(`${reason}; --install runs: ${command}`);
  }
  await aptGet(['install', '-y', '--no-install-recommends', ...packages]);
}

/**
 * Unpacks Debian packages into a folder instead of installing them: for daemons, which would start, and for such as
 * refuse to be installed together. librdkafka and what it needs come with kcat.
 */
export async function unpackedDebianPackages(packages, { install }) {
  const reason = `not unpacked: ${packages[0]}`;
  const key = `debian-${packages[0]}-${contentHash([], packages.join(' '))}`;
  await programs(['kcat'], { install, packages: ['kcat'] });
  if (!install && !isCached(key)) throw new Missing(`${reason}; run with --install`);
  if (!isCached(key) && !(await hasProgram('apt-get')))
    throw new Missing(`${reason}, and there is no apt-get`);
  return cached(key, async (folder) => {
    const options = { cwd: folder, timeoutMs: 300_000 };
    await aptGet(['download', ...packages], options);
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb'))) {
      await must('dpkg-deb', ['-x', file, '.'], options);
      rmSync(join(folder, file));
    }
  });
}

/** Sees to it that every program is on the PATH; `packages` names the Debian packages that hold them. */
export async function programs(names, { install, packages }) {
  const absent = [];
  for (const name of names) if (!(await hasProgram(name))) absent.push(name);
  if (absent.length === 0) return;
  if (packages === undefined) throw new Missing(`not on the PATH: ${absent.join(', ')}`);
  await debianPackages(packages, { install, reason: `not on the PATH: ${absent.join(', ')}` });
}

/**
 * Installs `clients/<name>`'s locked npm packages; answers the folder that holds its node_modules. `beforehand`
 * sees to what the installation itself needs, such as a compiler; it is not asked when all is there already.
 */
export async function npmPackages(name, { install, beforehand, env = {} }) {
  const source = join(interopFolder, 'clients', name);
  const manifests = ['package.json', 'package-lock.json', '.npmrc'].filter((file) =>
    existsSync(join(source, file)),
  );
  const key = `npm-${name}-${contentHash(
    manifests.map((file) => join(source, file)),
    process.version.split('.')[0],
  )}`;
  if (!install && !isCached(key))
    throw new Missing('its npm packages are not installed; run with --install');
  if (!isCached(key)) await beforehand?.();
  return cached(key, async (folder) => {
    for (const file of manifests) copyFileSync(join(source, file), join(folder, file));
    await must('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: folder,
      env: { ...process.env, ...env },
      timeoutMs: 900_000,
    });
  });
}

/** Installs `clients/python/requirements-<name>.txt`; answers the folder of its packages. */
export async function pythonPackages(name, { install }) {
  await programs(['python3', 'pip'], { install, packages: ['python3', 'python3-pip'] });
  const requirements = join(interopFolder, 'clients', 'python', `requirements-${name}.txt`);
  const { stdout: version } = await run('python3', ['--version'], { timeoutMs: 10_000 });
  const key = `python-${name}-${contentHash([requirements], version)}`;
  if (!install && !isCached(key))
    throw new Missing('its Python packages are not installed; run with --install');
  const flags = ['--quiet', '--disable-pip-version-check', '--only-binary', ':all:'];
  return withPip(() =>
    cached(key, (folder) =>
      must(
        'python3',
        ['-m', 'pip', 'install', ...flags, '--no-deps', '--target', folder, '-r', requirements],
        { timeoutMs: 300_000 },
      ),
    ),
  );
}

/** The folders of clients/java/eras that fit a release, by the first release that each serves. */
const javaEras = {
  records: ['0.8', '0.9', '0.10', '0.11'],
  consumers: ['none', '0.9'],
  admin: ['none', '1.1'],
  configs: ['1.1', '2.3'],
};

/** Whether release `a` comes before `b`, number by number; 'none' comes before all. */
export function isBefore(a, b) {
  const numbers = (text) => (text === 'none' ? [-1] : text.split('.').map(Number));
  const [left, right] = [numbers(a), numbers(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** The sources of `clients/java` that make the driver for one release. */
function javaSources(version) {
  const folder = join(interopFolder, 'clients', 'java');
  const eras = Object.entries(javaEras).flatMap(([part, releases]) => {
    const fitting = releases.findLast((release) => !isBefore(version, release));
    return fitting === undefined ? [] : [join(folder, 'eras', `${part}-${fitting}`)];
  });
  const sources = eras.flatMap((era) => readdirSync(era).map((file) => join(era, file)));
  return [join(folder, 'Driver.java'), ...sources];
}

/** Compiles `clients/java` against one release of kafka-clients; answers the class path. */
export async function javaDriver(version, { install }) {
  await programs(['java', 'javac', 'mvn'], {
    install,
    packages: ['default-jdk-headless', 'maven'],
  });
  const pom = join(interopFolder, 'clients', 'java', 'pom.xml');
  const jars = join(
    await mavenClasspath(`java-${version}`, pom, [`-Dkafka.version=${version}`]),
    '*',
  );
  const sources = javaSources(version);
  const key = `java-driver-${version}-${contentHash([...sources, pom])}`;
  const classes = await cached(key, (folder) =>
    must('javac', ['-nowarn', '-cp', jars, '-d', folder, ...sources], { timeoutMs: 120_000 }),
  );
  return `${classes}:${jars}`;
}

/**
 * Builds `clients/<name>`, a Go program; answers the binary. `modfile` and `tags` choose another release of the
 * same client.
 */
export async function goDriver(name, { install, modfile = 'go.mod', tags = '' }) {
  await programs(['go'], { install });
  const source = join(interopFolder, 'clients', name);
  const shared = join(interopFolder, 'clients', 'go-serve');
  const sources = [
    ...[modfile, modfile.replace(/mod$/, 'sum')].map((file) => join(source, file)),
    ...[source, shared].flatMap((folder) =>
      readdirSync(folder)
        .filter((file) => file.endsWith('.go'))
        .map((file) => join(folder, file)),
    ),
  ];
  const key = `go-${name}-${contentHash(sources, tags)}`;
  const env = {
    ...process.env,
    CGO_ENABLED: '0',
    ...(!install && !isCached(key) && { GOPROXY: 'off' }),
  };
  const folder = await cached(key, async (target) => {
    const flags = [`-modfile=${modfile}`, `-tags=${tags}`];
    const { code, stderr } = await run(
      'go',
      ['build', ...flags, '-o', join(target, 'driver'), '.'],
      { cwd: source, env, timeoutMs: 300_000 },
    );
    if (code !== 0 && !install)
      throw new Missing(`its Go modules are not at hand; run with --install\n${stderr}`);
    if (code !== 0) throw new Error(`go build of ${name} failed:\n${stderr}`);
  });
  return join(folder, 'driver');
}

/** Builds `clients/<name>`, a Rust program with its librdkafka; answers the binary. Minutes, the first time. */
export async function rustDriver(name, { install }) {
  const source = join(interopFolder, 'clients', name);
  const sources = ['Cargo.toml', 'Cargo.lock', 'src/main.rs'].map((file) => join(source, file));
  const key = `rust-${name}-${contentHash(sources)}`;
  if (!install && !isCached(key)) throw new Missing('it is not built; run with --install');
  if (!isCached(key)) {
    await programs(['cargo'], { install, packages: ['cargo'] });
    await programs(['g++', 'make'], { install, packages: ['g++', 'make'] });
    if (!existsSync('/usr/include/zlib.h'))
      await debianPackages(['zlib1g-dev'], { install, reason: 'not there: zlib.h' });
  }
  const folder = await cached(key, async (target) => {
    const build = `${target}-target`;
    try {
      await must('cargo', ['build', '--locked', '--quiet', '--manifest-path', sources[0]], {
        env: { ...process.env, CARGO_TARGET_DIR: build },
        timeoutMs: 1_200_000,
      });
      copyFileSync(join(build, 'debug', `interop-${name}`), join(target, 'driver'));
    } finally {
      rmSync(build, { recursive: true, force: true });
    }
  });
  return join(folder, 'driver');
}
