import { parseInt64 } from '../../base/int64.ts';
import { CliError } from '../failure.ts';
import type { PlannedOffset } from './tables.ts';

/** Parses `topic` or `topic:0,1,2`; `partitions` undefined means all. Throws CliError. */
export function parseTopicArgument(text: string): {
  topic: string;
  partitions: number[] | undefined;
} {
  if (!text.includes(':')) return { topic: text, partitions: undefined };
  const parts = text.split(':');
  if (parts.length !== 2) {
    throw new CliError(`Invalid topic arg '${text}', expected topic name and partitions`);
  }
  const [topic = '', list = ''] = parts;
  const partitions = list.split(',').map((partition) => {
    if (!/^\d+$/.test(partition)) {
      throw new CliError(`Invalid partition '${partition}' specified in topic arg '${text}'`);
    }
    return Number(partition);
  });
  return { topic, partitions };
}

/**
 * Milliseconds since 1970 of `YYYY-MM-DDTHH:mm:SS.sss`, in UTC unless a zone follows. Throws
 * CliError.
 */
export function parseDateTime(text: string): number {
  const match =
    /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,3}))?(Z|[+-]\d{2}(?::?\d{2})?)?$/.exec(text);
  if (match) {
    const [, main, millis = '0', zone = 'Z'] = match;
    const fullZone = zone === 'Z' ? zone : zone.replace(':', '').padEnd(5, '0');
    const iso = `${main}.${millis.padStart(3, '0')}${fullZone.replace(/^(.\d\d)(\d\d)$/, '$1:$2')}`;
    const found = Date.parse(iso);
    if (!Number.isNaN(found)) return found;
  }
  throw new CliError(
    `--to-datetime must be of the form YYYY-MM-DDTHH:mm:SS.sss, in UTC unless a zone such as +02:00 follows, not ${text}`,
  );
}

const UNIT_MS = { D: 86_400_000, H: 3_600_000, M: 60_000, S: 1000 } as const;

/** Milliseconds of an ISO 8601 duration, PnDTnHnMnS. Throws CliError. */
export function parseDuration(text: string): number {
  const match =
    /^([+-])?P(?:([+-]?\d+)D)?(T(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?\d+(?:\.\d{1,9})?)S)?)?$/i.exec(
      text,
    );
  const parts = match && { D: match[2], H: match[4], M: match[5], S: match[6] };
  const given = parts && Object.values(parts).some((part) => part !== undefined);
  const emptyTime = match?.[3]?.length === 1;
  if (!parts || !given || emptyTime) {
    throw new CliError(`--by-duration must be of the form PnDTnHnMnS, such as P1DT2H, not ${text}`);
  }
  let ms = 0;
  for (const unit of ['D', 'H', 'M', 'S'] as const) ms += Number(parts[unit] ?? 0) * UNIT_MS[unit];
  return Math.trunc(match[1] === '-' ? -ms : ms);
}

/**
 * The rows of a file that `--export` wrote: topic,partition,offset, or with the group first. Throws
 * CliError naming the line.
 */
export function parseResetCsv(
  text: string,
  singleGroup: string | undefined,
): Map<string, PlannedOffset[]> {
  const plan = new Map<string, PlannedOffset[]>();
  text.split(/\r?\n/).forEach((line, index) => {
    if (line.trim() === '') return;
    const fields = line.split(',').map((field) => field.trim().replace(/^"(.*)"$/, '$1'));
    const short = fields.length === 3 && singleGroup !== undefined;
    const [group = '', topic = '', partition = '', offset = ''] = short
      ? [singleGroup, ...fields]
      : fields;
    const parsed = parseInt64(offset);
    if (
      (!short && fields.length !== 4) ||
      topic === '' ||
      !/^\d+$/.test(partition) ||
      parsed === undefined
    ) {
      throw new CliError(
        `line ${index + 1} of the file must be ${singleGroup === undefined ? 'group,' : ''}topic,partition,offset, not ${line}`,
      );
    }
    const rows = plan.get(group) ?? [];
    rows.push({ topic, partition: Number(partition), offset: parsed });
    plan.set(group, rows);
  });
  return plan;
}
