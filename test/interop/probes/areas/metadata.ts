import { setTimeout as delay } from 'node:timers/promises';
import { ZERO_UUID } from '../../../../src/base/random.ts';
import { type Asker, eachVersion, type Probe } from '../probe.ts';
import type { BodyOf } from '../wire.ts';

/** Metadata with only the topics of this probe and what is not about topics. */
async function ask(asker: Asker, version: number, body: BodyOf<'Metadata'>): Promise<unknown> {
  try {
    const answer = await asker.raw('Metadata', version, body);
    const topics = answer.topics.filter(
      ({ name, errorCode }) => errorCode !== 0 || name?.startsWith(asker.prefix),
    );
    return asker.normal({ ...answer, topics });
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown';
  }
}

const UNKNOWN_ID = 'AAAAAAAAQACAAAAAAAAAAA';

export const metadataProbes: readonly Probe[] = [
  {
    name: 'metadata: all, none, and named topics',
    async run(asker) {
      await asker.topic('a', { partitions: 2 });
      await asker.topic('b');
      const named = { topics: [{ name: asker.name('a') }] };
      return eachVersion(0, 12, async (version) => ({
        named: await ask(asker, version, named),
        empty: await ask(asker, version, { topics: [] }),
        null: version > 0 && (await ask(asker, version, { topics: null })),
      }));
    },
  },
  {
    name: 'metadata: null topics in v0',
    run: (asker) => ask(asker, 0, { topics: [] }),
  },
  {
    name: 'metadata: topics that do not exist or cannot',
    run: (asker) =>
      eachVersion(4, 12, async (version) => {
        const answers: Record<string, unknown> = {};
        const names = ['', '.', '..', 'a b', 'a/b', 'x'.repeat(250), asker.name('unknown')];
        for (const name of names) {
          for (const allowAutoTopicCreation of name === asker.name('unknown')
            ? [false]
            : [false, true]) {
            const body = { topics: [{ name }], allowAutoTopicCreation };
            answers[`${name.slice(-10)} ${allowAutoTopicCreation}`] = await ask(
              asker,
              version,
              body,
            );
          }
        }
        return answers;
      }),
  },
  {
    name: 'metadata: several topics, some unknown, some twice',
    async run(asker) {
      await asker.topic('a');
      const names = ['a', 'nope', 'a', 'b c'].map((name) => ({ name: asker.name(name) }));
      return {
        v1: await ask(asker, 1, { topics: [names[0]!, names[0]!] }),
        v9: await ask(asker, 9, { topics: names, allowAutoTopicCreation: false }),
      };
    },
  },
  {
    name: 'metadata: by topic id',
    async run(asker) {
      const name = await asker.topic('a');
      const topicId = await asker.settled(name);
      return eachVersion(10, 12, async (version) => ({
        byId: await ask(asker, version, { topics: [{ topicId, name: null }] }),
        byIdAndName: await ask(asker, version, { topics: [{ topicId, name }] }),
        unknownId: await ask(asker, version, { topics: [{ topicId: UNKNOWN_ID, name: null }] }),
        zeroId: await ask(asker, version, { topics: [{ topicId: ZERO_UUID, name: null }] }),
        mixed: await ask(asker, version, {
          topics: [
            { topicId, name: null },
            { topicId: ZERO_UUID, name },
          ],
        }),
      }));
    },
  },
  {
    name: 'metadata: authorized operations',
    async run(asker) {
      const name = await asker.topic('a');
      return eachVersion(8, 12, async (version) =>
        ask(asker, version, {
          topics: [{ name }],
          includeTopicAuthorizedOperations: true,
          ...(version <= 10 && { includeClusterAuthorizedOperations: true }),
        }),
      );
    },
  },
  {
    name: 'metadata: creates a topic on request',
    async run(asker) {
      const name = asker.name('fresh');
      const refused = await ask(asker, 4, { topics: [{ name }], allowAutoTopicCreation: false });
      const first = await ask(asker, 4, { topics: [{ name }], allowAutoTopicCreation: true });
      await asker.settled(name);
      const second = await ask(asker, 4, { topics: [{ name }], allowAutoTopicCreation: true });
      const old = asker.name('old');
      const v0 = await ask(asker, 0, { topics: [{ name: old }] });
      await asker.settled(old);
      return {
        refused,
        first,
        second,
        v0,
        later: await ask(asker, 0, { topics: [{ name: old }] }),
      };
    },
  },
  {
    name: 'metadata: a topic that collides with another is not created',
    async run(asker) {
      await asker.topic('a.b');
      const first = await ask(asker, 4, { topics: [{ name: asker.name('a_b') }] });
      await delay(300);
      return { first, second: await ask(asker, 4, { topics: [{ name: asker.name('a_b') }] }) };
    },
  },
  {
    name: 'metadata: internal topics',
    async run(asker) {
      await asker.ask('FindCoordinator', 0, { key: asker.name('g') });
      await asker.settled('__consumer_offsets');
      const { topics } = await asker.raw('Metadata', 12, {
        topics: [{ name: '__consumer_offsets' }],
      });
      const missing = await asker.raw('Metadata', 4, {
        topics: [{ name: '__transaction_state' }],
        allowAutoTopicCreation: false,
      });
      return asker.normal({ topics, missing: missing.topics });
    },
  },
  {
    name: 'metadata: after a delete',
    async run(asker) {
      const name = await asker.topic('gone');
      const topicId = await asker.settled(name);
      await asker.ask('DeleteTopics', 6, { topics: [{ name }], timeoutMs: 10_000 });
      await delay(200);
      const allowAutoTopicCreation = false;
      return {
        byName: await ask(asker, 12, { topics: [{ name }], allowAutoTopicCreation }),
        byId: await ask(asker, 12, { topics: [{ topicId, name: null }], allowAutoTopicCreation }),
      };
    },
  },
];
