// The project's own schemas and codec, bundled for a bench.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

mkdirSync('build', { recursive: true });
const folder = mkdtempSync(join('build', 'stall-'));
const file = resolve(folder, 'protocol.mjs');
await build({
  stdin: {
    contents: `
      export { apis } from './messages/index.ts';
      export { decodeResponseFrame, encodeRequestFrame } from './codec/index.ts';
      export { flexibleAt, layoutOf } from './codec/layout.ts';
      export { parseVersions } from './schema/versions.ts';
      export { errorName } from './errors.ts';
      export { BatchBuilder } from './records/batch-builder.ts';`,
    resolveDir: 'src/protocol',
    sourcefile: 'protocol.ts',
    loader: 'ts',
  },
  outfile: file,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
});
export const protocol = await import(pathToFileURL(file).href);
rmSync(folder, { recursive: true, force: true });

export const apiNamed = (name) => protocol.apis.find((api) => api.name === name);

/** A whole request frame in one buffer. */
export function frameOf(name, version, input) {
  const header = { correlationId: 1, clientId: 'stall' };
  return Buffer.concat(protocol.encodeRequestFrame(apiNamed(name).request, version, header, input));
}

export function answerOf(name, version, frame) {
  return protocol.decodeResponseFrame(apiNamed(name).response, version, frame).body;
}

/** One batch of one record. */
export function batchOf(value, options = {}) {
  const builder = new protocol.BatchBuilder(options);
  builder.append({ timestamp: Date.now(), key: 'k', value });
  return builder.build();
}
