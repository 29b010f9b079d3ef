// If this breaks, console-consumer commits records that nobody got to see, because the disk was full or one could not be
// printed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConsumerRecord } from '../client/index.ts';
import { CliError } from './failure.ts';
import { Printer } from './record-printer.ts';
import type { Terminal } from './terminal.ts';

/** Standard output with room for so many bytes. */
function terminalOf(room: number): Terminal & { outBytes: number; text: string } {
  return {
    text: '',
    outBytes: 0,
    out(bytes) {
      const taken = Buffer.from(bytes).subarray(0, room - this.outBytes);
      this.text += taken.toString();
      this.outBytes += taken.length;
    },
    err(text) {
      this.text += text;
    },
    drained() {
      return Promise.resolve(this.outBytes < room);
    },
    get outClosed() {
      return this.outBytes >= room;
    },
    input: (async function* () {})(),
    inputIsTerminal: false,
    onInterrupt() {},
  };
}

const records = (...values: string[]): ConsumerRecord[] =>
  values.map((value, offset) => ({
    topic: 't',
    partition: 0,
    offset,
    timestamp: 0,
    timestampType: 'CreateTime',
    key: null,
    value: Buffer.from(value),
    headers: [],
    leaderEpoch: 0,
  }));

const format = ({ value }: ConsumerRecord) => {
  if (String(value) === 'bad') throw new CliError('cannot be printed');
  return Buffer.from(`${value}\n`);
};
const offsets = (rest: readonly ConsumerRecord[]) => rest.map(({ offset }) => offset);

test('a record of which a full disk took a part only is not printed, nor are those after it', async () => {
  const printer = new Printer(terminalOf(9), format, false);
  const first = await printer.print(records('aa', 'bb'));
  assert.deepEqual([offsets(first.rest), printer.count], [[], 2]);
  const second = await printer.print(records('cc', 'dd', 'ee'));
  assert.deepEqual([offsets(second.rest), printer.count], [[1, 2], 3]);
});

test('what comes before a record that cannot be printed is, and that record and the rest are not', async () => {
  const terminal = terminalOf(1000);
  const printer = new Printer(terminal, format, false);
  const { rest, failure } = await printer.print(records('a', 'bad', 'c'));
  assert.match(String(failure), /cannot be printed/);
  assert.deepEqual([offsets(rest), printer.count, terminal.text], [[1, 2], 1, 'a\n']);
});

test('a record that is skipped counts as done', async () => {
  const terminal = terminalOf(1000);
  const printer = new Printer(terminal, format, true);
  const { rest, failure } = await printer.print(records('a', 'bad', 'c'));
  assert.equal(failure, undefined);
  assert.deepEqual([offsets(rest), printer.count], [[], 3]);
  assert.equal(terminal.text, 'skipped t-0@1: cannot be printed\na\nc\n');
});
