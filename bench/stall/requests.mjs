// Requests with rows, made of the schemas: whatever API there is, at whatever version, of whatever size.
import { protocol } from './protocol.mjs';

const { apis, flexibleAt, layoutOf, parseVersions } = protocol;
const LARGEST_STRING = 32_767;
const DIGITS = 8;

/** What the rows of a request are. */
export const SHAPES = ['many', 'one', 'empty', 'largest', 'absent'];

export const digits = (n) => String(n).padStart(DIGITS, '0');

/** Versions of an API, the lowest and the highest alone where `ends`. */
export function versionsOf(api, { min, max }, ends) {
  const { lowest, highest } = parseVersions(api.request.validVersions);
  const [from, to] = [Math.max(lowest, min), Math.min(highest, max)];
  if (ends) return from === to ? [from] : [from, to];
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** The arrays of a request, each as the names that lead to it. */
export function arraysOf(api, version) {
  const flexible = flexibleAt(api.request, version);
  const walk = (fields, path) =>
    layoutOf(fields, version, flexible).flatMap(({ name, field, place }) => {
      if (place !== 'ordered' || field.kind !== 'array') return [];
      const here = [...path, name];
      return [here, ...(typeof field.element === 'object' ? walk(field.element, here) : [])];
    });
  return walk(api.request.fields, []);
}

/** Bytes, and where in them each row differs from the next one. */
class Out {
  chunks = [];
  size = 0;
  /** `{ at, kind: 'digits' | 'int32' | 'uuid' }` */
  holes = [];
  /** Where the rows go: the bytes before them, and one row. */
  rows = undefined;

  push(bytes) {
    this.chunks.push(bytes);
    this.size += bytes.length;
  }

  hole(kind) {
    this.holes.push({ at: this.size, kind });
  }

  int(size, value) {
    const bytes = Buffer.alloc(size);
    if (size === 8) bytes.writeBigInt64BE(BigInt(value));
    else bytes.writeIntBE(value, 0, size);
    this.push(bytes);
  }

  bytes() {
    return Buffer.concat(this.chunks);
  }
}

function varint(value) {
  const bytes = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    bytes.push(left >= 128 ? (left % 128) + 128 : left);
    if (left < 128) return Buffer.from(bytes);
  }
}

function lengthBytes(count, compact, size = 4) {
  if (compact) return varint(count + 1);
  const bytes = Buffer.alloc(size);
  bytes.writeIntBE(count, 0, size);
  return bytes;
}

const SIZES = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  exactInt64: 8,
};
const NUMBERS = {
  acks: 1,
  committedOffset: 1,
  coordinatorEpoch: -1,
  count: 101,
  generationId: -1,
  generationIdOrMemberEpoch: -1,
  maxBytes: 100 * 1024 * 1024,
  maxNumOffsets: 1,
  minBytes: 0,
  maxWaitMs: 0,
  numPartitions: 1,
  partitionMaxBytes: 1024 * 1024,
  rebalanceTimeoutMs: 1000,
  replicationFactor: 1,
  responsePartitionLimit: 2000,
  sessionTimeoutMs: 10_000,
  throttleTimeMs: 0,
  timeoutMs: 5000,
  timestamp: -1,
  validateOnly: 1,
};
/** An element of these would only make the request one that is refused. */
const LEFT_EMPTY = new Set(['assignments', 'configs', 'forgottenTopicsData']);

class Writer {
  constructor(request) {
    Object.assign(this, request);
    this.flexible = flexibleAt(this.api.request, this.version);
  }

  struct(fields, out, path, within) {
    for (const layout of layoutOf(fields, this.version, this.flexible)) {
      if (layout.place === 'ordered') this.field(layout, out, path, within);
    }
    if (this.flexible) out.push(varint(0));
  }

  field(layout, out, path, within) {
    const { name, field, nullable, compact } = layout;
    if (field.kind === 'struct') {
      if (nullable) return out.int(1, -1);
      return this.struct(field.fields ?? {}, out, [], name);
    }
    if (field.kind !== 'array')
      return this.primitive(field.kind, name, nullable, compact, out, within);
    const element = field.element ?? 'int8';
    const write = (to, rest) => {
      if (typeof element === 'object') this.struct(element, to, rest, name);
      else this.primitive(element, name, false, compact, to, within);
    };
    if (path[0] === name && path.length === 1) {
      const row = new Out();
      write(row, []);
      out.rows = { before: out.bytes(), compact, row };
      out.chunks = [];
    } else if (path[0] === name) {
      out.push(lengthBytes(1, compact));
      write(out, path.slice(1));
    } else if (nullable && this.shape !== 'empty') {
      out.push(lengthBytes(-1, compact));
    } else if (this.shape === 'empty' || LEFT_EMPTY.has(name)) {
      out.push(lengthBytes(0, compact));
    } else {
      out.push(lengthBytes(1, compact));
      write(out, []);
    }
  }

  primitive(kind, name, nullable, compact, out, within) {
    if (kind === 'string') return this.string(name, nullable, compact, out, within);
    if (kind === 'uuid') return this.uuid(out);
    if (kind === 'records') {
      const bytes = this.shape === 'empty' ? Buffer.alloc(0) : this.world.batch;
      out.push(lengthBytes(bytes.length, compact));
      return out.push(bytes);
    }
    if (kind === 'bytes') {
      const length = this.shape === 'largest' ? this.largest() : this.shape === 'empty' ? 0 : 4;
      out.push(lengthBytes(length, compact));
      return out.push(Buffer.alloc(length));
    }
    if (kind === 'float64') return out.push(Buffer.alloc(8));
    this.number(kind, name, out);
  }

  number(kind, name, out) {
    const isPartition = /^partition(s|Index|Indexes|Id)?$/.test(name);
    if (isPartition && kind === 'int32' && this.shape !== 'empty' && this.shape !== 'one') {
      out.hole('int32');
    }
    let value = NUMBERS[name] ?? 0;
    if (name === 'resourceType') value = this.shape === 'one' ? 4 : 2;
    if (/Epoch$/.test(name) || name === 'replicaId' || name === 'brokerId') value = -1;
    if (name === 'sessionEpoch' && this.shape === 'absent') value = 0;
    if (name === 'timestamp' && this.shape === 'one') value = 0;
    out.int(SIZES[kind], value);
  }

  largest() {
    return Math.min(LARGEST_STRING, Math.floor(this.size / 4));
  }

  string(name, nullable, compact, out, within) {
    const text = this.text(name, nullable, within);
    if (text === null) return out.push(lengthBytes(-1, compact, 2));
    const bytes = Buffer.from(text);
    out.push(lengthBytes(bytes.length, compact, 2));
    out.push(bytes);
    // What ends in a number differs from row to row.
    if (text.endsWith(digits(0)) && this.shape !== 'one') {
      out.holes.push({ at: out.size - DIGITS, kind: 'digits' });
    }
  }

  text(name, nullable, within) {
    if (this.shape === 'empty') return '';
    if (this.shape === 'largest') return 'x'.repeat(this.largest() - DIGITS) + digits(0);
    if (within === 'configs') return name === 'name' ? 'retention.ms' : '1000000';
    if (this.shape === 'absent' && !nullable) return `nope-${digits(0)}`;
    if (/^(group|key$|coordinatorKeys)/.test(name)) return `group-${digits(0)}`;
    if (name === 'resourceName' && this.shape === 'one') return this.world.brokerId;
    if (/^(topic|name|resourceName)/.test(name) && within !== 'protocols') {
      const isNew = this.api.name === 'CreateTopics';
      if (this.shape === 'one') return isNew ? 'new' : this.world.hotTopic;
      return `${isNew ? 'new' : 'topic'}-${digits(0)}`;
    }
    return nullable ? null : name === 'memberId' ? '' : `x-${digits(0)}`;
  }

  uuid(out) {
    if (this.shape === 'empty') return out.push(Buffer.alloc(16));
    if (this.shape === 'one') return out.push(this.world.hotTopicId);
    out.hole(this.shape === 'absent' || this.shape === 'largest' ? 'digits' : 'uuid');
    out.push(Buffer.alloc(16, 0x41));
  }
}

const INT32 = 4;
const ASCII_ZERO = 48;

/**
 * Writes a request into `target`, its length before it, and tells how long all is: of at most `size` bytes, whose
 * array at `path` is filled with rows of `shape`. A request without a path is the shortest one of its API: null
 * for all there is, where there is null.
 */
export function writeRequest(target, request) {
  const { api, version, path, size, shape, world } = request;
  const writer = new Writer(request);
  const out = new Out();
  out.int(2, api.key);
  out.int(2, version);
  out.int(4, 1);
  out.push(lengthBytes(5, false, 2));
  out.push(Buffer.from('stall'));
  if (writer.flexible) out.push(varint(0));
  writer.struct(api.request.fields, out, path ?? [], '');
  const tail = out.bytes();
  if (!out.rows) {
    target.writeInt32BE(tail.length, 0);
    tail.copy(target, 4);
    return { length: 4 + tail.length, rows: 0 };
  }
  const { before, compact, row } = out.rows;
  const template = row.bytes();
  const space = size - 4 - before.length - tail.length - (compact ? 5 : 4);
  const count = Math.max(1, Math.floor(space / template.length));
  let at = 4 + before.copy(target, 4);
  at += lengthBytes(count, compact).copy(target, at);
  const from = at;
  at = repeat(target, from, template, count);
  fill(target, from, template.length, count, row.holes, shape, world);
  at += tail.copy(target, at);
  target.writeInt32BE(at - 4, 0);
  return { length: at, rows: count };
}

function repeat(target, from, template, count) {
  template.copy(target, from);
  const end = from + template.length * count;
  for (let done = template.length; from + done < end; done *= 2) {
    target.copyWithin(from + done, from, from + Math.min(done, end - from - done));
  }
  return end;
}

function fill(target, from, rowSize, count, holes, shape, world) {
  for (const { at, kind } of holes) {
    for (let index = 0, place = from + at; index < count; index++, place += rowSize) {
      if (kind === 'int32') {
        const partition = shape === 'absent' ? 1_000_000 + index : index % world.partitions;
        target.writeInt32BE(partition, place);
      } else if (kind === 'uuid') {
        world.topicIds[index % world.topicIds.length].copy(target, place);
      } else {
        let left = shape === 'many' ? index % world.names : index;
        for (let digit = DIGITS - 1; digit >= 0 && left > 0; digit--) {
          target[place + digit] = ASCII_ZERO + (left % 10);
          left = Math.floor(left / 10);
        }
      }
    }
  }
}

export { apis, INT32 as LENGTH_BYTES };
