// Consumer groups: committing, and members that come and die.
import assert from 'node:assert/strict';
import { waitForDrivers } from '../lib/driver.mjs';
import { assertSameRecords, mixedRecords, record } from '../lib/records.mjs';

const PARTITIONS = 6;

/** The partitions that a member said last it owns. */
const ownedBy = (driver) =>
  driver.events.findLast(({ event }) => event === 'assigned')?.partitions ?? [];

/** Whether the members own all partitions between them, none twice, and equally many each. */
function isBalanced(members) {
  const owned = members.map(ownedBy);
  const all = owned.flat();
  return (
    all.length === PARTITIONS &&
    new Set(all).size === PARTITIONS &&
    owned.every((list) => list.length === PARTITIONS / members.length)
  );
}

/** How often each value has been delivered to these members. */
function deliveries(members) {
  const counts = new Map();
  for (const { events } of members) {
    for (const { event, records } of events) {
      if (event !== 'records') continue;
      for (const { value } of records) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
  }
  return counts;
}

const groupOfThree = (assignor) => ({
  name: `group of two, a third joins and is killed${assignor === undefined ? '' : `, ${assignor}`}`,
  needs: ['group', ...(assignor === undefined ? [] : [`assignor.${assignor}`])],
  timeoutMs: 150_000,
  async run({ driver, newDriver, topic, referee, sessionTimeoutMs, note }) {
    const name = await topic(`group-${assignor ?? 'default'}`, { partitions: PARTITIONS });
    const group = `${name}-group`;
    let sent = 0;
    const send = async (wave) => {
      const records = Array.from({ length: 60 }, (_, index) =>
        record({ key: `${index}`, value: `${wave}-${index}`, partition: index % PARTITIONS }),
      );
      sent += records.length;
      await driver.call('produce', { topic: name, codec: 'lz4', records });
      return records.map(({ value }) => value);
    };
    const join = async (label) => {
      const member = newDriver(label);
      const { pid } = await member.call('groupStart', {
        group,
        topic: name,
        sessionTimeoutMs,
        assignor,
      });
      return { member, pid };
    };
    const arrive = (members, values, what) =>
      waitForDrivers(
        members,
        () => {
          const counts = deliveries(members);
          return values.every((value) => counts.has(value));
        },
        { what, timeoutMs: 30_000 },
      );
    const once = (members, values, what) => {
      const counts = deliveries(members);
      for (const value of values) {
        assert.equal(
          counts.get(value),
          1,
          `${what}: ${Buffer.from(value, 'base64')} was delivered ${counts.get(value)} times`,
        );
      }
    };
    const settle = (members, what) =>
      waitForDrivers(members, () => isBalanced(members), { what, timeoutMs: 40_000 });

    const [a, b] = (await Promise.all([join('a'), join('b')])).map(({ member }) => member);
    await settle([a, b], 'two members share six partitions');
    // Some clients say that they own a partition a moment before their fetches follow the new assignment.
    await arrive([a, b], await send('settling'), 'the first records arrive');
    const first = await send('stable');
    await arrive([a, b], first, 'the records sent to a group at rest arrive');
    once([a, b], first, 'a group at rest');

    const [{ member: c, pid }, joining] = await Promise.all([join('c'), send('joining')]);
    await settle([a, b, c], 'three members share six partitions');
    await arrive([a, b, c], joining, 'the records sent while the third joined arrive');
    await arrive([a, b, c], await send('settling again'), 'the first records for three arrive');
    const second = await send('three');
    await arrive([a, b, c], second, 'the records sent to three members arrive');
    once([a, b, c], second, 'three members at rest');

    await c.kill(pid);
    const orphaned = await send('killed');
    await arrive(
      [a, b],
      orphaned,
      'the records of the killed member’s partitions arrive at the others',
    );
    await settle([a, b], 'two members share six partitions again');
    const counts = deliveries([a, b, c]);
    const repeated = [...counts.values()].reduce((sum, count) => sum + count - 1, 0);
    if (repeated > 0) note(`${repeated} of ${sent} records were delivered again after a rebalance`);
    assert.equal(counts.size, sent, 'no record is lost');

    await Promise.all([a, b].map((member) => member.call('groupStop', {})));
    for (let partition = 0; partition < PARTITIONS; partition++) {
      assert.equal(
        await referee.committed(group, name, partition),
        sent / PARTITIONS,
        `committed offset of partition ${partition}`,
      );
    }
  },
});

export const groupScenarios = [
  {
    name: 'commit and resume',
    needs: ['group'],
    async run({ driver, newDriver, topic, referee }) {
      const name = await topic('resume');
      const group = `${name}-group`;
      const records = mixedRecords(20, { seed: 9 });
      await driver.call('produce', { topic: name, codec: 'snappy', records });
      assert.equal(await referee.committed(group, name, 0), -1, 'before the first commit');
      const { records: first } = await driver.call('groupTake', { group, topic: name, count: 7 });
      assertSameRecords(first, records.slice(0, 7), { what: 'the first consumer' });
      assert.equal(await referee.committed(group, name, 0), 7, 'after the first commit');
      const { records: rest } = await newDriver('second').call('groupTake', {
        group,
        topic: name,
        count: 13,
      });
      assertSameRecords(rest, records.slice(7), { firstOffset: 7, what: 'the second consumer' });
      assert.equal(await referee.committed(group, name, 0), 20, 'after the second commit');
    },
  },
  groupOfThree(undefined),
  groupOfThree('cooperative-sticky'),
];
