import { fork } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { plainBooking, putBooking } from '../centre/bookings.ts';
import { digestOf } from '../centre/change-log.ts';
import type { Control } from '../centre/control.ts';
import { startCentre, type Centre } from '../centre/index.ts';
import { DEMO_OFFICE } from '../centre/demo-services.ts';
import { demoSeed } from '../centre/demo.ts';
import { moveWindows } from '../centre/feed.ts';
import { applySeed } from '../centre/seed.ts';

/** The reference centre as a process of its own, with so many bookings, and a count of the bytes that went through it. */

interface Ask {
  id: number;
  do: 'start' | 'bookings' | 'tokens' | 'control' | 'code' | 'traffic' | 'stop' | 'visits' | 'revise' | 'advance';
  db?: string;
  count?: number;
  offices?: number;
  office?: number;
  minutes?: number;
  control?: Partial<Control>;
}
export interface Traffic {
  /** Sent by devices. */
  in: number;
  out: number;
  requests: number;
}

const sockets = new Set<Socket>();
const gone = { in: 0, out: 0 };
let requests = 0;
/** Ahead of this machine's clock, ms. */
let ahead = 0;
const traffic = (): Traffic => {
  let [incoming, outgoing] = [gone.in, gone.out];
  for (const socket of sockets) {
    incoming += socket.bytesRead;
    outgoing += socket.bytesWritten;
  }
  return { in: incoming, out: outgoing, requests };
};

/** Bookings of the coming week, as they come from the net: with a verifier of the phone, and the person's mark. */
const addBookings = ({ context }: Centre, count: number): void => {
  const now = context.now();
  context.write(() => {
    for (let n = 0; n < count; n += 1) {
      putBooking(
        context,
        plainBooking({
          office_id: DEMO_OFFICE,
          service_id: 101 + (n % 3),
          starts_at: now + (n % 7_000) * 60_000,
          person: n.toString(16).padStart(32, '0'),
          masked: 'И. П.',
          factors: [
            {
              kind: 'phone4',
              salt: 'u2bGk0Yx7Qm1c3Zt9aVwLg',
              cost: 14,
              hash: 'qX7Zc0m5vT2uY8rW1sK4jH6gF3dN9bL0pA-eQiVoUtM',
            },
          ],
        }),
      );
    }
  });
};

export const FIRST_OFFICE = 20_001;
const addOffices = ({ context }: Centre, count: number): void => {
  const seed = demoSeed(context);
  const [like] = seed.offices;
  if (!like || count === 0) return;
  const more = Array.from({ length: count }, (_, n) => ({ ...like, id: FIRST_OFFICE + n }));
  applySeed(context, { ...seed, bookings: [], enrolment: [], offices: [...seed.offices, ...more] });
};

const serve = (): void => {
  subscribe('net.server.socket', (message) => {
    const { socket } = message as { socket: Socket };
    sockets.add(socket);
    socket.on('close', () => {
      sockets.delete(socket);
      gone.in += socket.bytesRead;
      gone.out += socket.bytesWritten;
    });
  });
  subscribe('http.server.request.start', () => {
    requests += 1;
  });
  let centre: Centre | null = null;
  const act = async (ask: Ask): Promise<unknown> => {
    if (ask.do === 'start') {
      centre = await startCentre({
        db: ask.db ?? ':memory:',
        seed: 'demo',
        control: true,
        now: () => Date.now() + ahead,
      });
      centre.control({ counters: 'stop' });
      addOffices(centre, ask.offices ?? 0);
      addBookings(centre, ask.count ?? 0);
      // The centre's own work of a new day is done before devices come.
      moveWindows(centre.context, DEMO_OFFICE);
      return centre.url;
    }
    if (!centre) throw new Error('not started');
    switch (ask.do) {
      case 'bookings':
        return addBookings(centre, ask.count ?? 0);
      case 'tokens':
        return Array.from({ length: ask.count ?? 0 }, (_, n) => {
          const starts_at = Date.now() + ahead + Math.floor((n * (ask.minutes ?? 20)) / (ask.count ?? 1)) * 60_000;
          const answer = centre?.control({ book: { office_id: DEMO_OFFICE, service_id: 101 + (n % 3), starts_at } });
          return answer?.booking?.token;
        });
      case 'control':
        return centre.control(ask.control ?? {});
      case 'code':
        return centre.createCode(ask.office ?? DEMO_OFFICE);
      case 'revise': {
        // Not in the feed: as after an error of the centre. Devices find it when they compare the sums.
        const { db } = centre.context;
        centre.context.write(() => {
          db.prepare(
            `UPDATE current_row SET rev = rev + 1, data = json_set(data, '$.masked', ?)
             WHERE collection = 'booking' AND op = 'put' AND audience = ?`,
          ).run(`И. ${String(Date.now()).slice(-4)}`, DEMO_OFFICE);
          const rows = db
            .prepare<[number], { id: string; rev: number }>(
              `SELECT id, rev FROM current_row WHERE collection = 'booking' AND op = 'put' AND audience = ? AND role = ''`,
            )
            .all(DEMO_OFFICE);
          const { count, xor } = digestOf(rows);
          db.prepare(
            `UPDATE row_digest SET count = ?, xor = ? WHERE collection = 'booking' AND audience = ? AND role = ''`,
          ).run(count, xor, DEMO_OFFICE);
        });
        return null;
      }
      case 'advance':
        ahead += ask.count ?? 0;
        return null;
      case 'visits':
        return centre.context.db.prepare<[], { n: number }>('SELECT count(*) AS n FROM visit').get()?.n;
      case 'traffic':
        return traffic();
      case 'stop':
        return centre.close();
      default:
        throw new Error(`unknown: ${String(ask.do satisfies never)}`);
    }
  };
  process.on('message', (message) => {
    const ask = message as Ask;
    act(ask).then(
      (value) => process.send?.({ id: ask.id, value }),
      (error: unknown) => process.send?.({ id: ask.id, error: error instanceof Error ? error.message : String(error) }),
    );
  });
};

/** Starts it. @param count bookings that it has from the start @param offices beside that of the demo: FIRST_OFFICE and on */
export const startCentreProcess = async (db: string, count: number, offices = 0) => {
  const child = fork(fileURLToPath(import.meta.url), ['serve'], { serialization: 'advanced' });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  child.on('message', (message) => {
    const { id, value, error } = message as { id: number; value?: unknown; error?: string };
    const waiter = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) waiter?.resolve(value);
    else waiter?.reject(new Error(error));
  });
  child.on('exit', () => {
    for (const waiter of waiting.values()) waiter.reject(new Error('the centre ended'));
  });
  let last = 0;
  const ask = <T>(what: Omit<Ask, 'id'>): Promise<T> => {
    last += 1;
    const waiter = Promise.withResolvers<unknown>();
    waiting.set(last, waiter);
    child.send({ id: last, ...what });
    return waiter.promise as Promise<T>;
  };
  const url = await ask<string>({ do: 'start', db, count, offices });
  return {
    url,
    pid: child.pid ?? 0,
    code: (office = DEMO_OFFICE) => ask<string>({ do: 'code', office }),
    /** So many bookings more, in one transaction. */
    bookings: (n: number) => ask<void>({ do: 'bookings', count: n }),
    /** Confirmations of bookings, spread over the next minutes. */
    tokens: (n: number, minutes = 20) => ask<string[]>({ do: 'tokens', count: n, minutes }),
    /** So many ms pass for it. */
    advance: (ms: number) => ask<null>({ do: 'advance', count: ms }),
    control: (control: Partial<Control>) => ask<unknown>({ do: 'control', control }),
    traffic: () => ask<Traffic>({ do: 'traffic' }),
    /** Every booking is another than devices have, and they are not told; they find it by comparing. */
    revise: () => ask<null>({ do: 'revise' }),
    visits: () => ask<number>({ do: 'visits' }),
    stop: async () => {
      await ask({ do: 'stop' });
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
};

if (process.argv[2] === 'serve' && process.argv[1] === fileURLToPath(import.meta.url)) serve();
