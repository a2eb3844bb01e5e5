import { createHash } from 'node:crypto';
import fastify, { type FastifyInstance } from 'fastify';
import { v7 } from 'uuid';
import { createCore, type Core } from '../../electron/core/core.ts';
import type { Clock, SqlDriver } from '../../electron/core/ports.ts';
import { openBetterSqlite3 } from '../../electron/core/store/better-sqlite3.ts';
import { API_PREFIX } from '../../shared/contracts/centre/schemas.ts';
import { addApi } from '../centre/api.ts';
import { markNoShows, plainBooking, putBooking, readBooking } from '../centre/bookings.ts';
import { beginRestored } from '../centre/backup.ts';
import { createContext, type Context } from '../centre/context.ts';
import { createCode } from '../centre/devices.ts';
import { confirmation } from '../centre/keys.ts';
import { applySeed, parseSeed } from '../centre/seed.ts';
import { callVisit, finishVisit, serveVisit } from '../centre/serving.ts';
import { CALM, decideFault, type Decision, type FaultRates } from '../faults/plan.ts';
import { memoryLog } from '../fixtures/sqlite.ts';
import { begun, settle, takeOver } from './quiet.ts';

/**
 * An office in virtual time: whole devices with real databases, the whole centre, and between them a network that does
 * everything networks do. One thing happens at a time, everything that follows from it is waited for, and only then does
 * time go on; so the same seed does the same again.
 */

export const OFFICE = 7701;
const SERVICES = [1, 2, 3] as const;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** 08:30 of a Monday in Moscow. */
const START = Date.parse('2026-03-16T08:30:00+03:00');

/** Mulberry32. */
export const randomOf = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

export interface ChaosOptions {
  devices: number;
  hours: number;
  seed: number;
  /** Sees every event. */
  trace?: (line: string) => void;
}

/** What a visitor went away with. */
interface Given {
  device: string;
  visit: string;
  booking: string | null;
  series: string;
  number: number;
  date: string;
}

interface Machine {
  name: string;
  driver: SqlDriver;
  secrets: Map<string, string>;
  /** Grows with each crash: what belonged to the program before is dead. */
  life: number;
  core: Core | null;
  bootedAt: number;
  /** Its own clock against the true one. */
  offset: number;
  up: boolean;
  full: boolean;
  log: ReturnType<typeof memoryLog>;
  code: string | null;
}

const text = (ru: string) => ({ ru, en: ru });
const seedOf = (devices: number) =>
  parseSeed(
    {
      offices: [
        {
          id: OFFICE,
          name: text('МФЦ'),
          subtitle: text('Центр'),
          address: text('Ленина, 5'),
          time_zone: 'Europe/Moscow',
          day_change_minutes: 240,
          languages: ['ru'],
          hours: { week: Array.from({ length: 7 }, () => [{ from: 480, until: 1200 }]) },
          flood: { burst: 100, refill_seconds: 1 },
        },
      ],
      service_groups: [
        { id: 1, name: text('Документы'), series: 'A', icon: 'id-card', position: 1 },
        { id: 2, name: text('Семья'), series: 'B', icon: 'baby', position: 2 },
      ],
      services: SERVICES.map((id) => ({
        id,
        group_id: id === 3 ? 2 : 1,
        name: text(`Услуга ${id}`),
        hint: null,
        papers: [],
        icon: 'id-card',
        place: null,
        duration_minutes: 10,
        duration_spread_minutes: 3,
        position: id,
        policy: { unconfirmed_requests: id === 1 },
      })),
      slots: [{ office_id: OFFICE, every_minutes: 60 }],
      enrolment: [{ office_id: OFFICE, count: devices }],
    },
    'chaos',
  );

export const createChaos = async ({ devices, hours, seed, trace }: ChaosOptions) => {
  const random = randomOf(seed);
  let time = 0;
  let order = 0;
  const queue: { at: number; order: number; run: () => void }[] = [];
  const hash = createHash('sha256');
  const note = (line: string): void => {
    hash.update(`${time} ${line}\n`);
    trace?.(`${new Date(START + time).toISOString().slice(11, 23)} ${line}`);
  };
  takeOver(random, () => START + time);
  const now = (): number => START + time;
  const at = (ms: number, run: () => void): (() => void) => {
    const entry = { at: time + Math.max(0, Math.ceil(ms)), order: (order += 1), run };
    let low = 0;
    let high = queue.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = queue[middle];
      // The latest first: what comes next is taken from the end.
      if (other && (other.at > entry.at || (other.at === entry.at && other.order > entry.order))) low = middle + 1;
      else high = middle;
    }
    queue.splice(low, 0, entry);
    return () => {
      entry.run = () => undefined;
    };
  };
  const chance = (share: number): boolean => random() < share;
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];

  // --- The centre ----------------------------------------------------------------------------------------------------

  const alarms: string[] = [];
  let context: Context;
  let app: FastifyInstance;
  let centreUp = true;
  const openCentre = async (saved: Buffer | null): Promise<void> => {
    // better-sqlite3 opens a serialized database where it takes a file name.
    context = createContext((saved ?? ':memory:') as string, now, (line) => {
      if (line.includes('ALARM')) alarms.push(line);
    });
    if (saved) beginRestored(context);
    else applySeed(context, seedOf(devices));
    app = fastify({ onProtoPoisoning: 'remove', onConstructorPoisoning: 'remove' });
    addApi(app, context, () => ['https://centre.test'], null, new AbortController().signal);
    await app.ready();
  };
  await openCentre(null);

  // --- The network -----------------------------------------------------------------------------------------------------

  let rates: FaultRates = CALM;
  /** Ids of operations that the centre fails with, for ever. */
  const poison = new Set<string>();
  let requests = 0;

  interface Answer {
    status: number;
    headers: Record<string, string>;
    body: Buffer;
  }
  const inject = async (url: URL, init: RequestInit): Promise<Answer> => {
    const headers = Object.fromEntries(new Headers(init.headers).entries());
    const payload =
      typeof init.body === 'string'
        ? init.body
        : init.body === undefined || init.body === null
          ? undefined
          : Buffer.from(init.body as Uint8Array);
    const response = await begun(
      app.inject({
        method: init.method === 'POST' ? 'POST' : 'GET',
        url: url.pathname + url.search,
        headers,
        ...(payload === undefined ? {} : { payload }),
      }),
    );
    const sent: Record<string, string> = {};
    for (const [name, value] of Object.entries(response.headers)) {
      // Packing is done by other threads, whose order is nobody's.
      if (name !== 'accept-encoding' && name !== 'content-length') sent[name] = String(value);
    }
    return { status: response.statusCode, headers: sent, body: response.rawPayload };
  };
  const page = (status: number, body: string, type = 'text/html', more: Record<string, string> = {}): Answer => ({
    status,
    headers: { 'content-type': type, ...more },
    body: Buffer.from(body),
  });
  const problem = (status: number, type: string, more: Record<string, string> = {}): Answer =>
    page(status, JSON.stringify({ type: `/problems/${type}`, title: type, status }), 'application/problem+json', more);

  /** What the centre, or what stands before it, says. Null: nothing. */
  const ask = async (url: URL, init: RequestInit, d: Decision): Promise<Answer | null> => {
    const retry = { 'retry-after': String(d.retryAfterS) };
    switch (d.fault) {
      case 'lost-request':
        return null;
      case 'error':
        return problem(500, 'internal');
      case 'unavailable':
        return problem(503, 'maintenance', retry);
      case 'too-many':
        return problem(429, 'rate-limited', retry);
      case 'gateway':
        return page(502, '<h1>Bad gateway</h1>');
      case 'portal':
        return page(200, '<html>Sign in to the Wi-Fi</html>');
      case 'redirect':
        throw new TypeError('fetch failed', { cause: new Error('unexpected redirect') });
      case 'duplicated':
        await inject(url, init);
        break;
      default:
        break;
    }
    const body = typeof init.body === 'string' ? init.body : '';
    if (
      url.pathname.endsWith('/sync/ops') &&
      [...poison].some((id) => body.includes(`"${id}","seq"`) && !withheldIn(body, id))
    ) {
      return problem(500, 'internal');
    }
    const answer = await inject(url, init);
    if (d.fault === 'lost-answer') return null;
    if (d.fault === 'wrong-type') return { ...answer, headers: { ...answer.headers, 'content-type': 'text/html' } };
    return answer;
  };
  const withheldIn = (body: string, id: string): boolean => {
    const { ops } = JSON.parse(body) as { ops: { op_id: string; withheld?: true }[] };
    return ops.some((op) => op.op_id === id && op.withheld === true);
  };

  const fetchOf =
    (machine: Machine, life: number): typeof fetch =>
    async (input, init = {}) => {
      const url = new URL(input instanceof Request ? input.url : input);
      requests += 1;
      const decision = decideFault(rates, random);
      const path = url.pathname.slice(API_PREFIX.length);
      note(`${machine.name} ${path} ${decision.fault}`);
      return new Promise<Response>((resolve, reject) => {
        const alive = (run: () => void) => (): void => {
          if (machine.life === life) run();
        };
        const signal = init.signal ?? null;
        const abort = (): void => reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
        if (signal?.aborted === true) return abort();
        signal?.addEventListener('abort', alive(abort), { once: true });
        const broken = (): void => reject(new TypeError('fetch failed', { cause: new Error('the line broke') }));
        const way = (): number => 5 + random() * 60;
        const respond = (answer: Answer): void => {
          const { status, headers, body } = answer;
          if (decision.fault !== 'truncated')
            return resolve(new Response(status === 204 ? null : new Uint8Array(body), { status, headers }));
          const part = body.subarray(0, Math.floor(body.length * decision.share));
          const cut = new ReadableStream<Uint8Array>({
            start: (controller) => {
              if (part.length > 0) controller.enqueue(part);
            },
            pull: (controller) => controller.error(new Error('the line broke')),
          });
          return resolve(new Response(cut, { status, headers }));
        };
        const deliver = (): void => {
          if (!machine.up || !centreUp) return broken();
          void ask(url, init, decision).then((answer) => {
            if (answer)
              at(
                way(),
                alive(() => (machine.up ? respond(answer) : broken())),
              );
          }, broken);
        };
        // Events are not for virtual time: the device goes down its ladder.
        if (path === '/sync/events')
          return void at(
            way(),
            alive(() => respond(problem(503, 'maintenance'))),
          );
        if (!machine.up || !centreUp || decision.fault === 'reset') return void at(way(), alive(broken));
        const wait = Number(url.searchParams.get('wait') ?? 0);
        url.searchParams.set('wait', '0');
        if (path !== '/sync/changes') url.searchParams.delete('wait');
        if (wait === 0 || decision.fault !== 'none') return void at(way() + decision.delayMs, deliver);
        // A long poll: asked anew when something was committed, or when its time is over.
        const until = time + wait * 1000;
        const look = (): void => {
          if (!machine.up || !centreUp) return broken();
          void inject(url, init).then((answer) => {
            const empty = answer.status === 200 && answer.body.includes('"changes":[]');
            if (!empty || time >= until) {
              at(
                way(),
                alive(() => (machine.up ? respond(answer) : broken())),
              );
              return;
            }
            let asked = false;
            const again = alive(() => {
              if (asked) return;
              asked = true;
              stop();
              look();
            });
            const stop = context.listen(({ type }) => {
              if (type === 'changes') at(200, again);
            });
            at(until - time, again);
          }, broken);
        };
        return void at(way(), look);
      });
    };

  // --- The devices -----------------------------------------------------------------------------------------------------

  const machines: Machine[] = [];
  const faults: string[] = [];
  const must = (what: string, work: Promise<unknown>): void => {
    work.catch((error: unknown) => {
      faults.push(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    });
  };
  const driverOf = (machine: () => Machine): SqlDriver => {
    const inner = openBetterSqlite3(':memory:');
    return {
      ...inner,
      prepare: (sql) => {
        const statement = inner.prepare(sql);
        return {
          ...statement,
          run: (...params) => {
            if (machine().full && /^\s*(INSERT|COMMIT)/.test(sql) && !sql.includes('snapshot')) {
              throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
            }
            return statement.run(...params);
          },
        };
      },
      // The next program finds what this one wrote.
      close: () => undefined,
    };
  };
  const boot = (machine: Machine): void => {
    machine.life += 1;
    const { life } = machine;
    machine.bootedAt = time;
    try {
      machine.driver.exec('ROLLBACK');
    } catch {
      // No transaction was open.
    }
    const alive = (): boolean => machine.life === life;
    const clock: Clock = {
      now: () => now() + machine.offset,
      monotonic: () => time - machine.bootedAt,
      after: (ms, run) =>
        at(ms, () => {
          if (alive()) run();
        }),
    };
    const core = createCore(
      {
        clock,
        ids: { uuid: () => v7() },
        random,
        log: machine.log,
        openStore: () => machine.driver,
        fetch: fetchOf(machine, life),
        secrets: {
          get: (name) => machine.secrets.get(name) ?? null,
          set: (name, value) => void (value === null ? machine.secrets.delete(name) : machine.secrets.set(name, value)),
        },
        printer: { name: 'none', open: () => Promise.reject(new Error('there is no printer here')) },
        render: { draw: (_content, width) => ({ width, height: 1, bits: new Uint8Array(width / 8) }) },
      },
      { app: 'chaos', deviceSettings: {}, pid: 1 },
    );
    machine.core = core;
    must(`${machine.name} start`, core.start());
  };
  const rows = (machine: Machine, query: string, ...params: (string | number)[]) =>
    machine.driver.prepare(query).all(...params);

  // --- People ----------------------------------------------------------------------------------------------------------

  const given: Given[] = [];
  const bookings: { id: string; token: string; startsAt: number }[] = [];
  const book = (inMinutes: number): void => {
    const startsAt = Math.floor((now() + inMinutes * MINUTE) / MINUTE) * MINUTE;
    const service = pick(SERVICES) ?? 1;
    const made = putBooking(context, plainBooking({ office_id: OFFICE, service_id: service, starts_at: startsAt }));
    bookings.push({ id: made.id, token: confirmation(context, made), startsAt });
  };
  const call = (
    machine: Machine,
    method: string,
    params: unknown,
    then: (value: Record<string, unknown>) => void,
  ): void => {
    const { core, life } = machine;
    if (!core) return;
    must(
      `${machine.name} ${method}`,
      core.call('service', method, params).then((answer) => {
        if (machine.life !== life) return;
        note(`${machine.name} ${method} ${answer.ok ? 'ok' : answer.error.code}`);
        if (answer.ok) then(answer.value as Record<string, unknown>);
        else if (answer.error.code === 'internal') faults.push(`${machine.name} ${method}: ${answer.error.message}`);
      }),
    );
  };
  const ticketOf =
    (machine: Machine, booking: string | null) =>
    (value: Record<string, unknown>): void => {
      if (value['outcome'] !== 'accepted') return;
      const visit = value['visit'] as { id: string; number: { series: string; number: number }; arrivedAt: number };
      const [row] = rows(machine, 'SELECT business_date FROM visit WHERE visit_id = ?', visit.id);
      if (given.some((g) => g.visit === visit.id)) return;
      given.push({
        device: machine.name,
        visit: visit.id,
        booking,
        ...visit.number,
        date: String(row?.['business_date']),
      });
    };
  const visitor = (): void => {
    const machine = pick(machines);
    if (!machine?.core) return;
    const near = bookings.filter((b) => Math.abs(b.startsAt - now()) < 40 * MINUTE);
    const booking = chance(0.6) ? pick(near) : undefined;
    if (booking) {
      const scan = (where: Machine): void =>
        call(
          where,
          'checkin.scan',
          { attempt: v7(), text: booking.token, source: 'camera' },
          ticketOf(where, booking.id),
        );
      scan(machine);
      // The same paper at another kiosk, a little later.
      if (chance(0.1)) at(random() * 20 * MINUTE, () => scan(pick(machines) ?? machine));
    } else if (chance(0.9)) {
      call(
        machine,
        'walkin.take',
        { attempt: v7(), services: [pick(SERVICES) ?? 1], language: 'ru', despiteQueue: true },
        ticketOf(machine, null),
      );
    } else {
      call(
        machine,
        'checkin.scan',
        { attempt: v7(), text: `junk ${Math.floor(random() * 1e6)}`, source: 'camera' },
        () => undefined,
      );
    }
    const last = pick(given.filter((g) => g.device === machine.name).slice(-5));
    if (last && chance(0.05)) call(machine, 'visit.undo', { visit: last.visit }, () => undefined);
    if (last && chance(0.05)) {
      call(
        machine,
        'feedback.send',
        { attempt: v7(), visit: last.visit, score: 4, reasons: [], words: null },
        () => undefined,
      );
    }
    if (chance(0.03)) call(machine, 'help.call', { attempt: v7(), screen: 'home', reason: null }, () => undefined);
    if (chance(0.1)) {
      const [slot] = rows(
        machine,
        'SELECT starts_at FROM slot WHERE service_id = 1 AND free > 0 AND starts_at > ? LIMIT 1',
        now() + HOUR,
      );
      const startsAt = Number(slot?.['starts_at'] ?? 0);
      if (startsAt > 0) {
        call(
          machine,
          'booking.create',
          { attempt: v7(), services: [1], startsAt, contact: null, language: 'ru' },
          () => undefined,
        );
      }
    }
  };
  const staff = (): void => {
    if (!centreUp) return;
    const booking = pick(bookings.slice(-30));
    const known = booking && readBooking(context, booking.id);
    if (known && chance(0.3)) putBooking(context, { ...known, status: 'cancelled', ticket: null });
    else if (known && chance(0.4)) {
      putBooking(context, { ...known, starts_at: known.starts_at + 30 * MINUTE, revision: known.revision + 1 });
    }
    if (chance(0.1)) markNoShows(context, OFFICE);
    const waiting = context.db
      .prepare<[], { visit_id: string; state: string }>(
        `SELECT visit_id, state FROM visit WHERE shown = 1 AND state IN ('waiting', 'called', 'serving') ORDER BY arrived_at, visit_id LIMIT 3`,
      )
      .all();
    for (const { visit_id: id, state } of waiting) {
      if (state === 'waiting') callVisit(context, id, 1);
      else if (state === 'called') serveVisit(context, id, 1);
      else finishVisit(context, id);
    }
  };

  const every = (mean: number, run: () => void): void => {
    const next = (): void => {
      at(-Math.log(1 - random()) * mean, () => {
        if (calm) return;
        run();
        next();
      });
    };
    next();
  };
  let calm = false;
  let saved: Buffer | null = null;
  let restoring: Promise<void> | null = null;

  /** Runs until so much virtual time has passed. */
  const runFor = async (ms: number): Promise<void> => {
    const until = time + ms;
    for (;;) {
      await settle();
      if (restoring) await restoring;
      const next = queue.at(-1);
      if (!next || next.at > until) break;
      queue.pop();
      time = next.at;
      next.run();
    }
    time = until;
  };

  for (let n = 0; n < devices; n += 1) {
    let self: Machine | null = null;
    const driver = driverOf(() => self ?? machine);
    const machine: Machine = {
      name: `d${n}`,
      driver,
      secrets: new Map(),
      life: 0,
      core: null,
      bootedAt: 0,
      offset: 0,
      up: true,
      full: false,
      log: memoryLog(),
      code: null,
    };
    self = machine;
    machines.push(machine);
    boot(machine);
    const code = createCode(context!, OFFICE, ['kiosk']);
    call(machine, 'device.enrol', { url: 'https://centre.test', code }, () => undefined);
  }
  for (let n = 0; n < 20; n += 1) book(n * 20);
  await runFor(2 * MINUTE);

  /** What happens in the office, and to it. */
  const disturb = (): void => {
    rates = { rate: 0.12, weights: { portal: 0.5, redirect: 0.5 }, delayMs: 20_000 };
    every((8 * MINUTE) / devices, visitor);
    every(6 * MINUTE, () => centreUp && book(10 + random() * 60));
    every(4 * MINUTE, staff);
    // A line that is away, for a moment or for hours.
    every((HOUR * 8) / devices, () => {
      const machine = pick(machines);
      if (!machine?.up) return;
      machine.up = false;
      note(`${machine.name} line down`);
      at(random() < 0.7 ? random() * 5 * MINUTE : random() * 3 * HOUR, () => {
        machine.up = true;
        note(`${machine.name} line up`);
      });
    });
    every(2 * HOUR, () => {
      centreUp = false;
      note('centre down');
      at(random() * 20 * MINUTE, () => {
        centreUp = true;
        note('centre up');
      });
    });
    every((HOUR * 6) / devices, () => {
      const machine = pick(machines);
      if (!machine) return;
      note(`${machine.name} crash`);
      boot(machine);
    });
    every((HOUR * 10) / devices, () => {
      const machine = pick(machines);
      if (!machine) return;
      // The battery of its clock is empty; it notices when it is on again.
      machine.offset = Math.floor((random() - 0.5) * 6) * 24 * HOUR;
      note(`${machine.name} clock ${machine.offset / HOUR} h`);
      boot(machine);
    });
    every((HOUR * 10) / devices, () => {
      const machine = pick(machines);
      if (!machine) return;
      machine.full = true;
      note(`${machine.name} disk full`);
      at(random() * 3 * MINUTE, () => {
        machine.full = false;
      });
    });
    every(3 * HOUR, () => {
      const machine = pick(machines);
      const [row] = machine
        ? rows(machine, `SELECT op_id FROM outbox WHERE state = 'pending' ORDER BY seq DESC LIMIT 1`)
        : [];
      if (row) {
        poison.add(String(row['op_id']));
        note('poison');
      }
    });
    every(90 * MINUTE, () => {
      if (centreUp) saved = context.db.serialize();
    });
    every(4 * HOUR, () => {
      if (!saved || !centreUp) return;
      note('centre restored');
      const from = saved;
      restoring = (async () => {
        await app.close();
        context.db.close();
        await openCentre(from);
        restoring = null;
      })();
    });
  };

  /** Everything is well again, and nobody comes any more. */
  const mend = (): void => {
    calm = true;
    rates = CALM;
    centreUp = true;
    for (const machine of machines) {
      machine.up = true;
      machine.full = false;
    }
  };

  return {
    run: async (): Promise<void> => {
      disturb();
      await runFor(hours * HOUR);
      mend();
      await runFor(90 * MINUTE);
    },
    close: async (): Promise<void> => {
      await app.close();
      context.db.close();
    },
    machines,
    rows,
    given,
    faults,
    alarms,
    poison,
    context: () => context,
    requests: () => requests,
    hash: () => hash.copy().digest('hex').slice(0, 16),
    note,
  };
};
export type Chaos = Awaited<ReturnType<typeof createChaos>>;
