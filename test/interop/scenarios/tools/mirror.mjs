// Moving from one cluster to another with the mirror maker that Kafka 2 and 3 bring.
import { startSluice } from '../../lib/broker.mjs';
import { Referee } from '../../lib/referee.mjs';
import { endOffsets } from './daily.mjs';

export const mirrorSteps = [
  {
    name: 'kafka-mirror-maker into another broker',
    because: 'it runs until it is stopped',
    withoutBootstrap: true,
    async before(context) {
      context.target = await startSluice();
      context.targetReferee = new Referee(context.target.bootstrap);
      await context.targetReferee.createTopic(context.topic, { partitions: 4 });
    },
    args: ({ topic, group, bootstrap, target, text }) => [
      '--consumer.config',
      text(
        `bootstrap.servers=${bootstrap}\ngroup.id=${group}-mirror\nauto.offset.reset=earliest\n`,
      ),
      '--producer.config',
      text(`bootstrap.servers=${target.bootstrap}\nacks=all\n`),
      ...['--whitelist', topic, '--offset.commit.interval.ms', '500'],
    ],
    varies: 'it logs what it does',
    async until({ topic, referee, targetReferee }) {
      const [there, here] = await Promise.all([
        endOffsets(targetReferee, topic),
        recordCount(referee, topic),
      ]);
      return there >= here;
    },
    async afterwards({ target, targetReferee }) {
      targetReferee.close();
      await target.stop();
      target.remove();
    },
  },
];

/** How many records can still be read. */
async function recordCount(referee, topic) {
  const { partitions } = await referee.describeTopic(topic);
  let count = await endOffsets(referee, topic);
  for (const { partition } of partitions) count -= await referee.listOffset(topic, partition, -2);
  return count;
}
