import type { SimNetwork } from '../../src/base/testing/sim-network.ts';
import type { SimRandom } from '../../src/base/testing/sim-random.ts';
import type { ClientWorld } from '../clients/client-world.ts';
import { Disconnected } from '../clients/sim-client.ts';
import type { World } from '../world/world.ts';
import { BROKER_HOST, type BrokerLife } from './broker-life.ts';
import type { Fault } from './plan.ts';

export interface ChaosOptions {
  readonly world: World;
  readonly network: SimNetwork;
  readonly clients: ClientWorld;
  readonly life: BrokerLife;
  readonly random: SimRandom;
}

/** Makes things go wrong while `life` lives. */
export function cause(fault: Fault, options: ChaosOptions): void {
  const { world, network, clients, life, random } = options;
  const pick = (count: number) => random.int(count);
  const often = (everyMs: number, what: () => void) => {
    const again = () => {
      if (!life.process.isAlive || clients.isOver) return;
      what();
      world.loop.after(random.float() * everyMs, again);
    };
    world.loop.after(random.float() * everyMs, again);
  };
  world.note(`from now on ${fault}`);
  switch (fault) {
    case 'connections break':
      often(400, () => network.breakOne(random.pick([BROKER_HOST, 'clients']), pick));
      break;
    case 'connections go silent':
      often(1500, () => {
        clients.goSilent();
        network.halfOpen(random.pick([BROKER_HOST, 'clients']), pick);
      });
      break;
    case 'the disk is slow':
      world.diskSpeed = 'slow';
      break;
    case 'the disk stutters':
      world.diskSpeed = 'stuttering';
      break;
    case 'the clock jumps':
      often(700, () => life.process.jump(random.pick([-3_600_000, -100, 100, 60_000, 1_800_000])));
      break;
    case 'noise on the wire':
      often(500, () => void makeNoise(clients, random).catch((error) => clients.fail(error)));
      break;
    case 'the disk fills up':
      world.loop.after(random.float() * 400, () => {
        if (!life.process.isAlive) return;
        clients.diskIsBroken = true;
        world.note('the disk is full');
        world.disk.capacityBytes = world.disk.usedBytes() + random.int(2000);
        world.loop.after(random.float() * 300, () => {
          if (!life.process.isAlive) return;
          world.note('there is space again');
          world.disk.capacityBytes = Number.POSITIVE_INFINITY;
        });
      });
      break;
    case 'the disk fails': {
      const operation = random.pick(['write', 'sync', 'rename', 'syncFolder', 'truncate']);
      const code = random.pick(['EIO', 'ENOSPC']);
      world.loop.after(random.float() * 600, () => {
        if (!life.process.isAlive) return;
        clients.diskIsBroken = true;
        world.diskError = (one) => (one === operation ? code : undefined);
      });
    }
  }
}

/** A connection that brings no whole request, or bytes that are none at all. */
async function makeNoise(clients: ClientWorld, random: SimRandom): Promise<void> {
  try {
    const client = await clients.connect('noise');
    const size = Buffer.alloc(4);
    size.writeInt32BE(random.pick([0, -1, 100, 50_000, 2 ** 31 - 1]));
    const bytes = Buffer.concat([size, random.bytes(random.int(300))]);
    client.sendBytes(bytes.subarray(0, 1 + random.int(bytes.length)));
    await clients.sleep(random.float() * 200);
    client.close();
  } catch (error) {
    if (!(error instanceof Disconnected)) throw error;
  }
}
