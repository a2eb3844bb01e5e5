import type { DeskRow } from '../../../shared/contracts/desk.ts';
import type { DeskCard } from '../../../shared/contracts/desk.ts';
import type { Moment } from '../../../shared/domain/decide.ts';
import { audit } from '../audit/audit.ts';
import { readCode } from '../checkin/read-code.ts';
import { readBooking, readBookingByNumber } from '../store/bookings.ts';
import { readKeys } from '../store/registry.ts';
import type { Store } from '../store/store.ts';
import type { Day } from './day.ts';

/** Looking for people. Whom somebody looked at is audited, and what he looked for is not: it may be a name. */

export interface DeskPorts {
  store: Store;
  day: Day;
  moment: () => Moment;
  /** Who is signed in. @throws CallFailure forbidden */
  actor: () => string;
  /** Bookings and visits that fit a text, the best first. */
  find: (text: string) => readonly { booking: string | null; visit: string | null }[];
}

/** A hundred rows are more than anybody looks through: he types one letter more. */
const MOST_FOUND = 100;
/** A card is read anew whenever something happens: that is one look. */
const ONE_LOOK_MS = 10 * 60_000;

export const createDesk = ({ store, day, moment, actor, find }: DeskPorts) => {
  let last: { who: string; key: string; at: number } | null = null;
  const note = (who: string, key: string): void => {
    const now = moment().at;
    if (last?.who === who && last.key === key && Math.abs(now - last.at) < ONE_LOOK_MS) return;
    store.write((db) => audit(db, { at: now, actor: who, action: 'person.seen', entityId: key.slice(1), detail: {} }));
    last = { who, key, at: now };
  };

  return {
    card: (key: string): DeskCard | null => {
      const card = day.card(key);
      if (card) note(actor(), key);
      return card;
    },
    find: (text: string): DeskRow[] => day.rows(find(text)).slice(0, MOST_FOUND),
    scan: (text: string): { found: true; key: string } | { found: false; reason: string; signed: boolean } => {
      const { code, why } = store.read((db) => readCode(text, readKeys(db), moment().at));
      switch (code.kind) {
        case 'foreign':
          return { found: false, reason: why ?? 'unreadable', signed: false };
        case 'visit': {
          const [row] = day.rows([{ booking: null, visit: code.visitId }]);
          return row ? { found: true, key: row.key } : { found: false, reason: 'not-today', signed: false };
        }
        default: {
          const booking = store.read((db) =>
            code.kind === 'number'
              ? readBookingByNumber(db, code.number, moment().at)
              : readBooking(db, code.bookingId),
          );
          // Also of another day or office: the card says so.
          return booking
            ? { found: true, key: `b${booking.bookingId}` }
            : { found: false, reason: 'not-here', signed: code.kind === 'token' };
        }
      }
    },
  };
};
