import { basename, resolve } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { FileSystem } from '../base/file-system.ts';
import { type FolderLocker, NO_LOCK } from '../base/folder-lock.ts';
import type { Logger } from '../base/logger.ts';
import type { Endpoint } from '../base/network.ts';
import { NodeClock } from '../base/node/node-clock.ts';
import { nodeFileSystem } from '../base/node/node-file-system.ts';
import { NodeFolderLocker } from '../base/node/node-folder-locker.ts';
import { usableHeapBytes, usableMemoryBytes } from '../base/node/node-memory.ts';
import { NodeNetwork } from '../base/node/node-network.ts';
import { nodeRandom } from '../base/node/node-random.ts';
import { nodeWorkThread } from '../base/node/node-work-thread.ts';
import { createLogger } from '../base/node/pino-logger.ts';
import { type Broker, type BrokerPorts, startBroker as startCore } from '../broker/broker.ts';
import { serveBrokerHttp } from '../http/broker-http.ts';
import { checkHttpPorts } from '../http/http-ports.ts';
import { checkBrokerOptions } from './broker-options.ts';
import { MemoryFileSystem } from './memory-file-system.ts';
import type { BrokerOptions, EmbeddedBroker } from './options.ts';
import { ScratchFileSystem } from './scratch-file-system.ts';
import { authority, reachable, settingsOf } from './settings.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

/** One for the process, also with many brokers: end-of-turn work is in the order of the calls. */
export const processClock = new NodeClock();

/** What the testing entry adds. */
export interface Instruments {
  readonly clock: Clock;
  readonly instrument: NonNullable<BrokerPorts['instrument']>;
}

/**
 * Starts a broker in this process: the same one as `sluice server`. Resolves when clients can connect.
 *
 * Rejects with a sentence that says what to change: ConfigError (an option or a key), FolderLockedError
 * (another broker has the folder), Node's error of the listener (`code` EADDRINUSE, ...). Then nothing
 * of it stays open.
 */
export async function startBroker(
  options: BrokerOptions = {},
  instruments?: Instruments,
): Promise<EmbeddedBroker> {
  checkBrokerOptions('startBroker', options);
  const logger = options.logger ?? standardErrorLogger(options.logLevel ?? 'warn');
  const clock = instruments?.clock ?? processClock;
  const data = openData(options, clock);
  try {
    const { config, warnings } = settingsOf(options, data.path);
    for (const warning of warnings) logger.warn({}, warning);
    const network = new NodeNetwork({ logger });
    const broker = await startCore(config, {
      clock,
      random: nodeRandom,
      fileSystem: data.fileSystem,
      network,
      afterLocking: () => checkHttpPorts(network, config.parsedHttpListeners),
      logger,
      locker: data.locker,
      memoryBytes: usableMemoryBytes(),
      heapBytes: usableHeapBytes(),
      workThread: nodeWorkThread(clock, logger),
      ...(instruments && { instrument: instruments.instrument }),
    });
    const http = await serveHttpOrStop(config.parsedHttpListeners, { broker, clock, logger });
    const stop = async () => {
      http.markStopping();
      await broker.stop();
      await http.stop();
      data.remove();
    };
    const url = http.endpoints[0];
    return embedded(broker, {
      folder: options.data === 'memory' ? undefined : data.path,
      httpUrl: url && `http://${authority(reachable(url))}`,
      stop,
    });
  } catch (error) {
    data.remove();
    throw error;
  }
}

function embedded(
  broker: Broker,
  rest: Pick<EmbeddedBroker, 'folder' | 'httpUrl' | 'stop'>,
): EmbeddedBroker {
  const { brokerId, clusterId, listeners } = broker;
  const { host, port } = reachable(listeners[0] ?? { host: '', port: 0 });
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= rest.stop();
    return stopped;
  };
  return {
    host,
    port,
    bootstrapServers: authority({ host, port }),
    brokerId,
    clusterId,
    folder: rest.folder,
    httpUrl: rest.httpUrl,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function serveHttpOrStop(
  listeners: readonly Endpoint[],
  parts: { broker: Broker; clock: Clock; logger: Logger },
) {
  try {
    return await serveBrokerHttp(listeners, parts);
  } catch (error) {
    await parts.broker.stop();
    throw error;
  }
}

interface Data {
  readonly path: string;
  readonly fileSystem: FileSystem;
  readonly locker: FolderLocker;
  remove(): void;
}

function openData({ data = 'temporary' }: BrokerOptions, clock: Clock): Data {
  if (data === 'memory') {
    return {
      path: '/memory',
      fileSystem: new MemoryFileSystem(() => clock.now()),
      // Nobody else can see it.
      locker: { lock: async () => NO_LOCK },
      remove() {},
    };
  }
  const program = basename(process.argv[1] ?? process.title);
  const locker = new NodeFolderLocker({ program: `the broker inside ${program}` });
  if (data === 'temporary') {
    return { fileSystem: new ScratchFileSystem(), locker, ...makeTemporaryFolder() };
  }
  return { fileSystem: nodeFileSystem, locker, path: resolve(data.folder), remove() {} };
}

/** Standard output belongs to the program around the broker. */
function standardErrorLogger(level: NonNullable<BrokerOptions['logLevel']>): Logger {
  const format = process.stderr.isTTY ? 'text' : 'json';
  return createLogger({ level, format, write: (line) => void process.stderr.write(line) });
}
