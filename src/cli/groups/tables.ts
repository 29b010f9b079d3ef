import { type Int64, subtractInt64 } from '../../base/int64.ts';
import type { TopicPartition } from '../../client/index.ts';

// The tables of `consumer-groups`, as the newest Kafka's tool prints them: most rows begin with a
// line end instead of closing with one.

const MISSING = '-';

/** One row of `--describe`: a partition. */
export interface OffsetRow {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly leaderEpoch: number | undefined;
  readonly offset: Int64 | undefined;
  readonly logEndOffset: number | undefined;
  readonly consumerId: string | undefined;
  readonly host: string | undefined;
  readonly clientId: string | undefined;
}

export interface MemberRow {
  readonly group: string;
  readonly consumerId: string;
  readonly groupInstanceId: string;
  readonly host: string;
  readonly clientId: string;
  readonly assignment: readonly TopicPartition[];
}

export interface StateRow {
  readonly groupId: string;
  readonly coordinator: { readonly id: number; readonly host: string; readonly port: number };
  readonly assignor: string;
  readonly state: string;
  readonly memberCount: number;
}

type Cell = string | Int64 | undefined;

/** A column: at least `width` wide; `fixed`: never wider, a longer text pushes what follows. */
interface Column<R> {
  readonly title: string;
  readonly width: number;
  readonly fixed?: boolean;
  cell(row: R): Cell;
}

/** The header and a line for each row, without line ends. */
function lines<R>(columns: readonly Column<R>[], rows: readonly R[]): string[] {
  const texts = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map((column) => String(column.cell(row) ?? MISSING))),
  ];
  const widths = columns.map(({ width, fixed }, index) =>
    fixed ? width : Math.max(width, ...texts.slice(1).map((cells) => cells[index]!.length)),
  );
  return texts.map((cells) => cells.map((cell, index) => cell.padEnd(widths[index]!)).join(' '));
}

const fixed = <R>(title: string, width: number, cell: (row: R) => Cell): Column<R> => ({
  ...{ title, width, cell },
  fixed: true,
});

function lag({ offset, logEndOffset }: OffsetRow): Int64 | undefined {
  if (offset === undefined || logEndOffset === undefined) return undefined;
  return subtractInt64(logEndOffset, offset);
}

/** `--describe`, and `--describe --offsets`. */
export function offsetTable(rows: readonly OffsetRow[], verbose: boolean): string {
  const columns: Column<OffsetRow>[] = [
    { title: 'GROUP', width: 15, cell: (row) => row.group },
    { title: 'TOPIC', width: 15, cell: (row) => row.topic },
    fixed('PARTITION', 10, (row) => row.partition),
    ...(verbose ? [fixed('LEADER-EPOCH', 15, (row: OffsetRow) => row.leaderEpoch)] : []),
    fixed('CURRENT-OFFSET', 15, (row) => row.offset),
    fixed('LOG-END-OFFSET', 15, (row) => row.logEndOffset),
    fixed('LAG', 15, lag),
    { title: 'CONSUMER-ID', width: 15, cell: (row) => row.consumerId },
    { title: 'HOST', width: 15, cell: (row) => row.host },
    fixed('CLIENT-ID', 0, (row) => row.clientId),
  ];
  return `\n${lines(columns, rows).join('\n')}\n`;
}

/**
 * `--describe --members`, with the partitions of each member when `verbose`. The epochs and the
 * target are of the newer group protocol; a classic group has none.
 */
export function memberTable(rows: readonly MemberRow[], verbose: boolean): string {
  const withInstance = rows.some(({ groupInstanceId }) => groupInstanceId !== '');
  const instance: Column<MemberRow> = {
    title: 'GROUP-INSTANCE-ID',
    width: 17,
    cell: (row) => row.groupInstanceId,
  };
  const columns: Column<MemberRow>[] = [
    { title: 'GROUP', width: 15, cell: (row) => row.group },
    { title: 'CONSUMER-ID', width: 15, cell: (row) => row.consumerId },
    ...(withInstance ? [instance] : []),
    { title: 'HOST', width: 15, cell: (row) => row.host },
    { title: 'CLIENT-ID', width: 15, cell: (row) => row.clientId },
    fixed('#PARTITIONS', 15, (row) => row.assignment.length),
  ];
  if (!verbose) columns.push(fixed('', 0, () => ''));
  else {
    columns.push(
      fixed('CURRENT-EPOCH', 15, () => undefined),
      { title: 'CURRENT-ASSIGNMENT', width: 20, cell: (row) => assignmentText(row.assignment) },
      fixed('TARGET-EPOCH', 15, () => undefined),
      fixed('TARGET-ASSIGNMENT', 20, () => undefined),
    );
  }
  return `\n${lines(columns, rows).join('\n')}\n`;
}

/** "a:0,1;b:2" */
function assignmentText(assignment: readonly TopicPartition[]): string | undefined {
  if (assignment.length === 0) return undefined;
  const byTopic = new Map<string, number[]>();
  for (const { topic, partition } of assignment) {
    const partitions = byTopic.get(topic);
    if (partitions) partitions.push(partition);
    else byTopic.set(topic, [partition]);
  }
  return [...byTopic]
    .map(([topic, partitions]) => `${topic}:${partitions.sort((a, b) => a - b).join(',')}`)
    .sort()
    .join(';');
}

/** `--describe --state`; the epochs are of the newer group protocol. */
export function stateTable(group: StateRow, verbose: boolean): string {
  const columns: Column<StateRow>[] = [
    { title: 'GROUP', width: 15, cell: (row) => row.groupId },
    {
      title: 'COORDINATOR (ID)',
      width: 25,
      cell: ({ coordinator: { host, port, id } }) => `${host}:${port}  (${id})`,
    },
    fixed('ASSIGNMENT-STRATEGY', 20, (row) => row.assignor || undefined),
    fixed('STATE', 20, (row) => row.state),
  ];
  if (verbose) {
    columns.push(
      fixed('GROUP-EPOCH', 15, () => undefined),
      fixed('TARGET-ASSIGNMENT-EPOCH', 25, () => undefined),
    );
  }
  columns.push(fixed('#MEMBERS', 0, (row) => row.memberCount));
  return `\n${lines(columns, [group]).join('\n')}\n`;
}

export interface ListedRow {
  readonly groupId: string;
  readonly type: string;
  readonly state: string;
}

/** `--list --state` and `--list --type` */
export function groupTable(
  groups: readonly ListedRow[],
  columns: { readonly type: boolean; readonly state: boolean },
): string {
  const width = Math.max(15, ...groups.map(({ groupId }) => groupId.length)) + 10;
  const type = fixed<ListedRow>('TYPE', 20, (row) => capitalized(row.type || 'Unknown'));
  const state = fixed<ListedRow>('STATE', 20, (row) => row.state || 'Unknown');
  const shown = [
    fixed<ListedRow>('GROUP', width, (row) => row.groupId),
    ...(columns.type ? [type] : []),
    ...(columns.state ? [state] : []),
  ];
  return `${lines(shown, groups).join('\n')}\n`;
}

/** `groups --list`: all columns as wide as the widest cell, and a blank behind each row. */
export function kindTable(
  groups: readonly {
    readonly groupId: string;
    readonly type: string;
    readonly protocolType: string;
  }[],
): string {
  const rows = groups.map(({ groupId, type, protocolType }) => [
    groupId,
    type === '' ? '' : capitalized(type),
    protocolType,
  ]);
  const width = Math.max(20, ...rows.flat().map((text) => text.length));
  const line = (cells: readonly string[]) => cells.map((cell) => cell.padEnd(width)).join(' ');
  const header = `${line(['GROUP', 'TYPE', 'PROTOCOL'])}\n`;
  return header + rows.map((cells) => `${line(cells)} \n`).join('');
}

/** "classic" is shown as "Classic". */
function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).toLowerCase();
}

export type PlannedOffset = TopicPartition & { readonly offset: Int64 };
export type ResetPlan = ReadonlyMap<string, readonly PlannedOffset[]>;

/** `--reset-offsets` */
export function resetTable(plan: ResetPlan): string {
  if (plan.size === 0) return '\n';
  const longest = Math.max(15, ...[...plan.keys()].map((group) => group.length));
  const rows = [...plan].flatMap(([group, offsets]) =>
    offsets.map((planned) => ({ group, ...planned })),
  );
  type Row = (typeof rows)[number];
  const columns: Column<Row>[] = [
    { title: 'GROUP', width: longest, cell: (row) => row.group },
    { title: 'TOPIC', width: 15, cell: (row) => row.topic },
    fixed('PARTITION', 10, (row) => row.partition),
    fixed('NEW-OFFSET', 0, (row) => row.offset),
  ];
  return `\n${lines(columns, rows).join('\n')}\n`;
}

/** `--reset-offsets --export`: with several groups each row begins with its group. */
export function resetCsv(plan: ResetPlan, singleGroup: boolean): string {
  return [...plan]
    .flatMap(([group, offsets]) =>
      offsets.map(({ topic, partition, offset }) =>
        [...(singleGroup ? [] : [csvField(group)]), csvField(topic), partition, offset].join(','),
      ),
    )
    .map((row) => `${row}\n`)
    .join('');
}

function csvField(text: string): string {
  return /^[\w.-]*$/.test(text) ? text : `"${text.replace(/"/g, '""')}"`;
}

/** `--delete-offsets`; partition -1: a topic that was not found. */
export function deletedOffsetsTable(
  results: readonly (TopicPartition & { readonly status: string })[],
): string {
  const columns: Column<(typeof results)[number]>[] = [
    { title: 'TOPIC', width: 15, cell: (row) => row.topic },
    fixed('PARTITION', 10, ({ partition }) => (partition < 0 ? undefined : partition)),
    fixed('STATUS', 15, (row) => row.status),
  ];
  return `\n${lines(columns, results).join('\n')}\n`;
}
