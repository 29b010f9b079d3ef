import type { ConsumerRecord } from '../client/index.ts';
import type { ConfigTexts } from '../config/index.ts';
import { CliError } from './failure.ts';
import { nearProperty } from './near-property.ts';

/** Turns a record into what console-consumer prints, line end included. */
export type RecordFormatter = (record: ConsumerRecord) => Buffer;

type Deserializer = (bytes: Buffer) => string | Buffer;

const PRINTS = {
  timestamp: false,
  key: false,
  offset: false,
  epoch: false,
  partition: false,
  headers: false,
  value: true,
  delivery: false,
};

/** Kafka's deserializers, by the last part of their class names. */
const DESERIALIZERS: Readonly<Record<string, Deserializer>> = {
  StringDeserializer: (bytes) => bytes,
  ByteArrayDeserializer: (bytes) => bytes,
  BytesDeserializer: javaBytes,
  ByteBufferDeserializer: ({ length }) =>
    `java.nio.HeapByteBuffer[pos=0 lim=${length} cap=${length}]`,
  VoidDeserializer: (bytes) => {
    throw new CliError(`${bytes.length} bytes are not a void, which has none`);
  },
  IntegerDeserializer: (bytes) => String(sized(bytes, 4, 'an integer').readInt32BE()),
  ShortDeserializer: (bytes) => String(sized(bytes, 2, 'a short').readInt16BE()),
  LongDeserializer: (bytes) => String(sized(bytes, 8, 'a long').readBigInt64BE()),
  FloatDeserializer: (bytes) => javaNumber(sized(bytes, 4, 'a float').readFloatBE(), Math.fround),
  DoubleDeserializer: (bytes) => javaNumber(sized(bytes, 8, 'a double').readDoubleBE()),
  BooleanDeserializer: (bytes) => String(sized(bytes, 1, 'a boolean')[0] === 1),
  UUIDDeserializer: (bytes) => bytes.toString(),
};

function sized(bytes: Buffer, size: number, what: string): Buffer {
  if (bytes.length === size) return bytes;
  throw new CliError(`${bytes.length} bytes are not ${what}, which has ${size}`);
}

/** As Java prints it: the fewest digits that tell it from its neighbours, from 10^7 on with an exponent. */
export function javaNumber(
  value: number,
  round: (number: number) => number = (number) => number,
): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  let digits = 1;
  while (round(Number(value.toExponential(digits - 1))) !== value) digits++;
  const [mantissa = '', exponent = ''] = value.toExponential(digits - 1).split('e');
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) {
    const plain = value.toFixed(Math.max(1, digits - 1 - Number(exponent)));
    return plain;
  }
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
}

/** Printable ASCII as it is, other bytes as \\x and two digits, as Java's Bytes does. */
function javaBytes(bytes: Buffer): string {
  let text = '';
  for (const byte of bytes) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x5c;
    text += plain
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

/**
 * From `--property`. `warn` hears of a name that is nearly one of ours, and of a deserializer that is unknown; the
 * bytes are then printed as they are, as Kafka's tool does with a class that it does not find.
 */
export function recordFormatter(
  properties: ConfigTexts,
  warn: (warning: string) => void,
): RecordFormatter {
  const print = { ...PRINTS };
  const text = {
    'key.separator': '\t',
    'line.separator': '\n',
    'headers.separator': ',',
    'null.literal': 'null',
  };
  const deserializers: Record<string, Deserializer | undefined> = {
    'key.deserializer': undefined,
    'value.deserializer': undefined,
    'headers.deserializer': undefined,
  };
  for (const [name, value] of Object.entries(properties)) {
    const column = name.startsWith('print.') ? name.slice('print.'.length) : '';
    if (Object.hasOwn(print, column)) {
      print[column as keyof typeof print] = value.trim().toLowerCase() === 'true';
    } else if (Object.hasOwn(text, name)) text[name as keyof typeof text] = value;
    else if (Object.hasOwn(deserializers, name)) {
      deserializers[name] = deserializer(value);
      if (deserializers[name] === undefined) warn(unknownDeserializer(name, value));
    } else {
      // Others are a formatter's own, and Kafka's default one ignores them as well.
      const columns = Object.keys(print).map((one) => `print.${one}`);
      const known = [...columns, ...Object.keys(text), ...Object.keys(deserializers)];
      const warning = nearProperty(name, known);
      if (warning) warn(warning);
    }
  }
  const separator = Buffer.from(text['key.separator']);
  const lineEnd = Buffer.from(text['line.separator']);
  const nullLiteral = Buffer.from(text['null.literal']);
  const decoded = (bytes: Buffer | null, which: string): Buffer => {
    const decode = deserializers[`${which}.deserializer`];
    if (bytes === null) return nullLiteral;
    const found = decode ? decode(bytes) : bytes;
    return typeof found === 'string' ? Buffer.from(found) : found;
  };
  const headersText = ({ headers }: ConsumerRecord): Buffer[] =>
    headers.length === 0
      ? [Buffer.from('NO_HEADERS')]
      : headers.flatMap(({ key, value }, index) => [
          Buffer.from(`${index === 0 ? '' : text['headers.separator']}${key}:`),
          decoded(value, 'headers'),
        ]);

  return (record) => {
    const columns: Buffer[][] = [];
    const column = (...parts: (Buffer | string)[]) =>
      columns.push(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
    if (print.timestamp) {
      const none = record.timestamp < 0 && record.timestampType === 'CreateTime';
      column(none ? 'CreateTime:-1' : `${record.timestampType}:${record.timestamp}`);
    }
    if (print.partition) column(`Partition:${record.partition}`);
    if (print.offset) column(`Offset:${record.offset}`);
    if (print.delivery) column('Delivery:NOT_PRESENT');
    if (print.epoch) column(`Epoch:${record.leaderEpoch < 0 ? 'NOT_PRESENT' : record.leaderEpoch}`);
    if (print.headers) column(...headersText(record));
    if (print.key) column(decoded(record.key, 'key'));
    if (print.value) column(decoded(record.value, 'value'));
    return Buffer.concat(
      columns.flatMap((parts, index) => [
        ...parts,
        index < columns.length - 1 ? separator : lineEnd,
      ]),
    );
  };
}

function deserializer(className: string): Deserializer | undefined {
  const name = className.split('.').at(-1) ?? '';
  return Object.hasOwn(DESERIALIZERS, name) ? DESERIALIZERS[name] : undefined;
}

function unknownDeserializer(name: string, className: string): string {
  const known = Object.keys(DESERIALIZERS).join(', ');
  return `${name}=${className} is unknown, so its bytes are printed as they are; there are ${known}`;
}
