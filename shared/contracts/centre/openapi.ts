import { z } from 'zod';
import { centreApi, type CentreApi } from './api.ts';
import { examplesOf, type Examples } from './openapi-examples.ts';
import type { ExampleCrypto, JsonObject } from './openapi-rows.ts';
import * as s from './schemas.ts';

/**
 * The contract of the central booking API as an OpenAPI 3.1 document, made from the same table and schemas that the
 * device and the reference centre run on. `npm run openapi` writes it to resources/centre.openapi.json.
 */

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
  ['PersonRecord', s.personRecord],
  ['VisitDetailRecord', s.visitDetailRecord],
  ['ConflictRecord', s.conflictRecord],
  ['CollectionDigest', s.collectionDigest],
  ['Change', s.change],
  ['Operation', s.operation],
  ['WithheldOperation', s.withheldOp],
  ['OpResult', s.opResult],
  ['Problem', s.problem],
];

/** What is read row by row on the wire is documented by what the rows are. */
const ROWS: ReadonlyMap<z.ZodType, readonly string[]> = new Map<z.ZodType, readonly string[]>([
  [s.changeEnvelope, ['Change']],
  [s.opsRequest.shape.ops.element, ['Operation', 'WithheldOperation']],
]);

/** Made from the schema it would be a definition that refers to itself, and says no more. */
const ANY_JSON = { description: 'Any JSON value' };
/** Members that hold any JSON, by the schema that they stand in. */
const ANY_MEMBERS: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [s.settingRecord, 'value'],
  ...s.snapshotLine.options.map((line): [unknown, string] => [line, 'data']),
]);

/**
 * JSON Schema of a zod schema. Unknown fields stay allowed where the reader allows them: that is `io: 'input'` also for
 * answers, which a device reads like any input.
 */
const schemaOf = (schema: z.ZodType, self: string | null = null): JsonObject => {
  const names = new Map<unknown, readonly string[]>([
    ...NAMED.map(([name, named]) => [named, [name]] as const),
    ...ROWS,
  ]);
  const {
    $schema: _,
    $defs: __,
    ...json
  } = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      const any = ANY_MEMBERS.get(zodSchema);
      if (any !== undefined && jsonSchema.properties?.[any]) jsonSchema.properties[any] = ANY_JSON;
      const named = names.get(zodSchema);
      if (named === undefined || named.includes(self ?? '')) return;
      for (const key of Object.keys(jsonSchema)) delete (jsonSchema as Record<string, unknown>)[key];
      const [first = '', ...others] = named;
      Object.assign(jsonSchema, others.length === 0 ? ref(first) : { anyOf: named.map(ref) });
    },
  });
  return json as JsonObject;
};

// --- What is said about the calls ------------------------------------------------------------------------------------

const DESCRIPTIONS: { [N in Name]: string } = {
  enrol:
    'The code is bound to an office and to roles, good for one device and for 24 hours. `proof` is a compact JWS (EdDSA) by ' +
    'the new key over `{"code", "nonce"}`. Five wrong attempts from one address close the door for some minutes. The ' +
    'answer to a wrong code, a used one and a wrong proof is the same.',
  challenge: 'The nonce can be used once, within `expires_in` seconds. Given for any device id, known or not.',
  token:
    'RFC 7523: a JWS (EdDSA) by the device key with `iss` = `sub` = the device id, `aud` = the origin of the base URL ' +
    'and the `nonce`. Times inside of it are not looked at, so that a device with a wrong clock can sign in.',
  time: 'For the measurement of the clock offset.',
  keys:
    'All keys that devices should know, with their validity: also those that start later and those that were revoked. ' +
    '`sealing` is the key that personal data is sealed to before it is stored: without it a device asks for none.',
  changes:
    'Rows in the order of `seq`, of each entity only the newest. Without a cursor: the state as it is. Bookings are those of ' +
    "the device's office within business day -1 to +7; one that leaves this window or the office comes as `evict`. A row " +
    'is applied whole, and the cursor is kept together with the rows. An unknown collection is skipped. `staff`, `person`, ' +
    '`visit_detail`, `conflict` and `day_numbers` go to devices with the role `desk` alone. With `wait` the answer is held back until there ' +
    'is a row, or the time is over. `digests` are those of all that this device holds at the cursor of the answer; only ' +
    'when `has_more` is false. `cursor-expired` means: read a snapshot.',
  snapshot:
    'NDJSON: a `head`, the rows, an `end` with the number of rows of this answer. Rows stand in the order of the ' +
    `collections (${Object.keys(s.COLLECTIONS).join(', ')}) ` +
    'and there by id: numbers by value, texts by their bytes. They are as they were at the cursor of the head or later: the ' +
    'changes from that cursor on complete them. An answer that was cut off has no `end`; the device goes on with ' +
    '`after_c` and `after_id` of the last row it has, and keeps the cursor of the first head. Packed with gzip for who ' +
    'accepts it.',
  events:
    'Events `poke` (there is something to ask for) and `revoke` (this device is to stop), each with the data `{}`: nothing ' +
    'about anybody goes over this line. A comment at least every 25 seconds shows that it is alive. Who loses it loses ' +
    'no data, only time.',
  hello:
    'At the start, when the epoch changed, and once a day. A centre that was restored does not know all the numbers it gave: ' +
    'until a device has said what it holds it leases it none. `rewind`: operations from `expected_seq` on have been ' +
    'forgotten and are wanted again. `snapshot`: the cursor is of another history. A device whose `last_seq` is below ' +
    'what is known of it, or whose `last_hash` is another than that of its `last_seq`, is at work twice: `chain-fork`.',
  ops:
    'Operations are chained: each has the hash SHA-256(hash before it, line feed, the operation in canonical JSON (RFC ' +
    "8785)); `signature` is by the device's key over the text `RegSync/1 device_id seq hash` of the last one. Operations are " +
    'told apart by `op_id` for good: one that comes again is a `duplicate`, with the booking of a request as it is now. A ' +
    '`fact` is never refused; one that contradicts what the centre knows is kept as `conflict_recorded`. A `request` may ' +
    'be `rejected`; that stands, also when it comes again. One that cannot be read is `rejected` too (`unreadable`), is ' +
    'read again when it comes again, and holds up nothing. In the place of an operation that is held back stands ' +
    '`withheld` with its hash: its result is `deferred`, and it may come in full later. All of a batch is stored before ' +
    'the answer. A wrong hash or signature is `invalid-request`; a sequence that begins behind what is known ' +
    '`seq-gap`; a known `seq` with another hash `chain-fork`, after which the device is blocked.',
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
  changes: ['invalid-request', 'cursor-expired', 'schema-unsupported'],
  snapshot: ['invalid-request', 'schema-unsupported'],
  events: ['schema-unsupported'],
  hello: ['invalid-request', 'chain-fork'],
  ops: ['invalid-request', 'epoch-changed', 'seq-gap', 'chain-fork', 'too-large', 'unsupported-encoding'],
  leases: ['invalid-request', 'epoch-changed'],
  health: ['invalid-request'],
};

/** Of every call; `rate-limited` and `maintenance` say when to come again. */
const COMMON: readonly s.ProblemType[] = ['rate-limited', 'internal', 'maintenance'];
const WITH_RETRY: readonly s.ProblemType[] = ['rate-limited', 'maintenance'];

/** Headers of every answer, also of problems. */
const STAMP = {
  'Sync-Schema': { $ref: '#/components/headers/SyncSchema' },
  'Sync-Schema-Min': { $ref: '#/components/headers/SyncSchemaMin' },
  'Sync-Epoch': { $ref: '#/components/headers/SyncEpoch' },
  'Server-Time-Ms': { $ref: '#/components/headers/ServerTimeMs' },
};

/** @returns the types of problems that a call may be answered with, each once */
export const problemsOf = (name: Name): s.ProblemType[] => [
  ...new Set([
    ...PROBLEMS_OF[name],
    ...(centreApi[name].auth ? (['unauthorized', 'device-revoked'] as const) : []),
    ...COMMON,
  ]),
];

const problemResponses = (name: Name, examples: Examples): JsonObject => {
  const byStatus = new Map<number, s.ProblemType[]>();
  for (const type of problemsOf(name)) {
    byStatus.set(s.PROBLEMS[type], [...(byStatus.get(s.PROBLEMS[type]) ?? []), type]);
  }
  return Object.fromEntries(
    [...byStatus]
      .toSorted(([a], [b]) => a - b)
      .map(([status, list]): [string, JsonObject] => [
        String(status),
        {
          description: list.map((type) => `\`/problems/${type}\``).join(' or '),
          headers: {
            ...STAMP,
            ...(list.some((type) => WITH_RETRY.includes(type))
              ? { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } }
              : {}),
          },
          content: {
            'application/problem+json': {
              schema: ref('Problem'),
              examples: Object.fromEntries(
                list.map((type): [string, JsonObject] => [type, { value: examples.problems[type] }]),
              ),
            },
          },
        },
      ]),
  );
};

// --- The document ----------------------------------------------------------------------------------------------------

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

/** How a stream looks on the wire. */
const wireText = (form: 'ndjson' | 'events', items: readonly JsonObject[]): string =>
  form === 'ndjson'
    ? items.map((line) => `${JSON.stringify(line)}\n`).join('')
    : `: alive\n\n${items.map(({ event }) => `event: ${textOf(event)}\ndata: {}\n\n`).join('')}`;

const textOf = (value: JsonObject[string] | undefined): string => (typeof value === 'string' ? value : '');

/** The content of the good answer. OpenAPI 3.1 has no word for items of a stream: the schema is that of one of them. */
const answerContent = (name: Name, output: JsonObject | JsonObject[]): JsonObject => {
  const { form } = centreApi[name];
  const schema = ref(`${upper(name)}Answer`);
  if (form === 'json' || !Array.isArray(output)) return { 'application/json': { schema, example: output } };
  return {
    [form === 'ndjson' ? 'application/x-ndjson' : 'text/event-stream']: {
      schema: { type: 'string', contentSchema: schema },
      example: wireText(form, output),
    },
  };
};

const requestBody = (name: Name, examples: Examples): JsonObject => {
  const { input } = examples.calls[name];
  const several = name === 'ops' ? { batch: { value: input }, withheld: { value: examples.withheld } } : null;
  const content = {
    schema: ref(`${upper(name)}Request`),
    ...(several ? { examples: several } : { example: input }),
  };
  return { requestBody: { required: true, content: { 'application/json': content } } };
};

const DONE: { [N in Name]?: string } = {
  snapshot: 'The beginning of a stream of lines',
  events: 'The beginning of a stream of events',
};

const operationOf = (name: Name, examples: Examples): JsonObject => {
  const { method, auth, input, summary } = centreApi[name];
  return {
    operationId: name,
    summary,
    description: DESCRIPTIONS[name],
    ...(auth ? { security: [{ token: [] }] } : { security: [] }),
    parameters: [
      { $ref: '#/components/parameters/SyncSchema' },
      ...(name === 'ops' ? [{ $ref: '#/components/parameters/ContentEncoding' }] : []),
      ...(method === 'GET' ? parameters(schemaOf(input)) : []),
    ],
    ...(method === 'POST' ? requestBody(name, examples) : {}),
    responses: {
      [name === 'enrol' ? '201' : '200']: {
        description: DONE[name] ?? 'Done',
        headers: {
          ...STAMP,
          ...(name === 'ops' ? { 'Accept-Encoding': { $ref: '#/components/headers/AcceptEncoding' } } : {}),
        },
        content: answerContent(name, examples.calls[name].output),
      },
      ...problemResponses(name, examples),
    },
  };
};

const INFO = `What a kiosk or a reception desk and the central booking API say to each other. How to put it before a booking
system that is there already: resources/centre-api.md.

**Facts and requests.** A fact has already happened in the room (a check-in with a ticket in the hand): the centre never
refuses it, it keeps it and flags what contradicts. A request needs state that only the centre has and may be refused.

**Pull.** \`/sync/snapshot\` once, then \`/sync/changes\` with an opaque cursor. **Push.** \`/sync/ops\` in batches of up to
${s.MAX_OPS}, at most ${s.MAX_OPS_BYTES / 1024} KiB before packing, chained and signed. **Live.** \`/sync/events\` says when to ask.

**Epoch.** The history that cursors and sequences belong to. A centre that was restored from a backup begins a new one.

**Errors** are \`application/problem+json\` (RFC 9457).`;

const HEADERS: JsonObject = {
  SyncSchema: { description: 'Version that the centre speaks.', schema: { type: 'integer' } },
  SyncSchemaMin: {
    description: 'Oldest version that it serves. Operations are taken from older ones too, for 180 days.',
    schema: { type: 'integer' },
  },
  SyncEpoch: { description: 'The history that cursors and sequences belong to.', schema: { type: 'string' } },
  ServerTimeMs: { description: 'Clock of the centre, milliseconds since 1970.', schema: { type: 'integer' } },
  RetryAfter: { description: 'Seconds until it is worth asking again (RFC 9110).', schema: { type: 'integer' } },
  AcceptEncoding: {
    description: 'How bodies of this call may be packed (RFC 7694); absent: not at all.',
    schema: { type: 'string', const: 'gzip' },
  },
};

/** @returns the document; a plain JSON value, the same each time */
export const centreOpenApi = (crypto: ExampleCrypto): JsonObject => {
  const examples = examplesOf(crypto);
  const names = Object.keys(centreApi) as Name[];
  const schemas: JsonObject = {};
  for (const name of names) {
    const { method, input, output } = centreApi[name];
    if (method === 'POST') schemas[`${upper(name)}Request`] = schemaOf(input);
    schemas[`${upper(name)}Answer`] = schemaOf(output);
  }
  const shown: Record<string, JsonObject[]> = {
    Change: examples.rows,
    Operation: (examples.calls.ops.input?.['ops'] ?? []) as JsonObject[],
    WithheldOperation: ((examples.withheld['ops'] ?? []) as JsonObject[]).filter((op) => op['withheld'] === true),
  };
  for (const [name, schema] of NAMED) {
    schemas[name] = { ...schemaOf(schema, name), ...(shown[name] ? { examples: shown[name] } : {}) };
  }
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
        { [centreApi[name].method.toLowerCase()]: operationOf(name, examples) },
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
        ContentEncoding: {
          name: 'Content-Encoding',
          in: 'header',
          description: 'Only when the centre has said that it takes packed bodies.',
          schema: { type: 'string', const: 'gzip' },
        },
      },
      headers: HEADERS,
      schemas,
    },
  };
};
