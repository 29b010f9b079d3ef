// The broker killed in mid-life: whatever it had acknowledged to any client is there when it is back.
import assert from 'node:assert/strict';
import { batchesIn } from '../lib/batch.mjs';
import { RawConnection } from '../lib/raw.mjs';
import { Referee } from '../lib/referee.mjs';
import { fetch } from '../lib/requests.mjs';

/** Every partition with its start and end, and what each group of the suites has committed. */
async function stateOf(broker, clients) {
  const referee = new Referee(broker.bootstrap);
  try {
    const logs = {};
    for (const { name, partitions } of await referee.allTopics()) {
      if (name.startsWith('__')) continue; // Groups may still be writing there.
      for (const { partition } of partitions) {
        logs[`${name}-${partition}`] = [
          await referee.listOffset(name, partition, -2),
          await referee.listOffset(name, partition, -1),
        ];
      }
    }
    const committed = {};
    for (const { name } of clients) {
      const topic = `${name}.resume`;
      if (await referee.describeTopic(topic))
        committed[name] = await referee.committed(`${topic}-group`, topic, 0);
    }
    return { logs, committed };
  } finally {
    referee.close();
  }
}

/** Reads the partitions from start to end and answers how many records whole batches with right CRCs held. */
async function readAll(broker, logs) {
  const colon = broker.bootstrap.lastIndexOf(':');
  const connection = new RawConnection(
    broker.bootstrap.slice(0, colon),
    Number(broker.bootstrap.slice(colon + 1)),
  );
  let records = 0;
  try {
    for (const [log, [start, end]] of Object.entries(logs)) {
      const dash = log.lastIndexOf('-');
      const [topic, partition] = [log.slice(0, dash), Number(log.slice(dash + 1))];
      for (let offset = start; offset < end; ) {
        const { partitions } = await fetch(connection, [{ topic, partition, offset }]);
        const batches = batchesIn(partitions[0].records);
        assert.ok(batches.length > 0, `${log} at ${offset}: error ${partitions[0].error}`);
        for (const { baseOffset, count, crcHolds } of batches) {
          assert.ok(crcHolds, `${log}: the batch at ${baseOffset} has a wrong CRC`);
          records += count;
          offset = baseOffset + count;
        }
      }
    }
    return records;
  } finally {
    connection.close();
  }
}

export const crashScenarios = [
  {
    name: 'kill -9 and a new start lose nothing that was acknowledged',
    async run({ broker, clients }) {
      const before = await stateOf(broker, clients);
      const records = await readAll(broker, before.logs);
      await broker.crash();
      assert.deepEqual(await stateOf(broker, clients), before);
      assert.equal(await readAll(broker, before.logs), records);
      console.log(
        `      ${Object.keys(before.logs).length} partitions, ${records} records, ${Object.keys(before.committed).length} groups`,
      );
    },
  },
];
