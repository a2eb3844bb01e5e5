import type { DeskQueue, DeskRow } from '../../../shared/contracts/desk.ts';
import type { Estimate } from '../../../shared/domain/queue.ts';
import { byTurn } from '../../../shared/domain/queue.ts';
import type { I18nText } from '../../../shared/domain/language.ts';
import { freeSlots } from '../store/bookings.ts';
import { queueWindows } from '../store/queue.ts';
import { readCatalogue } from '../store/registry.ts';
import { json, sql, int, type ReadDb } from '../store/sql.ts';
import type { Store } from '../store/store.ts';
import type { Day, DayPorts, Entry } from './day.ts';
import { activeStage, firstCalledAt, nextStage } from './seen.ts';

/** The queue as staff see it: who waits for which service, in the order of their turn, and what each window does. */

export interface HallPorts {
  store: Store;
  day: Day;
  /** What somebody who comes now may be told, by service. */
  estimates: () => ReadonlyMap<number, Estimate>;
  limits: DayPorts['limits'];
}

const MOST_PEOPLE = 500;
const MOST_SLOTS = 5;
const SLOTS_AHEAD_MS = 8 * 86_400_000;
const MINUTE_MS = 60_000;

interface Waiting {
  entry: Entry;
  service: number;
  turn: { priority: 'none' | 'first' | 'out-of-turn'; orderAt: number; arrivedAt: number };
}

const windowNames = (db: ReadDb): Map<number, I18nText> =>
  new Map(
    db
      .all(sql`SELECT window_id, name FROM service_window`)
      .map((row) => [int(row, 'window_id'), json<I18nText>(row, 'name')]),
  );

export const createHall = ({ store, day, estimates, limits }: HallPorts) => ({
  queue: (): DeskQueue => {
    const told = estimates();
    return store.read((db) => {
      const { entries, now } = day.entries(db);
      const waiting: Waiting[] = [];
      const served = new Map<number, NonNullable<DeskQueue['windows'][number]['at']>>();
      const waits = new Map<number, number[]>();
      for (const entry of entries) {
        const { seen } = entry;
        if (!seen) continue;
        const called = firstCalledAt(seen);
        const first = seen.stages[0]?.serviceId ?? -1;
        if (called !== null) waits.set(first, [...(waits.get(first) ?? []), (called - seen.arrivedAt) / MINUTE_MS]);
        const active = activeStage(seen);
        if (active && active.stage.windowId !== null && seen.state !== 'left') {
          const { stage, position } = active;
          served.set(active.stage.windowId, {
            row: day.named(db, entry),
            position,
            state: stage.state === 'serving' ? 'serving' : 'called',
            since: stage.servingAt ?? stage.calledAt ?? now,
          });
        }
        const next = seen.state === 'waiting' ? nextStage(seen) : null;
        if (next) {
          const { priority, orderAt, arrivedAt } = seen;
          waiting.push({ entry, service: next.stage.serviceId, turn: { priority, orderAt, arrivedAt } });
        }
      }
      waiting.sort((a, b) => byTurn(a.turn, b.turn));
      const windows = queueWindows(db);
      const names = windowNames(db);
      const named = (one: Waiting | undefined): DeskRow | null => (one ? day.named(db, one.entry) : null);
      const rows = (service: number): DeskRow[] =>
        waiting
          .filter((one) => one.service === service)
          .slice(0, MOST_PEOPLE)
          .map(({ entry }) => day.named(db, entry));
      return {
        services: readCatalogue(db).services.map((service) => {
          const people = rows(service.id);
          const arrived = people.flatMap(({ since }) => (since === null ? [] : [since]));
          const own = waits.get(service.id) ?? [];
          const estimate = told.get(service.id);
          return {
            id: service.id,
            name: service.name,
            waiting: people.length,
            since: arrived.length === 0 ? null : Math.min(...arrived),
            averageMinutes:
              own.length === 0 ? null : Math.max(0, Math.round(own.reduce((sum, one) => sum + one, 0) / own.length)),
            estimate:
              estimate?.known === true ? { fromMinutes: estimate.fromMinutes, toMinutes: estimate.toMinutes } : null,
            slots: freeSlots(db, service.id, now, now + SLOTS_AHEAD_MS)
              .slice(0, MOST_SLOTS)
              .map(({ startsAt }) => startsAt),
            windows: windows.filter(({ serviceIds }) => serviceIds.includes(service.id)).map(({ id }) => id),
            people,
          };
        }),
        windows: windows.map(({ id, state, until, serviceIds }) => ({
          id,
          name: names.get(id) ?? { ru: String(id), en: String(id) },
          state,
          until,
          services: [...serviceIds],
          at: served.get(id) ?? null,
          next: named(waiting.find(({ service }) => serviceIds.includes(service))),
        })),
        ...limits(),
      };
    });
  },
});
