import { byTurn, type Priority, type QueueWindow, type WindowState } from '../../shared/domain/queue.ts';

/**
 * The windows of an office that does not exist: they open, call whoever is first of those they serve, serve him for as
 * long as chance has it, go to lunch and close. Pure: `stepCounters` takes the state and who waits, and gives the next
 * state and what happened; the caller writes it down (and leaves out what is told of a visit that has ended otherwise,
 * such as at the desk). The state is plain JSON, so that it can be stored and gone on with.
 * Times are epoch ms of whatever clock the caller has.
 */

/** A window and its day. */
export interface CounterWindow {
  id: number;
  serviceIds: readonly number[];
  opensAt: number;
  closesAt: number;
  lunch: { from: number; until: number } | null;
  /** Its next break or closing stands on the board while it is open. */
  announced: boolean;
}

/** How long serving really takes, in minutes. */
export interface CounterService {
  id: number;
  meanMinutes: number;
  spreadMinutes: number;
}

export interface CountersPlan {
  windows: readonly CounterWindow[];
  services: readonly CounterService[];
  /** Of those called, how many do not come at the first call; half of these come at the second. */
  missedShare: number;
  /** From the call until he sits down, at the most, and between two visitors. */
  walkSeconds: number;
  pauseSeconds: number;
  /** How long the window waits for him after each of two calls. */
  patienceSeconds: number;
  /** How late people come back from lunch, at the most. */
  lateBackMinutes: number;
}

export const ORDINARY_OFFICE: Omit<CountersPlan, 'windows' | 'services'> = {
  missedShare: 0.06,
  walkSeconds: 60,
  pauseSeconds: 30,
  patienceSeconds: 60,
  lateBackMinutes: 6,
};

/** Somebody who waits, as the caller has it now. */
export interface WaitingVisit {
  visitId: string;
  serviceId: number;
  priority: Priority;
  orderAt: number;
  arrivedAt: number;
}

/** What a window is busy with, until `dueAt`. */
export type CounterTask =
  | { kind: 'pause'; dueAt: number }
  | { kind: 'call'; dueAt: number; visitId: string; serviceId: number; again: boolean; comes: boolean }
  | { kind: 'serve'; dueAt: number; visitId: string; serviceId: number };

interface CounterState {
  id: number;
  state: WindowState;
  until: number | null;
  task: CounterTask | null;
  /** When it really comes back from lunch. */
  backAt: number | null;
  lunched: boolean;
}

export interface CountersState {
  random: number;
  /** Until when everything has happened. */
  at: number;
  windows: readonly CounterState[];
}

type AtWindow = { at: number; windowId: number; visitId: string; serviceId: number };

export type CounterEvent =
  | ({ type: 'call'; again: boolean } & AtWindow)
  | ({ type: 'serve' } & AtWindow)
  | ({ type: 'done' } & AtWindow)
  /** He did not come, and is called once more. */
  | ({ type: 'missed' } & AtWindow)
  /** He did not come at the second call either. */
  | ({ type: 'left' } & AtWindow)
  | { type: 'window'; at: number; windowId: number; state: WindowState; until: number | null };

// --- Chance ---------------------------------------------------------------------------------------------------------

/** A stream of numbers from a seed. `state()` is the seed to go on from. */
export interface Chance {
  /** From 0, below 1. */
  next(): number;
  state(): number;
}

/** mulberry32: small, even enough for a hall, and the same everywhere. */
export const createChance = (seed: number): Chance => {
  let state = seed >>> 0;
  return {
    next: () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
    },
    state: () => state,
  };
};

/** @returns a standard normal number (Box and Muller) */
export const normal = (chance: Chance): number =>
  Math.sqrt(-2 * Math.log(1 - chance.next())) * Math.cos(2 * Math.PI * chance.next());

/** @returns minutes of a gamma distribution with this mean and standard deviation (Marsaglia and Tsang, 2000) */
export const servingMinutes = (chance: Chance, { meanMinutes, spreadMinutes }: CounterService): number => {
  if (spreadMinutes <= 0) return meanMinutes;
  const shape = (meanMinutes / spreadMinutes) ** 2;
  // The method wants a shape of 1 or more; a smaller one is made from the next.
  const d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(chance);
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - chance.next()) >= 0.5 * x * x + d - d * v + d * Math.log(v)) continue;
    const less = shape < 1 ? (1 - chance.next()) ** (1 / shape) : 1;
    return (d * v * less * meanMinutes) / shape;
  }
};

// --- The windows ----------------------------------------------------------------------------------------------------

const MINUTE = 60_000;

/** @returns the windows before anybody has come to work */
export const createCounters = (plan: CountersPlan, seed: number): CountersState => ({
  random: seed >>> 0,
  at: 0,
  windows: plan.windows.map(({ id, opensAt }) => ({
    id,
    state: 'closed',
    until: opensAt,
    task: null,
    backAt: null,
    lunched: false,
  })),
});

/** @returns the windows as the queue knows them */
export const queueWindows = (plan: CountersPlan, state: CountersState): QueueWindow[] =>
  state.windows.map(({ id, state: now, until }) => ({
    id,
    state: now,
    until,
    serviceIds: plan.windows.find((w) => w.id === id)?.serviceIds ?? [],
  }));

/** When the window goes away next; while it is open. */
const endsAt = (day: CounterWindow, window: CounterState): number =>
  day.lunch && !window.lunched ? Math.min(day.lunch.from, day.closesAt) : day.closesAt;

/** When the window has something to do by itself, without anybody new; null: never again. */
const dueAt = (day: CounterWindow, window: CounterState): number | null => {
  if (window.task) return window.task.dueAt;
  if (window.state === 'open') return endsAt(day, window);
  if (window.state === 'break') return window.backAt;
  return window.until;
};

/** @returns when `stepCounters` has something to do next, if nobody else comes; null: never */
export const nextStepAt = (plan: CountersPlan, state: CountersState): number | null => {
  const dues = plan.windows.flatMap((day) => {
    const window = state.windows.find((w) => w.id === day.id);
    const due = window ? dueAt(day, window) : null;
    return due === null ? [] : [due];
  });
  return dues.length === 0 ? null : Math.min(...dues);
};

type Happened = { window: CounterState; events: CounterEvent[] };

/** The task is over. */
const endTask = (plan: CountersPlan, chance: Chance, window: CounterState, task: CounterTask, at: number): Happened => {
  const idle = { ...window, task: null };
  if (task.kind === 'pause') return { window: idle, events: [] };
  const { visitId, serviceId } = task;
  const about = { at, windowId: window.id, visitId, serviceId };
  const pause: CounterTask = { kind: 'pause', dueAt: at + chance.next() * plan.pauseSeconds * 1000 };
  if (task.kind === 'serve') return { window: { ...window, task: pause }, events: [{ type: 'done', ...about }] };
  if (task.comes) {
    const service = plan.services.find((s) => s.id === serviceId);
    const minutes = service ? servingMinutes(chance, service) : 0;
    return {
      window: { ...window, task: { kind: 'serve', dueAt: at + minutes * MINUTE, visitId, serviceId } },
      events: [{ type: 'serve', ...about }],
    };
  }
  if (task.again) return { window: { ...window, task: pause }, events: [{ type: 'left', ...about }] };
  return {
    window: { ...window, task: call(plan, chance, task, at, true) },
    events: [
      { type: 'missed', ...about },
      { type: 'call', again: true, ...about },
    ],
  };
};

const call = (
  plan: CountersPlan,
  chance: Chance,
  { visitId, serviceId }: { visitId: string; serviceId: number },
  at: number,
  again: boolean,
): CounterTask => {
  const comes = chance.next() >= (again ? 0.5 : plan.missedShare);
  const seconds = comes ? (0.25 + 0.75 * chance.next()) * plan.walkSeconds : plan.patienceSeconds;
  return { kind: 'call', dueAt: at + seconds * 1000, visitId, serviceId, again, comes };
};

/** A window that has nobody: does it open, go to lunch, come back, close? Null: it stays as it is. */
const turn = (
  plan: CountersPlan,
  chance: Chance,
  day: CounterWindow,
  window: CounterState,
  at: number,
): Happened | null => {
  const become = (state: WindowState, until: number | null, more: Partial<CounterState> = {}): Happened => {
    const next = { ...window, state, until, ...more };
    return { window: next, events: [{ type: 'window', at, windowId: window.id, state, until }] };
  };
  const open = (more: Partial<CounterState>): Happened =>
    become('open', day.announced ? endsAt(day, { ...window, ...more }) : null, more);
  if (window.state === 'closed') {
    // After its day it has no time to open again.
    return window.until !== null && at >= window.until ? open({}) : null;
  }
  if (window.state === 'break') {
    return window.backAt !== null && at >= window.backAt ? open({ backAt: null }) : null;
  }
  if (at < endsAt(day, window)) return null;
  if (at >= day.closesAt || !day.lunch) return become('closed', null);
  // Whoever goes late comes back late: lunch is as long as it is.
  const until = Math.max(day.lunch.until, at + (day.lunch.until - day.lunch.from) / 2);
  const backAt = until + chance.next() * plan.lateBackMinutes * MINUTE;
  return become('break', until, { backAt, lunched: true });
};

/**
 * Everything that is due until `now`, in the order of time. Ask it when somebody has come and at `nextStepAt`, or every
 * second: who is called when is the same, but for visitors whom an event of the same step sends on to another service.
 *
 * @param waiting who waits at `now`, anybody else left out; nobody is called before he arrived, or twice
 * @returns the next state and what happened. An event's `at` is when it was due
 */
export const stepCounters = (
  plan: CountersPlan,
  state: CountersState,
  waiting: readonly WaitingVisit[],
  now: number,
): { state: CountersState; events: CounterEvent[] } => {
  if (now < state.at) return { state, events: [] };
  const chance = createChance(state.random);
  const events: CounterEvent[] = [];
  const windows = new Map(state.windows.map((w) => [w.id, w]));
  const busy = new Set(state.windows.flatMap(({ task }) => (task && task.kind !== 'pause' ? [task.visitId] : [])));
  let left = waiting.filter((v) => !busy.has(v.visitId)).toSorted(byTurn);

  const settle = (day: CounterWindow, at: number): void => {
    for (;;) {
      const window = windows.get(day.id);
      if (!window) return;
      let happened: Happened | null = null;
      if (window.task) {
        if (window.task.dueAt <= at) happened = endTask(plan, chance, window, window.task, at);
      } else {
        happened = turn(plan, chance, day, window, at);
        if (!happened && window.state === 'open') {
          const visit = left.find((v) => v.arrivedAt <= at && day.serviceIds.includes(v.serviceId));
          if (visit) {
            left = left.filter((v) => v !== visit);
            const { visitId, serviceId } = visit;
            happened = {
              window: { ...window, task: call(plan, chance, visit, at, false) },
              events: [{ type: 'call', again: false, at, windowId: day.id, visitId, serviceId }],
            };
          }
        }
      }
      if (!happened) return;
      windows.set(day.id, happened.window);
      events.push(...happened.events);
    }
  };

  let at = state.at;
  for (;;) {
    for (const day of plan.windows) settle(day, at);
    const due = nextStepAt(plan, { ...state, windows: [...windows.values()] });
    const arrivals = left.map((v) => v.arrivedAt).filter((t) => t > at);
    const next = Math.min(due ?? Infinity, ...arrivals);
    if (!(next <= now)) break;
    at = Math.max(at, next);
  }
  return { state: { random: chance.state(), at: now, windows: [...windows.values()] }, events };
};
