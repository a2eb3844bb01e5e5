import { addDays, startOfBusinessDay } from '../../shared/domain/business-day.ts';
import { summarise, type NumberedVisit } from '../../shared/domain/day-numbers.ts';
import { createChance, normal, servingMinutes, type Chance } from './counters.ts';
import { demoWindows } from './demo-office.ts';
import { DEMO_OFFICE, demoServices } from './demo-services.ts';
import type { SeedInput } from './seed.ts';

/** What the days before were like at the office of the demo: the same for the same date. */

type Numbers = NonNullable<SeedInput['day_numbers']>;
type Visit = NumberedVisit;
type Stage = Visit['services'][number];

const DAYS = 28;
const ZONE = 'Europe/Moscow';
const DAY_CHANGE = 240;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How many come in an hour of a working day, from nine on: most before noon and after work. */
const WEEKDAY = [24, 31, 28, 20, 15, 18, 22, 27, 12];
const SATURDAY = [16, 20, 19, 14, 9, 5];
/** ISO: Monday is busy, Friday less so. */
const BUSY: Readonly<Record<number, number>> = { 1: 1.18, 2: 1.05, 3: 0.97, 4: 1, 5: 0.88 };

const NO_SHOW_SHARE = 0.09;
const BOOKED_SHARE = 0.45;
const DESK_SHARE = 0.12;
const SECOND_SHARE = 0.08;
/** Of those who wait for longer than half an hour, so many go. */
const IMPATIENT_SHARE = 0.3;

const windowsOf = (serviceId: number): number[] =>
  demoWindows.flatMap(({ id, service_ids: ids }) => (ids.includes(serviceId) ? [id] : []));

/** When each window is free again. */
type Busy = Map<number, number>;

/** One of his services: by whichever of its windows is free first. */
const serve = (chance: Chance, busy: Busy, serviceId: number, from: number): Stage => {
  const bare: Stage = { serviceId, windowId: null, calledAt: null, servingAt: null, doneAt: null, state: 'skipped' };
  const free = (id: number): number => busy.get(id) ?? 0;
  const [windowId] = windowsOf(serviceId).toSorted((a, b) => free(a) - free(b) || a - b);
  if (windowId === undefined) return bare;
  const calledAt = Math.round(Math.max(from + (20 + 60 * chance.next()) * 1000, free(windowId)));
  if (calledAt - from > 30 * MINUTE && chance.next() < IMPATIENT_SHARE) return bare;
  const servingAt = Math.round(calledAt + (15 + 45 * chance.next()) * 1000);
  const service = demoServices.find(({ id }) => id === serviceId);
  const minutes = servingMinutes(chance, {
    id: serviceId,
    meanMinutes: 0.66 * (service?.duration_minutes ?? 15),
    spreadMinutes: 0.8 * (service?.duration_spread_minutes ?? 5),
  });
  const doneAt = Math.round(servingAt + minutes * MINUTE);
  busy.set(windowId, doneAt + Math.round(chance.next() * 30_000));
  return { serviceId, windowId, calledAt, servingAt, doneAt, state: 'done' };
};

const visitAt = (chance: Chance, busy: Busy, arrivedAt: number): Visit => {
  const pick = (): number => demoServices[Math.floor(chance.next() * demoServices.length)]?.id ?? 101;
  const wanted = chance.next() < SECOND_SHARE ? [pick(), pick()] : [pick()];
  const booked = chance.next() < BOOKED_SHARE;
  const via = chance.next() < DESK_SHARE ? 'desk' : 'kiosk';
  const services: Stage[] = [];
  let from = arrivedAt;
  for (const id of new Set(wanted)) {
    const stage = serve(chance, busy, id, from);
    services.push(stage);
    from = stage.doneAt ?? from;
  }
  const left = services.some(({ state }) => state === 'skipped');
  return { origin: booked ? 'booking' : 'walk-in', via, arrivedAt, state: left ? 'left' : 'done', services };
};

/** 1 is Monday, 7 is Sunday. */
const weekdayOf = (date: string): number => new Date(`${date}T00:00:00Z`).getUTCDay() || 7;

const numbersOf = (date: string): Numbers[number] | null => {
  const weekday = weekdayOf(date);
  if (weekday === 7) return null;
  const chance = createChance(Number(date.replaceAll('-', '')));
  const opens = startOfBusinessDay(date, ZONE, DAY_CHANGE) + 9 * HOUR - DAY_CHANGE * MINUTE;
  const likeThis = (BUSY[weekday] ?? 1) * Math.max(0.8, 1 + 0.07 * normal(chance));
  const arrivals = (weekday === 6 ? SATURDAY : WEEKDAY)
    .flatMap((mean, hour) =>
      Array.from({ length: Math.round(mean * likeThis) }, () => Math.round(opens + (hour + chance.next()) * HOUR)),
    )
    .toSorted((a, b) => a - b);
  const busy: Busy = new Map();
  const visits = arrivals.map((at) => visitAt(chance, busy, at));
  const booked = visits.flatMap(({ origin, services: [first] }) =>
    origin === 'booking' && first ? [first.serviceId] : [],
  );
  const noShows = booked.filter(() => chance.next() < NO_SHOW_SHARE);
  const hourOf = (at: number): number => 9 + Math.floor((at - opens) / HOUR);
  return { date, office_id: DEMO_OFFICE, numbers: summarise(visits, { noShows, hourOf }) };
};

let made: { today: string; numbers: Numbers } | null = null;

/** @param today business day; the four weeks before it are told, without their Sundays */
export const demoNumbers = (today: string): Numbers => {
  if (made?.today !== today) {
    const days = Array.from({ length: DAYS }, (_, n) => numbersOf(addDays(today, n - DAYS)));
    made = { today, numbers: days.filter((day) => day !== null) };
  }
  return made.numbers;
};
