// NOT one of the unit tests (it packs the standalone file, some seconds): run it with `npm run test:deploy`. If it fails,
// the image, the unit or the manifests of deploy/ do not work. Without a container engine: the steps of the Dockerfile are
// taken into a folder, and its command runs there, as root with nothing else around it (chroot).
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const repository = resolve(import.meta.dirname, '../..');
const root = mkdtempSync(join(tmpdir(), 'deploy-'));
const isRoot = process.getuid?.() === 0;
const dockerfile = readFileSync(join(repository, 'deploy/Dockerfile'), 'utf8').replaceAll(
  /\\\n\s*/g,
  '',
);
const lineOf = (word) => new RegExp(`^${word} (?:--\\S+ )*(?:CMD )?(.*)$`, 'm').exec(dockerfile)[1];
try {
  // RUN of the first stage, without the packages that are installed here already.
  const build = lineOf('RUN')
    .replace(/^npm ci[^&]*&& /, '')
    .replaceAll(/(^| )\/(?=out|opt)/g, `$1${root}/`);
  mkdirSync(join(root, 'opt'));
  execFileSync('bash', ['-ec', build], { cwd: repository, stdio: 'ignore' });
  for (const folder of ['data', 'tmp']) mkdirSync(join(root, folder));
  const [kafka, http] = [await freePort(), await freePort()];
  const command = JSON.parse(lineOf('CMD')).map((word) =>
    word
      .replaceAll('0.0.0.0:9092', `127.0.0.1:${kafka}`)
      .replaceAll('0.0.0.0:8048', `127.0.0.1:${http}`),
  );
  const env = {
    PATH: '/opt/sluice/bin:/usr/bin:/bin',
    ADVERTISED_HOST: '127.0.0.1',
    ADVERTISED_PORT: String(kafka),
  };
  const inside = isRoot ? chroot(env) : outside(env);
  await inside.run(command, async (broker) => {
    const health = JSON.parse(lineOf('HEALTHCHECK').replaceAll('8048', String(http)));
    for (let code = 1; code !== 0; ) {
      if (broker.exitCode !== null) throw new Error('the broker ended');
      code = (await inside.exec(health)).code;
    }
    console.log('the health check of the image succeeds');
    const at = ['--bootstrap-server', `127.0.0.1:${kafka}`];
    for (const codec of ['gzip', 'snappy', 'lz4', 'zstd']) {
      await ok(
        inside.exec(['sluice', 'produce', codec, '--compression-codec', codec, ...at], 'tea\n'),
      );
      const { output } = await ok(
        inside.exec(['sluice', 'consume', codec, '--max-messages', '1', ...at]),
      );
      if (!output.startsWith('tea\n')) throw new Error(`${codec}: ${output}`);
    }
    await ok(inside.exec(['kafka-topics.sh', '--list', ...at]));
    console.log('records go in and out with every codec, and Kafka’s script names are on the PATH');
  });
  check('systemd-analyze', ['verify', join(repository, 'deploy/sluice.service')]);
  for (const file of ['compose.yaml', 'kubernetes.yaml']) {
    const parse = 'import sys, yaml; assert all(list(yaml.safe_load_all(open(sys.argv[1]))))';
    check('python3', ['-c', parse, join(repository, 'deploy', file)], ['-c', 'import yaml']);
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(root, { recursive: true, force: true });
}

/** Everything that a slim image has and the program needs: a shell, env, readlink and node with their libraries. */
function chroot(env) {
  const programs = ['sh', 'env', 'readlink', 'dirname', 'node'].map((name) =>
    execFileSync('which', [name], { encoding: 'utf8' }).trim(),
  );
  const addOns = execFileSync('find', [join(root, 'opt'), '-name', '*.node'], { encoding: 'utf8' });
  for (const program of [...programs, ...addOns.trim().split('\n')]) {
    const libraries = execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(\/\S+)/g);
    const files = [...libraries].map(([, one]) => one);
    for (const path of program.startsWith(root) ? files : [program, ...files]) {
      const to = join(root, path);
      mkdirSync(dirname(to), { recursive: true });
      if (!existsSync(to)) cpSync(path, to, { dereference: true });
    }
  }
  if (!existsSync(join(root, 'bin'))) symlinkSync('usr/bin', join(root, 'bin'));
  mkdirSync(join(root, 'dev'), { recursive: true });
  execFileSync('mknod', ['-m', '666', join(root, 'dev/null'), 'c', '1', '3']);
  execFileSync('mknod', ['-m', '666', join(root, 'dev/urandom'), 'c', '1', '9']);
  chownSync(join(root, 'data'), 1000, 1000);
  chmodSync(root, 0o755);
  chmodSync(join(root, 'tmp'), 0o1777);
  const set = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const words = (command) => [
    '--userspec=1000:1000',
    root,
    '/usr/bin/env',
    '-i',
    ...set,
    ...command,
  ];
  return programIn((command) => ['chroot', words(command)], { cwd: root });
}

/** Where nobody may change the root: the same command with the folder's names. */
function outside(env) {
  console.log('NOT TESTED: the folder as a root of its own (needs to be root)');
  const here = (word) => word.replaceAll('=/data', `=${root}/data`);
  const path = `${join(root, 'opt/sluice/bin')}:${process.env.PATH}`;
  return programIn((command) => [command[0], command.slice(1).map(here)], {
    cwd: root,
    env: { ...env, PATH: path },
  });
}

function programIn(commandOf, options) {
  const start = (command) => {
    const [program, args] = commandOf(command);
    return spawn(program, args, options);
  };
  const exec = async (command, input = '') => {
    const child = start(command);
    let output = '';
    const add = (chunk) => {
      output += chunk;
    };
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const code = await new Promise((done) => child.on('close', done));
    return { code, output };
  };
  const run = async (command, use) => {
    const child = start(command);
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    const ended = new Promise((done) => child.on('close', done));
    try {
      await use(child);
    } catch (error) {
      throw new Error(`${output}\n${error.message}`);
    } finally {
      child.kill('SIGTERM');
      await ended;
    }
    const code = await ended;
    if (code !== 0) throw new Error(`the broker ended with ${code}:\n${output}`);
    console.log('it stops cleanly at SIGTERM');
  };
  return { exec, run };
}

async function ok(running) {
  const result = await running;
  if (result.code !== 0) throw new Error(`ended with ${result.code}: ${result.output}`);
  return result;
}

/** Runs a checker, or says that it is not there. */
function check(program, args, probe = ['--version']) {
  const what = `${program} ${args[0]} ${args.at(-1)}`;
  try {
    execFileSync(program, probe, { stdio: 'ignore' });
  } catch {
    console.log(`NOT TESTED, it is not there: ${what}`);
    return;
  }
  execFileSync(program, args, { encoding: 'utf8' });
  console.log(`passes: ${what}`);
}

function freePort() {
  return new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}
