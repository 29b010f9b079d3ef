import { listGroups } from '../../client/index.ts';
import { BOOTSTRAP_FLAGS, DEFAULT_BOOTSTRAP, withCluster } from '../bootstrap-servers.ts';
import { parseFlags } from '../flags.ts';
import type { Command } from '../terminal.ts';

/** Somebody has pressed the tabulator key and waits. */
const DEADLINE_MS = 800;
const MOST_NAMES = 2000;

/** What completion asks for: `complete-values topics|groups --bootstrap-server ...`. Silent where nobody answers. */
export const completeValues: Command = {
  async run(args, terminal) {
    try {
      const options = { command: 'sluice complete-values', allowRest: true };
      const { flags, rest } = parseFlags(BOOTSTRAP_FLAGS, args, options);
      const bootstrap = flags['bootstrap-server'] || DEFAULT_BOOTSTRAP;
      const names = await withDeadline(namesOf(rest[0] ?? '', bootstrap));
      if (names.length > 0) terminal.out(`${names.sort().slice(0, MOST_NAMES).join('\n')}\n`);
    } catch {
      // A word about it would land in the middle of somebody's command line.
    }
    return 0;
  },
};

async function namesOf(kind: string, bootstrap: string): Promise<string[]> {
  const settings = { clientId: 'completion', requestTimeoutMs: DEADLINE_MS, retryTimeoutMs: 0 };
  return withCluster(bootstrap, settings, async (cluster) => {
    if (kind === 'groups') return (await listGroups(cluster)).map(({ groupId }) => groupId);
    if (kind !== 'topics') return [];
    return (await cluster.metadata(null)).topics.map(({ name }) => name);
  });
}

function withDeadline(names: Promise<string[]>): Promise<string[]> {
  return new Promise((resolve, reject) => {
    setTimeout(() => resolve([]), DEADLINE_MS).unref();
    names.then(resolve, reject);
  });
}
