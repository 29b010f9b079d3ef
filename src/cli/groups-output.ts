import type { TopicPartition } from '../client/index.ts';

// The tables of `consumer-groups`, as Kafka 3.9's tool prints them: most rows begin with a line end
// instead of closing with one.

const MISSING = '-';

/** One row of `--describe`: a partition, or a member without any. */
export interface OffsetRow {
  readonly group: string;
  readonly topic: string | undefined;
  readonly partition: number | undefined;
  readonly offset: number | undefined;
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
  readonly group: string;
  readonly coordinator: { readonly id: number; readonly host: string; readonly port: number };
  readonly assignor: string;
  readonly state: string;
  readonly memberCount: number;
}

const cell = (value: string | number | undefined): string => String(value ?? MISSING);

function widest(least: number, values: readonly string[]): number {
  return Math.max(least, ...values.map((value) => value.length));
}

function lag({ offset, logEndOffset }: OffsetRow): number | undefined {
  return offset === undefined || logEndOffset === undefined ? undefined : logEndOffset - offset;
}

/** `--describe`, and `--describe --offsets`. */
export function offsetTable(rows: readonly OffsetRow[]): string {
  const widths = {
    group: widest(
      15,
      rows.map((row) => row.group),
    ),
    topic: widest(
      15,
      rows.map((row) => cell(row.topic)),
    ),
    consumerId: widest(
      15,
      rows.map((row) => cell(row.consumerId)),
    ),
    host: widest(
      15,
      rows.map((row) => cell(row.host)),
    ),
  };
  const line = (cells: readonly string[]) => {
    const [group = '', topic = '', partition = '', offset = '', end = '', lagText = ''] = cells;
    const [consumerId = '', host = '', clientId = ''] = cells.slice(6);
    return `\n${[
      group.padEnd(widths.group),
      topic.padEnd(widths.topic),
      partition.padEnd(10),
      offset.padEnd(15),
      end.padEnd(15),
      lagText.padEnd(15),
      consumerId.padEnd(widths.consumerId),
      host.padEnd(widths.host),
      clientId,
    ].join(' ')}`;
  };
  return `${line([
    'GROUP',
    'TOPIC',
    'PARTITION',
    'CURRENT-OFFSET',
    'LOG-END-OFFSET',
    'LAG',
    'CONSUMER-ID',
    'HOST',
    'CLIENT-ID',
  ])}${rows
    .map((row) =>
      line([
        row.group,
        cell(row.topic),
        cell(row.partition),
        cell(row.offset),
        cell(row.logEndOffset),
        cell(lag(row)),
        cell(row.consumerId),
        cell(row.host),
        cell(row.clientId),
      ]),
    )
    .join('')}\n`;
}

/** `--describe --members`, with the partitions of each member when `verbose`. */
export function memberTable(rows: readonly MemberRow[], verbose: boolean): string {
  const withInstance = rows.some(({ groupInstanceId }) => groupInstanceId !== '');
  const widths = {
    group: widest(
      15,
      rows.map((row) => row.group),
    ),
    consumerId: widest(
      15,
      rows.map((row) => row.consumerId),
    ),
    groupInstanceId: widest(
      17,
      rows.map((row) => row.groupInstanceId),
    ),
    host: widest(
      15,
      rows.map((row) => row.host),
    ),
    clientId: widest(
      15,
      rows.map((row) => row.clientId),
    ),
  };
  const line = (cells: readonly string[], last: string) => {
    const [group = '', consumerId = '', instanceId = '', host = '', clientId = '', count = ''] =
      cells;
    const columns = [
      group.padEnd(widths.group),
      consumerId.padEnd(widths.consumerId),
      ...(withInstance ? [instanceId.padEnd(widths.groupInstanceId)] : []),
      host.padEnd(widths.host),
      clientId.padEnd(widths.clientId),
      count.padEnd(15),
    ];
    return `${columns.join(' ')} ${last}\n`;
  };
  const header = line(
    ['GROUP', 'CONSUMER-ID', 'GROUP-INSTANCE-ID', 'HOST', 'CLIENT-ID', '#PARTITIONS'],
    verbose ? 'ASSIGNMENT' : '',
  );
  return `\n${header}${rows
    .map((row) =>
      line(
        [
          row.group,
          row.consumerId,
          row.groupInstanceId,
          row.host,
          row.clientId,
          String(row.assignment.length),
        ],
        verbose ? assignmentText(row.assignment) : '',
      ),
    )
    .join('')}`;
}

/** "a(0,1), b(2)"; in 3.9 without the topics' names: "(0,1), (2)". */
function assignmentText(assignment: readonly TopicPartition[]): string {
  if (assignment.length === 0) return MISSING;
  const byTopic = new Map<string, string[]>();
  for (const { topic, partition } of assignment) {
    const partitions = byTopic.get(topic);
    if (partitions) partitions.push(String(partition));
    else byTopic.set(topic, [String(partition)]);
  }
  return [...byTopic]
    .map(([topic, partitions]) => `${topic}(${partitions.sort().join(',')})`)
    .sort()
    .join(', ');
}

/** `--describe --state` */
export function stateTable({ group, coordinator, assignor, state, memberCount }: StateRow): string {
  const where = `${coordinator.host}:${coordinator.port}  (${coordinator.id})`;
  const width = Math.max(25, where.length);
  const line = (cells: readonly [string, string, string, string, string]) =>
    `\n${cells[0].padEnd(width)} ${cells[1].padEnd(25)} ${cells[2].padEnd(20)} ${cells[3].padEnd(15)} ${cells[4]}`;
  return `${line(['GROUP', 'COORDINATOR (ID)', 'ASSIGNMENT-STRATEGY', 'STATE', '#MEMBERS'])}${line([
    group,
    where,
    assignor,
    state,
    String(memberCount),
  ])}\n`;
}

/** `--list --state` and `--list --type` */
export function groupTable(
  groups: readonly { readonly groupId: string; readonly type: string; readonly state: string }[],
  columns: { readonly type: boolean; readonly state: boolean },
): string {
  const width =
    widest(
      15,
      groups.map(({ groupId }) => groupId),
    ) + 10;
  const line = (groupId: string, type: string, state: string) =>
    [
      groupId.padEnd(width),
      ...(columns.type ? [type.padEnd(20)] : []),
      ...(columns.state ? [state.padEnd(20)] : []),
    ].join(' ');
  const rows = groups.map(({ groupId, type, state }) =>
    line(groupId, capitalized(type || 'Unknown'), state || 'Unknown'),
  );
  return `${[line('GROUP', 'TYPE', 'STATE'), ...rows].join('\n')}\n`;
}

/** "classic" is shown as "Classic". */
function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).toLowerCase();
}

export type PlannedOffset = TopicPartition & { readonly offset: number };
export type ResetPlan = ReadonlyMap<string, readonly PlannedOffset[]>;

/** `--reset-offsets` */
export function resetTable(plan: ResetPlan): string {
  const line = (group: string, topic: string, partition: string, offset: string) =>
    `\n${group.padEnd(30)} ${topic.padEnd(30)} ${partition.padEnd(10)} ${offset.padEnd(15)}`;
  const rows = [...plan].flatMap(([group, offsets]) =>
    offsets.map(({ topic, partition, offset }) =>
      line(group, topic, String(partition), String(offset)),
    ),
  );
  const header = plan.size === 0 ? '' : line('GROUP', 'TOPIC', 'PARTITION', 'NEW-OFFSET');
  return `${header}${rows.join('')}\n`;
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
  const line = (topic: string, partition: string, status: string) =>
    `\n${topic.padEnd(30)} ${partition.padEnd(15)} ${status.padEnd(15)}`;
  return `${line('TOPIC', 'PARTITION', 'STATUS')}${results
    .map(({ topic, partition, status }) =>
      line(topic, partition < 0 ? 'Not Provided' : String(partition), status),
    )
    .join('')}\n`;
}
