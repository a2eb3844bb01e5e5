import type { Priority, QueueEntry, QueueSnapshot, QueueWindow, ServiceTimes } from '../../shared/domain/queue.ts';
import {
  createChance,
  createCounters,
  nextStepAt,
  normal,
  ORDINARY_OFFICE,
  queueWindows,
  stepCounters,
  type Chance,
  type CounterEvent,
  type CountersPlan,
  type WaitingVisit,
} from '../centre/counters.ts';

/** A day of an office that does not exist, from opening to the last visitor, with what a device there would know. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Coming extends WaitingVisit {
  booked: number | null;
}

interface Day {
  plan: CountersPlan;
  /** As the centre says it: not always true. */
  declared: readonly { serviceId: number; meanMinutes: number; spreadMinutes: number }[];
  /** In the order of arrival. */
  visitors: readonly Coming[];
  bookings: readonly { serviceId: number; startsAt: number; visitId: string | null; arrivedAt: number | null }[];
  /** News take so long to the device. */
  feedDelayMs: number;
}

export interface Size {
  services: number;
  windows: number;
}

const between = (chance: Chance, low: number, high: number): number => low + (high - low) * chance.next();

/** Whole office: what is served where, by whom, and who comes. @param seed everything follows from it */
export const makeDay = (seed: number, { services, windows }: Size): Day => {
  const chance = createChance(seed);
  const opensAt = Date.UTC(2026, 10, 23, 6) + (seed % 200) * 24 * HOUR;
  const closesAt = opensAt + 9 * HOUR;
  const trulyOff = chance.next() < 0.6;
  const alike = trulyOff ? between(chance, -0.15, 0.15) : 0;
  const list = Array.from({ length: services }, (_, i) => {
    const declared = between(chance, 6, 24);
    const off = trulyOff ? Math.max(-0.3, Math.min(0.3, alike + between(chance, -0.15, 0.15))) : 0;
    const spread = between(chance, 0.3, 0.6);
    return {
      id: 100 + i,
      declared,
      declaredSpread: declared * 0.4,
      mean: declared * (1 + off),
      spread,
      weight: between(chance, 0.5, 2),
    };
  });

  // Each window serves some of the services, and each service has a window; the first window serves everything.
  const serves = Array.from({ length: windows }, () => new Set<number>());
  for (const { id } of list) {
    const wanted = Math.max(1, Math.round(windows * between(chance, 0.25, 0.9)));
    for (let n = 0; n < wanted; n += 1) serves[Math.floor(chance.next() * windows)]?.add(id);
  }
  for (const set of serves) if (set.size === 0) for (const { id } of list) set.add(id);
  const announced = chance.next() < 0.5;
  const plan: CountersPlan = {
    ...ORDINARY_OFFICE,
    missedShare: between(chance, 0.02, 0.1),
    walkSeconds: between(chance, 30, 70),
    pauseSeconds: between(chance, 10, 45),
    services: list.map(({ id, mean, spread }) => ({ id, meanMinutes: mean, spreadMinutes: mean * spread })),
    windows: serves.map((set, i) => {
      const from = opensAt + (3.5 + (i % 4) * 0.75) * HOUR;
      return {
        id: i + 1,
        serviceIds: [...set],
        opensAt: chance.next() < 0.15 ? opensAt + between(chance, 5, 60) * MINUTE : opensAt,
        closesAt: i > 0 && chance.next() < 0.1 ? closesAt - 90 * MINUTE : closesAt + 2 * HOUR,
        lunch: chance.next() < 0.9 ? { from, until: from + between(chance, 30, 50) * MINUTE } : null,
        announced,
      };
    }),
  };

  // As many as the windows can serve at the given load, by service; peaks before noon and in the afternoon.
  const load = between(chance, 0.85, 1.12);
  const capacity = new Map(list.map(({ id }) => [id, 0]));
  for (const set of serves) {
    const total = list.reduce((sum, s) => sum + (set.has(s.id) ? s.weight : 0), 0);
    for (const s of list) {
      if (set.has(s.id)) capacity.set(s.id, (capacity.get(s.id) ?? 0) + s.weight / total / (s.mean + 1));
    }
  }
  const peak = (t: number): number => {
    const hour = (t - opensAt) / HOUR;
    return 0.75 + 0.5 * Math.exp(-((hour - 2) ** 2) / 1.2) + 0.4 * Math.exp(-((hour - 6.5) ** 2) / 1.5);
  };
  const lastTicket = closesAt - 45 * MINUTE;
  const bookedShare = between(chance, 0.1, 0.5);
  const first = between(chance, 0.02, 0.09);
  const bookedNoShow = between(chance, 0.05, 0.25);
  const priorityOf = (): Priority => {
    const u = chance.next();
    return u < 0.01 ? 'out-of-turn' : u < 0.01 + first ? 'first' : 'none';
  };
  const visitors: Coming[] = [];
  const bookings: Day['bookings'][number][] = [];
  const visitId = (): string => `v${visitors.length}-${Math.floor(chance.next() * 1e9).toString(36)}`;
  for (const { id: serviceId } of list) {
    const perMinute = load * 0.92 * (capacity.get(serviceId) ?? 0);
    const step = 1;
    for (let t = opensAt - 10 * MINUTE; t < lastTicket; t += step * MINUTE) {
      if (chance.next() >= perMinute * peak(Math.max(t, opensAt)) * (1 - bookedShare)) continue;
      const arrivedAt = Math.round(t + chance.next() * MINUTE);
      visitors.push({
        visitId: visitId(),
        serviceId,
        priority: priorityOf(),
        orderAt: arrivedAt,
        arrivedAt,
        booked: null,
      });
    }
    for (let startsAt = opensAt; startsAt < lastTicket; startsAt += 15 * MINUTE) {
      let wanted = perMinute * 15 * peak(startsAt) * bookedShare;
      for (; wanted > 0; wanted -= 1) {
        if (chance.next() >= wanted) continue;
        if (chance.next() < bookedNoShow) {
          bookings.push({ serviceId, startsAt, visitId: null, arrivedAt: null });
          continue;
        }
        const offset = Math.max(-44, chance.next() < 0.07 ? between(chance, 10, 25) : -8 + 8 * normal(chance));
        const arrivedAt = Math.round(startsAt + offset * MINUTE);
        const inTime = offset <= 15;
        const id = visitId();
        const orderAt = inTime ? startsAt : arrivedAt;
        visitors.push({ visitId: id, serviceId, priority: priorityOf(), orderAt, arrivedAt, booked: startsAt });
        bookings.push({ serviceId, startsAt, visitId: id, arrivedAt });
      }
    }
  }
  return {
    plan,
    declared: list.map((s) => ({ serviceId: s.id, meanMinutes: s.declared, spreadMinutes: s.declaredSpread })),
    visitors: visitors.toSorted((a, b) => a.arrivedAt - b.arrivedAt),
    bookings,
    feedDelayMs: between(chance, 1, 10) * 1000,
  };
};

type News = CounterEvent | { type: 'arrive'; at: number; visit: Coming };

/** What a device knows of the hall, from news in the order of time. */
const createView = (day: Day, initial: readonly QueueWindow[]) => {
  const entries = new Map<string, QueueEntry>();
  const windows = new Map(initial.map((w) => [w.id, w]));
  const served = new Map<number, number[]>();
  const take = (news: News): void => {
    if (news.type === 'window') {
      const known = windows.get(news.windowId);
      if (known) windows.set(news.windowId, { ...known, state: news.state, until: news.until });
    } else if (news.type === 'arrive') {
      const { booked: _, ...visit } = news.visit;
      entries.set(visit.visitId, { ...visit, state: 'waiting', windowId: null, servingAt: null });
    } else {
      const entry = entries.get(news.visitId);
      if (!entry) throw new Error(`${news.type} of ${news.visitId}, who is not there`);
      if (news.type === 'call') entries.set(news.visitId, { ...entry, state: 'called', windowId: news.windowId });
      if (news.type === 'serve') entries.set(news.visitId, { ...entry, state: 'serving', servingAt: news.at });
      if (news.type === 'left') entries.delete(news.visitId);
      if (news.type === 'done') {
        entries.delete(news.visitId);
        const minutes = (news.at - (entry.servingAt ?? news.at)) / MINUTE;
        const list = served.get(news.serviceId);
        if (list) list.push(minutes);
        else served.set(news.serviceId, [minutes]);
      }
    }
  };
  const measured = (minutes: readonly number[] | undefined): ServiceTimes['measured'] => {
    if (!minutes) return null;
    const n = minutes.length;
    const mean = minutes.reduce((sum, m) => sum + m, 0) / n;
    const spread = n < 2 ? 0 : Math.sqrt(minutes.reduce((sum, m) => sum + (m - mean) ** 2, 0) / (n - 1));
    return { n, meanMinutes: mean, spreadMinutes: spread };
  };
  return {
    take,
    snapshot: (freshAt: number): QueueSnapshot => ({
      freshAt,
      entries: [...entries.values()],
      windows: [...windows.values()],
      times: day.declared.map((d) => ({ ...d, measured: measured(served.get(d.serviceId)) })),
      expected: day.bookings
        .filter((b) => b.arrivedAt === null || b.arrivedAt > freshAt)
        .map(({ serviceId, startsAt }) => ({ serviceId, startsAt })),
    }),
  };
};

export interface Asked {
  visit: WaitingVisit;
  /** What the device knew when he came. */
  snapshot: QueueSnapshot;
  /** From his arrival to his call; null: he was never called. */
  waitMinutes: number | null;
}

/** Runs the day. @returns every visitor in the order of arrival, and everything that happened */
export const runDay = (day: Day, seed: number): { asked: Asked[]; events: CounterEvent[] } => {
  let state = createCounters(day.plan, seed);
  const view = createView(day, queueWindows(day.plan, state));
  const waiting = new Map<string, WaitingVisit>();
  const news: News[] = [];
  const events: CounterEvent[] = [];
  const calledAt = new Map<string, number>();
  const asked: { visit: WaitingVisit; snapshot: QueueSnapshot }[] = [];
  let told = 0;
  const step = (now: number): void => {
    const done = stepCounters(day.plan, state, [...waiting.values()], now);
    ({ state } = done);
    for (const event of done.events) {
      news.push(event);
      events.push(event);
      if (event.type !== 'call' || event.again) continue;
      waiting.delete(event.visitId);
      calledAt.set(event.visitId, event.at);
    }
  };
  for (const coming of day.visitors) {
    const { booked: _, ...visit } = coming;
    const now = visit.arrivedAt;
    step(now);
    const freshAt = now - day.feedDelayMs;
    for (let next = news[told]; next && next.at <= freshAt; next = news[told]) {
      view.take(next);
      told += 1;
    }
    asked.push({ visit, snapshot: view.snapshot(freshAt) });
    waiting.set(visit.visitId, visit);
    news.push({ type: 'arrive', at: now, visit: coming });
    step(now);
  }
  for (let next = nextStepAt(day.plan, state); next !== null; next = nextStepAt(day.plan, state)) step(next);
  return {
    asked: asked.map((a) => {
      const at = calledAt.get(a.visit.visitId);
      return { ...a, waitMinutes: at === undefined ? null : (at - a.visit.arrivedAt) / MINUTE };
    }),
    events,
  };
};
