// `npm run pack:standalone`: one file that runs wherever Node is, without npm and without a network. It holds the program,
// Kafka's script names, the configuration and the native add-ons of this platform. Unpack it anywhere and start sluice-<version>/bin/sluice. docs/decisions says why it is no executable.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join, resolve } from 'node:path';

const repository = resolve(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
/** What a bundle cannot hold. */
const NATIVE = ['@node-rs/crc32', 'lz4-napi', 'snappy', '@bokuweb/zstd-wasm'];

const outdir = resolve(process.argv[2] ?? '.');

mkdirSync(join(repository, 'build'), { recursive: true });
const scratch = mkdtempSync(join(repository, 'build', 'standalone-'));
try {
  const name = `sluice-${manifest.version}`;
  const root = join(scratch, name);
  mkdirSync(root);
  for (const entry of ['package.json', ...manifest.files.filter((file) => file !== 'dist')]) {
    cpSync(join(repository, entry), join(root, entry), { recursive: true });
  }
  execFileSync(process.execPath, ['tools/build.mjs', join(root, 'dist'), '--types'], {
    cwd: repository,
    stdio: 'inherit',
  });
  for (const dependency of NATIVE) copyPackage(dependency, root);
  mkdirSync(outdir, { recursive: true });
  const file = join(outdir, `${name}-${process.platform}-${process.arch}.tar.gz`);
  // In one order and without this machine's names, so that the same sources make the same file.
  const still = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0'];
  const options = process.platform === 'linux' ? still : [];
  execFileSync('tar', [...options, '-czf', file, '-C', scratch, name]);
  const megabytes = (statSync(file).size / 1024 / 1024).toFixed(1);
  console.log(`${file}: ${megabytes} MB; unpack it and run ${name}/bin/sluice`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** A package and what it needs that is installed: of the builds for many platforms only this one's is. */
function copyPackage(name, root) {
  const from = join(repository, 'node_modules', name);
  const to = join(root, 'node_modules', name);
  if (!existsSync(from) || existsSync(to)) return;
  cpSync(from, to, { recursive: true, dereference: true });
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
    readFileSync(join(from, 'package.json'), 'utf8'),
  );
  for (const next of Object.keys({ ...dependencies, ...optionalDependencies }))
    copyPackage(next, root);
}
