// Installs and runs every example against the package as it was built: `npm run build`, then
// `node examples/run.mjs [name...]`. Each ends with the exit code of its tests, the first bad one is ours.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const LIMIT_MS = 100_000;

const folder = import.meta.dirname;
if (!existsSync(join(folder, '../dist/testing.mjs'))) {
  console.error('build first: npm run build');
  process.exit(1);
}
const wanted = process.argv.slice(2);
const examples = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .filter((name) => wanted.length === 0 || wanted.includes(name));
if (examples.length === 0) {
  console.error(`there is no example ${wanted.join(' ')}`);
  process.exit(1);
}

function npm(example, ...args) {
  const { status, error } = spawnSync('npm', args, {
    cwd: join(folder, example),
    stdio: 'inherit',
    timeout: LIMIT_MS,
    // Node's test runner would take an example for one of its own files.
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    // Windows has npm as a script, which only a shell starts.
    shell: process.platform === 'win32',
  });
  if (status === 0) return;
  console.error(`${example}: npm ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`);
  process.exit(status || 1);
}

for (const example of examples) {
  console.log(`\n==> examples/${example}`);
  npm(example, 'ci', '--no-fund', '--no-audit', '--loglevel=error');
  npm(example, 'test', '--silent');
}
