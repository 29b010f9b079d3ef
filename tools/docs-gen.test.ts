// If this breaks, the reference pages tell of other settings and tools than there are.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { brokerConfig, parseServerProperties, validateTopicConfigs } from '../src/config/index.ts';
import { configReference, untrueEffects } from './docs-gen.ts';

// If these break, the reference tells people something that is not so.

test('docs/reference/configs.md is what the declarations say (node tools/docs-gen.mjs)', () => {
  assert.equal(readFileSync('docs/reference/configs.md', 'utf8'), configReference());
});

test('a config that is said to have an effect is read, and one without is not', () => {
  const code = readdirSync('src', { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .filter(
      (file) =>
        !/^config\/(broker-keys|topic-keys|topic-config)|^storage\/log-config/.test(file) &&
        !file.includes('/testing/'),
    )
    .map((file) => readFileSync(join('src', file), 'utf8'))
    .join('\n');
  assert.deepEqual(untrueEffects(code), []);
});

test('config/server.properties holds known keys, and each at its default', () => {
  const file = parseServerProperties(readFileSync('config/server.properties', 'utf8'));
  const { sources: _, ...fromFile } = brokerConfig(file);
  const { sources: __, ...defaults } = brokerConfig();
  assert.deepEqual(fromFile, { ...defaults, logDirs: './data' });
  assert.equal(validateTopicConfigs(brokerConfig(file), {}), undefined);
});
