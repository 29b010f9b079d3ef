// DescribeLogDirs v0-v4 (KIP-113, space on the volume from KIP-827): which log directory holds which partition, and
// how large it is. There are no future logs: moving a partition between directories is not offered.

import { resolve } from 'node:path';
import type { FileSystem } from '../../base/file-system.ts';
import { type ErrorName, errorCode } from '../../protocol/errors.ts';
import {
  DescribeLogDirsRequest,
  DescribeLogDirsResponse,
} from '../../protocol/messages/35-describe-log-dirs.ts';
import { lazily } from '../../protocol/schema/index.ts';
import type { Log } from '../../storage/log.ts';
import type { LogManager } from '../../storage/log-manager.ts';
import { type Api, defineApi } from '../network/api.ts';
import type { RequestContext } from '../network/request-context.ts';
import { laterRowOf } from '../network/rows.ts';

export interface DescribeLogDirsDependencies {
  readonly logs: Pick<LogManager, 'logs' | 'onlineLogDirs'>;
  readonly fileSystem: Pick<FileSystem, 'space'>;
  /** Every directory of log.dirs, those that do not work too. */
  readonly logDirs: readonly string[];
}

export function describeLogDirsApi(parts: DescribeLogDirsDependencies): Api {
  const { logs, fileSystem, logDirs } = parts;

  /** Free and total bytes of the volume; -1 each where the system does not tell. */
  async function spaceOf(logDir: string): Promise<{ totalBytes: number; usableBytes: number }> {
    try {
      const { totalBytes, freeBytes } = await fileSystem.space(logDir);
      return { totalBytes, usableBytes: freeBytes };
    } catch {
      return { totalBytes: -1, usableBytes: -1 };
    }
  }

  async function describe(
    { slices }: RequestContext,
    logDir: string,
    wanted: Wanted,
    online: ReadonlySet<string>,
  ) {
    if (!online.has(logDir)) return failedRow(logDir, 'KAFKA_STORAGE_ERROR');
    const byTopic = new Map<string, Log[]>();
    for (const log of logs.logs()) {
      if (slices.isOver()) await slices.nextTurn();
      if (log.logDir !== logDir || !wanted(log)) continue;
      const rows = byTopic.get(log.topic) ?? [];
      rows.push(log);
      byTopic.set(log.topic, rows);
    }
    return {
      errorCode: 0,
      logDir: resolve(logDir),
      topics: lazily([...byTopic], ([name, partitions]) => ({
        name,
        partitions: lazily(partitions, describeLog),
      })),
      ...(await spaceOf(logDir)),
    };
  }

  return defineApi({
    request: DescribeLogDirsRequest,
    response: DescribeLogDirsResponse,
    versions: { min: 0, max: 4 },
    rights: { asks: [{ operation: 'DESCRIBE', resource: 'CLUSTER' }] },
    handle: async (context, request) => {
      if (!context.authorize('DESCRIBE', 'CLUSTER')) {
        return { errorCode: errorCode('CLUSTER_AUTHORIZATION_FAILED'), results: [] };
      }
      const wanted = await filterOf(context, request);
      const online = new Set(logs.onlineLogDirs());
      const results = await Promise.all(
        logDirs.map((one) =>
          laterRowOf(
            context,
            () => one,
            () => describe(context, one, wanted, online),
            (error) => failedRow(one, error),
          ),
        ),
      );
      return { results };
    },
    errorResponse: (_context, _request, error) => ({
      errorCode: errorCode(error.error),
      results: logDirs.map((logDir) => failedRow(logDir, error.error)),
    }),
  });
}

type Wanted = (log: Log) => boolean;

/** No list means everything, an empty one nothing. */
async function filterOf(
  { slices }: RequestContext,
  { topics }: DescribeLogDirsRequest,
): Promise<Wanted> {
  if (topics === null) return () => true;
  // By topic: a name may be long, and its partitions many.
  const wanted = new Map<string, Set<number>>();
  for (const { topic, partitions } of topics) {
    const indexes = wanted.get(topic) ?? new Set<number>();
    wanted.set(topic, indexes);
    for (const index of partitions) {
      indexes.add(index);
      if (slices.isOver()) await slices.nextTurn();
    }
    if (slices.isOver()) await slices.nextTurn();
  }
  return ({ topic, partition }) => wanted.get(topic)?.has(partition) === true;
}

function describeLog(log: Log) {
  return {
    partitionIndex: log.partition,
    partitionSize: log.sizeInBytes,
    // The high watermark less the log end offset, of a replica that is behind; a leader never is.
    offsetLag: 0,
    isFutureKey: false,
  };
}

function failedRow(logDir: string, error: ErrorName) {
  return { errorCode: errorCode(error), logDir: resolve(logDir), topics: [] };
}
