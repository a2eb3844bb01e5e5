import { summarise } from '../../domain/day-numbers.ts';
import * as s from './schemas.ts';

/**
 * The operations and the rows of the contract's examples: one morning of one kiosk. What is computed is handed in: this
 * folder knows no cryptography.
 */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export interface JsonObject {
  [key: string]: Json;
}

export interface ExampleCrypto {
  /** Of the example device, and of whoever signs confirmations; base64url of Ed25519 keys. */
  deviceKey: string;
  signingKey: string;
  sealingKey: { x: string; y: string };
  /** Hash of an operation behind the one that has `prev`. */
  chain: (prev: string, op: JsonObject) => string;
  /** By the device: base64url. */
  sign: (text: string) => string;
  /** By the device: a compact JWS. */
  jws: (payload: JsonObject) => string;
  digest: (rows: readonly { id: string | number; rev: number }[]) => { count: number; xor: string };
  /** Scrypt of digits, base64url. */
  verifier: (digits: string, salt: string, cost: number) => string;
  /** An `EZ1` text. */
  confirmation: (booking: { id: string; office: number; service: number; startsAt: number; minutes: number }) => string;
  /** A compact JWE to the sealing key. */
  seal: (to: s.SealingKey, value: JsonObject) => string;
}

export const DEVICE = '01980f3e-2c5a-7d10-9b1e-5a2f6c7d8e90';
export const EPOCH = '5d0c3b1f9a2e47c8b6d1e0f2';
/** Under it the example device was enrolled. */
export const BASE_URL = 'https://booking.example.org';
export const NONCE = 'q0bJ7vP3m1Zt8eYxWc5uKd2L';
export const CODE = '7K4M-92QX';
const VISIT = '01980f41-77aa-7c31-8f02-1d2e3f405163';
export const REQUEST = '01980f41-70b2-7e44-a1b2-c3d4e5f60718';
export const BOOKING = '0f1e2d3c4b5a69788796a5b4c3d2e1f0';
const MISSED_BOOKING = '6d4c3b2a190f8e7d6c5b4a3928170605';
const CANCELLED_BOOKING = '2b7c9d1e0f3a4b5c6d7e8f9001122334';
const GONE_BOOKING = '00112233445566778899aabbccddeeff';
const PURGED_BOOKING = 'ffeeddccbbaa99887766554433221100';
export const NEW_BOOKING = '8c5e2a7f90b14d36a1e8c7d6b5f4a392';
const WALK_IN = '01980f42-1a2b-7c3d-8e4f-5a6b7c8d9e0f';
const HELP = '01980f41-8b1c-7d22-9e3f-0a1b2c3d4e5f';
const STAFF = 'staff-17';
const CONFLICT = '01980f40-3c4d-7e5f-8a9b-0c1d2e3f4a5b';
export const DAY = '2026-03-16';
/** 09:30 in Moscow. */
export const NINE_THIRTY = 1_773_642_600_000;
export const MINUTE = 60_000;
export const CURSOR = 'NWQwYzNiMWYuNDI';
export const SALT = 'u2bGk0Yx7Qm1c3Zt9aVwLg';
export const COST = 14;
export const DIGITS = '4567';
const PIN = '2580';
/** The sequence number of the first operation of the example batch; eleven were pushed before. */
export const FIRST_SEQ = 12;
const opId = (n: number): string => `01980f41-77aa-7c31-8f02-1d2e3f4052${String(n).padStart(2, '0')}`;

// --- Operations ------------------------------------------------------------------------------------------------------

type Type = s.Operation['type'];
const REQUESTS: ReadonlySet<Type> = new Set([
  'booking.create',
  'booking.reschedule',
  'booking.cancel',
  'visit.edit',
  'device.order',
]);

export const operations = (sealed: string): JsonObject[] => {
  let seq = FIRST_SEQ - 1;
  const op = (type: Type, entity: string, payload: JsonObject, more: JsonObject = {}): JsonObject => {
    seq += 1;
    return {
      op_id: opId(seq),
      seq,
      kind: REQUESTS.has(type) ? 'request' : 'fact',
      type,
      entity_id: entity,
      business_date: DAY,
      occurred_at: NINE_THIRTY + (seq - FIRST_SEQ) * MINUTE,
      clock: { offset_ms: -120, err_ms: 40, src: 'server' },
      payload,
      ...more,
    };
  };
  const contact = { sealed, consent_version: '1', consent_at: NINE_THIRTY };
  return [
    op('checkin', VISIT, {
      visit_id: VISIT,
      booking_id: BOOKING,
      service_id: 101,
      further_services: [402],
      ticket: { series: 'A', number: 47 },
      provisional: false,
      late: false,
      starts_at: NINE_THIRTY,
      flags: [],
      source: 'camera',
      override: null,
    }),
    op('walkin', WALK_IN, {
      visit_id: WALK_IN,
      service_id: 402,
      further_services: [],
      ticket: { series: 'K', number: 12 },
      language: 'ru',
      claim: 'infant',
      contact,
      flags: [],
    }),
    op('lease.return', 'A', { series: 'A', numbers: [702] }),
    op('help', HELP, {
      help_id: HELP,
      screen: 'factor',
      reason: 'locked',
      booking_id: BOOKING,
      visit_id: null,
      over: false,
      result_visit: null,
    }),
    op('entry.locked', opId(16), { what: 'number', until: NINE_THIRTY + 15 * MINUTE }),
    op('feedback', WALK_IN, { visit_id: WALK_IN, score: 5, reasons: ['fast', 'kind'], sealed: null }),
    op('booking.create', NEW_BOOKING, {
      booking_id: NEW_BOOKING,
      service_id: 101,
      further_services: [],
      starts_at: NINE_THIRTY + 120 * MINUTE,
      language: 'ru',
      contact: null,
    }),
    op('booking.reschedule', BOOKING, { booking_id: BOOKING, starts_at: NINE_THIRTY + 1440 * MINUTE }),
    op('booking.cancel', NEW_BOOKING, { booking_id: NEW_BOOKING }),
    op('request.withdraw', opId(18), { op_id: opId(18) }),
    op('ticket.reprint', VISIT, { visit_id: VISIT, copy: 1 }),
    op('scan.failed', opId(23), {
      reason: 'bad-signature',
      text_sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    }),
    op('checkin.undo', VISIT, { visit_id: VISIT }),
    op(
      'visit.edit',
      WALK_IN,
      {
        visit_id: WALK_IN,
        set: { note: 'С коляской', claim: { id: 'infant', document: 'Свидетельство о рождении' }, people: 2 },
      },
      { base_rev: 1, actor: STAFF },
    ),
    op('conflict.resolve', CONFLICT, { conflict_id: CONFLICT, how: 'split' }, { actor: STAFF }),
    op('purge.done', opId(27), { c: 'booking', ids: [PURGED_BOOKING] }),
    op('help.take', HELP, { help_id: HELP }, { actor: STAFF }),
    op('visit.stage', VISIT, { visit_id: VISIT, position: 0, to: 'called', window_id: 5 }, { actor: STAFF }),
    op('booking.no-show', MISSED_BOOKING, { booking_id: MISSED_BOOKING }, { actor: STAFF }),
    op('ticket.send', WALK_IN, { visit_id: WALK_IN, sealed, consent_version: '1' }, { actor: STAFF }),
    op(
      'device.order',
      DEVICE,
      { device_id: DEVICE, order: 'message', message: { ru: 'Вернёмся в 14:00', en: 'Back at 14:00' } },
      { actor: STAFF },
    ),
    op('staff.emergency', 'emergency', { staff_id: 'emergency' }, { actor: 'emergency' }),
  ];
};

/** What the centre answered to them: applied, but for the booking that had been checked in a moment before. */
export const results = (ops: readonly JsonObject[], token: string): JsonObject[] =>
  ops.map(({ op_id, type }): JsonObject => {
    const said = (more: JsonObject): JsonObject => ({ op_id: op_id ?? '', status: 'applied', ...more });
    const made = { id: NEW_BOOKING, number: 'B7K4Q2M9', starts_at: NINE_THIRTY + 120 * MINUTE };
    switch (type) {
      case 'checkin':
      case 'walkin':
        return said({ rev: 1 });
      case 'booking.create':
        return said({ rev: 1, booking: { ...made, rev: 1, status: 'booked', token } });
      case 'booking.cancel':
        return said({ rev: 2, booking: { ...made, rev: 2, status: 'cancelled', token: null } });
      case 'booking.reschedule':
        return said({
          status: 'rejected',
          problem: { type: 'already-arrived', title: 'The booking has been checked in' },
          booking: {
            id: BOOKING,
            rev: 2,
            number: '7K4M92QX',
            starts_at: NINE_THIRTY,
            status: 'arrived',
            token: null,
          },
        });
      default:
        return said({});
    }
  });

/** A batch of consecutive operations as it goes over the wire. @param prev the hash before the first */
export const batchOf = (crypto: ExampleCrypto, ops: readonly JsonObject[], prev: string, withheld = -1): JsonObject => {
  let hash = prev;
  const wire = ops.map((op, i): JsonObject => {
    hash = crypto.chain(hash, op);
    return i === withheld ? { op_id: op['op_id'] ?? '', seq: op['seq'] ?? 0, withheld: true, hash } : op;
  });
  const last = Number(ops.at(-1)?.['seq']);
  return { epoch: EPOCH, prev_hash: prev, ops: wire, hash, signature: crypto.sign(s.batchText(DEVICE, last, hash)) };
};

// --- Rows ------------------------------------------------------------------------------------------------------------

const span = (from: number, until: number): JsonObject => ({ from: from * 60, until: until * 60 });

/** Of a day with one visitor, who waited for four minutes and was served in eleven, and a booking that nobody came for. */
const numbers = (): JsonObject => {
  const arrivedAt = NINE_THIRTY - 4320 * MINUTE;
  const day = summarise(
    [
      {
        origin: 'booking',
        via: 'kiosk',
        arrivedAt,
        state: 'done',
        services: [
          {
            serviceId: 101,
            windowId: 5,
            calledAt: arrivedAt + 4 * MINUTE,
            servingAt: arrivedAt + 5 * MINUTE,
            doneAt: arrivedAt + 16 * MINUTE,
            state: 'done',
          },
        ],
      },
    ],
    { noShows: [402], hourOf: () => 9 },
  );
  return JSON.parse(JSON.stringify(day)) as JsonObject;
};

export const rows = (crypto: ExampleCrypto): JsonObject[] => {
  const workday = [span(8, 13), span(14, 20)];
  const week = [workday, workday, workday, workday, workday, [span(9, 14)], []];
  let seq = 30;
  const row = (c: s.CollectionName, id: string | number, rev: number, more: JsonObject): JsonObject => {
    seq += 1;
    return { seq, c, id, rev, ...more };
  };
  const put = (c: s.CollectionName, id: string | number, rev: number, data: JsonObject): JsonObject =>
    row(c, id, rev, { op: 'put', data });
  return [
    put('office', 7701, 4, {
      name: { ru: 'МФЦ «Центральный»', en: 'Central office' },
      subtitle: { ru: 'Государственные услуги', en: 'Public services' },
      address: { ru: 'ул. Садовая, 1', en: '1 Sadovaya St' },
      time_zone: 'Europe/Moscow',
      day_change_minutes: 240,
      languages: ['ru', 'en'],
      staff_language: 'ru',
      hours: {
        week,
        exceptions: [{ date: '2026-05-01', spans: [], note: { ru: 'Праздник', en: 'A public holiday' } }],
      },
      closed_message: null,
      priority_claims: [
        {
          id: 'infant',
          name: { ru: 'С ребёнком до трёх лет', en: 'With a child under three' },
          level: 'out-of-turn',
          document: { ru: 'Свидетельство о рождении', en: 'Birth certificate' },
          at_once: false,
        },
      ],
      consent: {
        version: '1',
        text: { ru: 'Согласен на обработку номера телефона', en: 'My phone number may be used for this visit' },
      },
      skipped_numbers: [666],
      flood: { burst: 10, refill_seconds: 15 },
      factor_required: true,
      feedback_reasons: [{ id: 'fast', name: { ru: 'Быстро', en: 'Quick' } }],
    }),
    put('service_group', 1, 1, {
      name: { ru: 'Документы', en: 'Documents' },
      series: 'A',
      icon: 'id-card',
      position: 1,
    }),
    put('service', 101, 3, {
      group_id: 1,
      name: { ru: 'Загранпаспорт', en: 'Passport for travel' },
      hint: null,
      papers: [{ ru: 'Паспорт', en: 'National identity card' }],
      icon: 'book',
      place: { ru: 'Окна 3-6', en: 'Windows 3-6' },
      duration_minutes: 12,
      duration_spread_minutes: 4,
      position: 1,
      keywords: { ru: 'заграничный биометрический' },
      frequent: true,
      sensitive: false,
      hours: null,
      policy: { early_minutes: 45, late_minutes: 15, walk_in: true, overbook: 0 },
    }),
    put('window', 5, 9, {
      name: { ru: 'Окно 5', en: 'Window 5' },
      service_ids: [101, 103],
      state: 'break',
      until: NINE_THIRTY + 30 * MINUTE,
    }),
    put('setting', 'kiosk.idle_seconds', 2, { value: 60 }),
    put('staff', STAFF, 3, {
      name: 'Анна К.',
      role: 'receptionist',
      pin: { salt: SALT, cost: COST, hash: crypto.verifier(PIN, SALT, COST) },
      totp: null,
      active: true,
      valid_until: NINE_THIRTY + 43_200 * MINUTE,
      emergency: false,
    }),
    put('device', DEVICE, 6, {
      slot_no: 7,
      name: 'lobby-1 linux x64',
      roles: ['kiosk'],
      app: 'talon/0.1.0',
      seen_at: NINE_THIRTY,
      printer: 'ready',
      paper_low: true,
      scanner: 'ok',
      camera: 'ok',
      waiting: 0,
      parked: 0,
      clock_offset_ms: -120,
      last_visit_at: NINE_THIRTY - 10 * MINUTE,
      revoked: false,
      order: { closed: false, message: { ru: 'Вернёмся в 14:00', en: 'Back at 14:00' }, restart: null },
    }),
    put('slot', `101-${NINE_THIRTY + 120 * MINUTE}`, 3, {
      service_id: 101,
      starts_at: NINE_THIRTY + 120 * MINUTE,
      free: 2,
    }),
    put('visit', VISIT, 2, {
      business_date: DAY,
      origin: 'booking',
      via: 'kiosk',
      ticket: { series: 'A', number: 47 },
      also: [{ series: 'A', number: 731 }],
      state: 'called',
      priority: 'none',
      arrived_at: NINE_THIRTY - 10 * MINUTE,
      order_at: NINE_THIRTY,
      services: [
        {
          service_id: 101,
          state: 'called',
          window_id: 5,
          called_at: NINE_THIRTY + MINUTE,
          serving_at: null,
          done_at: null,
        },
        { service_id: 402, state: 'waiting', window_id: null, called_at: null, serving_at: null, done_at: null },
      ],
    }),
    put('booking', BOOKING, 2, {
      office_id: 7701,
      number: '7K4M92QX',
      service_id: 101,
      further_services: [402],
      starts_at: NINE_THIRTY,
      status: 'arrived',
      language: 'ru',
      ticket: { series: 'A', number: 47 },
      revision: 1,
      masked: 'И. П.',
      factors: [{ kind: 'phone4', salt: SALT, cost: COST, hash: crypto.verifier(DIGITS, SALT, COST) }],
      priority: 'none',
      person: '5b1f0c9e7a3d48c2b6e4f1a09d8c7b65',
    }),
    put('person', BOOKING, 1, {
      name: 'Иванова Анна Петровна',
      phone: '+79001234567',
      document: 'паспорт …4321',
    }),
    put('visit_detail', WALK_IN, 3, {
      business_date: DAY,
      booking_id: null,
      claim: { id: 'infant', level: 'out-of-turn', confirmed: true, document: 'Свидетельство о рождении' },
      phone: '+79007654321',
      note: 'С коляской',
      people: 2,
      companion: false,
      flags: ['clock'],
    }),
    put('conflict', CONFLICT, 1, {
      type: 'double-checkin',
      business_date: DAY,
      at: NINE_THIRTY - 3 * MINUTE,
      visit_id: VISIT,
      other_visit_id: WALK_IN,
      booking_id: BOOKING,
      service_id: null,
      since: null,
      open: true,
    }),
    put('help', HELP, 2, {
      business_date: DAY,
      device_id: DEVICE,
      at: NINE_THIRTY + 3 * MINUTE,
      screen: 'factor',
      reason: 'locked',
      booking_id: BOOKING,
      visit_id: null,
      state: 'taken',
      by: STAFF,
      taken_at: NINE_THIRTY + 4 * MINUTE,
      over_at: null,
      result_visit: null,
    }),
    put('day_numbers', '2026-03-13', 1, numbers()),
    row('booking', CANCELLED_BOOKING, 4, { op: 'del' }),
    row('booking', GONE_BOOKING, 5, { op: 'evict' }),
    row('booking', PURGED_BOOKING, 6, { op: 'evict', purge: true }),
  ];
};
