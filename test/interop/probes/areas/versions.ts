import { decodeResponseFrame } from '../../../../src/protocol/codec/index.ts';
import type { RawClient } from '../../../support/raw-client.ts';
import { type Asker, eachVersion, inTurn, type Probe } from '../probe.ts';
import { wire } from '../wire.ts';

/** A frame by hand: the header of version 1 (or 2 with `flexible`) and these bytes. */
function frame(
  api: number,
  version: number,
  body: Buffer,
  { correlationId = 7, clientId = 'raw' as string | null, flexible = false } = {},
): Buffer {
  const name = clientId === null ? Buffer.alloc(0) : Buffer.from(clientId);
  const head = Buffer.alloc(10);
  head.writeInt16BE(api, 0);
  head.writeInt16BE(version, 2);
  head.writeInt32BE(correlationId, 4);
  head.writeInt16BE(clientId === null ? -1 : name.length, 8);
  const payload = Buffer.concat([head, name, Buffer.alloc(flexible ? 1 : 0), body]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(payload.length);
  return Buffer.concat([length, payload]);
}

/** What a connection does about these bytes: its answer as hex, or 'closed', or 'nothing'. */
async function reaction(asker: Asker, bytes: Buffer, waitMs = 400): Promise<string> {
  const client = await asker.connect();
  client.sendBytes(bytes);
  const answer = await outcome(client, waitMs);
  client.close();
  return answer;
}

async function outcome(client: RawClient, waitMs: number): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, waitMs, 'nothing');
  });
  try {
    return await Promise.race([
      client.nextFrame().then(
        (answer) => `answer with correlation id ${answer.readInt32BE(0)}`,
        () => 'closed',
      ),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
}

const VERSIONS_BODY_V3 = Buffer.from([2, 0x61, 2, 0x31, 0]);

export const versionProbes: readonly Probe[] = [
  {
    name: 'api versions: the ranges',
    async run(asker) {
      const { apiKeys } = await asker.raw('ApiVersions', 0, {});
      return Object.fromEntries(
        apiKeys.map(({ apiKey, minVersion, maxVersion }) => [
          apiKey,
          `${minVersion}-${maxVersion}`,
        ]),
      );
    },
  },
  {
    name: 'api versions: the rest of the answer',
    run: (asker) =>
      eachVersion(0, 4, async (version) => {
        const answer = await asker.raw('ApiVersions', version, {
          clientSoftwareName: 'a-client.of_mine',
          clientSoftwareVersion: '1.0-rc.1',
        });
        return asker.normal({ ...answer, apiKeys: answer.apiKeys.length > 0 });
      }),
  },
  {
    name: 'api versions: an unknown version',
    run: (asker) =>
      inTurn(
        Object.fromEntries(
          [5, 127, 32_767, -1].map((version) => [
            version,
            async () => {
              const client = await asker.connect();
              client.sendBytes(frame(18, version, Buffer.alloc(0), { flexible: version > 0 }));
              try {
                const bytes = await client.nextFrame();
                const { body } = decodeResponseFrame(wire.ApiVersions.response, 0, bytes);
                const self = body.apiKeys.find(({ apiKey }) => apiKey === 18);
                return asker.normal({ ...body, apiKeys: self ?? null });
              } catch (error) {
                return error instanceof Error ? error.message : 'no error';
              }
            },
          ]),
        ),
      ),
  },
  {
    name: 'api versions: names of clients',
    async run(asker) {
      const names = ['', '-x', 'x-', 'x y', '.x', 'x.', 'a', 'a-b.c', 'x_y', 'ü', 'a/b', 'a@b'];
      const answers: Record<string, unknown> = {};
      for (const version of [3, 4]) {
        for (const name of names) {
          const body = { clientSoftwareName: name, clientSoftwareVersion: '1' };
          const { errorCode } = await asker.raw('ApiVersions', version, body);
          const other = { clientSoftwareName: 'a', clientSoftwareVersion: name };
          const { errorCode: ofVersion } = await asker.raw('ApiVersions', version, other);
          answers[`v${version} '${name}'`] = [errorCode, ofVersion];
        }
      }
      return answers;
    },
  },
  {
    name: 'frames: what closes a connection',
    async run(asker) {
      const size = (length: number) => {
        const bytes = Buffer.alloc(4);
        bytes.writeInt32BE(length);
        return bytes;
      };
      const text = (value: string) =>
        Buffer.concat([Buffer.from([0, value.length]), Buffer.from(value)]);
      const topics = (count: number) => size(count);
      return inTurn({
        'length 0': () => reaction(asker, size(0)),
        'length -1': () => reaction(asker, size(-1)),
        'length -2147483648': () => reaction(asker, size(-2_147_483_648)),
        'length above the limit': () => reaction(asker, size(104_857_601)),
        'length 4, half a header': () => reaction(asker, Buffer.concat([size(4), size(3)])),
        'unknown API': () => reaction(asker, frame(999, 0, Buffer.alloc(0))),
        'API -1': () => reaction(asker, frame(-1, 0, Buffer.alloc(0))),
        'Metadata v99': () => reaction(asker, frame(3, 99, Buffer.alloc(0), { flexible: true })),
        'Metadata v-1': () => reaction(asker, frame(3, -1, Buffer.alloc(0))),
        'Produce v99': () => reaction(asker, frame(0, 99, Buffer.alloc(0), { flexible: true })),
        'Metadata v0 without a body': () => reaction(asker, frame(3, 0, Buffer.alloc(0))),
        'Metadata v0 with more topics than bytes': () =>
          reaction(asker, frame(3, 0, topics(2_000_000_000))),
        'Metadata v0 with null topics': () => reaction(asker, frame(3, 0, topics(-1))),
        'Metadata v0 with -2 topics': () => reaction(asker, frame(3, 0, topics(-2))),
        'Metadata v1 with a null name': () =>
          reaction(asker, frame(3, 1, Buffer.concat([topics(1), Buffer.from([255, 255])]))),
        'Metadata v1 with bytes after it': () =>
          reaction(asker, frame(3, 1, Buffer.concat([topics(0), Buffer.from('more')]))),
        'Heartbeat v0 cut off': () => reaction(asker, frame(12, 0, text('group'))),
        'a client id longer than the frame': () =>
          reaction(asker, Buffer.concat([size(10), Buffer.from([0, 3, 0, 0, 0, 0, 0, 9, 127, 0])])),
        'client id -2': () =>
          reaction(
            asker,
            Buffer.concat([size(10), Buffer.from([0, 3, 0, 0, 0, 0, 0, 9, 255, 254])]),
          ),
        'a null client id': () => reaction(asker, frame(3, 1, topics(0), { clientId: null })),
        'a long client id': () =>
          reaction(asker, frame(3, 1, topics(0), { clientId: 'x'.repeat(300) })),
        'ApiVersions v3 without a body': () =>
          reaction(asker, frame(18, 3, Buffer.alloc(0), { flexible: true })),
        'ApiVersions v3 without header tags': () => reaction(asker, frame(18, 3, VERSIONS_BODY_V3)),
        'ApiVersions v3': () => reaction(asker, frame(18, 3, VERSIONS_BODY_V3, { flexible: true })),
        'SaslHandshake without SASL': () => reaction(asker, frame(17, 1, text('PLAIN'))),
        'an HTTP request': () => reaction(asker, Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')),
        'a TLS hello': () => reaction(asker, Buffer.from('16030100c8010000c40303', 'hex')),
      });
    },
  },
  {
    name: 'frames: unknown tagged fields are skipped',
    async run(asker) {
      const tag = Buffer.from([1, 0x8f, 0x4e, 3, 1, 2, 3]);
      const body = Buffer.concat([Buffer.from([2, 0x61, 2, 0x31]), tag]);
      const flexibleHeader = Buffer.concat([frame(18, 3, Buffer.alloc(0)).subarray(4), tag, body]);
      const length = Buffer.alloc(4);
      length.writeInt32BE(flexibleHeader.length);
      return reaction(asker, Buffer.concat([length, flexibleHeader]));
    },
  },
  {
    name: 'frames: answers leave in the order of the requests',
    async run(asker) {
      const topic = await asker.topic('t');
      const client = await asker.connect();
      const first = asker.begin(
        'Fetch',
        12,
        {
          maxWaitMs: 600,
          minBytes: 1,
          topics: [{ topic, partitions: [{ partition: 0, partitionMaxBytes: 1000 }] }],
        },
        client,
      );
      const second = asker.begin('ApiVersions', 0, {}, client);
      const early = (await second.within(200)) === 'waiting';
      return { early, fetch: await first.answer, metadata: (await second.answer) !== 'closed' };
    },
  },
];
