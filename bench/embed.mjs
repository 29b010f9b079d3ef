// How long an embedded broker takes to start and to stop, in a process that has started one before:
// `npm run build && node bench/embed.mjs [rounds]`. The limit for a start is 60 ms.
import { startBroker } from '../dist/embed.mjs';
import { startTestBroker } from '../dist/testing.mjs';

const rounds = Number(process.argv[2] ?? 50);
const kinds = {
  'startBroker, temporary': () => startBroker(),
  'startBroker, memory': () => startBroker({ data: 'memory' }),
  startTestBroker: () => startTestBroker(),
};

const ms = (value) => `${value.toFixed(1).padStart(7)} ms`;
const quantile = (values, q) => values[Math.min(values.length - 1, Math.floor(values.length * q))];

console.log(`${rounds} rounds each, after one to warm up`);
console.log(`${''.padEnd(34)}    median       p95       max`);
for (const [kind, start] of Object.entries(kinds)) {
  await (await start()).stop();
  const times = { start: [], reset: [], stop: [] };
  const timed = async (what, work) => {
    const began = performance.now();
    const result = await work();
    times[what].push(performance.now() - began);
    return result;
  };
  for (let round = 0; round < rounds; round++) {
    const broker = await timed('start', start);
    if (broker.reset) {
      for (const topic of ['a', 'b', 'c']) await broker.createTopic(topic);
      await timed('reset', () => broker.reset());
    }
    await timed('stop', () => broker.stop());
  }
  for (const [what, values] of Object.entries(times)) {
    if (values.length === 0) continue;
    values.sort((a, b) => a - b);
    const figures = [quantile(values, 0.5), quantile(values, 0.95), values.at(-1)];
    console.log(`${`${kind}: ${what}`.padEnd(34)}${figures.map(ms).join('')}`);
  }
}
