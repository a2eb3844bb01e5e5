import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { serviceGroupRecord, serviceRecord, windowRecord } from '../../shared/contracts/centre/schemas.ts';
import { addDays, startOfBusinessDay } from '../../shared/domain/business-day.ts';
import type { Series } from '../../shared/domain/ticket-number.ts';
import { markNoShows } from './bookings.ts';
import { putEntity, readEntities, readEntity } from './change-log.ts';
import { officeDate, readOffice, type Context } from './context.ts';
import {
  createChance,
  createCounters,
  ORDINARY_OFFICE,
  stepCounters,
  type CounterEvent,
  type CountersPlan,
  type CountersState,
} from './counters.ts';
import { moveWindows } from './feed.ts';
import { giveNumber } from './leases.ts';
import { ProblemError } from './problems.ts';
import { callVisit, finishVisit, leaveVisit, serveVisit, uncallVisit } from './serving.ts';
import { settleVisit } from './settling.ts';
import { insertVisit, visitsInHall, type Visit } from './visits.ts';

/**
 * A hall that lives: its windows call whoever is next, and visitors whom no device of ours has seen come in between.
 * Everything it does is written like the rest, so that devices learn of it by the feed. It goes on where it was after a
 * restart.
 */

const MINUTE_MS = 60_000;
/** How often it moves by itself. */
const TICK_MS = 1000;
/** The hall has been open for so long when it is first looked at. */
const WARM_UP_MS = 45 * MINUTE_MS;
const WARM_UP_STEP_MS = MINUTE_MS / 2;

/** At the start so many wait, even if they all have to come at once. */
const FEWEST = 6;
const MAX_AT_ONCE = 40;

/** People come quicker when few wait: so it is never empty, and never overrun. Seconds from one to the next, on average. */
const RATES: readonly { below: number; meanSeconds: number }[] = [
  { below: 6, meanSeconds: 6 },
  { below: 9, meanSeconds: 60 },
  { below: 12, meanSeconds: 120 },
  { below: 14, meanSeconds: 300 },
];
const meanSeconds = (waiting: number): number | null => RATES.find(({ below }) => waiting < below)?.meanSeconds ?? null;

const saved = z.object({
  date: z.string(),
  /** How far the hall is ahead of the clock, when it was told to hurry. */
  ahead: z.number(),
  random: z.number(),
  nextArrivalAt: z.number(),
  plan: z.custom<CountersPlan>((value) => typeof value === 'object' && value !== null),
  counters: z.custom<CountersState>((value) => typeof value === 'object' && value !== null),
});
type Saved = z.output<typeof saved>;

export interface Hall {
  /** Moves by itself from now on, or stands still. */
  run(on: boolean): void;
  /** Does what is due until now; `seconds` more of the hall's own time on top. */
  step(seconds: number): void;
  close(): void;
}

const services = (context: Context): { id: number; series: Series; data: z.output<typeof serviceRecord> }[] =>
  readEntities(context, 'service').flatMap(({ id, data }) => {
    const service = serviceRecord.parse(data);
    const group = serviceGroupRecord.safeParse(readEntity(context, 'service_group', String(service.group_id)));
    return group.success ? [{ id: Number(id), series: group.data.series, data: service }] : [];
  });

/** How many wait for each window that serves a service, on average. */
const loadOf = (plan: CountersPlan, waiting: readonly Visit[], serviceId: number): number => {
  const windows = plan.windows.filter(({ serviceIds }) => serviceIds.includes(serviceId));
  const served = new Set(windows.flatMap(({ serviceIds }) => serviceIds));
  const there = waiting.filter(({ services: stages }) => {
    const stage = stages.find(({ state }) => state === 'waiting');
    return stage !== undefined && served.has(stage.service_id);
  });
  return there.length / Math.max(1, windows.length);
};

/** A day of the windows: they are there for all of it, and every third of them goes to lunch. */
const planOf = (context: Context, officeId: number, from: number, until: number): CountersPlan => ({
  ...ORDINARY_OFFICE,
  windows: readEntities(context, 'window', officeId).map(({ id, data }, n) => {
    const lunchAt = from + WARM_UP_MS + (20 + 15 * n) * MINUTE_MS;
    return {
      id: Number(id),
      serviceIds: windowRecord.parse(data).service_ids,
      opensAt: from,
      closesAt: until,
      lunch: n % 3 === 1 ? { from: lunchAt, until: lunchAt + 30 * MINUTE_MS } : null,
      announced: n % 3 === 1,
    };
  }),
  services: services(context).map(({ id, data }) => ({
    id,
    meanMinutes: data.duration_minutes,
    spreadMinutes: data.duration_spread_minutes,
  })),
});

const setWindow = (context: Context, officeId: number, event: Extract<CounterEvent, { type: 'window' }>): void => {
  const window = windowRecord.safeParse(readEntity(context, 'window', String(event.windowId), officeId));
  if (!window.success) return;
  const until = event.until === null ? null : Math.round(event.until);
  putEntity(context, 'window', event.windowId, { ...window.data, state: event.state, until }, officeId);
};

/** Writes what happened. Staff, or a test, may have been quicker: then there is nothing to write. */
const write = (context: Context, officeId: number, event: CounterEvent): void => {
  if (event.type === 'window') {
    setWindow(context, officeId, event);
    return;
  }
  const at = Math.min(Math.round(event.at), context.now());
  try {
    if (event.type === 'call') callVisit(context, event.visitId, event.windowId, at);
    else if (event.type === 'serve') serveVisit(context, event.visitId, event.windowId, at);
    else if (event.type === 'done') finishVisit(context, event.visitId, at);
    else if (event.type === 'missed') uncallVisit(context, event.visitId);
    else leaveVisit(context, event.visitId);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
  }
};

/**
 * Opens the hall of an office; it stands still until it is told to run.
 * @param seed what chance begins with; a hall that was saved goes on with its own
 */
export const openHall = (context: Context, officeId: number, seed: number): Hall => {
  const { db } = context;
  const name = `hall ${officeId}`;
  const load = (): Saved | null => {
    const row = db.prepare<[string], { value: string }>('SELECT value FROM meta WHERE key = ?').get(name);
    return row ? saved.parse(JSON.parse(row.value)) : null;
  };
  const save = (hall: Saved): void => {
    db.prepare('INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value').run(
      name,
      JSON.stringify(hall),
    );
  };

  /** Those who come until `at`. */
  const arrive = (hall: Saved, at: number): Saved => {
    const chance = createChance(hall.random);
    const offered = services(context).filter(
      ({ data }) => data.policy.walk_in && data.policy.walk_ins_per_day === null,
    );
    let next = hall.nextArrivalAt;
    while (next <= at) {
      const waiting = visitsInHall(context, officeId).filter(({ state }) => state === 'waiting');
      const mean = meanSeconds(waiting.length);
      // Of two services that for which fewer wait: so nobody waits for hours next to windows that have nobody.
      const [service] = [0, 1]
        .flatMap(() => offered[Math.floor(chance.next() * offered.length)] ?? [])
        .toSorted((a, b) => loadOf(hall.plan, waiting, a.id) - loadOf(hall.plan, waiting, b.id));
      if (mean !== null && service) {
        const id = uuidv7();
        const number = giveNumber(context, officeId, hall.date, service.series, id);
        const came = Math.min(Math.round(next), context.now());
        const first = chance.next() < 0.06;
        if (number !== null) {
          insertVisit(context, {
            visit_id: id,
            office_id: officeId,
            device_id: null,
            op_id: null,
            seq: 0,
            booking_id: null,
            services: [service.id],
            ticket: { series: service.series, number },
            business_date: hall.date,
            queue_date: hall.date,
            occurred_at: came,
            arrived_at: came,
            ranked_at: came,
            said_starts_at: null,
            priority: first ? 'first' : 'none',
            claim: null,
            language: 'ru',
            contact: null,
            contact_hash: null,
            flags: [],
            late: false,
            via: 'kiosk',
            override: false,
            redirect: null,
          });
          settleVisit(context, id);
        }
      }
      // An exponential wait, as people come who do not know of each other.
      next += Math.max(1, -Math.log(1 - chance.next()) * (mean ?? 60)) * 1000;
    }
    return { ...hall, random: chance.state(), nextArrivalAt: next };
  };

  const advance = (before: Saved, at: number): { hall: Saved; moved: boolean } => {
    const hall = arrive(before, at);
    const waiting = visitsInHall(context, officeId).flatMap((visit) => {
      const stage = visit.services.find(({ state }) => state === 'waiting');
      return visit.state === 'waiting' && stage
        ? [
            {
              visitId: visit.id,
              serviceId: stage.service_id,
              priority: visit.priority,
              orderAt: visit.order_at,
              arrivedAt: visit.arrived_at,
            },
          ]
        : [];
    });
    const { state, events } = stepCounters(hall.plan, hall.counters, waiting, at);
    for (const event of events) write(context, officeId, event);
    return { hall: { ...hall, counters: state }, moved: events.length > 0 || hall.random !== before.random };
  };

  const begin = (date: string): Saved => {
    const office = readOffice(context, officeId);
    if (!office) throw new Error(`office ${officeId} is not in the database`);
    const startOf = (day: string): number => startOfBusinessDay(day, office.time_zone, office.day_change_minutes);
    const now = context.now();
    const from = Math.max(startOf(date), now - WARM_UP_MS);
    const plan = planOf(context, officeId, from, startOf(addDays(date, 1)));
    let hall: Saved = { date, ahead: 0, random: seed, nextArrivalAt: from, plan, counters: createCounters(plan, seed) };
    for (let at = from; at < now; at += WARM_UP_STEP_MS) ({ hall } = advance(hall, at));
    // A day that has just begun, or a lucky moment: somebody is there all the same.
    const few = (): boolean =>
      visitsInHall(context, officeId).filter(({ state }) => state === 'waiting').length < FEWEST;
    for (let n = 0; n < MAX_AT_ONCE && few(); n += 1) {
      ({ hall } = advance({ ...hall, nextArrivalAt: Math.min(hall.nextArrivalAt, now) }, now));
    }
    return hall;
  };

  const step = (seconds: number): void => {
    context.write(() => {
      const date = officeDate(context, officeId, context.now());
      const known = load();
      // Yesterday's visitors leave the queue before today's come.
      if (known?.date !== date) moveWindows(context, officeId);
      markNoShows(context, officeId);
      const hall = known?.date === date ? known : begin(date);
      const ahead = hall.ahead + seconds * 1000;
      const next = advance({ ...hall, ahead }, context.now() + ahead);
      if (next.moved || seconds > 0 || known?.date !== date) save(next.hall);
    });
  };

  let timer: NodeJS.Timeout | null = null;
  const stop = (): void => {
    if (timer) clearInterval(timer);
    timer = null;
  };
  return {
    run: (on) => {
      stop();
      if (!on) return;
      step(0);
      timer = setInterval(() => {
        try {
          step(0);
        } catch (error) {
          context.log(
            `the hall stands still: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
          );
          stop();
        }
      }, TICK_MS);
    },
    step,
    close: stop,
  };
};
