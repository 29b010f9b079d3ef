// connect-distributed: workers that keep everything they know in topics of the broker, and go on where they were.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { accessLog } from '../../lib/access-log.mjs';
import { isBefore } from '../../lib/install.mjs';
import { Pipeline } from './pipeline.mjs';

const LINES = 900;
const parts = () => {
  const lines = accessLog(LINES);
  return [lines.slice(0, 300), lines.slice(300, 600), lines.slice(600)];
};

async function startsAgain(pipeline) {
  const { version, source, sink } = pipeline;
  const [first, second, third] = parts();
  pipeline.append(first);
  await pipeline.begin();
  await pipeline.arrived();
  pipeline.append(second);
  await pipeline.arrived();
  await pipeline.worker.stop();
  await pipeline.assertRecords(first.length + second.length);

  // What is written while no worker is there waits for the next one, which knows all from its topics.
  pipeline.append(third);
  await pipeline.start([sink, source]);
  await pipeline.arrived();
  await pipeline.spread(1);
  if (!isBefore(version, '3.6')) await readsAllAgain(pipeline);
}

/** Offsets over REST (KIP-875): the source's is the file's size, and a sink that forgets its own reads all again. */
async function readsAllAgain(pipeline) {
  const { worker, rest, source, sink, input } = pipeline;
  const { size } = statSync(input);
  const position = async () => (await rest.offsets(source))[0]?.offset.position;
  await worker.until(async () => (await position()) === size, `the source at ${size}`);
  await rest.stop(sink);
  await worker.until(() => rest.isStopped(sink), 'the sink is stopped');
  assert.equal((await rest.offsets(sink))[0].offset.kafka_offset, LINES);
  await rest.forgetOffsets(sink);
  assert.deepEqual(await rest.offsets(sink), []);
  await rest.resume(sink);
  await pipeline.running(sink);
  await pipeline.arrived(2);
}

/** A second worker joins, gets a share of the work, and has all of it when the first leaves. */
async function handsOver(pipeline) {
  const { source, sink } = pipeline;
  const [first, second, third] = parts();
  pipeline.append(first);
  await pipeline.begin();
  await pipeline.arrived();
  const leaving = pipeline.worker;
  await pipeline.start([sink, source]);
  await pipeline.spread(2);
  pipeline.append(second);
  await pipeline.arrived();
  await leaving.stop();
  await pipeline.spread(1);
  pipeline.append(third);
  await pipeline.arrived();
}

const scenario = (name, version, story) => ({
  name: `connect-distributed ${version}: ${name}`,
  timeoutMs: 180_000,
  async run(context) {
    const topic = `connect-${story.name}-${version}`;
    const pipeline = new Pipeline(topic, version, context);
    try {
      await story(pipeline);
      await pipeline.finish();
      await pipeline.assertRecords(LINES);
    } finally {
      await pipeline.close();
    }
  },
});

export const restartScenario = (version) =>
  scenario('topics of its own, and a restart loses and repeats nothing', version, startsAgain);

export const handoverScenario = (version) =>
  scenario('two workers share the work, and one takes it over', version, handsOver);
