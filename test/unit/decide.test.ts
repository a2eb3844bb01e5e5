import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decide,
  exactly,
  mayCopy,
  REFUSALS,
  windowsOf,
  type CheckinPolicy,
  type Code,
  type DecideInput,
  type Decision,
  type KnownBooking,
  type KnownVisit,
  type Moment,
} from '../../shared/domain/decide.ts';
import { BOOKING_STATUS } from '../../shared/domain/model.ts';
import { PRIORITIES } from '../../shared/domain/queue.ts';
import { DECIDE_CASES, ID, inputOf, MOSCOW, OFFICE } from '../fixtures/decide-cases.ts';

describe('decide: the table', () => {
  it.each(DECIDE_CASES.map(({ name, ...c }) => [name, c] as const))('%s', (_name, { given, expected }) => {
    expect(decide(inputOf(given))).toMatchObject(expected);
  });

  it('has every reason, and each name once', () => {
    const reasons = new Set(DECIDE_CASES.flatMap(({ expected: e }) => (e.accept === false ? [e.reason] : [])));
    expect([...reasons].toSorted()).toEqual([...REFUSALS].toSorted());
    expect(new Set(DECIDE_CASES.map((c) => c.name)).size).toBe(DECIDE_CASES.length);
    expect(DECIDE_CASES.length).toBeGreaterThanOrEqual(120);
  });
});

// --- What holds for everything ---------------------------------------------------------------------------------------

const MINUTE = 60_000;
const YEAR_2000 = Date.UTC(2000, 0, 1);
const YEAR_2100 = Date.UTC(2100, 0, 1);
const FOREVER = 8_640_000_000_000_000;
const NOON = Date.parse('2026-11-23T12:00+03:00');

const anyTime = fc.integer({ min: YEAR_2000, max: YEAR_2100 });
/** Around one day, and most around one hour of it, so that much can be accepted. */
const nearTime = fc
  .tuple(
    fc.oneof(fc.integer({ min: -1440, max: 1440 }), fc.integer({ min: -30, max: 30 })),
    fc.constantFrom(0, 0, 1, 30_000, 59_999),
  )
  .map(([minutes, rest]) => NOON + minutes * MINUTE + rest);
const minutes = fc.oneof(fc.constantFrom(0, 15, 45), fc.nat(1440));
const anyPolicy: fc.Arbitrary<CheckinPolicy> = fc.record({
  earlyMinutes: minutes,
  earlyAnnouncedMinutes: minutes,
  lateMinutes: minutes,
  graceMinutes: minutes,
  afterGrace: fc.constantFrom('walk-in', 'desk'),
});
const anyNumber = fc.record({
  series: fc.constantFrom('A' as const, 'X' as const),
  number: fc.integer({ min: 1, max: 999 }),
});

interface World {
  time: fc.Arbitrary<number>;
  width: fc.Arbitrary<number>;
}
const FAR: World = { time: anyTime, width: fc.oneof(fc.constant(0), fc.nat(100_000), fc.constant(FOREVER)) };
const NEAR: World = { time: nearTime, width: fc.oneof(fc.constant(0), fc.nat(3 * 60 * MINUTE)) };
const EXACT: World = { time: nearTime, width: fc.constant(0) };

const anyInput = ({ time, width }: World): fc.Arbitrary<DecideInput> => {
  const office = fc.constantFrom(OFFICE, OFFICE, OFFICE, OFFICE + 1);
  const service = fc.constantFrom(3, 9);
  const moment: fc.Arbitrary<Moment> = fc
    .record({ at: time, before: width, after: width })
    .map(({ at, before, after }) => ({
      at,
      notBefore: Math.max(0, at - before),
      notAfter: Math.min(FOREVER, at + after),
    }));
  const code: fc.Arbitrary<Code> = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('token' as const),
        bookingId: fc.constant(ID),
        officeId: office,
        serviceId: service,
        startsAt: time,
        validUntil: time,
      }),
    },
    { weight: 2, arbitrary: fc.constant<Code>({ kind: 'booking', bookingId: ID }) },
    fc.constant<Code>({ kind: 'visit', visitId: 'v' }),
    fc.constant<Code>({ kind: 'foreign' }),
  );
  const booking: fc.Arbitrary<KnownBooking> = fc.record({
    bookingId: fc.constant(ID),
    officeId: office,
    serviceId: service,
    services: fc.constantFrom([3], [3, 9], [9, 3]),
    startsAt: time,
    status: fc.constantFrom(...BOOKING_STATUS),
    priority: fc.constantFrom(...PRIORITIES),
    ticket: fc.option(anyNumber),
  });
  const visit: fc.Arbitrary<KnownVisit> = fc.record({
    visitId: fc.constant('v'),
    arrivedAt: time,
    number: anyNumber,
    startsAt: fc.option(time),
    copies: fc.nat(3),
    ours: fc.boolean(),
    served: fc.option(fc.boolean()),
    paperless: fc.boolean(),
    printing: fc.boolean(),
  });
  return fc
    .record({
      code,
      now: moment,
      // Half of them with the paper of the very time: else nearly all would be superseded.
      paperAgrees: fc.boolean(),
      booking: fc.option(booking, { freq: 3 }),
      visit: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, visit),
      policies: fc.tuple(anyPolicy, anyPolicy),
      zone: fc.constantFrom(MOSCOW, 'Europe/Berlin', 'America/St_Johns', 'Pacific/Apia'),
      change: fc.constantFrom(0, 240, 150, 1439),
    })
    .map((w) => ({
      ...inputOf({ zone: w.zone, change: w.change }),
      code:
        w.paperAgrees && w.code.kind === 'token' && w.booking ? { ...w.code, startsAt: w.booking.startsAt } : w.code,
      now: w.now,
      booking: w.booking,
      visit: w.visit,
      policyOf: (service) => w.policies[service === 3 ? 0 : 1],
    }));
};

const startsAtOf = ({ booking, code }: DecideInput): number =>
  booking?.startsAt ?? (code.kind === 'token' ? code.startsAt : Number.NaN);

/** Fails when hardly anything that was made up is of the kind that the rule is about. */
const seen = (decisions: readonly Decision[], what: (d: Decision) => boolean, atLeast: number): void => {
  expect(decisions.filter(what).length).toBeGreaterThanOrEqual(atLeast);
};

describe('decide: always', () => {
  it('answers whatever it is asked, from 2000 to 2100, and every refusal ends with the call for staff', () => {
    const refusals = new Set<string>();
    fc.assert(
      fc.property(fc.oneof(anyInput(FAR), anyInput(NEAR)), (input) => {
        const d = decide(input);
        if (d.accept !== false) return;
        refusals.add(d.reason);
        expect(d.next.at(-1)).toEqual({ step: 'call-staff' });
        expect(d.next.filter((n) => n.step === 'call-staff')).toHaveLength(1);
        expect(new Set(d.next.map((n) => n.step)).size).toBe(d.next.length);
      }),
      { numRuns: 4000, seed: 7 },
    );
    expect([...refusals].toSorted()).toEqual([...REFUSALS].toSorted());
  });

  it('accepts nothing cancelled, of another office, used, foreign, or on a paper of another time', () => {
    const made: Decision[] = [];
    fc.assert(
      fc.property(fc.oneof(anyInput(FAR), anyInput(NEAR)), (input) => {
        const d = decide(input);
        made.push(d);
        if (d.accept !== true) return;
        const { booking, code, visit } = input;
        expect(visit).toBeNull();
        expect(['token', 'booking']).toContain(code.kind);
        expect(['cancelled', 'arrived', 'served']).not.toContain(booking?.status);
        expect(booking?.officeId ?? (code.kind === 'token' ? code.officeId : null)).toBe(OFFICE);
        if (code.kind === 'token') expect(d.startsAt).toBe(code.startsAt);
        expect(d.provisional).toBe(booking === null);
        expect(d.services).toEqual(booking?.services ?? [code.kind === 'token' ? code.serviceId : null]);
        expect(d.priority).toBe(booking?.priority ?? 'none');
      }),
      { numRuns: 4000, seed: 7 },
    );
    seen(made, (d) => d.accept === true, 100);
  });

  it('by an exact clock: accepts within the windows and the business day only, and is never uncertain', () => {
    const made: Decision[] = [];
    fc.assert(
      fc.property(anyInput(EXACT), (input) => {
        const d = decide(input);
        made.push(d);
        if (d.accept !== true) return;
        const { at } = input.now;
        expect(input.dayOf(at)).toBe(input.dayOf(d.startsAt));
        const day = input.dayBounds(d.startsAt);
        expect(at >= day.from && at < day.until).toBe(true);
        const policy = input.policyOf(input.booking?.serviceId ?? d.services[0] ?? 0);
        expect(at).toBeGreaterThanOrEqual(d.startsAt - policy.earlyMinutes * MINUTE);
        expect(at).toBeLessThan(d.startsAt + (policy.lateMinutes + policy.graceMinutes + 1) * MINUTE);
        expect(d.uncertain).toBe(false);
      }),
      { numRuns: 4000, seed: 7 },
    );
    seen(made, (d) => d.accept === true, 100);
  });

  it('the less is known of the time, the more is accepted; and only what might be refused is uncertain', () => {
    const made: Decision[] = [];
    const more = fc.oneof(fc.nat(60 * MINUTE), fc.nat(4 * 86_400_000));
    fc.assert(
      fc.property(anyInput(NEAR), more, more, (input, before, after) => {
        const d = decide(input);
        const { at, notBefore, notAfter } = input.now;
        const wider = decide({ ...input, now: { at, notBefore: notBefore - before, notAfter: notAfter + after } });
        made.push(d);
        if (d.accept !== true) return;
        if (wider.accept !== true) throw new Error('a wider clock refuses what a narrower one accepts');
        expect(wider.startsAt).toBe(d.startsAt);
        if (d.uncertain) expect(wider.uncertain).toBe(true);
        // Certain means: accepted at every moment that it may be.
        if (d.uncertain) return;
        for (const moment of [notBefore, notAfter, (notBefore + notAfter) / 2]) {
          expect(decide({ ...input, now: exactly(moment) }).accept).toBe(true);
        }
      }),
      { numRuns: 3000, seed: 7 },
    );
    seen(made, (d) => d.accept === true, 100);
    seen(made, (d) => d.accept === true && d.uncertain, 20);
  });

  it('who does as he is told is let in: at the time to come back, and on the day to come', () => {
    const told = { back: 0, on: 0, checkIn: 0 };
    fc.assert(
      fc.property(anyInput(EXACT), (input) => {
        const d = decide(input);
        if (d.accept !== false || d.reason === 'already-used') return;
        for (const next of d.next) {
          const by: Code = { kind: 'booking', bookingId: ID };
          const code = input.booking ? by : input.code;
          const later = (at: number) => decide({ ...input, code, now: exactly(at) });
          if (next.step === 'come-back') {
            told.back += 1;
            expect(next.at).toBeGreaterThan(input.now.at);
            expect(next.at).toBeLessThanOrEqual(startsAtOf(input));
            const then = later(next.at);
            // A confirmation that runs out before its own time is of no issuer.
            if (input.booking) expect(then.accept).toBe(true);
          } else if (next.step === 'come-on') {
            told.on += 1;
            expect(input.dayOf(next.at)).not.toBe(input.dayOf(input.now.at));
            if (
              input.booking &&
              !input.visit &&
              input.booking.status !== 'arrived' &&
              input.booking.status !== 'served'
            ) {
              expect(later(next.at).accept).toBe(true);
            }
          } else if (next.step === 'check-in') {
            told.checkIn += 1;
            expect(later(input.now.at)).toMatchObject({ accept: true, startsAt: next.startsAt });
          }
        }
      }),
      { numRuns: 4000, seed: 7 },
    );
    expect(Math.min(told.back, told.on, told.checkIn)).toBeGreaterThan(20);
  });

  it('offers a copy just when one would be printed, and what is one’s own only', () => {
    const made: Decision[] = [];
    fc.assert(
      fc.property(anyInput(EXACT), (input) => {
        const d = decide(input);
        made.push(d);
        if (d.accept === 'again' || d.accept === 'feedback') expect(d.visitId).toBe(input.visit?.visitId);
        if (d.accept !== false) return;
        const offered = d.next.some((n) => n.step === 'copy');
        const { visit } = input;
        if (d.reason !== 'already-used' || !visit) expect(offered).toBe(false);
        else expect(offered).toBe(visit.ours && mayCopy(visit, input.now.at));
      }),
      { numRuns: 4000, seed: 7 },
    );
    seen(made, (d) => d.accept === false && d.next.some((n) => n.step === 'copy'), 20);
  });

  it('windows are in order, in the day, and hold the booked time', () => {
    fc.assert(
      fc.property(
        fc.oneof(anyTime, nearTime),
        anyPolicy,
        fc.constantFrom(MOSCOW, 'Europe/Berlin', 'Australia/Lord_Howe', 'America/St_Johns'),
        fc.constantFrom(0, 150, 240, 1439),
        (startsAt, policy, zone, change) => {
          const day = inputOf({ zone, change }).dayBounds(startsAt);
          const w = windowsOf(startsAt, policy, day);
          expect(day.from).toBeLessThanOrEqual(w.from);
          expect(w.from).toBeLessThanOrEqual(startsAt);
          expect(startsAt).toBeLessThanOrEqual(w.inTime);
          expect(w.inTime).toBeLessThanOrEqual(w.until);
          expect(w.until).toBeLessThan(day.until);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
