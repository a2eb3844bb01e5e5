import { generateKeyPair, exportJWK } from 'jose';
import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeSealingKey } from '../../electron/core/store/registry.ts';
import { appContract, type ServiceView } from '../../shared/contracts/app.ts';
import { at, MINUTE, openLobby, workingHours, type Lobby } from '../fixtures/lobby.ts';

let lobby: Lobby;
beforeEach(() => {
  lobby = openLobby();
  lobby.window(1, [1]);
  lobby.window(2, [2, 3]);
});
afterEach(() => lobby.close());

/** As the page gets it: what the contract does not allow fails here. */
const catalogue = () => appContract.methods['walkin.catalogue'].output.parse(lobby.catalogue.catalogue());
const slots = (services: readonly number[]) =>
  appContract.methods['slots.list'].output.parse(lobby.catalogue.slots(services));
const service = (id: number): ServiceView => {
  const found = catalogue().services.find((s) => s.id === id);
  if (!found) throw new Error(`no service ${id}`);
  return found;
};
const unavailable = () => Object.fromEntries(catalogue().services.map((s) => [s.id, s.unavailable]));
const take = (services: number[]) =>
  lobby.walkIn.take({ attempt: v7(), services, claim: null, contact: null, language: 'ru', despiteQueue: true });

describe('the list of services', () => {
  it('has groups and services in the order of the office, with what people look for', () => {
    lobby.put('service_group', 2, { name: { ru: 'Семья' }, series: 'B', icon: 'baby', position: 0 });
    lobby.service(2, {
      position: 0,
      keywords: { ru: 'права' },
      frequent: true,
      sensitive: true,
      hint: { ru: 'замена' },
    });
    const { groups, services } = catalogue();
    expect(groups.map((g) => g.id)).toEqual([2, 1]);
    expect(services.map((s) => s.id)).toEqual([3, 2, 1]);
    expect(service(2)).toMatchObject({
      group: 1,
      keywords: { ru: 'права' },
      frequent: true,
      sensitive: true,
      hint: { ru: 'замена' },
      minutes: 12,
    });
  });

  it('leaves out a service whose group has not arrived', () => {
    lobby.service(4, { group_id: 9 });
    expect(catalogue().services.map((s) => s.id)).toEqual([1, 2, 3]);
  });

  it('tells the wait of each by the windows that serve it', () => {
    for (let n = 0; n < 4; n += 1) lobby.visit({ service: 1 });
    lobby.visit({ service: 3 });
    expect(service(1).estimate).toMatchObject({ known: true, ahead: 4 });
    // Services 2 and 3 share a window: who waits for one is before who comes for the other.
    expect(service(2).estimate).toMatchObject({ known: true, ahead: 1 });
    lobby.window(1, [1], 'closed');
    expect(service(1).estimate).toEqual({ known: false, why: 'no-window', ahead: 4 });
  });

  it('does not know the wait when the centre is not heard, nor when it was heard too long ago; numbers go on', () => {
    lobby.visit({ service: 1 });
    for (const heard of [null, lobby.now - 6 * MINUTE]) {
      lobby.heard = heard;
      lobby.queue.changed();
      expect(catalogue().services.map((s) => s.estimate)).toMatchObject(
        [1, 2, 3].map(() => ({ known: false, why: 'stale' })),
      );
    }
    expect(unavailable()).toEqual({ 1: null, 2: null, 3: null });
  });

  it('says which cannot be had, and why, as the ticket itself would be refused', async () => {
    lobby.office({ hours: workingHours(540, 660) });
    lobby.service(1, { policy: { walk_in: false } });
    lobby.service(2, { hours: workingHours(840, 900) });
    lobby.service(3, { duration_minutes: 5, policy: { walk_ins_per_day: 1 } });
    expect(unavailable()).toEqual({ 1: 'booking-only', 2: 'closed', 3: null });
    await take([3]);
    expect(unavailable()).toMatchObject({ 3: 'contingent' });
    lobby.service(3, { duration_minutes: 40 });
    expect(unavailable()).toMatchObject({ 3: 'closing' });
    for (const s of catalogue().services) {
      const out = await take([s.id]);
      expect(out).toMatchObject({ outcome: 'refused', reason: s.unavailable });
    }
  });

  it('says whether a time can be booked: a free one that can still be reached', () => {
    lobby.slot(1, lobby.now + 4 * MINUTE);
    lobby.slot(2, at('15:00'), 0);
    lobby.slot(3, at('15:00'));
    expect(catalogue().services.map((s) => s.slots)).toEqual([false, false, true]);
    lobby.slot(2, at('15:00'), 1);
    expect(service(2).slots).toBe(true);
  });

  it('asks for a phone only when there is a text to agree to, and a key to seal it with', async () => {
    const consent = { version: 'v1', text: { ru: 'Согласен' } };
    lobby.office({ consent });
    expect(catalogue().consent).toBeNull();
    const { publicKey } = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
    const { x, y } = await exportJWK(publicKey);
    lobby.store.write((db) => writeSealingKey(db, { kid: 'k', kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' }));
    expect(catalogue().consent).toEqual(consent);
    lobby.office({ consent: null });
    expect(catalogue().consent).toBeNull();
    lobby.office({ consent });
    lobby.store.write((db) => writeSealingKey(db, null));
    expect(catalogue().consent).toBeNull();
  });

  it('has the claims of the office, and whether the centre answers', () => {
    lobby.office({
      priority_claims: [{ id: 'war', name: { ru: 'Ветераны' }, level: 'first', document: { ru: 'уд.' } }],
    });
    expect(catalogue()).toMatchObject({
      claims: [{ id: 'war', name: { ru: 'Ветераны' }, level: 'first', document: { ru: 'уд.' }, atOnce: false }],
      online: true,
    });
    lobby.online = false;
    expect(catalogue().online).toBe(false);
  });
});

describe('free times', () => {
  it('are those of the first service, by business day, in order, eight days ahead', () => {
    for (const [clock, day] of [
      ['15:00', 1],
      ['15:00', 0],
      ['10:30', 0],
      ['09:00', 7],
      ['09:00', 9],
    ] as const) {
      lobby.slot(1, at(clock, day), 2);
    }
    lobby.slot(1, at('16:00'), 0);
    lobby.slot(2, at('12:00'));
    // In the night after Monday it is still Monday's business day.
    lobby.slot(1, at('02:00', 1));
    lobby.slot(1, lobby.now - MINUTE);
    lobby.slot(1, lobby.now + 4 * MINUTE);
    expect(slots([1, 2])).toEqual({
      online: true,
      days: [
        {
          date: '2026-11-23',
          slots: [
            { startsAt: at('10:30'), free: 2 },
            { startsAt: at('15:00'), free: 2 },
            { startsAt: at('02:00', 1), free: 1 },
          ],
        },
        { date: '2026-11-24', slots: [{ startsAt: at('15:00', 1), free: 2 }] },
        { date: '2026-11-30', slots: [{ startsAt: at('09:00', 7), free: 2 }] },
      ],
    });
  });

  it('of an unknown service are none; offline it is said', () => {
    lobby.online = false;
    expect(slots([999])).toEqual({ days: [], online: false });
  });
});
