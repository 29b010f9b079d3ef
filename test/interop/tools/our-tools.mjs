// Sluice's own tools, each in a process of its own as a person would start it.
import { sluiceProgram } from '../lib/broker.mjs';
import { run } from '../lib/processes.mjs';

export class OurTools {
  release = 'ours';

  has = () => true;

  /** Runs a tool to its end; resolves to `{ code, stdout, stderr }`. */
  run(tool, args, { input = '', timeoutMs = 15_000 } = {}) {
    return run(process.execPath, [sluiceProgram, tool, ...args], {
      label: `sluice ${tool}`,
      input,
      timeoutMs,
      env: { ...process.env, TZ: 'UTC' },
    });
  }

  async stop() {}
}
