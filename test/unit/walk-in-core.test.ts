import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compactDecrypt, exportJWK, generateKeyPair } from 'jose';
import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../electron/core/audit/audit.ts';
import type { WalkInInput } from '../../electron/core/checkin/walk-in.ts';
import { readDevice, writeSealingKey } from '../../electron/core/store/registry.ts';
import { printable } from '../../electron/core/store/views.ts';
import { addReserve } from '../../electron/core/tickets/numbers.ts';
import { walkInOutcome, type WalkInOutcome } from '../../shared/contracts/app.ts';
import { walkInPayload } from '../../shared/contracts/centre/schemas.ts';
import { at, DAY, MINUTE, openLobby, workingHours, type Lobby } from '../fixtures/lobby.ts';

let lobby: Lobby;
beforeEach(() => {
  lobby = openLobby();
  lobby.window(1, [1, 2, 3]);
});
afterEach(() => lobby.close());

const take = (more: Partial<WalkInInput> = {}): Promise<WalkInOutcome> =>
  lobby.walkIn.take({
    attempt: v7(),
    services: [1],
    claim: null,
    contact: null,
    language: 'ru',
    despiteQueue: false,
    ...more,
  });
const accepted = (o: WalkInOutcome) => {
  walkInOutcome.parse(o);
  if (o.outcome !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(o)}`);
  return o;
};
const refused = (o: WalkInOutcome) => {
  walkInOutcome.parse(o);
  if (o.outcome !== 'refused') throw new Error(`not refused: ${o.outcome}`);
  return o;
};
const everything = () => lobby.counts('visit', 'ticket', 'print_job', 'outbox', 'audit');
const paperOf = (job: string) =>
  lobby.store.read((db) => {
    const device = readDevice(db);
    if (!device) throw new Error('no device');
    return printable(db, device, job, lobby.now);
  });
const told = () => walkInPayload.parse(lobby.operations('walkin')[0]?.payload);

describe('a number without a booking', () => {
  it('is visit, ticket, print job, operation and audit entry together', async () => {
    lobby.leases.push(47);
    const out = accepted(await take());
    expect(out).toMatchObject({
      provisional: false,
      language: null,
      visit: {
        number: { series: 'A', number: 47 },
        origin: 'walk-in',
        startsAt: null,
        arrivedAt: lobby.now,
        late: false,
      },
      job: { state: 'queued', copy: 0 },
    });
    expect(everything()).toEqual([1, 1, 1, 1, 1]);
    expect(told()).toEqual({
      visit_id: out.visit.id,
      service_id: 1,
      further_services: [],
      ticket: { series: 'A', number: 47 },
      language: 'ru',
      claim: null,
      contact: null,
      flags: [],
    });
    expect(lobby.rows('outbox')[0]).toMatchObject({ kind: 'fact', business_date: DAY, entity_id: out.visit.id });
    expect(lobby.store.read(verifyAudit)).toBeNull();
    expect(lobby.commits).toBe(1);
  });

  it.each(['INTO visit', 'INTO ticket', 'INTO print_job', 'INTO outbox', 'INTO audit'])(
    'is nothing at all when it fails at %s; the same attempt then succeeds, and the reserve is whole',
    async (statement) => {
      lobby.store.write((db) => addReserve(db, DAY, 'A', [700]));
      const attempt = v7();
      lobby.driver.failAt = new RegExp(statement);
      await expect(take({ attempt })).rejects.toThrow('the plug was pulled');
      expect([...everything(), ...lobby.counts('reserve')]).toEqual([0, 0, 0, 0, 0, 1]);
      expect(lobby.commits).toBe(0);
      lobby.driver.failAt = null;
      expect(accepted(await take({ attempt })).visit.number).toEqual({ series: 'A', number: 700 });
      expect([...everything(), ...lobby.counts('reserve')]).toEqual([1, 1, 1, 1, 1, 0]);
    },
  );

  it('is the same to a repeated attempt, also after a restart and when the office has closed since', async () => {
    lobby.leases.push(47, 48);
    const attempt = v7();
    const first = accepted(await take({ attempt, services: [2, 1] }));
    lobby.restart();
    lobby.office({ hours: workingHours(0, 60) });
    const again = accepted(await take({ attempt, services: [2, 1] }));
    expect([again.visit, again.job]).toEqual([first.visit, first.job]);
    expect(everything()).toEqual([1, 1, 1, 1, 1]);
  });

  it('keeps the services in the order in which they were chosen, each once, on screen, paper and wire', async () => {
    const out = accepted(await take({ services: [3, 1, 3, 2] }));
    expect(out.visit.number.series).toBe('B');
    expect(out.visit.stations.map((s) => s.service.ru)).toEqual([
      'Пособия и семья',
      'Паспорт гражданина РФ',
      'Водительское удостоверение',
    ]);
    expect(told()).toMatchObject({ service_id: 3, further_services: [1, 2] });
    expect(paperOf(out.job.id)).toMatchObject({
      kind: 'ticket',
      stations: out.visit.stations,
      startsAt: null,
      copy: 0,
    });
    // The same paper is named once, though all three services want it.
    expect(out.visit.papers).toHaveLength(1);
  });

  it('is of the reserve when no lease comes, and five digits beyond', async () => {
    lobby.store.write((db) => addReserve(db, DAY, 'A', [700]));
    expect(accepted(await take()).visit.number).toEqual({ series: 'A', number: 700 });
    expect(accepted(await take()).visit.number).toEqual({ series: 'A', number: 7001 });
  });

  it('is never one that the office does not give', async () => {
    lobby.office({ skipped_numbers: [701] });
    lobby.store.write((db) => addReserve(db, DAY, 'A', [701, 702]));
    expect(accepted(await take()).visit.number.number).toBe(702);
  });

  it('is fetched ahead for the series of the first service', () => {
    lobby.walkIn.prepare([3, 1]);
    lobby.walkIn.prepare([999]);
    expect(lobby.prefetched).toEqual([[DAY, 'B']]);
  });

  it('speaks the language that was chosen: told to the centre, and on the paper', async () => {
    const out = accepted(await take({ language: 'en' }));
    expect(told().language).toBe('en');
    expect(paperOf(out.job.id)).toMatchObject({ language: 'en', staffLanguage: 'ru' });
  });

  it('has the wait that was told: on the screen, in the database and on the first paper', async () => {
    for (let n = 0; n < 3; n += 1) lobby.visit({ service: 1, arrivedAt: lobby.now - 10 * MINUTE });
    const out = accepted(await take());
    if (!out.visit.estimate.known) throw new Error('not known');
    const { ahead, fromMinutes, toMinutes } = out.visit.estimate;
    expect(ahead).toBe(3);
    expect(toMinutes).toBeGreaterThan(fromMinutes);
    expect(lobby.rows('visit')[0]).toMatchObject({ told_ahead: 3, told_from: fromMinutes, told_to: toMinutes });
    expect(paperOf(out.job.id)).toMatchObject({ wait: { ahead, fromMinutes, toMinutes } });
  });

  it('says nothing of the wait when the centre is not heard', async () => {
    lobby.heard = null;
    const out = accepted(await take());
    expect(out.visit.estimate.known).toBe(false);
    expect(lobby.rows('visit')[0]).toMatchObject({ told_ahead: null, told_from: null, told_to: null });
    expect(paperOf(out.job.id)).toMatchObject({ wait: null });
  });
});

describe('priority', () => {
  const claims = [
    { id: 'war', name: { ru: 'Ветераны' }, level: 'first', document: { ru: 'удостоверение' } },
    { id: 'baby', name: { ru: 'С грудным ребёнком' }, level: 'out-of-turn', at_once: true },
  ];
  beforeEach(() => lobby.office({ priority_claims: claims }));

  it('that the desk must see is on the paper and told to the centre, and does not count yet', async () => {
    for (let n = 0; n < 3; n += 1) lobby.visit({ service: 1 });
    const out = accepted(await take({ claim: 'war' }));
    expect(out.visit.claim).toEqual({ name: claims[0]?.name, document: claims[0]?.document, confirmed: false });
    expect(out.visit.estimate).toMatchObject({ ahead: 3 });
    expect(lobby.rows('visit')[0]).toMatchObject({ claim: 'war', priority: 'none' });
    expect(told().claim).toBe('war');
    expect(paperOf(out.job.id)).toMatchObject({ priority: { level: 'first', confirmed: false } });
  });

  it('that counts at once stands before the others', async () => {
    for (let n = 0; n < 3; n += 1) lobby.visit({ service: 1 });
    const out = accepted(await take({ claim: 'baby' }));
    expect(out.visit.claim).toMatchObject({ confirmed: true });
    expect(out.visit.estimate).toMatchObject({ ahead: 0 });
    expect(lobby.rows('visit')[0]).toMatchObject({ claim: 'baby', priority: 'out-of-turn' });
    expect(paperOf(out.job.id)).toMatchObject({ priority: { level: 'out-of-turn', confirmed: true } });
  });

  it('that the office does not know is none', async () => {
    const out = accepted(await take({ claim: 'king' }));
    expect([out.visit.claim, told().claim]).toEqual([null, null]);
  });
});

describe('refusals of a walk-in', () => {
  it('closed: until when, why, and a time to be booked', async () => {
    lobby.office({ hours: workingHours(720, 1080), closed_message: { ru: 'Открываемся в полдень' } });
    lobby.slot(1, at('12:30'));
    const out = refused(await take());
    expect(out).toMatchObject({ reason: 'closed', until: at('12:00'), message: { ru: 'Открываемся в полдень' } });
    expect(out.next).toEqual([{ step: 'slots', services: [1], soonest: at('12:30') }, { step: 'call-staff' }]);
    expect(everything()).toEqual([0, 0, 0, 0, 0]);
  });

  it('closed on an exceptional day: the note of that day, not the words of every day', async () => {
    const note = { ru: 'Санитарный день' };
    lobby.office({
      hours: { ...workingHours(), exceptions: [{ date: DAY, spans: [], note }] },
      closed_message: { ru: 'Закрыто' },
    });
    expect(refused(await take())).toMatchObject({ reason: 'closed', until: at('09:00', 1), message: note });
  });

  it('closed by the hours of the service alone', async () => {
    lobby.service(2, { hours: workingHours(840, 900) });
    expect(refused(await take({ services: [2] }))).toMatchObject({ reason: 'closed', until: at('14:00') });
    accepted(await take());
  });

  it('closing: when the wait alone takes longer than the office is open', async () => {
    lobby.office({ hours: workingHours(540, 660) });
    lobby.service(1, { policy: { many_wait: null } });
    accepted(await take());
    for (let n = 0; n < 12; n += 1) lobby.visit({ service: 1 });
    expect(refused(await take()).reason).toBe('closing');
    lobby.now = at('10:51');
    lobby.service(2, { duration_minutes: 1, policy: { last_ticket_minutes: 10 } });
    expect(refused(await take({ services: [2] })).reason).toBe('closing');
  });

  it('by booking only: the times there are', async () => {
    lobby.service(1, { policy: { walk_in: false } });
    lobby.slot(1, at('15:00'));
    const out = refused(await take());
    expect([out.reason, out.next[0]]).toEqual(['booking-only', { step: 'slots', services: [1], soonest: at('15:00') }]);
  });

  it('contingent: walk-ins of the whole office count, each once, told or not', async () => {
    lobby.service(1, { policy: { walk_ins_per_day: 3, redirect_to: 2 } });
    const first = accepted(await take());
    lobby.visit({ service: 1, state: 'done', stage: 'done' });
    // What this device did itself, as the centre tells it back.
    lobby.visit({ id: first.visit.id, service: 1 });
    lobby.visit({ service: 1, origin: 'booking' });
    lobby.visit({ service: 2, further: [1] });
    accepted(await take());
    const out = refused(await take());
    expect(out.reason).toBe('contingent');
    expect(out.next[0]).toEqual({
      step: 'other-service',
      service: 2,
      name: expect.objectContaining({ ru: 'Водительское удостоверение' }),
    });
  });

  it('capacity: visits of every kind, and bookings that may still come, count; those that came or will not do not', async () => {
    lobby.service(1, { policy: { capacity_per_day: 4 } });
    // Of the ten of the fixture, numbers 0, 3, 6 and 9 are of service 1 and may come: the day is full.
    expect(refused(await take()).reason).toBe('contingent');
    lobby.booking(0, { status: 'cancelled' });
    accepted(await take());
    expect(refused(await take()).reason).toBe('contingent');
    // One comes: he counted before, and counts once while the centre has not told.
    const text = lobby.held(3).token;
    await lobby.checkin.scan({ attempt: v7(), text, source: 'camera', purpose: 'check-in' });
    expect(refused(await take()).reason).toBe('contingent');
    lobby.service(1, { policy: { capacity_per_day: 5 } });
    accepted(await take());
    expect(refused(await take()).reason).toBe('contingent');
    lobby.booking(6, { status: 'arrived', ticket: { series: 'A', number: 5 } });
    lobby.visit({ service: 1, origin: 'booking' });
    expect(refused(await take()).reason).toBe('contingent');
    // The last one does not come: his time is over.
    lobby.now += 20 * MINUTE;
    accepted(await take());
    expect(refused(await take()).reason).toBe('contingent');
  });

  it('one of several services cannot be had: no number for any', async () => {
    lobby.service(3, { policy: { walk_in: false } });
    expect(refused(await take({ services: [1, 3] })).reason).toBe('booking-only');
    expect(lobby.counts('visit')).toEqual([0]);
  });

  it('unknown services only', async () => {
    const out = refused(await take({ services: [999] }));
    expect([out.reason, out.next[0]]).toEqual(['unknown', { step: 'walk-in', service: null }]);
  });

  it('flood: so many in a row, over a restart too, then one after the other', async () => {
    lobby.office({ flood: { burst: 3, refill_seconds: 20 } });
    for (let n = 0; n < 3; n += 1) accepted(await take());
    lobby.restart();
    const out = refused(await take());
    expect([out.reason, out.until]).toEqual(['flood', lobby.now + 20_000]);
    lobby.now += 20_000;
    accepted(await take());
    expect(refused(await take()).reason).toBe('flood');
  });

  it('for the time of day are not made by a clock that may be wrong; the visit says so', async () => {
    lobby.office({ hours: workingHours(720, 1080) });
    lobby.uncertainMs = 60 * MINUTE;
    accepted(await take());
    expect(told().flags).toEqual(['clock']);
  });
});

describe('many wait', () => {
  const crowd = () => {
    lobby.service(1, { policy: { many_wait: 5 } });
    lobby.window(1, [1]);
    lobby.window(2, [2]);
    for (let n = 0; n < 6; n += 1) lobby.visit({ service: 1 });
  };

  it('is asked first: with the wait, what goes faster in the same group, and the next time to be booked', async () => {
    crowd();
    lobby.slot(1, at('13:00'), 0);
    lobby.slot(1, at('13:15'));
    const out = await take();
    if (out.outcome !== 'many-wait') throw new Error(out.outcome);
    expect(walkInOutcome.parse(out)).toMatchObject({ estimate: { known: true, ahead: 6 }, soonest: at('13:15') });
    expect(out.alternatives.map((a) => a.service)).toEqual([2]);
    expect(everything()).toEqual([0, 0, 0, 0, 0]);
  });

  it('and he still wants one: he gets it, by the same attempt', async () => {
    crowd();
    const attempt = v7();
    expect((await take({ attempt })).outcome).toBe('many-wait');
    expect(accepted(await take({ attempt, despiteQueue: true })).visit.estimate).toMatchObject({ ahead: 6 });
  });

  it('offers nothing that cannot be had now', async () => {
    crowd();
    lobby.service(2, { policy: { walk_in: false } });
    expect(await take()).toMatchObject({ outcome: 'many-wait', alternatives: [], soonest: null });
  });
});

describe('a phone number', () => {
  const PHONE = '+79161234567';
  const consent = { version: 'v3', text: { ru: 'Согласен' } };
  const keys = async () => {
    const pair = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
    const { x, y } = await exportJWK(pair.publicKey);
    lobby.store.write((db) => writeSealingKey(db, { kid: 'k1', kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' }));
    return pair.privateKey;
  };

  it('stands nowhere in the file but sealed, and the centre alone can read it', async () => {
    lobby.close();
    const dir = mkdtempSync(join(tmpdir(), 'talon-walkin-'));
    lobby = openLobby({ file: join(dir, 'talon.db') });
    try {
      lobby.office({ consent });
      const key = await keys();
      accepted(await take({ contact: { phone: PHONE, consent: 'v3' } }));
      const { contact } = told();
      expect(contact).toMatchObject({ consent_version: 'v3', consent_at: lobby.now });
      const { plaintext, protectedHeader } = await compactDecrypt(contact?.sealed ?? '', key);
      expect(JSON.parse(new TextDecoder().decode(plaintext))).toEqual({ phone: PHONE });
      expect(protectedHeader).toEqual(expect.objectContaining({ alg: 'ECDH-ES', enc: 'A256GCM', kid: 'k1' }));
      const files = readdirSync(dir).map((name) => readFileSync(join(dir, name)));
      const visit = told().visit_id;
      // What is looked for would be found: the visit's own id is.
      expect(files.some((bytes) => bytes.includes(visit))).toBe(true);
      const forms = [PHONE, PHONE.slice(1), PHONE.slice(-7), Buffer.from(PHONE).toString('base64url')];
      expect(forms.filter((form) => files.some((bytes) => bytes.includes(form)))).toEqual([]);
      expect(JSON.stringify(lobby.log.lines)).not.toContain(PHONE.slice(-7));
    } finally {
      lobby.close();
      rmSync(dir, { recursive: true, force: true });
      lobby = openLobby();
    }
  });

  it.each([
    ['agreed to another text', { consent }, true, 'v2'],
    ['the office asks for none', {}, true, 'v3'],
    ['the centre has no key to seal it to', { consent }, false, 'v3'],
  ])('is dropped when %s; the number is given all the same', async (_why, office, hasKey, version) => {
    lobby.office(office);
    if (hasKey) await keys();
    accepted(await take({ contact: { phone: PHONE, consent: version } }));
    expect(told().contact).toBeNull();
    expect(JSON.stringify(lobby.rows('outbox'))).not.toContain(PHONE.slice(-7));
  });
});
