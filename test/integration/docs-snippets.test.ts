// If this breaks, who copies an example from the documentation gets an error.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

const PAGES = ['docs/embedding.md', 'docs/from-testcontainers.md'];

test('every example in the pages about the embedded broker runs', async (t) => {
  const repository = process.cwd();
  mkdirSync(join(repository, 'build'), { recursive: true });
  // Inside the repository, so that `sluice` is this package, as it was built.
  const folder = mkdtempSync(join(repository, 'build', 'snippets-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const files = PAGES.flatMap((page) => {
    const text = readFileSync(join(repository, page), 'utf8');
    return [...text.matchAll(/```(?:js|ts)\n(.*?)```/gs)].map(([, code = ''], index) => {
      const file = join(folder, `${page.replaceAll('/', '-')}-${index}.mjs`);
      // A fixed port of an example may be taken here.
      writeFileSync(file, code.replace(/\b29092\b/g, '0'));
      return file;
    });
  });
  assert.ok(files.length >= 6, `only ${files.length} examples were found`);
  const all = join(folder, 'all.mjs');
  const imports = files.map((file) => `await import(${JSON.stringify(pathToFileURL(file).href)});`);
  writeFileSync(all, imports.join('\n'));
  // The test runner of an example is not this one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) => {
    execFile(process.execPath, [all], { cwd: folder, env, timeout: 60_000 }, (error, out, err) => {
      resolve({ code: error ? (error.code ?? error.signal) : 0, output: out + err });
    });
  });
  assert.equal(code, 0, output);
});
