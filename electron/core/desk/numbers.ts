import { setImmediate as turn } from 'node:timers/promises';
import { dayNumbersRecord, type DayNumbers, type PartNumbers } from '../../../shared/contracts/centre/day-numbers.ts';
import type { Operation } from '../../../shared/contracts/centre/schemas.ts';
import type {
  NumbersDays,
  NumbersLine,
  NumbersReport,
  NumbersTable,
  Timing,
} from '../../../shared/contracts/numbers.ts';
import { CallFailure } from '../../../shared/contracts/result.ts';
import { addDays, localTime, startOfBusinessDay } from '../../../shared/domain/business-day.ts';
import { toCsv } from '../../../shared/domain/csv.ts';
import {
  combine,
  countOf,
  countOver,
  forecast,
  MOST_DAYS_TOGETHER,
  noNumbers,
  percentile,
  shareOver,
  summarise,
  type DayHours,
  type NumberedVisit,
} from '../../../shared/domain/day-numbers.ts';
import type { Moment } from '../../../shared/domain/decide.ts';
import type { I18nText } from '../../../shared/domain/language.ts';
import type { BookingStatus } from '../../../shared/domain/model.ts';
import { STAGE_STATES, VISIT_STATES } from '../../../shared/domain/queue.ts';
import { audit } from '../audit/audit.ts';
import { here, type Here } from '../checkin/here.ts';
import { bookingsBetween } from '../store/bookings.ts';
import { readService } from '../store/registry.ts';
import { int, json, oneOf, orNull, sql, text, type ReadDb } from '../store/sql.ts';
import type { Store } from '../store/store.ts';
import type { DayPorts } from './day.ts';
import { tableOf } from './numbers-tables.ts';
import { readPending, type Pending } from './pending.ts';

/**
 * The numbers of the office for whoever answers for it. Days that are over come from the centre; today, and a day that it
 * has not told yet, is counted here. However many days are asked for, the core answers others in between.
 */

export interface NumbersPorts {
  store: Store;
  moment: () => Moment;
  /** Who is signed in. @throws CallFailure forbidden */
  actor: (right: 'numbers') => string;
  limits: DayPorts['limits'];
}

type Span = Pick<NumbersReport, 'from' | 'until'>;

/** Days that are read in one turn. */
const DAYS_AT_ONCE = 7;
/** Weeks that are looked back for days like today: more than are used, since on some of them it was closed. */
const WEEKS_BACK = 12;
/** See store/queue.ts: a visit of this device that the centre has and the feed has not after so long is over. */
const OWN_WITHIN_MS = 30 * 60_000;

// --- Counting a day here ---------------------------------------------------------------------------------------------

type Stage = NumberedVisit['services'][number];
type Visits = Map<string, Omit<NumberedVisit, 'services'> & { services: Stage[] }>;

const waiting = (serviceId: number): Stage => ({
  serviceId,
  windowId: null,
  calledAt: null,
  servingAt: null,
  doneAt: null,
  state: 'waiting',
});

const toldVisits = (db: ReadDb, day: string): Visits => {
  const visits: Visits = new Map();
  for (const row of db.all(sql`SELECT * FROM queue_visit WHERE business_date = ${day}`)) {
    visits.set(text(row, 'visit_id'), {
      origin: oneOf(['booking', 'walk-in'] as const, text(row, 'origin'), 'origin'),
      via: oneOf(['kiosk', 'desk'] as const, text(row, 'via'), 'via'),
      arrivedAt: int(row, 'arrived_at'),
      state: oneOf(VISIT_STATES, text(row, 'state'), 'state'),
      services: [],
    });
  }
  for (const row of db.all(sql`SELECT * FROM queue_stage WHERE business_date = ${day} ORDER BY visit_id, position`)) {
    visits.get(text(row, 'visit_id'))?.services.push({
      serviceId: int(row, 'service_id'),
      windowId: orNull(row, 'window_id', int),
      calledAt: orNull(row, 'called_at', int),
      servingAt: orNull(row, 'serving_at', int),
      doneAt: orNull(row, 'done_at', int),
      state: oneOf(STAGE_STATES, text(row, 'state'), 'state'),
    });
  }
  return visits;
};

/** Visits that were made here and that the feed has not brought yet. */
const addOwn = (db: ReadDb, day: string, now: number, visits: Visits): void => {
  const rows = db.all(sql`SELECT visit.*, (SELECT json_extract(body, '$.actor') FROM outbox
        WHERE entity_id = visit.visit_id AND type IN ('checkin', 'walkin')) AS actor
      FROM visit WHERE business_date = ${day} AND undone_at IS NULL
        AND (arrived_at > ${now - OWN_WITHIN_MS} OR EXISTS (SELECT 1 FROM outbox
          WHERE outbox.entity_id = visit.visit_id AND outbox.type IN ('checkin', 'walkin') AND outbox.state <> 'acked'))
        AND NOT EXISTS (SELECT 1 FROM queue_visit WHERE queue_visit.visit_id = visit.visit_id)`);
  for (const row of rows) {
    const actor = orNull(row, 'actor', text);
    visits.set(text(row, 'visit_id'), {
      origin: oneOf(['booking', 'walk-in'] as const, text(row, 'origin'), 'origin'),
      via: actor === null || actor === 'kiosk' ? 'kiosk' : 'desk',
      arrivedAt: int(row, 'arrived_at'),
      state: 'waiting',
      services: [int(row, 'service_id'), ...json<number[]>(row, 'further_services')].map(waiting),
    });
  }
};

type Step = Extract<Operation, { type: 'visit.stage' }>;

/** A step as the centre will note it down. */
const stepped = (stage: Stage, { payload, occurred_at: at }: Step): Stage => {
  const windowId = payload.window_id ?? stage.windowId;
  const calledAt = stage.calledAt ?? at;
  switch (payload.to) {
    case 'called':
      return { ...stage, state: 'called', windowId, calledAt };
    case 'serving':
      return { ...stage, state: 'serving', windowId, calledAt, servingAt: at };
    case 'done':
      return { ...stage, state: 'done', windowId, doneAt: at };
    case 'waiting':
      return { ...stage, state: 'waiting', windowId: null };
    default:
      return stage;
  }
};

/** What was done here and is not told yet. */
const addPending = (visits: Visits, { undone, stages }: Pending): void => {
  for (const id of undone) visits.delete(id);
  for (const [id, steps] of stages) {
    const visit = visits.get(id);
    if (!visit) continue;
    for (const step of steps) {
      const stage = visit.services[step.payload.position];
      if (step.payload.to === 'no-show') visit.state = 'left';
      else if (stage) visit.services[step.payload.position] = stepped(stage, step);
    }
  }
};

/** Bookings that nobody came for: today those that staff have marked, of a day that is over all that are still open. */
const MARKED: ReadonlySet<BookingStatus> = new Set(['no-show']);
const NEVER_CAME: ReadonlySet<BookingStatus> = new Set(['no-show', 'booked', 'rescheduled']);

/** @param day a business day of which this device still holds the visits */
const countDay = (db: ReadDb, { office, dayBounds, day: today }: Here, day: string, now: number): DayNumbers => {
  const pending = readPending(db, now);
  const visits = toldVisits(db, day);
  addOwn(db, day, now, visits);
  addPending(visits, pending);
  const { time_zone: zone, day_change_minutes: change } = office;
  const { from, until } = dayBounds(startOfBusinessDay(day, zone, change));
  const came = new Set(
    db
      .all(
        sql`SELECT booking_id FROM visit WHERE business_date = ${day} AND booking_id IS NOT NULL AND undone_at IS NULL`,
      )
      .map((row) => text(row, 'booking_id')),
  );
  const missed = day < today ? NEVER_CAME : MARKED;
  const noShows = bookingsBetween(db, office.id, from, until).flatMap(({ bookingId, status, serviceId }) =>
    !came.has(bookingId) && (missed.has(status) || pending.noShows.has(bookingId)) ? [serviceId] : [],
  );
  return summarise([...visits.values()], { noShows, hourOf: (at) => localTime(at, zone).hour });
};

// --- The report ------------------------------------------------------------------------------------------------------

const timingOf = (histogram: readonly number[], limit: number): Timing => ({
  count: countOf(histogram),
  median: percentile(histogram, 0.5),
  p90: percentile(histogram, 0.9),
  over: countOver(histogram, limit),
  overShare: shareOver(histogram, limit),
});

/** @param limit minutes from which somebody has waited too long */
const lineOf = (part: PartNumbers, limit: number): NumbersLine => ({
  visits: part.visits,
  booked: part.booked,
  walkIns: part.walk_ins,
  left: part.left,
  waits: timingOf(part.waits, limit),
  serving: timingOf(part.serving, limit),
});

const wholeOf = ({ all }: DayNumbers, limit: number) => ({ ...lineOf(all, limit), noShows: all.no_shows });

/** What is not there any more, or has not come yet, still has numbers. */
const unnamed = (id: number): I18nText => ({ ru: `№ ${id}`, en: `No. ${id}` });

const windowNames = (db: ReadDb): Map<number, I18nText> =>
  new Map(
    db
      .all(sql`SELECT window_id, name FROM service_window`)
      .map((row) => [int(row, 'window_id'), json<I18nText>(row, 'name')]),
  );

export const createNumbers = ({ store, moment, actor, limits }: NumbersPorts) => {
  /** What the centre has told of a day; null when it has not, or not so that it can be read. */
  const told = (db: ReadDb, day: string): DayNumbers | null => {
    const row = db.get(sql`SELECT data FROM day_numbers WHERE business_date = ${day}`);
    const parsed = row && dayNumbersRecord.safeParse(json<unknown>(row, 'data'));
    return parsed?.success === true ? parsed.data : null;
  };
  /** @returns null when nothing is known of the day */
  const numbersOf = (db: ReadDb, at: Here, day: string, now: number): DayNumbers | null => {
    if (day === at.day) return countDay(db, at, day, now);
    const known = told(db, day);
    if (known) return known;
    const held = db.get(sql`SELECT 1 AS held FROM queue_visit WHERE business_date = ${day} LIMIT 1`);
    return held ? countDay(db, at, day, now) : null;
  };
  const daysLikeToday = (db: ReadDb, today: string): DayHours[] =>
    Array.from({ length: WEEKS_BACK }, (_, week) => addDays(today, -7 * (week + 1))).flatMap((date) => {
      const hours = told(db, date)?.all.hours;
      return hours ? [{ date, hours }] : [];
    });

  /** @throws CallFailure invalid-input */
  const datesOf = ({ from, until }: Span): string[] => {
    const dates: string[] = [];
    try {
      for (let day = from; day <= until; day = addDays(day, 1)) {
        if (dates.length >= MOST_DAYS_TOGETHER)
          throw new CallFailure('invalid-input', `${MOST_DAYS_TOGETHER} days at most`);
        dates.push(day);
      }
    } catch (error) {
      if (error instanceof RangeError) throw new CallFailure('invalid-input', error.message);
      throw error;
    }
    if (dates.length === 0) throw new CallFailure('invalid-input', 'the first day comes after the last');
    return dates;
  };

  const gather = async ({ from, until }: Span) => {
    const dates = datesOf({ from, until });
    let total = noNumbers();
    const days: NumbersReport['days'] = [];
    for (let at = 0; at < dates.length; at += DAYS_AT_ONCE) {
      if (at > 0) await turn();
      const found = store.read((db) => {
        const now = moment().at;
        const place = here(db, now);
        return dates.slice(at, at + DAYS_AT_ONCE).flatMap((date) => {
          const numbers = numbersOf(db, place, date, now);
          return numbers ? [{ date, numbers }] : [];
        });
      });
      total = combine([total, ...found.map(({ numbers }) => numbers)]);
      days.push(...found.map(({ date, numbers }) => ({ date, ...wholeOf(numbers, limits().limitMinutes) })));
    }
    return { total, days };
  };

  const report = async ({ from, until }: Span): Promise<NumbersReport> => {
    const { total, days } = await gather({ from, until });
    const limit = limits().limitMinutes;
    return store.read((db) => {
      const now = moment().at;
      const { day: today, office } = here(db, now);
      const names = windowNames(db);
      const firstHour = Math.floor(office.day_change_minutes / 60);
      const ahead =
        from === today && until === today
          ? forecast(
              daysLikeToday(db, today),
              { date: today, hours: total.all.hours },
              localTime(now, office.time_zone).hour,
              firstHour,
            )
          : null;
      const thought = (ahead?.expected ?? []).reduce<number>(
        (all, n, hour) => all + (n === null ? 0 : Math.max(0, n - (total.all.hours[hour] ?? 0))),
        0,
      );
      return {
        from,
        until,
        today,
        limitMinutes: limit,
        total: wholeOf(total, limit),
        days,
        openDays: days.filter(({ visits }) => visits > 0).length,
        hours: Array.from({ length: 24 }, (_, n) => {
          const hour = (firstHour + n) % 24;
          return {
            hour,
            visits: total.all.hours[hour] ?? 0,
            usual: ahead?.usual[hour] ?? null,
            expected: ahead?.expected[hour] ?? null,
          };
        }),
        forecast: ahead && { days: ahead.days, scale: ahead.scale, toCome: thought },
        services: total.services.map((part) => ({
          id: part.id,
          name: readService(db, part.id)?.name ?? unnamed(part.id),
          ...lineOf(part, limit),
          noShows: part.no_shows,
        })),
        windows: total.windows.map((part) => ({
          id: part.id,
          name: names.get(part.id) ?? unnamed(part.id),
          ...lineOf(part, limit),
        })),
        ways: (['kiosk', 'desk'] as const).map((way) => ({ way, ...lineOf(total.ways[way], limit) })),
      };
    });
  };

  return {
    /** @throws CallFailure forbidden */
    days: (): NumbersDays => {
      actor('numbers');
      return store.read((db) => {
        const { day: today } = here(db, moment().at);
        const days = db
          .all(
            sql`SELECT business_date FROM day_numbers UNION SELECT business_date FROM queue_visit
                UNION SELECT ${today} AS business_date ORDER BY business_date`,
          )
          .map((row) => text(row, 'business_date'));
        return { today, days };
      });
    },
    /** @throws CallFailure forbidden, invalid-input */
    get: async (span: Span): Promise<NumbersReport> => {
      actor('numbers');
      return report(span);
    },
    /** What leaves the program stands in the audit log. @throws CallFailure forbidden, invalid-input */
    csv: async ({ table, language, ...span }: Span & { table: NumbersTable; language: 'ru' | 'en' }) => {
      const who = actor('numbers');
      const rows = tableOf(table, await report(span), language);
      store.write((db) =>
        audit(db, {
          at: moment().at,
          actor: who,
          action: 'numbers.exported',
          entityId: '',
          detail: { what: table, from: span.from, until: span.until },
        }),
      );
      const days = span.from === span.until ? span.from : `${span.from}-${span.until}`;
      return { name: `numbers-${table}-${days}.csv`, text: toCsv(rows, language) };
    },
  };
};
