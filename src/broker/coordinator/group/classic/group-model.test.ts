// If this breaks, some order of joins, syncs, deaths, slow disks and crashes leaves a request without
// an answer, gives a partition to two members, or loses what was committed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JoinResult, SyncResult } from '../messages.ts';
import { GroupHarness, type Reply } from '../testing/group-harness.ts';

const TIMEOUTS = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 15_000 };
const PARTITIONS = 12;

interface Client {
  memberId: string;
  readonly instanceId: string | null;
  metadata: string;
  generation: number;
  /** Set while this client leads its generation and is to assign. */
  assigns: readonly string[] | undefined;
}

type Operation =
  | { kind: 'start'; instance: number; idRequired: boolean; disconnects: boolean }
  | { kind: 'rejoin' | 'sync' | 'heartbeat' | 'leave' | 'commit'; client: number }
  | { kind: 'change'; client: number; metadata: number }
  | { kind: 'advance'; ms: number }
  | { kind: 'disk'; mode: 'works' | 'holds' | 'fails' }
  | { kind: 'crash' };

const client = fc.nat(5);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('start' as const),
      instance: fc.integer({ min: -3, max: 1 }),
      idRequired: fc.boolean(),
      disconnects: fc.boolean(),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constantFrom('rejoin', 'sync', 'sync', 'heartbeat', 'leave', 'commit'),
      client,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('change' as const), client, metadata: fc.nat(2) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('advance' as const),
      ms: fc.constantFrom(1, 2_000, 6_000, 10_000, 15_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('disk' as const),
      mode: fc.constantFrom('works', 'holds', 'fails'),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'crash' } as const) },
);

/** Drives one group with several clients and checks what each of them is told. */
class Run {
  readonly group: GroupHarness;
  readonly #clients: Client[] = [];
  #joins: { reply: Reply<JoinResult>; client: Client; since: number }[] = [];
  #syncs: { reply: Reply<SyncResult>; client: Client }[] = [];
  #commits: { reply: Reply<string[]>; offset: number }[] = [];
  /** The highest generation heard of. */
  #generation = 0;
  /** By generation: who leads, and which instance or member owns each partition. */
  #leaders = new Map<number, string>();
  #owners = new Map<string, string>();
  #lastOffset = 0;
  #committed = -1;
  #hasFailed = false;

  constructor(group: GroupHarness) {
    this.group = group;
  }

  async apply(operation: Operation): Promise<void> {
    switch (operation.kind) {
      case 'start':
        this.#start(operation);
        break;
      case 'advance':
        this.group.clock.advance(operation.ms);
        break;
      case 'disk':
        this.#setDisk(operation.mode);
        break;
      case 'crash':
        await this.#crash();
        break;
      default:
        this.#act(operation);
    }
    this.group.turn();
    this.#hear();
    this.#check();
  }

  /** Everybody falls silent: whatever is parked must end, and nothing may linger. */
  async end(): Promise<void> {
    this.#setDisk('works');
    this.group.clock.advance(3_600_000);
    this.#hear();
    const parked = [...this.#joins, ...this.#syncs, ...this.#commits];
    assert.equal(parked.length, 0, 'every request has been answered');
    assert.ok(['Empty', 'Dead'].includes(this.group.state()), this.group.state());
    assert.ok(this.group.clock.pendingTimers <= 1, 'no timer is left but the expiry of offsets');
    assert.equal(this.group.committed(), this.#committed);
  }

  #start({ instance, idRequired, disconnects }: Extract<Operation, { kind: 'start' }>): void {
    const instanceId = instance < 0 ? null : `static-${instance}`;
    const fresh: Client = {
      memberId: '',
      instanceId,
      metadata: 'm',
      generation: -1,
      assigns: undefined,
    };
    if (this.#clients.length < 6) this.#clients.push(fresh);
    else this.#clients[this.#lastOffset % 6] = fresh;
    const { reply, abandon } = this.group.joinAndAbandon('', {
      ...TIMEOUTS,
      instanceId,
      metadata: fresh.metadata,
      memberIdRequired: idRequired,
    });
    this.#joins.push({ reply, client: fresh, since: this.#generation });
    if (disconnects) abandon();
  }

  #act(operation: Extract<Operation, { client: number }>): void {
    const client = this.#clients[operation.client % Math.max(1, this.#clients.length)];
    if (client === undefined || client.memberId === '') return;
    const { memberId, instanceId, generation } = client;
    switch (operation.kind) {
      case 'change':
        client.metadata = `m${operation.metadata}`;
        break;
      case 'rejoin': {
        const options = { ...TIMEOUTS, instanceId, metadata: client.metadata };
        const reply = this.group.join(memberId, options);
        this.#joins.push({ reply, client, since: this.#generation });
        break;
      }
      case 'sync': {
        const assigns = client.assigns ?? [];
        const shares = Object.fromEntries(
          assigns.map((id, index) => [id, share(index, assigns.length)]),
        );
        const reply = this.group.sync(memberId, generation, shares, { instanceId });
        this.#syncs.push({ reply, client: { ...client } });
        break;
      }
      case 'heartbeat':
        this.group.heartbeat(memberId, generation, instanceId);
        break;
      case 'leave':
        this.group.coordinator.leave({
          groupId: 'group',
          members: [{ memberId, instanceId, reason: null }],
        });
        break;
      case 'commit': {
        const offset = ++this.#lastOffset;
        const reply = this.group.commit(offset, { memberId, instanceId, generation });
        this.#commits.push({ reply, offset });
        break;
      }
    }
  }

  #setDisk(mode: 'works' | 'holds' | 'fails'): void {
    const { log } = this.group;
    log.holds = mode === 'holds';
    log.failure = mode === 'fails' ? 'NOT_ENOUGH_REPLICAS' : 'NONE';
    if (mode === 'fails') this.#hasFailed = true;
    if (mode !== 'holds') log.commitHeld();
  }

  async #crash(): Promise<void> {
    const { log } = this.group;
    log.forgetHeld();
    log.holds = false;
    log.failure = 'NONE';
    await this.group.restart();
    this.#joins = [];
    this.#syncs = [];
    this.#commits = [];
    const committed = this.group.committed();
    assert.ok(committed >= this.#committed, 'no acknowledged commit is lost');
    this.#committed = Number(committed);
    // A generation whose assignment was never stored is forgotten, and its number used again.
    this.#generation = 0;
    this.#leaders.clear();
    this.#owners.clear();
  }

  #hear(): void {
    this.#joins = this.#joins.filter(({ reply, client, since }) => {
      if (reply.isParked) return true;
      this.#heard(reply.result, client, since);
      return false;
    });
    this.#syncs = this.#syncs.filter(({ reply, client }) => {
      if (reply.isParked) return true;
      if (reply.result.error === 'NONE') this.#owns(client, reply.result.assignment.toString());
      return false;
    });
    this.#commits = this.#commits.filter(({ reply, offset }) => {
      if (reply.isParked) return true;
      if (reply.result[0] === 'NONE') this.#committed = offset;
      return false;
    });
  }

  #heard(result: JoinResult, client: Client, since: number): void {
    if (result.error === 'MEMBER_ID_REQUIRED') client.memberId = result.memberId;
    if (result.error !== 'NONE') return;
    const { generation, leader, memberId, members } = result;
    client.memberId = memberId;
    client.generation = generation;
    client.assigns = undefined;
    assert.ok(generation >= since, 'generations only grow');
    this.#generation = Math.max(this.#generation, generation);
    if (members.length > 0) {
      assert.equal(leader, memberId, 'only the leader gets the members');
      const ids = members.map((one) => one.memberId);
      assert.equal(new Set(ids).size, ids.length);
      assert.ok(ids.includes(memberId));
      const known = this.#leaders.get(generation);
      assert.ok(known === undefined || known === (client.instanceId ?? memberId), 'one leader');
      this.#leaders.set(generation, client.instanceId ?? memberId);
      if (!result.skipAssignment) client.assigns = ids;
    }
  }

  #owns({ generation, memberId, instanceId }: Client, assignment: string): void {
    for (const partition of assignment === '' ? [] : assignment.split(',')) {
      const at = `${generation}/${partition}`;
      const owner = this.#owners.get(at);
      const self = instanceId ?? memberId;
      assert.ok(owner === undefined || owner === self, `${at} belongs to ${owner} and to ${self}`);
      this.#owners.set(at, self);
    }
  }

  #check(): void {
    const { state, members, protocol } = this.group.coordinator.describe('group');
    assert.equal(new Set(members.map(({ memberId }) => memberId)).size, members.length);
    if (state === 'Empty' || state === 'Dead') assert.equal(members.length, 0);
    if (state === 'Stable') assert.equal(protocol, 'range');
    if (!this.group.log.holds && !this.#hasFailed) this.#checkReplay(state);
  }

  /** What the log says is what the coordinator says, whenever nothing is under way. */
  #checkReplay(state: string): void {
    if (state !== 'Stable' && state !== 'Empty') return;
    if (this.#joins.length + this.#syncs.length > 0) return;
    const live = this.group.coordinator.describe('group');
    const replayed = this.group.replayed();
    // A group that never had a generation is not in the log at all.
    if (state === 'Empty' && replayed.state === 'Dead') return;
    assert.deepEqual(replayed, live);
  }
}

/** The partitions of the `index`-th of `count` members. */
function share(index: number, count: number): string {
  const own = Array.from({ length: PARTITIONS }, (_, partition) => partition);
  return own.filter((partition) => partition % count === index).join(',');
}

test('any order of events keeps the promises of a group', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(operation, { minLength: 20, maxLength: 80 }),
      fc.constantFrom(0, 3_000),
      async (operations, initialRebalanceDelayMs) => {
        const run = new Run(await GroupHarness.started({ initialRebalanceDelayMs }));
        for (const one of operations) await run.apply(one);
        await run.end();
      },
    ),
    { numRuns: 300, includeErrorInReport: true },
  );
});
