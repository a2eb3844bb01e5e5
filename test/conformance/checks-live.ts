import { harmlessOps } from './checks-ops.ts';
import { askAs, batchOf, good, mustRefuse, sendBatch, streamAs, type Device } from './device.ts';
import type { Answer } from './http.ts';
import { must, skip, type Check } from './suite.ts';
import { addWalkIn, readFeed, type World } from './world.ts';

/** What has to come soon: long polls and events; and the end of a device, which is told by an event too. */

interface Event {
  event: string;
  data: string;
}

interface Ear {
  status: number;
  type: string;
  encoding: string | undefined;
  events: Event[];
  /** Lines that keep it alive. */
  comments: () => number;
  ended: () => boolean;
  /** @returns whether it became so in time */
  until: (so: () => boolean, ms: number) => Promise<boolean>;
  close: () => void;
}

/** Listens to the events of a device, until the run ends. */
const listen = async (world: World, device: Device): Promise<Ear> => {
  const stream = await streamAs(device, 'events', {}, { accept: 'text/event-stream' });
  const events: Event[] = [];
  let comments = 0;
  let ended = false;
  let changed = (): void => undefined;
  const take = (block: string): void => {
    const fields = { event: 'message', data: '' };
    for (const line of block.split('\n')) {
      const [name = '', ...rest] = line.split(':');
      const value = rest.join(':').replace(/^ /, '');
      if (name === '') comments += 1;
      else if (name === 'event') fields.event = value;
      else if (name === 'data') fields.data += value;
    }
    if (/^(?:event|data):/m.test(block)) events.push(fields);
  };
  const read = async (): Promise<void> => {
    let rest = '';
    const decoder = new TextDecoder();
    try {
      for await (const part of stream.parts) {
        const blocks = (rest + decoder.decode(part, { stream: true })).replaceAll('\r\n', '\n').split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) take(block);
        changed();
      }
    } catch {
      // Closed, by either side.
    }
    ended = true;
    changed();
  };
  void read();
  world.onClose(stream.close);
  return {
    status: stream.status,
    type: stream.headers['content-type'] ?? '',
    encoding: stream.headers['content-encoding'],
    events,
    comments: () => comments,
    ended: () => ended,
    until: async (so, ms) =>
      new Promise((resolve) => {
        const end = (result: boolean): void => {
          clearTimeout(timer);
          changed = () => undefined;
          resolve(result);
        };
        const timer = setTimeout(() => end(so()), ms);
        changed = () => {
          if (so()) end(true);
        };
        changed();
      }),
    close: stream.close,
  };
};

const POKE_MS = 2_000;
const HEARTBEAT_MS = 32_000;
/** A long poll must be answered this soon after a change. */
const PROMPT_MS = 3_000;
const QUIET_TRIES = 4;

export const liveChecks: readonly Check[] = [
  {
    id: 'poll.waits',
    about: 'a long poll without news is held for as long as was asked for, and then empty',
    run: async (world) => {
      const device = await world.device();
      const { feed } = await readFeed(device);
      for (let i = 0; i < QUIET_TRIES; i += 1) {
        const answer = await askAs(device, 'changes', { cursor: feed.cursor, wait: 2 });
        const page = good('changes', answer);
        feed.cursor = page.cursor;
        if (page.changes.length > 0) continue;
        must(
          answer.tookMs >= 1_500,
          `a long poll of 2 s without news is answered after ${Math.round(answer.tookMs)} ms: devices would ask without end`,
        );
        must(answer.tookMs <= 8_000, `a long poll of 2 s is answered after ${Math.round(answer.tookMs / 1000)} s`);
        return;
      }
      skip('the centre is not quiet for two seconds: run it on one that nobody uses');
    },
  },
  {
    id: 'poll.prompt',
    about: 'a long poll is answered at once when something changes',
    run: async (world) => {
      const device = await world.device();
      const walkIn = await world.walkIn();
      const { feed } = await readFeed(device);
      const polled = askAs(device, 'changes', { cursor: feed.cursor, wait: 20 });
      // It has to be there before the change is: whatever comes on another connection is later than this.
      await readFeed(device, feed);
      const begun = performance.now();
      good('ops', await sendBatch(device, batchOf(device, [walkIn])));
      const page = good('changes', await polled);
      const took = performance.now() - begun;
      must(page.changes.length > 0, 'a long poll is answered without rows although something changed');
      must(
        took <= PROMPT_MS,
        `a long poll is answered ${(took / 1000).toFixed(1)} s after a change: wake it when the change is committed`,
      );
    },
  },
  {
    id: 'events.stream',
    about: 'text/event-stream, not packed, and it stays open',
    run: async (world) => {
      const device = await world.device();
      const ear = await listen(world, device);
      must(ear.status === 200, `events is refused with HTTP ${ear.status}`);
      must(ear.type.startsWith('text/event-stream'), `events is ${ear.type}: it must be text/event-stream`);
      must(
        ear.encoding === undefined,
        `the event stream is packed with ${ear.encoding ?? ''}: what is packed waits in a buffer`,
      );
      const gone = await ear.until(ear.ended, 1_000);
      ear.close();
      must(!gone, 'the event stream ends at once: it has to stay open');
    },
  },
  {
    id: 'events.poke',
    about: 'a change is followed by a poke within two seconds',
    run: async (world) => {
      const device = await world.device();
      const ear = await listen(world, device);
      // Only what comes from now on counts: the stream may begin with a poke.
      await readFeed(device);
      const before = ear.events.length;
      await addWalkIn(world, device);
      const poked = await ear.until(() => ear.events.slice(before).some(({ event }) => event === 'poke'), POKE_MS);
      ear.close();
      must(poked, 'no poke comes within 2 s of a change');
    },
  },
  {
    id: 'events.nothing',
    about: 'events are poke and revoke, with {} as data: nothing about anybody goes over this line',
    run: async (world) => {
      const device = await world.device();
      const ear = await listen(world, device);
      await addWalkIn(world, device);
      await ear.until(() => ear.events.length > 0, POKE_MS);
      ear.close();
      for (const { event, data } of ear.events) {
        must(event === 'poke' || event === 'revoke', `an event ${event} comes, which is none of the contract`);
        must(data.trim() === '{}', `the event ${event} has the data ${data.slice(0, 60)}: it must be {}`);
      }
    },
  },
];

/** Last of all but for the end of a device: it only waits. */
export const heartbeatCheck: Check = {
  id: 'events.heartbeat',
  about: 'a comment at least every 25 seconds',
  run: async (world) => {
    const ear = await listen(world, await world.device());
    const begun = ear.comments();
    const alive = await ear.until(() => ear.comments() > begun || ear.ended(), HEARTBEAT_MS);
    const gone = ear.ended();
    ear.close();
    must(!gone, 'the event stream ends by itself when nothing happens: something on the way closes silent lines');
    must(alive, `no comment comes within ${HEARTBEAT_MS / 1000} s: a device takes the line for dead`);
  },
};

// --- The end of a device ---------------------------------------------------------------------------------------------

interface Fork {
  device: Device;
  answer: Answer;
  revoked: boolean;
}
const forks = new WeakMap<World, Promise<Fork>>();

/** Lets a device, the second one where there is one, be at work twice. Afterwards it is of no use. */
const forked = async (world: World): Promise<Fork> => {
  const known = forks.get(world);
  if (known) return known;
  const make = async (): Promise<Fork> => {
    const device = await world.other().catch(world.device);
    const ear = await listen(world, device);
    const start = { seq: device.seq, hash: device.hash };
    const [one, two] = await harmlessOps(world, 2);
    if (!one || !two) skip('no operations');
    good('ops', await sendBatch(device, batchOf(device, [one])));
    const answer = await askAs(device, 'ops', batchOf(device, [two], start));
    const revoked = await ear.until(() => ear.events.some(({ event }) => event === 'revoke'), POKE_MS);
    ear.close();
    return { device, answer, revoked };
  };
  const made = make();
  forks.set(world, made);
  return made;
};

export const forkChecks: readonly Check[] = [
  {
    id: 'fork.refused',
    about: 'another operation for a known sequence number is 409 chain-fork',
    run: async (world) => {
      const { answer } = await forked(world);
      mustRefuse(answer, 409, 'chain-fork', 'a device that is at work twice (a copied disk) is not noticed');
    },
  },
  {
    id: 'fork.revoke',
    about: 'and its event stream says revoke',
    run: async (world) => {
      const { revoked } = await forked(world);
      must(
        revoked,
        'no event `revoke` comes within 2 s after the device was blocked: it would go on until its next call',
      );
    },
  },
  {
    id: 'fork.blocked',
    about: 'and from then on every call of it is 403 device-revoked',
    run: async (world) => {
      const { device } = await forked(world);
      const calls = [
        ['changes', 'pulls'],
        ['snapshot', 'reads snapshots'],
        ['keys', 'gets keys'],
        ['events', 'is told of changes'],
      ] as const;
      for (const [name, what] of calls) {
        const answer = await askAs(device, name, {}, { timeoutMs: 10_000 });
        mustRefuse(answer, 403, 'device-revoked', `a device whose chain has forked still ${what}`);
      }
      const push = await askAs(device, 'ops', batchOf(device, await harmlessOps(world, 1)));
      mustRefuse(push, 403, 'device-revoked', 'a device whose chain has forked still pushes');
    },
  },
];
