// NOT one of the unit tests (it clones, installs and starts a broker as a reader would, most of a minute): run it with
// `npm run test:readme`. If it fails, who types the README's lines sees something else, or an error. Every console block
// of "Five minutes" is typed in a fresh clone with an empty home, and what comes is compared; ids may differ.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const LIMIT_MS = 120_000;
const repository = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'readme-'));
const clone = join(folder, 'sluice');
const home = join(folder, 'home');

const git = (...args) => execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8' });
const cache = execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).trim();
// What is committed, and what is about to be.
const stash = git('stash', 'create').trim() || 'HEAD';
execFileSync('git', ['clone', '--quiet', '--no-checkout', repository, clone]);
execFileSync('git', ['-C', clone, 'fetch', '--quiet', repository, git('rev-parse', stash).trim()]);
execFileSync('git', ['-C', clone, 'checkout', '--quiet', '--detach', 'FETCH_HEAD']);
execFileSync('mkdir', [home]);

const [kafka, http] = [await freePort(), await freePort()];
/** The reader has these ports; somebody else may have them here. */
const withPorts = (text) =>
  text
    .replaceAll('localhost:9092', `localhost:${kafka}`)
    .replaceAll('port 9092', `port ${kafka}`)
    .replaceAll('127.0.0.1:8048', `127.0.0.1:${http}`)
    .replace(/127\.0\.0\.1/g, 'localhost');
const START =
  `npm start -- --override listeners=PLAINTEXT://:${kafka}` +
  ` --override http.listeners=http://127.0.0.1:${http}`;
const env = {
  ...process.env,
  HOME: home,
  npm_config_cache: cache,
  npm_config_update_notifier: 'false',
};
delete env.NODE_TEST_CONTEXT;

const readme = readFileSync(join(clone, 'README.md'), 'utf8');
const walk = readme.slice(readme.indexOf('## Five minutes'), readme.indexOf('### Tools'));
let server;
try {
  for (const [, language, block] of walk.matchAll(/^```(console|js)\n(.*?)^```$/gms)) {
    if (language === 'js') await runScript(block);
    else for (const step of stepsOf(block)) await runStep(step);
  }
  console.log('the README does what it says');
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  if (server?.exitCode === null) {
    const ended = new Promise((done) => server.on('exit', done));
    process.kill(-server.pid, 'SIGINT');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}

/** What is typed after each `$`, lines that go on included, and what shall come of it. */
function stepsOf(block) {
  const steps = [];
  for (const line of block.split('\n').slice(0, -1)) {
    const last = steps.at(-1);
    if (line.startsWith('$ ')) steps.push({ typed: line.slice(2), shown: [] });
    else if (last && last.shown.length === 0 && /[\\|]$/.test(last.typed))
      last.typed += `\n${line}`;
    else last?.shown.push(line);
  }
  return steps;
}

async function runStep({ typed, shown }) {
  if (/^kcat /.test(typed) && !has('kcat')) {
    console.log(`NOT TYPED, there is no kcat here: ${typed}`);
    return;
  }
  console.log(`$ ${typed}`);
  const expected = withPorts(shown.join('\n'));
  if (typed.endsWith('npm start')) return startServer(typed, expected);
  const { code, output } = await bash(withPorts(typed));
  // An empty line at the end of what a tool prints is not shown.
  if (code !== 0 || !patternOf(expected).test(output.trimEnd())) {
    throw new Error(
      `${typed}\nended with ${code} and printed\n${output}\nwhere the README has\n${expected}`,
    );
  }
}

async function startServer(typed, expected) {
  server = spawn('bash', ['-c', typed.replace('npm start', `exec ${START}`)], {
    cwd: clone,
    env,
    detached: true,
  });
  let output = '';
  await new Promise((ready, failed) => {
    const look = (chunk) => {
      output += chunk;
      if (/--from-beginning\n/.test(output)) ready();
    };
    server.stdout.on('data', look);
    server.stderr.on('data', look);
    server.on('exit', (code) => failed(new Error(`${typed} ended with ${code}:\n${output}`)));
  });
  // Where this is no terminal the log stands between, and the tools are told the other port.
  for (const line of expected.split('\n').filter((one) => !/^ {2}npx /.test(one))) {
    const printed = output.replaceAll('127.0.0.1', 'localhost').split('\n');
    const found = printed.some((one) => patternOf(line).test(one));
    if (!found) throw new Error(`${typed} printed\n${output}\nwithout the README's\n${line}`);
  }
}

/** A script beside the clone's packages, as a reader would have it in a project with kafkajs. */
async function runScript(code) {
  const file = join(clone, 'snippet.mjs');
  writeFileSync(file, withPorts(code));
  const { code: status, output } = await bash(`node ${file}`);
  if (status !== 0) throw new Error(`${code}\nended with ${status} and printed\n${output}`);
  console.log(`ran a script of ${code.split('\n').length - 1} lines`);
}

function bash(text) {
  return new Promise((done) => {
    const child = spawn('bash', ['-c', text], { cwd: clone, env, timeout: LIMIT_MS });
    let output = '';
    const add = (chunk) => {
      output += chunk;
    };
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    child.stdin.end();
    child.on('close', (code) => done({ code, output }));
  });
}

/** The text, with any id where it has one: 22 letters and digits. */
function patternOf(text) {
  const escaped = text.trimEnd().replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/(?<![\w-])[\w-]{22}(?![\w-])/g, '[\\w-]{22}')}$`);
}

function has(program) {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function freePort() {
  return new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}
