import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/base/clock.ts';
import { type Logger, silentLogger } from '../../src/base/logger.ts';
import { NodeClock } from '../../src/base/node/node-clock.ts';
import { nodeFileSystem } from '../../src/base/node/node-file-system.ts';
import { NodeFolderLocker } from '../../src/base/node/node-folder-locker.ts';
import { usableHeapBytes, usableMemoryBytes } from '../../src/base/node/node-memory.ts';
import { NodeNetwork } from '../../src/base/node/node-network.ts';
import { nodeRandom } from '../../src/base/node/node-random.ts';
import { type Broker, startBroker } from '../../src/broker/broker.ts';
import type { BrokerParts } from '../../src/broker/broker-apis.ts';
import type { Api } from '../../src/broker/network/api.ts';
import { brokerConfig } from '../../src/config/index.ts';

export interface TestBroker {
  readonly broker: Broker;
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  /** Stops the broker and keeps its data; `start` opens it again. */
  restart(): Promise<TestBroker>;
  stop(): Promise<void>;
}

export interface TestBrokerOptions {
  /** Keys of server.properties. */
  readonly config?: Readonly<Record<string, string>>;
  readonly logger?: Logger;
  /** The real one by default. */
  readonly clock?: Clock;
  /** Sees the broker's parts before it starts, and what it answers. */
  readonly onParts?: (parts: BrokerParts, apis: readonly Api[]) => void;
  /** An existing data folder, which is then kept; by default a temporary one. */
  readonly folder?: string;
}

/** A real broker in this process: real disk, real sockets on a free port of the loopback address. */
export async function startTestBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'sluice-test-'));
  const config = brokerConfig({
    listeners: 'PLAINTEXT://127.0.0.1:0',
    'log.dirs': folder,
    'offsets.topic.num.partitions': '4',
    ...options.config,
  });
  const logger = options.logger ?? silentLogger;
  const broker = await startBroker(config, {
    clock: options.clock ?? new NodeClock(),
    random: nodeRandom,
    fileSystem: nodeFileSystem,
    network: new NodeNetwork({ logger }),
    logger,
    locker: new NodeFolderLocker({ program: 'a test' }),
    memoryBytes: usableMemoryBytes(),
    heapBytes: usableHeapBytes(),
    instrument: (parts, apis) => {
      options.onParts?.(parts, apis);
      return apis;
    },
  });
  const { host, port } = broker.listeners[0]!;
  return {
    broker,
    host,
    port,
    folder,
    async restart() {
      await broker.stop();
      return startTestBroker({ ...options, folder });
    },
    async stop() {
      await broker.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
