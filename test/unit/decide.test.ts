import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import {
  COPY_WITHIN_MS,
  decide,
  MAX_COPIES,
  type Code,
  type DecideInput,
  type KnownBooking,
  type KnownVisit,
} from '../../shared/domain/decide.ts';
import { businessDate } from '../../shared/domain/business-day.ts';
import { BOOKING_STATUS } from '../../shared/domain/model.ts';

const ZONE = 'Europe/Moscow';
const at = (text: string) => Date.parse(`${text}:00+03:00`);
const NOW = at('2026-11-23T10:24');
const HOUR = 3_600_000;
const ID = 'ab'.repeat(16);

const token: Code = {
  kind: 'token',
  bookingId: ID,
  officeId: 7,
  serviceId: 3,
  startsAt: at('2026-11-23T10:30'),
  validUntil: at('2026-11-23T18:00'),
};
const booking: KnownBooking = {
  bookingId: ID,
  officeId: 7,
  serviceId: 3,
  startsAt: at('2026-11-23T10:30'),
  status: 'booked',
  ticket: null,
};
const visit: KnownVisit = {
  visitId: 'v',
  arrivedAt: NOW - 60_000,
  number: { series: 'A', number: 47 },
  startsAt: booking.startsAt,
  copies: 0,
  paperless: false,
  printing: false,
};
const input = (more: Partial<DecideInput> = {}): DecideInput => ({
  code: token,
  now: NOW,
  officeId: 7,
  dayOf: (t) => businessDate(t, ZONE),
  booking,
  visit: null,
  ...more,
});
const why = (more: Partial<DecideInput>) => {
  const d = decide(input(more));
  return d.accept === false ? d.reason : d.accept === 'again' ? 'again' : d.provisional ? 'provisional' : 'accept';
};

describe('decide', () => {
  it.each<[string, Partial<DecideInput>, string]>([
    ['a known booking of today', {}, 'accept'],
    ['a signed confirmation that the cache has not seen', { booking: null }, 'provisional'],
    ['the same, when its validity is over', { booking: null, now: at('2026-11-23T18:01') }, 'other-day'],
    ['a known booking after the validity of its paper', { now: at('2026-11-23T18:01') }, 'accept'],
    ['some other code', { code: { kind: 'foreign' }, booking: null }, 'not-ours'],
    ['a booking number in the cache', { code: { kind: 'number', number: 'AAAAAAAA' } }, 'accept'],
    ['a booking number that nobody knows', { code: { kind: 'number', number: 'AAAAAAAA' }, booking: null }, 'unknown'],
    ['another office, unknown here', { code: { ...token, officeId: 8 }, booking: null }, 'other-office'],
    ['moved to another office after it was printed', { booking: { ...booking, officeId: 8 } }, 'other-office'],
    ['moved here from the office on the paper', { code: { ...token, officeId: 8 } }, 'accept'],
    [
      'other office goes before cancelled',
      { booking: { ...booking, officeId: 8, status: 'cancelled' } },
      'other-office',
    ],
    ['cancelled', { booking: { ...booking, status: 'cancelled' } }, 'cancelled'],
    [
      'cancelled goes before other day',
      { booking: { ...booking, status: 'cancelled', startsAt: NOW + 48 * HOUR } },
      'cancelled',
    ],
    ['tomorrow', { booking: { ...booking, startsAt: NOW + 24 * HOUR } }, 'other-day'],
    ['yesterday', { booking: { ...booking, startsAt: NOW - 24 * HOUR } }, 'other-day'],
    [
      'rescheduled to today: the cache knows better than the paper',
      { code: { ...token, startsAt: NOW - 72 * HOUR } },
      'accept',
    ],
    ['rescheduled away from today', { booking: { ...booking, startsAt: NOW + 72 * HOUR } }, 'other-day'],
    ['02:00 belongs to the day before', { now: at('2026-11-24T02:00') }, 'accept'],
    ['04:00 is the next day', { now: at('2026-11-24T04:00') }, 'other-day'],
    ['other day goes before already used', { visit, booking: { ...booking, startsAt: NOW + 24 * HOUR } }, 'other-day'],
    ['checked in here a minute ago', { visit }, 'already-used'],
    ['checked in here, the paper still on its way', { visit: { ...visit, printing: true } }, 'again'],
    [
      'checked in at another device',
      { booking: { ...booking, status: 'arrived', ticket: { series: 'A', number: 9 } } },
      'already-used',
    ],
    ['served already', { booking: { ...booking, status: 'served' } }, 'already-used'],
    ['a no-show who came after all', { booking: { ...booking, status: 'no-show' } }, 'accept'],
    ['our own ticket', { code: { kind: 'visit', visitId: 'v' }, booking: null, visit }, 'already-used'],
    ['a ticket of another day', { code: { kind: 'visit', visitId: 'v' }, booking: null }, 'not-ours'],
  ])('%s: %#', (_name, more, expected) => {
    expect(why(more)).toBe(expected);
  });

  it('offers a copy for ten minutes and not more than twice', () => {
    const copyOf = (more: Partial<KnownVisit>, now = NOW) => {
      const d = decide(input({ now, visit: { ...visit, ...more } }));
      return d.accept === false ? d.copyOf : 'accepted';
    };
    expect(copyOf({ arrivedAt: NOW - COPY_WITHIN_MS })).toBe('v');
    expect(copyOf({ arrivedAt: NOW - COPY_WITHIN_MS - 1 })).toBeNull();
    expect(copyOf({ arrivedAt: NOW + COPY_WITHIN_MS + 1 })).toBeNull();
    expect(copyOf({ copies: MAX_COPIES - 1 })).toBe('v');
    expect(copyOf({ copies: MAX_COPIES })).toBeNull();
    expect(copyOf({ arrivedAt: NOW - 5 * HOUR, copies: MAX_COPIES + 1, paperless: true })).toBe('v');
  });

  it('says the number that was given', () => {
    expect(decide(input({ visit }))).toMatchObject({ number: { series: 'A', number: 47 } });
    expect(
      decide(input({ booking: { ...booking, status: 'arrived', ticket: { series: 'B', number: 9 } } })),
    ).toMatchObject({
      number: { series: 'B', number: 9 },
      copyOf: null,
    });
  });

  it('is total, and never accepts what it must not', () => {
    const instants = fc.integer({ min: at('2026-01-01T00:00'), max: at('2027-12-31T00:00') });
    const anyCode: fc.Arbitrary<Code> = fc.oneof(
      fc.record({
        kind: fc.constant('token' as const),
        bookingId: fc.constant(ID),
        officeId: fc.constantFrom(7, 8),
        serviceId: fc.nat(9),
        startsAt: instants,
        validUntil: instants,
      }),
      fc.constant<Code>({ kind: 'number', number: 'AAAAAAAA' }),
      fc.constant<Code>({ kind: 'visit', visitId: 'v' }),
      fc.constant<Code>({ kind: 'foreign' }),
    );
    const anyBooking = fc.option(
      fc.record({
        bookingId: fc.constant(ID),
        officeId: fc.constantFrom(7, 8),
        serviceId: fc.nat(9),
        startsAt: instants,
        status: fc.constantFrom(...BOOKING_STATUS),
        ticket: fc.constant(null),
      }),
    );
    const anyVisit = fc.option(
      fc.record({
        visitId: fc.constant('v'),
        arrivedAt: instants,
        number: fc.constant({ series: 'A' as const, number: 1 }),
        startsAt: fc.option(instants),
        copies: fc.nat(3),
        paperless: fc.boolean(),
        printing: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(anyCode, anyBooking, anyVisit, instants, (code, known, seen, now) => {
        const d = decide(input({ code, booking: known, visit: seen, now }));
        if (d.accept === true) {
          expect(seen).toBeNull();
          expect(known?.status).not.toBe('cancelled');
          expect(known?.officeId ?? (code.kind === 'token' ? code.officeId : 0)).toBe(7);
          expect(businessDate(d.startsAt, ZONE)).toBe(businessDate(now, ZONE));
          expect(d.provisional).toBe(known === null);
        }
        if (d.accept === 'again') expect(seen).not.toBeNull();
      }),
      { numRuns: 2000 },
    );
  });
});
