// If this breaks, people read the system's codes in place of what is wrong and what to do.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { errorSentence, systemSentence, withSentence } from './system-error.ts';

function failureOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return assert.fail('it did not fail');
}

test('what the system refuses of files is said with the path and the way out', (t) => {
  const work = fs.mkdtempSync(join(tmpdir(), 'sluice-errors-'));
  t.after(() => fs.rmSync(work, { recursive: true, force: true }));
  const file = join(work, 'file');
  const loop = join(work, 'loop');
  fs.writeFileSync(file, '');
  fs.symlinkSync(loop, loop);
  const long = join(work, 'x'.repeat(300));
  const cases: readonly (readonly [() => unknown, string])[] = [
    [
      () => fs.readFileSync(join(work, 'no')),
      `there is no file or folder ${work}/no; check the name`,
    ],
    [
      () => fs.mkdirSync(join(file, 'under')),
      `${file}/under leads through a file, where a folder should be; check the name`,
    ],
    [() => fs.readFileSync(work), `${work} is a folder, not a file; name a file`],
    [
      () => fs.readFileSync(loop),
      `${loop} leads through symbolic links that go round in a circle; mend the links`,
    ],
    [
      () => fs.readFileSync(long),
      `${long} is a longer name than the file system takes; choose a shorter one`,
    ],
    [
      () => fs.mkdirSync(file),
      `${file} exists already, and is something else; move it away, or choose another name`,
    ],
  ];
  // Reading a folder fails without a path: then the caller's counts.
  for (const [fail, sentence] of cases) {
    assert.equal(systemSentence(failureOf(fail), { path: work }), sentence);
  }
});

const made = (code: string, rest: object = {}) =>
  Object.assign(new Error(`${code}: words of the system`), { code, syscall: 'open', ...rest });

test('every code that the system is known for has a sentence, and an unknown one its path', () => {
  const codes =
    'EACCES EPERM EROFS ENOENT ENOTDIR EISDIR EEXIST ENOTEMPTY ENOSPC EDQUOT EMFILE ENFILE ELOOP ENAMETOOLONG EBUSY EIO EINVAL ESTALE EXDEV';
  for (const code of codes.split(' ')) {
    const sentence = systemSentence(made(code, { path: '/data' })) ?? '';
    assert.match(sentence, /\/data/);
    assert.doesNotMatch(sentence, /words of the system|\bE[A-Z]{3,}/);
  }
  const unknown = made('EWHAT', { path: '/data' });
  assert.equal(systemSentence(unknown), '/data: the system says EWHAT to open');
});

test('what the system refuses of addresses is said with the address', () => {
  const listening =
    'EADDRINUSE EACCES EADDRNOTAVAIL EAFNOSUPPORT EINVAL ENOTFOUND EAI_AGAIN EMFILE';
  for (const code of listening.split(' ')) {
    const sentence = systemSentence(made(code, { syscall: 'bind' }), { address: 'h:9' }) ?? '';
    assert.match(sentence, /\bh:9\b/, code);
    assert.doesNotMatch(sentence, /words of the system|\bE[A-Z]{3,}/);
  }
  const asked = made('EAI_AGAIN', { syscall: 'getaddrinfo', hostname: 'kafka' });
  assert.match(systemSentence(asked) ?? '', /^the name kafka cannot be looked up at the moment/);
  const refused = made('ECONNREFUSED', { syscall: 'connect', address: '::1', port: 9 });
  assert.equal(systemSentence(refused), 'nothing listens on [::1]:9');
});

test('an address that is not of this machine is one', async () => {
  const server = createServer();
  const error = await new Promise((resolve) => {
    server.once('error', resolve);
    server.listen({ host: '203.0.113.1', port: 0 });
  });
  assert.match(errorSentence(error), /^203\.0\.113\.1 is no address of this machine/);
});

test('a sentence stays a sentence, and a code stays for programs', () => {
  const plain = new Error('num.partitions = 0 must be at least 1');
  assert.equal(errorSentence(plain), plain.message);
  assert.equal(errorSentence('text'), 'text');
  assert.equal(withSentence(plain, { path: '/x' }), plain);
  const coded = Object.assign(new Error('a sentence'), { code: 'EADDRINUSE' });
  assert.equal(errorSentence(coded, { address: 'a:1' }), 'a sentence');
  const said = withSentence(made('EADDRINUSE'), { address: 'a:1' });
  assert.ok(said instanceof Error && 'code' in said && said.code === 'EADDRINUSE');
  assert.match(said.message, /^another program listens on a:1 already/);
});
