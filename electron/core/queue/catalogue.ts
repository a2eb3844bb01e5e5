import type { Catalogue, SlotDay } from '../../../shared/contracts/app.ts';
import type { Estimate } from '../../../shared/domain/queue.ts';
import { here } from '../checkin/here.ts';
import type { CheckinPorts } from '../checkin/checkin.ts';
import { walkInVerdicts } from '../checkin/walk-in.ts';
import { freeSlots, soonestSlot } from '../store/bookings.ts';
import { readCatalogue, readSealingKey } from '../store/registry.ts';

const DAYS_AHEAD = 8;
const DAY_MS = 86_400_000;
/** A time so near cannot be reached from the screen to the window. */
const LEAST_AHEAD_MS = 5 * 60_000;

type Ports = Pick<CheckinPorts, 'store' | 'moment' | 'queue'> & { online: () => boolean };

/** What can be had without a booking, and which times are free: as it is now. Reads only. */
export const createCatalogue = ({ store, moment, queue, online }: Ports) => ({
  catalogue: (): Catalogue => {
    const now = moment();
    const estimates = queue.everyService();
    const none: Estimate = { known: false, why: 'no-data', ahead: null };
    return store.read((db) => {
      const at = here(db, now.at);
      const { groups, services } = readCatalogue(db);
      const verdicts = walkInVerdicts(db, at, services, now, (id) => estimates.get(id) ?? none);
      const { consent, priority_claims: claims } = at.office;
      return {
        groups: groups.map(({ id, name, icon }) => ({ id, name, icon })),
        services: services.map((s) => {
          const verdict = verdicts.get(s.id);
          return {
            id: s.id,
            group: s.group_id,
            name: s.name,
            hint: s.hint,
            keywords: s.keywords,
            icon: s.icon,
            place: s.place,
            papers: s.papers,
            frequent: s.frequent,
            sensitive: s.sensitive,
            minutes: s.duration_minutes,
            estimate: estimates.get(s.id) ?? none,
            unavailable: verdict && !verdict.ok ? verdict.reason : null,
            slots: soonestSlot(db, s.id, now.at + LEAST_AHEAD_MS) !== null,
          };
        }),
        claims: claims.map(({ id, name, level, document, at_once }) => ({
          id,
          name,
          level,
          document,
          atOnce: at_once,
        })),
        consent: readSealingKey(db) === null ? null : consent,
        online: online(),
      };
    });
  },

  /** Free times for a visit that begins with the first of the services. */
  slots: (services: readonly number[]): { days: SlotDay[]; online: boolean } => {
    const now = moment().at;
    return store.read((db) => {
      const { dayOf } = here(db, now);
      const days = new Map<string, { startsAt: number; free: number }[]>();
      for (const slot of freeSlots(db, services[0] ?? -1, now + LEAST_AHEAD_MS, now + DAYS_AHEAD * DAY_MS)) {
        const day = dayOf(slot.startsAt);
        const list = days.get(day) ?? [];
        list.push(slot);
        days.set(day, list);
      }
      return { days: [...days].map(([date, slots]) => ({ date, slots })), online: online() };
    });
  },
});
