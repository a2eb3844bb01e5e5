import { scryptSync } from 'node:crypto';
import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitAfter } from '../../electron/core/staff/door.ts';
import { createStaff, type Staff } from '../../electron/core/staff/staff.ts';
import { totpAt, totpStep } from '../../electron/core/staff/totp.ts';
import { verifyAudit } from '../../electron/core/audit/audit.ts';
import { applyChange } from '../../electron/core/store/apply.ts';
import { openBetterSqlite3 } from '../../electron/core/store/better-sqlite3.ts';
import { createSealer, type Sealer } from '../../electron/core/store/seal.ts';
import { sql, text } from '../../electron/core/store/sql.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import { change } from '../../shared/contracts/centre/schemas.ts';
import { DEFAULT_RIGHTS, RIGHTS, rightsOf, STAFF_ROLES } from '../../shared/domain/rights.ts';
import { createHandClock } from '../fixtures/hand-clock.ts';
import { seedRegistry } from '../fixtures/registry.ts';
import { memoryLog } from '../fixtures/sqlite.ts';

/** Who may sign in at a desk, and what keeps others out. */

const START = Date.parse('2026-11-23T10:00:00+03:00');
const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const verifier = (pin: string) => {
  const salt = Buffer.from(`salt for the pin ${pin}`);
  const hash = scryptSync(pin, salt, 32, { N: 2 ** 14, r: 8, p: 1, maxmem: 64 * 1024 * 1024 });
  return { salt: salt.toString('base64url'), cost: 14, hash: hash.toString('base64url') };
};
const PINS = Object.fromEntries(['2580', '1470', '3690', '402917563381', '1111'].map((pin) => [pin, verifier(pin)]));

let store: Store;
let sealer: Sealer;
let hand: ReturnType<typeof createHandClock>;
let unsure: number;
let left: number;
let staff: Staff;
let log: ReturnType<typeof memoryLog>;

const newStaff = (): Staff =>
  createStaff({
    store,
    sealer,
    clock: hand.clock,
    moment: () => {
      const at = START + hand.clock.now();
      return { at, notBefore: at - unsure, notAfter: at + unsure };
    },
    stamp: () => ({ offset_ms: 0, err_ms: 0, src: 'server' }),
    ids: { uuid: () => v7() },
    log,
    lockMinutes: () => 5,
    onChange: () => undefined,
    onLeft: () => {
      left += 1;
    },
    committed: () => undefined,
  });
const put = (c: string, id: string, data: unknown, rev = 1): void =>
  store.write((db) => applyChange(db, change.parse({ seq: 1, c, id, rev, op: 'put', data }), { sealer }));
const person = (id: string, more: Record<string, unknown> = {}, rev = 1): void =>
  put('staff', id, { name: id, role: 'receptionist', pin: PINS['2580'], ...more }, rev);
const actions = (): string[] =>
  store.read((db) => db.all(sql`SELECT actor, action FROM audit ORDER BY seq`)).map((row) => text(row, 'action'));

beforeEach(() => {
  hand = createHandClock();
  unsure = 1_000;
  left = 0;
  log = memoryLog();
  store = openStore(() => openBetterSqlite3(':memory:'), log);
  seedRegistry(store, { now: START, count: 1 });
  const secrets = new Map<string, string>();
  sealer = createSealer({
    get: (name) => secrets.get(name) ?? null,
    set: (name, value) => void (value === null ? secrets.delete(name) : secrets.set(name, value)),
  });
  person('anna');
  person('boris', { role: 'senior', pin: PINS['1470'] });
  person('vera', { role: 'administrator', pin: PINS['3690'], totp: SECRET });
  put('staff', 'envelope', {
    name: 'Аварийный вход',
    role: 'administrator',
    pin: PINS['402917563381'],
    emergency: true,
  });
  staff = newStaff();
});
afterEach(() => {
  staff.stop();
  store.close();
});
const enter = (id: string, pin: string, totp: string | null = null) => staff.signIn({ person: id, pin, totp });
const wrong = async (times: number, id = 'anna') => {
  const outcomes = [];
  for (let n = 0; n < times; n += 1) outcomes.push((await enter(id, '0000')).outcome);
  return outcomes;
};

describe('codes of an authenticator', () => {
  it('are those of RFC 6238, appendix B (the last six digits)', () => {
    const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
    expect(
      [59, 1_111_111_109, 1_111_111_111, 1_234_567_890, 2_000_000_000, 20_000_000_000].map((s) =>
        totpAt(secret, s * 1000),
      ),
    ).toEqual(['287082', '081804', '050471', '005924', '279037', '353130']);
  });
  it('are good one step before and after, and once', () => {
    const code = totpAt(SECRET, START);
    const step = Math.floor(START / 30_000);
    for (const at of [-30_000, 0, 30_000]) expect(totpStep(SECRET, code, START + at, 0)).toBe(step);
    for (const at of [-60_000, 60_000]) expect(totpStep(SECRET, code, START + at, 0)).toBeNull();
    expect(totpStep(SECRET, code, START, step)).toBeNull();
  });
});

describe('the door', () => {
  it('opens for the right PIN, and says what he may do', async () => {
    expect(staff.state()).toMatchObject({ phase: 'signed-out', person: null, rights: [], emergency: true });
    expect(staff.state().people.map(({ id }) => id)).toEqual(['anna', 'boris', 'vera']);
    const outcome = await enter('anna', '2580');
    expect(outcome).toMatchObject({ outcome: 'in', state: { phase: 'signed-in', person: { id: 'anna' } } });
    expect(new Set(staff.state().rights)).toEqual(new Set(DEFAULT_RIGHTS.receptionist));
    expect(staff.require('checkin')).toBe('anna');
    expect(() => staff.require('audit')).toThrow(/no right/);
  });
  it('tells nobody whether there is such a person', async () => {
    expect(await enter('nobody', '2580')).toEqual({ outcome: 'wrong', left: 4 });
    expect(await enter('anna', '2581')).toEqual({ outcome: 'wrong', left: 4 });
  });
  it('stays shut for who does not work here any more, and whose row is too old', async () => {
    person('anna', { active: false }, 2);
    expect((await enter('anna', '2580')).outcome).toBe('wrong');
    person('boris', { role: 'senior', pin: PINS['1470'], valid_until: START - 1 }, 2);
    expect((await enter('boris', '1470')).outcome).toBe('wrong');
    expect(staff.state().people.map(({ id }) => id)).toEqual(['vera']);
  });
  it('makes who is wrong five times wait, twice as long each time, up to a quarter of an hour', async () => {
    expect(await wrong(5)).toEqual(['wrong', 'wrong', 'wrong', 'wrong', 'wait']);
    expect(await enter('anna', '2580')).toEqual({ outcome: 'wait', seconds: 30 });
    await hand.to(29_000);
    expect(await enter('anna', '2580')).toEqual({ outcome: 'wait', seconds: 1 });
    await hand.to(30_001);
    expect(await enter('anna', '0000')).toEqual({ outcome: 'wait', seconds: 60 });
    // Others are not kept out by it.
    expect((await enter('boris', '1470')).outcome).toBe('in');
    await hand.to(100_000);
    expect((await enter('anna', '2580')).outcome).toBe('in');
    expect([5, 6, 9, 10, 11, 50].map((n) => waitAfter(n, 5) / 1000)).toEqual([30, 60, 480, 900, 900, 900]);
  });
  it('counts over a restart, and a clock that is set forward shortens nothing where it is not to be relied on', async () => {
    await wrong(5);
    staff.stop();
    unsure = 10 * 60_000;
    staff = newStaff();
    await hand.to(20_000);
    expect(await enter('anna', '2580')).toEqual({ outcome: 'wait', seconds: 30 });
    unsure = 100;
    staff = newStaff();
    expect(await enter('anna', '2580')).toEqual({ outcome: 'wait', seconds: 10 });
  });
  it('stops who tries one PIN with everybody', async () => {
    for (let n = 0; n < 19; n += 1) expect((await enter(`x${n}`, '1234')).outcome).toBe('wrong');
    expect((await enter('x20', '1234')).outcome).toBe('wait');
    expect((await enter('anna', '2580')).outcome).toBe('wait');
  });
  it('counts tries that come at the same time one by one', async () => {
    const outcomes = await Promise.all(Array.from({ length: 12 }, () => enter('anna', '0000')));
    expect(outcomes.filter(({ outcome }) => outcome === 'wrong')).toHaveLength(4);
    expect(outcomes.filter(({ outcome }) => outcome === 'wait')).toHaveLength(8);
  });
  it('writes down who came, who went and who was turned away, in a chain that is whole, and no PIN', async () => {
    await enter('anna', '9999');
    await enter('anna', '2580');
    staff.lock();
    await staff.unlock('2580');
    staff.signOut();
    expect(actions()).toEqual([
      'staff.sign-in-failed',
      'staff.sign-in',
      'staff.lock',
      'staff.unlock',
      'staff.sign-out',
    ]);
    expect(store.read(verifyAudit)).toBeNull();
    const all = JSON.stringify(store.read((db) => db.all(sql`SELECT * FROM audit`))) + JSON.stringify(log.lines);
    for (const secret of ['9999', '2580']) expect(all).not.toContain(secret);
  });
  it('holds no PIN, no secret and no name in clear', () => {
    const rows = store.read((db) => db.all(sql`SELECT sealed FROM staff`));
    for (const row of rows) {
      const bytes = Buffer.from(row['sealed'] as Uint8Array).toString('latin1');
      for (const clear of [SECRET, 'receptionist', 'scrypt', 'anna']) expect(bytes).not.toContain(clear);
    }
  });
});

describe('the second factor', () => {
  const code = () => totpAt(SECRET, START + hand.clock.now());
  it('is asked of who needs it, after the PIN', async () => {
    expect((await enter('vera', '0000')).outcome).toBe('wrong');
    expect((await enter('vera', '3690')).outcome).toBe('totp-needed');
    expect((await enter('vera', '3690', '000000')).outcome).toBe('wrong');
    expect((await enter('vera', '3690', code())).outcome).toBe('in');
  });
  it('opens once with a code, also after a restart', async () => {
    const now = code();
    expect((await enter('vera', '3690', now)).outcome).toBe('in');
    staff.signOut();
    staff = newStaff();
    expect((await enter('vera', '3690', now)).outcome).toBe('wrong');
    await hand.to(30_000);
    expect((await enter('vera', '3690', code())).outcome).toBe('in');
  });
  it('cannot be guessed either', async () => {
    for (let n = 0; n < 4; n += 1) expect((await enter('vera', '3690', '000000')).outcome).toBe('wrong');
    expect((await enter('vera', '3690', '000000')).outcome).toBe('wait');
  });
  it('says why it cannot be: no secret, or a clock that is not to be relied on', async () => {
    unsure = 60_000;
    expect(await enter('vera', '3690', code())).toEqual({ outcome: 'totp-impossible', why: 'clock' });
    person('gleb', { role: 'auditor', pin: PINS['1111'] });
    expect(await enter('gleb', '1111')).toEqual({ outcome: 'totp-impossible', why: 'no-secret' });
  });
});

describe('the desk', () => {
  it('is locked when nobody touches it, and lets go of what is in memory', async () => {
    await enter('anna', '2580');
    await hand.to(4 * 60_000);
    staff.touch();
    await hand.to(8 * 60_000);
    expect(staff.state().phase).toBe('signed-in');
    await hand.to(9 * 60_000 + 1_000);
    expect(staff.state()).toMatchObject({ phase: 'locked', person: { id: 'anna' }, rights: [] });
    expect(left).toBe(1);
    expect(() => staff.anybody()).toThrow(/locked/);
    expect((await staff.unlock('1470')).outcome).toBe('wrong');
    expect((await staff.unlock('2580')).outcome).toBe('in');
  });
  it('asks who was away for hours for everything', async () => {
    await enter('vera', '3690', totpAt(SECRET, START));
    staff.lock();
    await hand.to(5 * 3_600_000);
    expect((await staff.unlock('3690')).outcome).toBe('wrong');
    expect(staff.state().phase).toBe('signed-out');
  });
  it('is handed over to another person without signing out first', async () => {
    await enter('anna', '2580');
    await enter('boris', '1470');
    expect(staff.anybody()).toBe('boris');
    expect(actions()).toEqual(['staff.sign-in', 'staff.sign-in', 'staff.sign-out']);
  });
  it('throws out who is dismissed while he works', async () => {
    await enter('anna', '2580');
    person('anna', { active: false }, 2);
    staff.changed();
    expect(staff.state().phase).toBe('signed-out');
    expect(left).toBe(1);
  });
});

describe('the sealed envelope', () => {
  it('opens once, is told to the centre, and opens again with the next code', async () => {
    expect((await staff.emergency('402917563380')).outcome).toBe('wrong');
    expect(await staff.emergency('402917563381')).toMatchObject({
      outcome: 'in',
      state: { person: { id: 'envelope' } },
    });
    expect(staff.require('settings')).toBe('envelope');
    expect(store.read((db) => db.all(sql`SELECT type FROM outbox`))).toEqual([{ type: 'staff.emergency' }]);
    staff.signOut();
    expect(staff.state().emergency).toBe(false);
    expect((await staff.emergency('402917563381')).outcome).toBe('wrong');
    put('staff', 'envelope', { name: 'Аварийный вход', role: 'administrator', pin: PINS['1111'], emergency: true }, 2);
    expect((await staff.emergency('1111')).outcome).toBe('in');
  });
  it('is no way in by the list of people', async () => {
    expect((await enter('envelope', '402917563381')).outcome).toBe('wrong');
  });
});

describe('a second person', () => {
  it('agrees with his own PIN, if he may, and is not the first one', async () => {
    await enter('anna', '2580');
    const agree = (id: string, pin: string) => staff.agree('anna', { person: id, pin, totp: null });
    expect(await agree('boris', '1470')).toBeNull();
    expect(await agree('boris', '0000')).toMatchObject({ outcome: 'wrong' });
    expect(await agree('anna', '2580')).toMatchObject({ outcome: 'wrong' });
    person('other');
    expect(await agree('other', '2580')).toMatchObject({ outcome: 'wrong' });
    expect(staff.anybody()).toBe('anna');
  });
});

describe('rights', () => {
  it('are those of the role, or what the centre says instead', async () => {
    for (const role of STAFF_ROLES) expect(rightsOf(role, null)).toEqual(new Set(DEFAULT_RIGHTS[role]));
    expect(rightsOf('auditor', { auditor: ['list', 'no such right', 7] })).toEqual(new Set(['list']));
    expect(rightsOf('senior', { auditor: ['list'] })).toEqual(new Set(DEFAULT_RIGHTS.senior));
    for (const nonsense of ['all', 7, [], { senior: 'all' }])
      expect(rightsOf('senior', nonsense)).toEqual(new Set(DEFAULT_RIGHTS.senior));
    await enter('anna', '2580');
    put('setting', 'staff.rights', { value: { receptionist: ['list', 'audit'] } });
    expect(staff.require('audit')).toBe('anna');
    expect(() => staff.require('checkin')).toThrow(/no right/);
  });
  it('are each held by somebody', () => {
    for (const right of RIGHTS) expect(STAFF_ROLES.some((role) => DEFAULT_RIGHTS[role].includes(right))).toBe(true);
  });
});
