import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pendingOps } from '../fixtures/outbox.ts';
import type { Purpose, ScanOutcome } from '../../shared/contracts/app.ts';
import { operation } from '../../shared/contracts/centre/schemas.ts';
import { makeBookingNumber } from '../../shared/domain/booking-number.ts';
import { at, MINUTE, openLobby, verifierOf, type Lobby } from '../fixtures/lobby.ts';

const PHONE = '4417';
const YEAR = '1957';
const PERSON = 'a'.repeat(32);
/** A right number that nobody has. */
const NOBODYS = makeBookingNumber(34_000_000_001);

let lobby: Lobby;
beforeEach(() => {
  lobby = openLobby();
  lobby.booking(0, { factors: [verifierOf(PHONE), verifierOf(YEAR, 'birth-year')] });
});
afterEach(() => lobby.close());

const enter = (number: string, factor: string, purpose: Purpose = 'check-in'): Promise<ScanOutcome> =>
  lobby.checkin.number({ attempt: v7(), number, factor, purpose });
const right = () => enter(lobby.held(0).number, PHONE);
const refused = (o: ScanOutcome | undefined) => {
  if (o?.outcome !== 'refused') throw new Error(`not refused: ${o?.outcome}`);
  return o;
};
const chosen = (o: ScanOutcome) => {
  if (o.outcome !== 'choose') throw new Error(`nothing to choose: ${JSON.stringify(o)}`);
  return o;
};
/** A booking of somebody else, with digits of his own. */
const another = (n: number, digits = '8800') => {
  lobby.booking(n, { factors: [verifierOf(digits)] });
  return lobby.held(n).number;
};
const wrongTries = async (numbers: readonly string[], digits = '0000') => {
  const all: ScanOutcome[] = [];
  for (const number of numbers) all.push(await enter(number, digits));
  return all;
};
const fiveWrong = (n = 0) => wrongTries(Array.from({ length: 5 }, () => lobby.held(n).number));

describe('number and second factor', () => {
  it('check in by the digits of the phone, or by the year of birth', async () => {
    lobby.leases.push(47);
    const out = await right();
    expect(out).toMatchObject({
      outcome: 'accepted',
      provisional: false,
      visit: { number: { series: 'A', number: 47 }, origin: 'booking', startsAt: lobby.held(0).startsAt },
      job: { state: 'queued', copy: 0 },
    });
    expect(lobby.operations('checkin')[0]?.payload).toMatchObject({ booking_id: lobby.held(0).id, source: 'typed' });
    lobby.booking(1, { factors: [verifierOf('1111'), verifierOf('1980', 'birth-year')] });
    expect((await enter(lobby.held(1).number, '1980')).outcome).toBe('accepted');
  });

  it('are the same to a repeated attempt', async () => {
    const input = { attempt: v7(), number: lobby.held(0).number, factor: PHONE, purpose: 'check-in' as const };
    const first = await lobby.checkin.number(input);
    expect(await lobby.checkin.number(input)).toEqual(first);
    expect(lobby.counts('visit', 'ticket', 'print_job', 'outbox')).toEqual([1, 1, 1, 1]);
  });

  it.each([
    ['with a dash', (n: string) => `${n.slice(0, 4)}-${n.slice(4)}`],
    ['in small letters', (n: string) => n.toLowerCase()],
    ['with spaces', (n: string) => ` ${n.slice(0, 2)} ${n.slice(2)} `],
    ['with O for 0 and I for 1', (n: string) => n.replaceAll('0', 'O').replaceAll('1', 'I')],
    ['in the Cyrillic letters that look alike', (n: string) => n.replaceAll('A', 'А').replaceAll('B', 'В')],
  ])('take a number %s', async (_how, write) => {
    expect((await enter(write(lobby.held(0).number), PHONE)).outcome).toBe('accepted');
  });

  it('say the same of wrong digits, a number of nobody, a mistyped one, and a booking without verifiers', async () => {
    const { number } = lobby.held(0);
    lobby.booking(1, { factors: [] });
    const mistyped = `${number.slice(0, 7)}${number.endsWith('Z') ? 'Y' : 'Z'}`;
    const answers = [
      await enter(number, '0000'),
      await enter(NOBODYS, PHONE),
      await enter(mistyped, PHONE),
      await enter(lobby.held(1).number, PHONE),
    ];
    expect(answers[0]).toEqual({
      outcome: 'refused',
      reason: 'no-match',
      next: [{ step: 'type-number' }, { step: 'scan-again' }, { step: 'call-staff' }],
      booking: null,
      number: null,
      until: null,
      message: null,
      case: null,
    });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(lobby.counts('visit', 'ticket', 'print_job')).toEqual([0, 0, 0]);
  });

  it('do not fit when the digits are those of another booking', async () => {
    another(1, '8800');
    expect(refused(await enter(lobby.held(0).number, '8800')).reason).toBe('no-match');
  });

  it('tell the rules of the lobby only after they fitted', async () => {
    lobby.booking(0, { status: 'cancelled', factors: [verifierOf(PHONE)] });
    expect(refused(await enter(lobby.held(0).number, '0000')).reason).toBe('no-match');
    expect(refused(await right()).reason).toBe('cancelled');
  });
});

describe('wrong tries', () => {
  it('the fifth in ten minutes locks device and number, which the centre is told once each', async () => {
    const all = await fiveWrong();
    expect(all.map((o) => refused(o).reason)).toEqual(['no-match', 'no-match', 'no-match', 'no-match', 'locked']);
    const until = lobby.now + 10 * MINUTE;
    expect(refused(all[4])).toMatchObject({ until, next: [{ step: 'call-staff' }] });
    await wrongTries([lobby.held(0).number, NOBODYS]);
    expect(lobby.operations('entry.locked').map((op) => op.payload)).toEqual([
      { what: 'number', until },
      { what: 'device', until },
    ]);
    expect(lobby.rows('audit').filter((row) => row['action'] === 'entry.locked')).toHaveLength(2);
  });

  it('of five different numbers lock the device alone', async () => {
    const numbers = [0, 1, 2, 3].map((n) => (n === 0 ? lobby.held(0).number : another(n)));
    const all = await wrongTries([...numbers, NOBODYS]);
    expect(refused(all[4]).reason).toBe('locked');
    expect(lobby.operations('entry.locked').map((op) => op.payload['what'])).toEqual(['device']);
  });

  it('while locked: neither right digits nor other numbers get in, and nothing is told of either', async () => {
    const other = another(1, '8800');
    await fiveWrong();
    const answers = [await right(), await enter(other, '8800'), await enter(NOBODYS, '0000')];
    expect(answers.map((o) => refused(o).reason)).toEqual(['locked', 'locked', 'locked']);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(lobby.counts('visit')).toEqual([0]);
    // A code that is shown has nothing to do with it.
    const scanned = await lobby.checkin.scan({
      attempt: v7(),
      text: lobby.held(2).token,
      source: 'camera',
      purpose: 'check-in',
    });
    expect(scanned.outcome).toBe('accepted');
  });

  it('stay locked over a restart, and open again after ten minutes', async () => {
    await fiveWrong();
    lobby.restart();
    expect(refused(await right()).reason).toBe('locked');
    lobby.now += 10 * MINUTE - 1;
    expect(refused(await right()).reason).toBe('locked');
    lobby.now += 1;
    expect((await right()).outcome).toBe('accepted');
  });

  it('that lie more than ten minutes back are forgotten', async () => {
    await wrongTries([0, 0, 0, 0].map((n) => lobby.held(n).number));
    lobby.now += 10 * MINUTE + 1;
    expect(refused((await wrongTries([lobby.held(0).number]))[0]).reason).toBe('no-match');
    expect((await right()).outcome).toBe('accepted');
  });

  it('are forgotten for a number by its right digits, and not for others', async () => {
    const other = another(1, '8800');
    await wrongTries([other, other, other, lobby.held(0).number]);
    expect((await right()).outcome).toBe('accepted');
    expect(refused(await enter(other, '0000')).reason).toBe('no-match');
    expect(refused(await enter(other, '0000')).reason).toBe('locked');
  });

  it('do not lock anybody for hours when the clock was put back meanwhile', async () => {
    lobby.now += 6 * 60 * MINUTE;
    await fiveWrong();
    lobby.now -= 6 * 60 * MINUTE;
    expect((await right()).outcome).toBe('accepted');
  });

  it('leave neither digits nor numbers in operations, audit log, tables or log', async () => {
    const typed = `${NOBODYS.slice(0, 4)}-${NOBODYS.slice(4)}`;
    await enter(typed, '7391');
    await fiveWrong();
    lobby.now += 11 * MINUTE;
    await right();
    const everything = JSON.stringify([
      ...['outbox', 'audit', 'wrong_try', 'entry_lock', 'visit', 'ticket', 'print_job'].map((t) => lobby.rows(t)),
      lobby.log.lines,
    ]);
    const secrets = ['"7391"', PHONE, '"0000"', NOBODYS, typed, lobby.held(0).number];
    expect(secrets.filter((secret) => everything.includes(secret))).toEqual([]);
    expect(lobby.counts('outbox', 'audit').every((n) => n > 0)).toBe(true);
  });

  it('make operations that the centre can read', async () => {
    await fiveWrong();
    const sent = lobby.store.read((db) => pendingOps(db));
    // Three wrong tries more of the same number are one record.
    expect(sent).toHaveLength(3);
    for (const op of sent) expect(operation.parse(op)).toEqual(op);
  });
});

describe('several bookings, and what else can be done with one', () => {
  const two = () => {
    lobby.booking(0, { factors: [verifierOf(PHONE)], person: PERSON, masked: 'И. П.' });
    lobby.booking(1, { factors: [verifierOf(PHONE)], person: PERSON, starts_at: lobby.held(1).startsAt + 20 * MINUTE });
  };

  it('of one person today are offered together, and one of them is chosen', async () => {
    two();
    const { case: id, ...out } = chosen(await right());
    expect(out).toMatchObject({
      purpose: 'check-in',
      language: 'ru',
      bookings: [
        { id: lobby.held(0).id, state: 'ready', masked: 'И. П.', movable: false },
        { id: lobby.held(1).id, state: 'ready', movable: true },
      ],
    });
    expect(lobby.counts('visit')).toEqual([0]);
    const attempt = v7();
    const choose = { attempt, case: id, booking: lobby.held(1).id };
    const done = await lobby.checkin.booking(choose);
    expect(done).toMatchObject({ outcome: 'accepted', visit: { startsAt: lobby.held(1).startsAt + 20 * MINUTE } });
    expect(await lobby.checkin.booking(choose)).toEqual(done);
    expect(lobby.operations('checkin')[0]?.payload).toMatchObject({ source: 'chosen', booking_id: lobby.held(1).id });
  });

  it('when the other one is of another day, cancelled or checked in already, there is nothing to choose', async () => {
    for (const more of [
      { starts_at: at('10:00', 1) },
      { status: 'cancelled' },
      { status: 'arrived', ticket: { series: 'A', number: 9 } },
    ]) {
      two();
      lobby.booking(1, { person: PERSON, ...more });
      expect((await right()).outcome).toBe('accepted');
      lobby.close();
      lobby = openLobby();
    }
  });

  it('for moving and cancelling all of his are shown, also of the days to come, and nothing is checked in', async () => {
    two();
    lobby.booking(2, { person: PERSON, starts_at: at('11:00', 3) });
    lobby.booking(3, { person: 'b'.repeat(32), starts_at: at('11:00', 3) });
    const out = chosen(await enter(lobby.held(0).number, PHONE, 'manage'));
    expect(out.purpose).toBe('manage');
    expect(out.bookings.map((b) => [b.id, b.state, b.movable])).toEqual([
      [lobby.held(0).id, 'ready', false],
      [lobby.held(1).id, 'ready', true],
      [lobby.held(2).id, 'other-day', true],
    ]);
    expect(lobby.counts('visit', 'outbox')).toEqual([0, 0]);
  });

  it('for moving one that is too early, or of another day, it is shown instead of refused', async () => {
    lobby.booking(0, { factors: [verifierOf(PHONE)], starts_at: at('16:00') });
    const early = chosen(await enter(lobby.held(0).number, PHONE, 'manage'));
    expect(early.bookings).toMatchObject([{ state: 'early', opensAt: at('15:15'), movable: true }]);
    lobby.booking(0, { factors: [verifierOf(PHONE)], starts_at: at('16:00', 2) });
    expect(chosen(await enter(lobby.held(0).number, PHONE, 'manage')).bookings).toMatchObject([{ state: 'other-day' }]);
  });

  it('are refused under a case of somebody else, one that nobody opened, and one of five minutes ago', async () => {
    two();
    another(2);
    const mine = chosen(await right());
    const choose = (id: string, booking: string) => lobby.checkin.booking({ attempt: v7(), case: id, booking });
    expect(refused(await choose(mine.case, lobby.held(2).id)).reason).toBe('case-expired');
    expect(refused(await choose(v7(), lobby.held(0).id)).reason).toBe('case-expired');
    lobby.now += 5 * MINUTE;
    const late = refused(await choose(mine.case, lobby.held(0).id));
    expect([late.reason, late.next]).toEqual(['case-expired', [{ step: 'scan-again' }, { step: 'call-staff' }]]);
    expect(lobby.counts('visit')).toEqual([0]);
    const again = chosen(await right());
    lobby.restart();
    expect(refused(await choose(again.case, lobby.held(0).id)).reason).toBe('case-expired');
  });
});
