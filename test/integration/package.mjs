// NOT one of the unit tests (it packs the package and compiles a program, some seconds): run it with
// `npm run test:package`. If it fails, who installs the package cannot import it, or a strict TypeScript
// project around it does not compile. Dependencies come from node_modules here; only the last step, a global
// installation, needs npm's registry or its cache.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const CONSUMER = `import { type BrokerOptions, type EmbeddedBroker, startBroker } from 'sluice';
import { startTestBroker, type TestBroker, WaitTimeoutError } from 'sluice/testing';

const options: BrokerOptions = { data: 'memory', config: { 'log.retention.ms': 60_000 } };
const broker: EmbeddedBroker = await startBroker(options);
const address: string = broker.bootstrapServers;
await broker.stop();

const test: TestBroker = await startTestBroker();
test.faults.error('Produce', 'NOT_LEADER_OR_FOLLOWER', { times: 2, topic: 'orders' });
test.faults.blackHole('Fetch', { lose: 'answer' });
try {
  // @ts-expect-error: there is no such error.
  test.faults.error('Produce', 'NO_SUCH_ERROR');
  throw new Error('an error that does not exist was taken');
} catch (error) {
  if (!(error instanceof RangeError)) throw error;
}
await test.createTopic('orders', { partitions: 2 });
await test.clock.advance(1_000);
try {
  const [first] = await test.waitForRecords('orders', 1, { timeoutMs: 1 });
  const value: Buffer | null | undefined = first?.value;
  throw new Error(\`a record came from nowhere: \${value}\`);
} catch (error) {
  if (!(error instanceof WaitTimeoutError)) throw error;
}
await test.reset();
await test.stop();
console.log(address);
`;

const STRICT = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  skipLibCheck: false,
  types: ['node'],
  target: 'ES2022',
  outDir: 'out',
};
/** The compilers, how they look for packages, and what kind of package looks. */
const RESOLUTIONS = [
  { typescript: 'typescript', type: 'module', module: 'NodeNext', moduleResolution: 'NodeNext' },
  {
    typescript: 'typescript',
    type: 'module',
    module: 'ESNext',
    moduleResolution: 'Bundler',
    noEmit: true,
  },
  { typescript: 'typescript', type: 'commonjs', module: 'Node16', moduleResolution: 'Node16' },
  { typescript: 'typescript', type: 'commonjs', module: 'NodeNext', moduleResolution: 'NodeNext' },
  { typescript: 'typescript-5', type: 'module', module: 'NodeNext', moduleResolution: 'NodeNext' },
  { typescript: 'typescript-5', type: 'commonjs', module: 'Node16', moduleResolution: 'Node16' },
  { typescript: 'typescript-5', type: 'commonjs', module: 'CommonJS', moduleResolution: 'Node10' },
];

/** The same program where there is no await at the top. */
const inFunction = (program) => {
  const at = program.indexOf('\nconst options');
  return `${program.slice(0, at)}\nasync function main(): Promise<void> {${program.slice(at)}}\nvoid main();\n`;
};

/** One copy of the code, whoever loads it and however. */
const BOTH_WAYS = `const required = [require('sluice'), require('sluice/testing')];
Promise.all([import('sluice'), import('sluice/testing')]).then(async ([main, testing]) => {
  const same = main.startBroker === required[0].startBroker &&
    testing.startTestBroker === required[1].startTestBroker &&
    testing.KafkaError === required[1].KafkaError;
  const broker = await required[1].startTestBroker();
  await broker.stop();
  console.log(same ? 'one copy' : 'two copies');
});
`;

const repository = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'package-'));
const run = (args, cwd) => execFileSync(process.execPath, args, { cwd, encoding: 'utf8' });
try {
  // A copy to build in: whoever uses dist/ at the moment keeps it.
  const copy = join(folder, 'copy');
  const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
  mkdirSync(copy);
  for (const name of ['package.json', ...manifest.files.filter((name) => name !== 'dist')]) {
    cpSync(join(repository, name), join(copy, name), { recursive: true });
  }
  run(['tools/build.mjs', join(copy, 'dist'), '--types'], repository);
  const npm = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
  const archive = execFileSync('npm', npm, { cwd: copy, encoding: 'utf8' })
    .trim()
    .split('\n')
    .pop();

  const consumer = join(folder, 'consumer');
  const installed = join(consumer, 'node_modules', 'sluice');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(folder, archive), '-C', installed, '--strip-components=1']);
  for (const name of [...Object.keys(manifest.dependencies), '@types/node', 'undici-types']) {
    const at = join(consumer, 'node_modules', name);
    mkdirSync(resolve(at, '..'), { recursive: true });
    symlinkSync(join(repository, 'node_modules', name), at);
  }
  for (const { typescript, type, ...resolution } of RESOLUTIONS) {
    const compiler = join(repository, 'node_modules', typescript, 'bin/tsc');
    const isModule = type === 'module';
    writeFileSync(join(consumer, 'package.json'), JSON.stringify({ type }));
    writeFileSync(join(consumer, 'main.ts'), isModule ? CONSUMER : inFunction(CONSUMER));
    // Imports that stay require() are not written as what they become.
    const compilerOptions = { ...STRICT, ...resolution, verbatimModuleSyntax: isModule };
    writeFileSync(
      join(consumer, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, files: ['main.ts'] }),
    );
    run([compiler, '-p', '.'], consumer);
    const what = `${typescript}, ${type}, moduleResolution ${resolution.moduleResolution}`;
    if (!resolution.noEmit) {
      const address = run(['out/main.js'], consumer).trim();
      if (!/^127\.0\.0\.1:\d+$/.test(address)) throw new Error(`${what}: it said ${address}`);
    }
    console.log(`compiles and runs: ${what}`);
  }
  writeFileSync(join(consumer, 'both.cjs'), BOTH_WAYS);
  const copies = run(['both.cjs'], consumer).trim();
  if (copies !== 'one copy') throw new Error(`import and require have ${copies}`);
  console.log('import and require get the same classes, and the programs end by themselves');
  // An empty prefix, as of a machine that has never seen us. This needs the registry, or npm's cache of it.
  const prefix = join(folder, 'prefix');
  const install = [
    'install',
    '-g',
    '--prefix',
    prefix,
    '--prefer-offline',
    '--silent',
    '--no-audit',
  ];
  execFileSync('npm', [...install, join(folder, archive)], { stdio: 'ignore' });
  const lib = execFileSync('npm', ['root', '-g', '--prefix', prefix], { encoding: 'utf8' }).trim();
  // The line of the README.
  const PATH = `${dirname(process.execPath)}:/usr/bin:/bin:${prefix}/bin:${lib}/sluice/bin`;
  for (const name of ['sluice', 'kafka-topics.sh', 'kafka-console-producer.sh']) {
    const said = execFileSync(name, ['--version'], { env: { PATH }, encoding: 'utf8' }).trim();
    if (said !== manifest.version) throw new Error(`${name} --version said ${said}`);
  }
  console.log('installed globally, sluice and Kafka’s names are found on the PATH');
} catch (error) {
  console.error(error.stdout || error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
