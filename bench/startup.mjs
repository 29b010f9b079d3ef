// From spawn to accepting, idle memory, and how soon a new group sees its first record:
// `node bench/startup.mjs` (build first).
import { Kafka, logLevel } from 'kafkajs';
import { median, print, startBroker } from './lib.mjs';

const RUNS = 9;

const accepted = [];
const idle = [];
for (let run = 0; run < RUNS; run++) {
  const broker = await startBroker();
  accepted.push(broker.acceptedMs);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  idle.push(broker.residentMegabytes());
  await broker.stop();
}
print('spawn to accepting, median', median(accepted), 'ms', 'at most 150');
print('spawn to accepting, worst', Math.max(...accepted), 'ms');
print('idle memory, median', median(idle), 'MB', 'at most 120');

const firsts = [];
for (let run = 0; run < RUNS; run++) {
  const broker = await startBroker();
  const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: 'first', messages: [{ value: 'x' }] });
  const consumer = kafka.consumer({ groupId: 'new' });
  const start = performance.now();
  await consumer.connect();
  await consumer.subscribe({ topic: 'first', fromBeginning: true });
  await new Promise((resolve) => {
    consumer.run({
      eachMessage: async () => {
        firsts.push(performance.now() - start);
        resolve();
      },
    });
  });
  await consumer.disconnect();
  await producer.disconnect();
  await broker.stop();
}
print('first record of a new group, median', median(firsts), 'ms', 'at most 300');
print('first record of a new group, worst', Math.max(...firsts), 'ms');
