import { z } from 'zod';
import { centreApi, type CentreApi } from './api.ts';
import * as s from './schemas.ts';

/**
 * The contract of the central booking API as an OpenAPI 3.1 document, made from the same table and schemas that the
 * device and the reference centre run on. `node test/tools/openapi.ts` writes it to resources/centre.openapi.json.
 */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export interface JsonObject {
  [key: string]: Json;
}

type Name = keyof CentreApi;

const ref = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` });
const upper = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** Schemas that are referred to by name, so that each stands in the document once. */
const NAMED: readonly (readonly [string, z.ZodType])[] = [
  ['OfficeRecord', s.officeRecord],
  ['ServiceGroupRecord', s.serviceGroupRecord],
  ['ServiceRecord', s.serviceRecord],
  ['ServicePolicy', s.servicePolicy],
  ['PriorityClaim', s.priorityClaim],
  ['BookingRecord', s.bookingRecord],
  ['FactorVerifier', s.factorVerifier],
  ['WindowRecord', s.windowRecord],
  ['SlotRecord', s.slotRecord],
  ['VisitRecord', s.visitRecord],
  ['SettingRecord', s.settingRecord],
  ['Change', s.change],
  ['Operation', s.operation],
  ['OpResult', s.opResult],
  ['Problem', s.problem],
];

/** What is read row by row on the wire is documented by what the rows are. */
const ROWS: ReadonlyMap<z.ZodType, string> = new Map<z.ZodType, string>([
  [s.changeEnvelope, 'Change'],
  [s.opsRequest.shape.ops.element, 'Operation'],
]);

/** Made from the schema it would be a definition that refers to itself, and says no more. */
const ANY_JSON = { description: 'Any JSON value' };

/**
 * JSON Schema of a zod schema. Unknown fields stay allowed where the reader allows them: that is `io: 'input'` also for
 * answers, which a device reads like any input.
 */
const schemaOf = (schema: z.ZodType, self: string | null): JsonObject => {
  const names = new Map<unknown, string>([...NAMED.map(([name, named]) => [named, name] as const), ...ROWS]);
  const {
    $schema: _,
    $defs: __,
    ...json
  } = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      const name = names.get(zodSchema);
      if (name === undefined) return;
      if (name === 'SettingRecord' && jsonSchema.properties) jsonSchema.properties['value'] = ANY_JSON;
      if (name === self) return;
      for (const key of Object.keys(jsonSchema)) delete (jsonSchema as Record<string, unknown>)[key];
      Object.assign(jsonSchema, ref(name));
    },
  });
  return json as JsonObject;
};

// --- Examples --------------------------------------------------------------------------------------------------------

const DEVICE = '01980f3e-2c5a-7d10-9b1e-5a2f6c7d8e90';
const OP = '01980f41-77aa-7c31-8f02-1d2e3f405162';
const VISIT = '01980f41-77aa-7c31-8f02-1d2e3f405163';
const REQUEST = '01980f41-70b2-7e44-a1b2-c3d4e5f60718';
const EPOCH = '5d0c3b1f9a2e47c8b6d1e0f2';
const BOOKING = '0f1e2d3c4b5a69788796a5b4c3d2e1f0';
const KEY = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';
const DAY = '2026-03-16';
/** 09:30 in Moscow. */
const NINE_THIRTY = 1_773_642_600_000;
const MINUTE = 60_000;
const NEW_BOOKING = '8c5e2a7f90b14d36a1e8c7d6b5f4a392';
const WALK_IN = '01980f42-1a2b-7c3d-8e4f-5a6b7c8d9e0f';
const SEALED = 'eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSJ9..MTIzNDU2Nzg5MDEy.c2VhbGVk.MTIzNDU2Nzg5MDEyMzQ1Ng';
const opId = (n: number): string => `01980f41-77aa-7c31-8f02-1d2e3f4052${String(n).padStart(2, '0')}`;

/** An operation with what is the same in each. */
const op = (seq: number, type: s.Operation['type'], entity: string, payload: JsonObject): JsonObject => ({
  op_id: seq === 12 ? OP : opId(seq),
  seq,
  kind: type.startsWith('booking.') ? 'request' : 'fact',
  type,
  entity_id: entity,
  business_date: DAY,
  occurred_at: NINE_THIRTY + (seq - 12) * MINUTE,
  clock: { offset_ms: -120, err_ms: 40, src: 'server' },
  payload,
});
const NONCE = 'q0bJ7vP3m1Zt8eYxWc5uKd2L';

const EXAMPLES: { [N in Name]: { input: JsonObject | null; output: JsonObject } } = {
  enrol: {
    input: {
      code: '7K4M-92QX',
      public_jwk: { kty: 'OKP', crv: 'Ed25519', x: KEY },
      proof: 'eyJhbGciOiJFZERTQSJ9.eyJjb2RlIjoiN0s0TS05MlFYIiwibm9uY2UiOiIuLi4ifQ.c2lnbmF0dXJl',
      nonce: NONCE,
      app: 'talon/0.1.0',
      hardware: 'lobby-1 linux x64',
    },
    output: { device_id: DEVICE, office_id: 7701, slot_no: 7, roles: ['kiosk'], epoch: EPOCH },
  },
  challenge: { input: { device_id: DEVICE }, output: { nonce: NONCE, expires_in: 300 } },
  token: {
    input: {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiIwMTk4MGYzZSJ9.c2lnbmF0dXJl',
    },
    output: { access_token: 'hT3yV9kQ2mX7nB4cZ8wL', token_type: 'Bearer', expires_in: 1800 },
  },
  time: { input: null, output: { now: NINE_THIRTY } },
  keys: {
    input: null,
    output: {
      keys: [
        {
          kty: 'OKP',
          crv: 'Ed25519',
          x: KEY,
          kid: '1',
          nbf: 1_767_225_600_000,
          exp: 1_798_761_600_000,
          revoked_at: null,
        },
      ],
      sealing: {
        kid: 'f83OJ3D2xF1Bg8vu',
        kty: 'EC',
        crv: 'P-256',
        x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
        y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
      },
    },
  },
  changes: {
    input: null,
    output: {
      epoch: EPOCH,
      cursor: 'NWQwYzNiMWYuNDI',
      has_more: false,
      changes: [
        {
          seq: 38,
          c: 'window',
          id: 5,
          rev: 9,
          op: 'put',
          data: {
            name: { ru: 'Окно 5', en: 'Window 5' },
            service_ids: [101, 103],
            state: 'break',
            until: NINE_THIRTY + 30 * MINUTE,
          },
        },
        {
          seq: 39,
          c: 'slot',
          id: `101-${NINE_THIRTY + 120 * MINUTE}`,
          rev: 3,
          op: 'put',
          data: { service_id: 101, starts_at: NINE_THIRTY + 120 * MINUTE, free: 2 },
        },
        {
          seq: 40,
          c: 'visit',
          id: VISIT,
          rev: 2,
          op: 'put',
          data: {
            business_date: DAY,
            origin: 'booking',
            ticket: { series: 'A', number: 47 },
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
          },
        },
        {
          seq: 41,
          c: 'booking',
          id: BOOKING,
          rev: 2,
          op: 'put',
          data: {
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
            factors: [
              {
                kind: 'phone4',
                salt: 'u2bGk0Yx7Qm1c3Zt9aVwLg',
                cost: 14,
                hash: 'qX7Zc0m5vT2uY8rW1sK4jH6gF3dN9bL0pA-eQiVoUtM',
              },
            ],
            priority: 'none',
            person: '5b1f0c9e7a3d48c2b6e4f1a09d8c7b65',
          },
        },
        { seq: 42, c: 'booking', id: '00112233445566778899aabbccddeeff', rev: 5, op: 'evict' },
      ],
    },
  },
  hello: {
    input: {
      epoch: EPOCH,
      numbers: [{ business_date: DAY, series: 'A', highest_online: 47, reserve: [700, 701, 702] }],
    },
    output: { epoch: EPOCH },
  },
  ops: {
    input: {
      ops: [
        op(12, 'checkin', VISIT, {
          visit_id: VISIT,
          booking_id: BOOKING,
          service_id: 101,
          further_services: [402],
          ticket: { series: 'A', number: 47 },
          provisional: false,
          late: false,
          flags: [],
          source: 'camera',
        }),
        op(13, 'walkin', WALK_IN, {
          visit_id: WALK_IN,
          service_id: 402,
          further_services: [],
          ticket: { series: 'K', number: 12 },
          language: 'ru',
          claim: 'infant',
          contact: { sealed: SEALED, consent_version: '1', consent_at: NINE_THIRTY },
          flags: [],
        }),
        op(14, 'lease.return', 'A', { series: 'A', numbers: [48] }),
        op(15, 'help', opId(80), { help_id: opId(80), screen: 'factor', reason: 'locked', over: false }),
        op(16, 'entry.locked', opId(16), { what: 'number', until: NINE_THIRTY + 15 * MINUTE }),
        op(17, 'feedback', WALK_IN, { visit_id: WALK_IN, score: 5, reasons: ['fast', 'kind'], sealed: null }),
        op(18, 'booking.create', NEW_BOOKING, {
          booking_id: NEW_BOOKING,
          service_id: 101,
          further_services: [],
          starts_at: NINE_THIRTY + 120 * MINUTE,
          language: 'ru',
          contact: null,
        }),
        op(19, 'booking.reschedule', BOOKING, { booking_id: BOOKING, starts_at: NINE_THIRTY + 1440 * MINUTE }),
        op(20, 'booking.cancel', NEW_BOOKING, { booking_id: NEW_BOOKING }),
        op(21, 'request.withdraw', opId(18), { op_id: opId(18) }),
        op(22, 'ticket.reprint', VISIT, { visit_id: VISIT, copy: 1 }),
        op(23, 'scan.failed', opId(23), {
          reason: 'bad-signature',
          text_sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        }),
      ],
    },
    output: {
      epoch: EPOCH,
      acked_seq: 23,
      durable_seq: 20,
      results: [
        { op_id: OP, status: 'applied' },
        { op_id: opId(13), status: 'applied' },
        { op_id: opId(14), status: 'applied' },
        { op_id: opId(15), status: 'applied' },
        { op_id: opId(16), status: 'applied' },
        { op_id: opId(17), status: 'applied' },
        {
          op_id: opId(18),
          status: 'applied',
          booking: {
            id: NEW_BOOKING,
            number: 'B7K4Q2M9',
            starts_at: NINE_THIRTY + 120 * MINUTE,
            status: 'booked',
            token: 'EZ1AEA4YXS2Q',
          },
        },
        {
          op_id: opId(19),
          status: 'rejected',
          problem: { type: 'already-arrived', title: 'The booking has been checked in' },
          booking: { id: BOOKING, number: '7K4M92QX', starts_at: NINE_THIRTY, status: 'arrived', token: null },
        },
        {
          op_id: opId(20),
          status: 'applied',
          booking: {
            id: NEW_BOOKING,
            number: 'B7K4Q2M9',
            starts_at: NINE_THIRTY + 120 * MINUTE,
            status: 'cancelled',
            token: null,
          },
        },
        { op_id: opId(21), status: 'applied' },
        { op_id: opId(22), status: 'applied' },
        { op_id: opId(23), status: 'applied' },
      ],
    },
  },
  leases: {
    input: { request_id: REQUEST, business_date: DAY, series: 'A', kind: 'online', n: 1, epoch: EPOCH },
    output: { request_id: REQUEST, business_date: DAY, series: 'A', numbers: [47] },
  },
  health: {
    input: { app: 'talon/0.1.0', printer: 'ready', waiting: 0, parked: 0, clock_offset_ms: -120 },
    output: {},
  },
};

// --- The document ----------------------------------------------------------------------------------------------------

const DESCRIPTIONS: { [N in Name]: string } = {
  enrol:
    'The code is bound to an office and to roles, good for one device and for 24 hours. `proof` is a compact JWS (EdDSA) by ' +
    'the new key over `{"code", "nonce"}`. Five wrong attempts from one address close the door for some minutes. The ' +
    'answer to a wrong code, a used one and a wrong proof is the same.',
  challenge: 'The nonce can be used once, within `expires_in` seconds. Given for any device id, known or not.',
  token:
    'RFC 7523: a JWS (EdDSA) by the device key with `iss` = `sub` = the device id, `aud` = the base URL of the centre and ' +
    'the `nonce`. Times inside of it are not looked at, so that a device with a wrong clock can sign in.',
  time: 'For the measurement of the clock offset.',
  keys:
    'All keys that devices should know, with their validity: also those that start later and those that were revoked. ' +
    '`sealing` is the key that personal data is sealed to before it is stored: without it a device asks for none.',
  changes:
    'Rows in the order of `seq`, of each entity only the newest. Without a cursor: the state as it is. Bookings are those of ' +
    "the device's office within business day -1 to +7; one that leaves this window or the office comes as `evict`. A row " +
    'is applied whole, and the cursor is kept together with the rows. An unknown collection is skipped. `cursor-expired` ' +
    'means: start without a cursor.',
  hello:
    'At the start and when the epoch changed. A centre that was restored does not know all the numbers it gave: until a ' +
    'device has said what it holds it leases it none.',
  ops:
    'Operations are told apart by `op_id` for good: one that comes again is a `duplicate`, with the booking of a request ' +
    'as it is now. A `fact` is never refused; one that contradicts what the centre knows is kept as `conflict_recorded`: ' +
    '`double-checkin`, `booking-cancelled`, `already-served`, `other-office`, `other-day`, `number-used-twice`, ' +
    '`visit-known`. A `request` may be `rejected`: `slot-taken`, `booking-cancelled`, `already-arrived`, `not-found`, ' +
    '`too-late`, `booking-known`, `withdrawn`; that stands, also when it comes again. `booking.create` and ' +
    '`booking.reschedule` take a place in a slot, `booking.cancel` frees it and may come any number of times. ' +
    '`request.withdraw` undoes what a request did and stops one that comes yet; what cannot be undone is kept as ' +
    '`conflict_recorded`. One that cannot be read is kept as `rejected` (`unreadable`), is read again when it comes ' +
    'again, and holds up nothing. All of a batch is stored before the answer.',
  leases:
    'Idempotent by `request_id`. A number is given once in an office, business day and series. `online` counts up from 1 to ' +
    '699. `reserve` is from 700 to 999; of these each device holds at most min(40, 300 / devices). Only for today and ' +
    'tomorrow by the business day of the office. With an `epoch` that is not the present one the answer is `epoch-changed`.',
  health: 'The last report counts.',
};

const PROBLEMS_OF: { [N in Name]: readonly s.ProblemType[] } = {
  enrol: ['invalid-request', 'code-invalid', 'rate-limited'],
  challenge: ['invalid-request'],
  token: ['invalid-request', 'unauthorized', 'device-revoked'],
  time: [],
  keys: [],
  changes: ['invalid-request', 'cursor-expired'],
  hello: ['invalid-request'],
  ops: ['invalid-request', 'too-large'],
  leases: ['invalid-request', 'epoch-changed'],
  health: ['invalid-request'],
};

const COMMON: readonly s.ProblemType[] = ['schema-unsupported', 'internal', 'maintenance'];

const problemResponses = (name: Name): JsonObject => {
  const types = [
    ...PROBLEMS_OF[name],
    ...(centreApi[name].auth ? (['unauthorized', 'device-revoked'] as const) : []),
    ...COMMON,
  ];
  const byStatus = new Map<number, s.ProblemType[]>();
  for (const type of types) byStatus.set(s.PROBLEMS[type], [...(byStatus.get(s.PROBLEMS[type]) ?? []), type]);
  return Object.fromEntries(
    [...byStatus]
      .toSorted(([a], [b]) => a - b)
      .map(([status, list]): [string, JsonObject] => [
        String(status),
        {
          description: list.map((type) => `\`/problems/${type}\``).join(' or '),
          ...(list.includes('rate-limited') ? { headers: { 'Retry-After': { schema: { type: 'integer' } } } } : {}),
          content: { 'application/problem+json': { schema: ref('Problem') } },
        },
      ]),
  );
};

const parameters = (schema: JsonObject): JsonObject[] => {
  const properties = (schema['properties'] ?? {}) as JsonObject;
  const required = (schema['required'] ?? []) as string[];
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: property,
  }));
};

const operationOf = (name: Name): JsonObject => {
  const { method, auth, input, summary } = centreApi[name];
  const example = EXAMPLES[name];
  return {
    operationId: name,
    summary,
    description: DESCRIPTIONS[name],
    ...(auth ? { security: [{ token: [] }] } : { security: [] }),
    parameters: [
      { $ref: '#/components/parameters/SyncSchema' },
      ...(method === 'GET' ? parameters(schemaOf(input, null)) : []),
    ],
    ...(method === 'POST' && example.input
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: ref(`${upper(name)}Request`), example: example.input } },
          },
        }
      : {}),
    responses: {
      [name === 'enrol' ? '201' : '200']: {
        description: 'Done',
        headers: {
          'Sync-Schema': { $ref: '#/components/headers/SyncSchema' },
          'Sync-Schema-Min': { $ref: '#/components/headers/SyncSchemaMin' },
          'Sync-Epoch': { $ref: '#/components/headers/SyncEpoch' },
          'Server-Time-Ms': { $ref: '#/components/headers/ServerTimeMs' },
        },
        content: { 'application/json': { schema: ref(`${upper(name)}Answer`), example: example.output } },
      },
      ...problemResponses(name),
    },
  };
};

const INFO = `What a kiosk or a reception desk and the central booking API say to each other.

**Facts and requests.** A fact has already happened in the room (a check-in with a ticket in the hand): the centre never
refuses it, it keeps it and flags what contradicts. A request needs state that only the centre has and may be refused.

**Pull.** \`/sync/changes\` with an opaque cursor. **Push.** \`/sync/ops\` in batches of up to ${s.MAX_OPS}, at most 512 KiB,
as often as needed: the id of an operation makes it count once.

**Epoch.** The history that cursors and sequences belong to. A centre that was restored from a backup begins a new one.

**Errors** are \`application/problem+json\` (RFC 9457).`;

/** @returns the document; a plain JSON value, the same each time */
export const centreOpenApi = (): JsonObject => {
  const names = Object.keys(centreApi) as Name[];
  const schemas: JsonObject = {};
  for (const name of names) {
    const { method, input, output } = centreApi[name];
    if (method === 'POST') schemas[`${upper(name)}Request`] = schemaOf(input, null);
    schemas[`${upper(name)}Answer`] = schemaOf(output, null);
  }
  for (const [name, schema] of NAMED) schemas[name] = schemaOf(schema, name);
  return {
    openapi: '3.1.1',
    info: {
      title: 'RegSync',
      version: `${s.SCHEMA_VERSION}.0.0`,
      summary: 'The central booking API',
      description: INFO,
    },
    servers: [{ url: s.API_PREFIX, description: 'Under the base URL that the device was enrolled at' }],
    paths: Object.fromEntries(
      names.map((name): [string, JsonObject] => [
        centreApi[name].path,
        { [centreApi[name].method.toLowerCase()]: operationOf(name) },
      ]),
    ),
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'From `/token`.' } },
      parameters: {
        SyncSchema: {
          name: 'Sync-Schema',
          in: 'header',
          description: 'Version of this contract that the device speaks.',
          schema: { type: 'integer', minimum: 1 },
        },
      },
      headers: {
        SyncSchema: { description: 'Version that the centre speaks.', schema: { type: 'integer' } },
        SyncSchemaMin: { description: 'Oldest version that it serves.', schema: { type: 'integer' } },
        SyncEpoch: { description: 'The history that cursors belong to.', schema: { type: 'string' } },
        ServerTimeMs: { description: 'Clock of the centre, milliseconds since 1970.', schema: { type: 'integer' } },
      },
      schemas,
    },
  };
};

/** For the test that the examples are what the schemas say. */
export const centreExamples: Readonly<Record<Name, { input: JsonObject | null; output: JsonObject }>> = EXAMPLES;
