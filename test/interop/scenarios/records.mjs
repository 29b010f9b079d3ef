// Producing and consuming: codecs, edges of a record, positions.
import assert from 'node:assert/strict';
import { pause } from '../lib/processes.mjs';
import { assertSameRecords, edgeRecords, mixedRecords, record } from '../lib/records.mjs';

export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** What each client writes with all of its codecs into one log, for the others to read: see run.mjs. */
export const mixedLogTopic = (client) => `${client.name}.mixed-log`;
export function mixedLogRecords(writer, reader = writer) {
  const written = codecs.filter((codec) => writer.offers(`codec.${codec}`));
  // A reader gets as far as the first codec that it does not know.
  const unknown = written.findIndex((codec) => !reader.offers(`codec.${codec}`));
  const known = unknown < 0 ? written : written.slice(0, unknown);
  return known.flatMap((_, index) => mixedRecords(12, { seed: 100 + index }));
}

const codecScenarios = codecs.map((codec, index) => ({
  name: `produce and consume, ${codec}`,
  needs: [`codec.${codec}`],
  async run({ client, driver, topic }) {
    const name = await topic(`codec-${codec}`);
    const timestamp = client.offers('timestamp') ? Date.now() - 60_000 : undefined;
    const records = mixedRecords(40, { seed: index + 1, timestamp });
    await driver.call('produce', { topic: name, codec, records });
    const { records: read } = await driver.call('consume', {
      topic: name,
      partition: 0,
      count: records.length,
    });
    assertSameRecords(read, records);
  },
}));

export const recordScenarios = [
  ...codecScenarios,
  {
    name: 'headers, null and empty keys and values',
    needs: [],
    async run({ client, driver, topic, note }) {
      const name = await topic('edges');
      const lacking = new Set();
      const tried = edgeRecords.filter(({ needs, content }) => {
        const parts = [
          content.key,
          content.value,
          ...(content.headers ?? []).map(([, part]) => part),
        ];
        const features = [
          ...(needs === undefined ? [] : [needs]),
          ...(content.headers === undefined ? [] : ['header']),
          ...(parts.includes('') ? ['record.empty'] : []),
        ];
        const absent = features.filter((feature) => !client.offers(feature));
        for (const feature of absent) lacking.add(feature);
        return absent.length === 0;
      });
      for (const feature of lacking) note(`${feature}: ${client.notOffered[feature]}`);
      const records = tried.map(({ content }) => record({ ...content, partition: 0 }));
      await driver.call('produce', { topic: name, codec: 'none', records });
      const { records: read } = await driver.call('consume', {
        topic: name,
        partition: 0,
        count: records.length,
      });
      assertSameRecords(read, records);
    },
  },
  {
    name: 'a record of 900,000 bytes and five thousand small ones',
    needs: [],
    async run({ driver, topic }) {
      const name = await topic('sizes');
      const large = record({ key: 'large', value: 'größer '.repeat(100_000), partition: 0 });
      const small = Array.from({ length: 5_000 }, (_, index) =>
        record({ key: `${index % 7}`, value: `small record ${index}`, partition: 0 }),
      );
      await driver.call('produce', { topic: name, codec: 'none', records: [large] });
      await driver.call('produce', { topic: name, codec: 'lz4', records: small });
      const { records: read } = await driver.call('consume', {
        topic: name,
        partition: 0,
        count: small.length + 1,
      });
      assertSameRecords(read, [large, ...small]);
    },
  },
  {
    name: 'seek by offset',
    needs: ['consume'],
    async run({ driver, topic }) {
      const name = await topic('seek-offset');
      const records = mixedRecords(20, { seed: 7 });
      await driver.call('produce', { topic: name, codec: 'gzip', records });
      // In the middle of a compressed batch, at its last record, and at its first.
      for (const from of [13, 19, 0]) {
        const { records: read } = await driver.call('consume', {
          topic: name,
          partition: 0,
          from,
          count: 20 - from,
        });
        assertSameRecords(read, records.slice(from), { firstOffset: from, what: `from ${from}` });
      }
    },
  },
  {
    name: 'seek by time',
    needs: ['seek.time'],
    async run({ client, driver, topic }) {
      const name = await topic('seek-time');
      const all = mixedRecords(15, {
        seed: 8,
        ...(client.offers('timestamp') && { timestamp: Date.now() - 60_000 }),
      });
      for (let start = 0; start < all.length; start += 5) {
        await driver.call('produce', {
          topic: name,
          codec: 'lz4',
          records: all.slice(start, start + 5),
        });
        await pause(20); // A client that cannot set timestamps gets three different ones.
      }
      const { records: read } = await driver.call('consume', {
        topic: name,
        partition: 0,
        count: all.length,
      });
      for (const wanted of [0, 7, 10, 14]) {
        const fromTime = read[wanted].timestamp;
        const first = read.findIndex(({ timestamp }) => timestamp >= fromTime);
        const { records: found } = await driver.call('consume', {
          topic: name,
          partition: 0,
          fromTime,
          count: 15 - first,
        });
        assertSameRecords(found, all.slice(first), {
          firstOffset: first,
          what: `from the time of record ${wanted}`,
        });
      }
    },
  },
  {
    name: 'every codec in one log',
    needs: [],
    async run({ client, driver, referee, note }) {
      const name = mixedLogTopic(client);
      await referee.createTopic(name);
      let index = 0;
      for (const codec of codecs) {
        if (!client.offers(`codec.${codec}`)) {
          note(`codec.${codec}: ${client.notOffered[`codec.${codec}`]}`);
          continue;
        }
        await driver.call('produce', {
          topic: name,
          codec,
          records: mixedRecords(12, { seed: 100 + index++ }),
        });
      }
      const expected = mixedLogRecords(client);
      const { records: read } = await driver.call('consume', {
        topic: name,
        partition: 0,
        count: expected.length,
      });
      assertSameRecords(read, expected);
      assert.equal(await referee.listOffset(name, 0, -1), expected.length, 'end offset');
    },
  },
];
