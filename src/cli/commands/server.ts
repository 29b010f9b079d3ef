import { FolderLostError } from '../../base/folder-lock.ts';
import type { Logger } from '../../base/logger.ts';
import { NodeClock } from '../../base/node/node-clock.ts';
import { nodeFileSystem } from '../../base/node/node-file-system.ts';
import { NodeFolderLocker } from '../../base/node/node-folder-locker.ts';
import { usableHeapBytes, usableMemoryBytes } from '../../base/node/node-memory.ts';
import { NodeNetwork } from '../../base/node/node-network.ts';
import { nodeRandom } from '../../base/node/node-random.ts';
import { nodeWorkThread } from '../../base/node/node-work-thread.ts';
import { createLogger } from '../../base/node/pino-logger.ts';
import { errorSentence } from '../../base/system-error.ts';
import { type Broker, startBroker } from '../../broker/broker.ts';
import type { BrokerConfig } from '../../config/index.ts';
import { serveBrokerHttp } from '../../http/broker-http.ts';
import { checkHttpPorts } from '../../http/http-ports.ts';
import { readBrokerConfig } from '../broker-file.ts';
import { backgroundPid, removePidFile, runInBackground, tellParent } from '../daemon.ts';
import { CliError } from '../failure.ts';
import { flagHelp, parseFlags, repeated, toggle, value } from '../flags.ts';
import { openText, readyText } from '../ready-text.ts';
import type { Command, Terminal } from '../terminal.ts';
import { VERSION } from '../version.ts';

const FLAGS = {
  override: repeated('key=value', 'A config that wins over the file. May be given several times.'),
  daemon: toggle(
    'Start in the background: the process id goes to sluice.pid and the log to sluice.log in the data directory. -daemon is the same.',
  ),
  'log-level': value('level', 'debug, info (the default), warn or error.'),
  'log-format': value('format', 'text (the default on a terminal) or json.'),
} as const;

const HELP = `Starts a broker. Without a file it listens on port 9092 of every address of this machine, as Kafka does,
keeps its data in ./data and needs nothing else; ids are generated at the first start and kept.

Usage: sluice server [config/server.properties] [flags]

${flagHelp(FLAGS)}

SIGTERM or Ctrl-C stops it cleanly; \`sluice stop\` does so from elsewhere.

  sluice server
  sluice server config/server.properties --override log.dirs=/var/lib/sluice
  sluice server -daemon --override listeners=PLAINTEXT://:9093 --override http.listeners=
`;

/** Runs a broker in the foreground until it is told to stop, or starts one in the background. */
export const server: Command = {
  async run(args, terminal) {
    const { flags, rest, help } = parseFlags(FLAGS, args, {
      command: 'sluice server',
      allowRest: true,
    });
    if (help) {
      terminal.out(HELP);
      return 0;
    }
    if (rest.length > 1) {
      throw new CliError(
        `one config file is enough, but there are ${rest.length}: ${rest.join(' ')}`,
      );
    }
    const { config, warnings } = readBrokerConfig(rest[0], flags.override);
    if (flags.daemon) {
      for (const warning of warnings) terminal.err(`WARNING: ${warning}\n`);
      return runInBackground(args, config.logDirList[0]!, terminal);
    }
    const logger = createLogger({
      level: logLevel(flags['log-level']),
      ...(flags['log-format'] === undefined ? {} : { format: logFormat(flags['log-format']) }),
    });
    for (const warning of warnings) logger.warn({}, warning);
    return serve(config, logger, terminal);
  },
};

async function serve(config: BrokerConfig, logger: Logger, terminal: Terminal): Promise<number> {
  let stop: () => void = () => {};
  const stopRequested = new Promise<void>((resolve) => {
    stop = resolve;
  });
  // Before the start: an impatient SIGTERM during recovery must still be a clean stop.
  const onStop = () => {
    logger.info({}, 'stopping; another signal in three seconds or later ends the process at once');
    stop();
  };
  terminal.onInterrupt(onStop);
  const clock = new NodeClock();
  const network = new NodeNetwork({ logger });
  const broker = await startBroker(config, {
    clock,
    random: nodeRandom,
    fileSystem: nodeFileSystem,
    network,
    afterLocking: () => checkHttpPorts(network, config.parsedHttpListeners),
    logger,
    locker: new NodeFolderLocker({ program: 'sluice server', stop: onStop }),
    memoryBytes: usableMemoryBytes(),
    heapBytes: usableHeapBytes(),
    workThread: nodeWorkThread(clock, logger),
  });
  let failure: Error | undefined;
  try {
    const http = await serveBrokerHttp(config.parsedHttpListeners, {
      broker,
      clock,
      logger,
      version: VERSION,
    });
    const open = openText(broker.listeners).trim().replaceAll('\n', ' ');
    if (open !== '') logger.warn({}, open);
    const banner = readyText(broker, http.endpoints, config);
    // Where the log is for machines, people still see this.
    if (process.stdout.isTTY) terminal.out(banner);
    else terminal.err(banner);
    tellParent(banner);
    failure = (await Promise.race([stopRequested, broker.failed])) || undefined;
    http.markStopping();
    if (failure) await stopFailed(broker, logger);
    else await broker.stop();
    await http.stop();
  } catch (error) {
    await broker.stop();
    throw error;
  }
  if (failure instanceof FolderLostError) {
    throw new CliError(
      `${failure.message}; this broker has ended, so that they do not both write to it`,
    );
  }
  if (failure) {
    const dirs = config.logDirList.join(', ');
    throw new CliError(
      `every log directory has failed (${dirs}), the last one with: ${errorSentence(failure)}; mend or replace the disk and start again`,
    );
  }
  for (const folder of config.logDirList) {
    if (backgroundPid(folder) === process.pid) removePidFile(folder);
  }
  logger.info({}, 'stopped');
  return 0;
}

/** Nothing of it is clean any more, but its clients are told and its locks are given up. */
async function stopFailed(broker: Broker, logger: Logger): Promise<void> {
  try {
    await broker.stop();
  } catch (error) {
    logger.error({ error }, 'the broker could not be stopped cleanly');
  }
}

function logLevel(text = 'info'): 'debug' | 'info' | 'warn' | 'error' {
  if (text === 'debug' || text === 'info' || text === 'warn' || text === 'error') return text;
  throw new CliError(`--log-level must be debug, info, warn or error, not ${text}`);
}

function logFormat(text: string): 'json' | 'text' {
  if (text === 'json' || text === 'text') return text;
  throw new CliError(`--log-format must be text or json, not ${text}`);
}
