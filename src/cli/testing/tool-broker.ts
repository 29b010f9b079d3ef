import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../base/logger.ts';
import { NodeClock } from '../../base/node/node-clock.ts';
import { nodeFileSystem } from '../../base/node/node-file-system.ts';
import { NodeFolderLocker } from '../../base/node/node-folder-locker.ts';
import { usableHeapBytes, usableMemoryBytes } from '../../base/node/node-memory.ts';
import { NodeNetwork } from '../../base/node/node-network.ts';
import { nodeRandom } from '../../base/node/node-random.ts';
import { startBroker } from '../../broker/broker.ts';
import { brokerConfig } from '../../config/index.ts';
import { main } from '../program.ts';
import type { Terminal } from '../terminal.ts';

export interface ToolResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A broker in this process, and our tools run against it, in this process too. */
export interface ToolBroker {
  readonly bootstrap: string;
  /** Temporary; gone after `stop`. */
  readonly folder: string;
  /** Where the broker keeps its logs. */
  readonly dataFolder: string;
  run(command: string, args: readonly string[], input?: string): Promise<ToolResult>;
  /** Standard output of a command that must succeed. */
  ok(command: string, args: readonly string[], input?: string): Promise<string>;
  /** The broker only; the folder stays until `stop`. */
  stopBroker(): Promise<void>;
  stop(): Promise<void>;
}

export async function startToolBroker(
  config: Readonly<Record<string, string>> = {},
): Promise<ToolBroker> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
  const dataFolder = join(folder, 'data');
  const broker = await startBroker(
    brokerConfig({
      listeners: 'PLAINTEXT://127.0.0.1:0',
      'log.dirs': dataFolder,
      'offsets.topic.num.partitions': '2',
      'auto.create.topics.enable': 'false',
      'group.initial.rebalance.delay.ms': '0',
      ...config,
    }),
    {
      clock: new NodeClock(),
      random: nodeRandom,
      fileSystem: nodeFileSystem,
      network: new NodeNetwork(),
      logger: silentLogger,
      locker: new NodeFolderLocker({ program: 'a test' }),
      memoryBytes: usableMemoryBytes(),
      heapBytes: usableHeapBytes(),
    },
  );
  const bootstrap = `127.0.0.1:${broker.listeners[0]!.port}`;
  const run = (command: string, args: readonly string[], input?: string) =>
    runCommand([command, '--bootstrap-server', bootstrap, ...args], input);
  let stopping: Promise<void> | undefined;
  const stopBroker = () => {
    stopping ??= broker.stop();
    return stopping;
  };
  return {
    bootstrap,
    folder,
    dataFolder,
    run,
    async ok(command, args, input) {
      const { code, out, err } = await run(command, args, input);
      if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${err}`);
      return out;
    },
    stopBroker,
    async stop() {
      await stopBroker();
      rmSync(folder, { recursive: true });
    },
  };
}

/** One command line, in this process. */
export async function runCommand(args: readonly string[], input = ''): Promise<ToolResult> {
  const out: Buffer[] = [];
  let err = '';
  const terminal: Terminal = {
    out: (text) => out.push(Buffer.from(text)),
    err: (text) => {
      err += text;
    },
    drained: async () => true,
    outClosed: false,
    input: (async function* () {
      yield Buffer.from(input);
    })(),
    inputIsTerminal: false,
    onInterrupt() {},
  };
  const code = await main(args, terminal);
  return { code, out: Buffer.concat(out).toString(), err };
}
