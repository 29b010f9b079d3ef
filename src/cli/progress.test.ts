// If this breaks, long work looks dead on a terminal, or its progress ends up in a file.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Progress } from './progress.ts';

// If these break, a log file fills with progress lines, or a person stares at a silent terminal.

function watched(errIsTerminal: boolean) {
  const seen: string[] = [];
  const clock = { ms: 0 };
  const terminal = { errIsTerminal, err: (text: string) => seen.push(text) };
  return { seen, clock, progress: new Progress(terminal, () => clock.ms) };
}

test('a terminal sees one line, a few times a second, and none at the end', () => {
  const { seen, clock, progress } = watched(true);
  for (; clock.ms < 400; clock.ms += 10) progress.update(() => `at ${clock.ms}`);
  progress.end();
  progress.end();
  assert.deepEqual(seen, ['\r\u001b[Kat 0', '\r\u001b[Kat 200', '\r\u001b[K']);
});

test('anything else sees nothing', () => {
  const { seen, progress } = watched(false);
  progress.update(() => assert.fail('nobody reads this'));
  progress.end();
  assert.deepEqual(seen, []);
});

test('work that takes long says so until it is done', async () => {
  const shown: string[] = [];
  let done: () => void = () => {};
  const work = new Promise<string>((resolve) => {
    done = () => resolve('all deleted');
  });
  const terminal = {
    errIsTerminal: true,
    err: (text: string) => {
      shown.push(text);
      done();
    },
  };
  const progress = new Progress(terminal, () => 0);
  const result = await progress.during(work, (seconds) => `deleting, ${seconds} s`);
  assert.equal(result, 'all deleted');
  assert.deepEqual(shown, ['\r\u001b[Kdeleting, 0 s', '\r\u001b[K']);
});
