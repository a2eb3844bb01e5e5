import { format, resolveConfig } from 'prettier';
import { centreApi, type CentreApi } from '../../shared/contracts/centre/api.ts';
import { examplesOf } from '../../shared/contracts/centre/openapi-examples.ts';
import {
  BASE_URL,
  BOOKING,
  CODE,
  COST,
  DEVICE,
  DIGITS,
  EPOCH,
  FIRST_SEQ,
  NINE_THIRTY,
  NONCE,
  SALT,
  type Json,
  type JsonObject,
} from '../../shared/contracts/centre/openapi-rows.ts';
import {
  API_PREFIX,
  batchText,
  changesQuery,
  COLLECTIONS,
  DESK_COLLECTIONS,
  GENESIS_HASH,
  leaseRequest,
  MAX_OPS,
  MAX_OPS_BYTES,
  PROBLEMS,
  SCHEMA_VERSION,
  type CollectionName,
  type ProblemType,
} from '../../shared/contracts/centre/schemas.ts';
import { MAX_SLOT, ONLINE_LAST, RESERVE_FIRST, RESERVE_LAST } from '../../shared/domain/ticket-number.ts';
import { EZ1_LENGTH } from '../../shared/token/ez1.ts';
import { CHECKS } from './checks.ts';
import { canonicalJson, chainHash, digestOf } from './crypto.ts';
import {
  confirmationOf,
  DEVICE_SEED,
  deviceKey,
  exampleCrypto,
  ISSUER_SEED,
  issuerKey,
  SEALING_JWK,
  verifierOf,
} from './vectors.ts';

/**
 * resources/centre-api.md: the text is written by hand, and whatever follows from the contract (tables, examples, test
 * vectors) is put in between its marks by `npm run openapi`, so that the page cannot come to say something else.
 */

/** What is not in the contract's schemas, but is promised by it. */
export const PROMISES = {
  requestsPerSecond: 4,
  heartbeatSeconds: 25,
  pokeSeconds: 2,
  oldPushDays: 180,
  tombstoneDays: 30,
  windowDays: [-1, 7],
  reserveMost: 40,
  codeHours: 24,
  wrongEnrolments: 5,
  leaseMs: 400,
  requestMs: 2000,
} as const;

const examples = examplesOf(exampleCrypto);
const { calls } = examples;
const names = Object.keys(centreApi) as (keyof CentreApi)[];

// --- Markdown --------------------------------------------------------------------------------------------------------

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
const fence = (language: string, lines: string): string => `\`\`\`${language}\n${lines.trimEnd()}\n\`\`\``;
const json = (value: unknown): string => fence('json', JSON.stringify(value, null, 2));
const code = (value: string | number): string => `\`${value}\``;
const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

const curl = (name: keyof CentreApi, query = '', file: string | null = null): string => {
  const { method, path, auth } = centreApi[name];
  const lines = [`curl -sS '${BASE_URL}${API_PREFIX}${path}${query}'`, `-H 'Sync-Schema: ${SCHEMA_VERSION}'`];
  if (auth) lines.push(`-H "Authorization: Bearer $TOKEN"`);
  if (method === 'POST') {
    lines.push(`-H 'Content-Type: application/json'`);
    lines.push(file === null ? `-d '${JSON.stringify(calls[name].input)}'` : `--data-binary @${file}`);
  }
  return lines.join(' \\\n  ');
};

const exchangeOf = (name: keyof CentreApi): string =>
  [fence('sh', curl(name)), 'is answered', json(calls[name].output)].join('\n\n');

// --- Tables ----------------------------------------------------------------------------------------------------------

const FOR_DEVICE: Record<ProblemType, string> = {
  'invalid-request':
    'a mistake of the program: it is logged; of a push, the culprit is looked for by halving the batch',
  'code-invalid': 'the administrator is told: the same words for a wrong, a used and an old code and a wrong proof',
  unauthorized: 'signs in once more, once',
  'device-revoked': 'stops, wipes everything personal, and waits to be enrolled anew',
  'not-found': 'as `invalid-request`',
  'epoch-changed': 'says `hello`, then goes on',
  'seq-gap': 'sends again from `expected_seq`',
  'chain-fork': 'stops as when revoked: it is at work twice',
  'cursor-expired': 'reads a snapshot',
  'too-large': 'sends less at once',
  'unsupported-encoding': 'sends the same again unpacked',
  'schema-unsupported': 'asks for no more rows and waits for its update; what happened here is still pushed',
  'rate-limited': 'waits for `Retry-After`',
  internal: 'tries again: 2 s, doubling up to 5 minutes, with full jitter',
  maintenance: 'waits for `Retry-After`, else as `internal`',
};

const COLLECTION_TEXT: Record<CollectionName, string> = {
  office: 'name, hours, languages, time zone, when the day changes',
  service_group: 'groups of services, each with the letter of its numbers',
  service: 'services with their rules for coming early, late and without a booking',
  window: 'windows and rooms: which services, open or not',
  setting: 'settings that the office gives its devices',
  slot: 'times that can be booked, and how many are free',
  visit: 'the queue of today: ticket, state, services; nothing about who it is',
  booking: 'bookings: number, time, state, verifiers; at most initials',
  person: 'who booked: name, phone, document',
  visit_detail: 'what staff know of a visit: claim, phone, note',
  conflict: 'what contradicts what, for staff to decide',
  staff: 'who may sign in at a desk, with what shows that a PIN is right',
  device: 'the machines of the office: how they are, and what they are told to do',
  help: 'calls for help from kiosks, and who went there',
  day_numbers: 'the numbers of a business day that is over',
};

const limits = (): string => {
  const { limit, wait } = changesQuery.shape;
  const most = (schema: { parse: (value: unknown) => unknown }, from: number): number => {
    let value = from;
    while (isOk(schema, value + 1)) value += 1;
    return value;
  };
  return table(
    ['What', 'How much'],
    [
      ['schema of this page (`Sync-Schema`)', String(SCHEMA_VERSION)],
      ['operations in one push', `1-${MAX_OPS}`],
      ['body of a push before it is packed', `${MAX_OPS_BYTES / 1024} KiB`],
      ['rows of a page of changes', `${String(limit.parse(undefined))}, at most ${most(limit, 500)} when asked for`],
      ['seconds that a long poll may be held', `0-${most(wait, 0)}`],
      ['numbers in one lease', `1-${most(leaseRequest.shape.n, 1)}`],
      ['numbers given one by one (`online`)', `1-${ONLINE_LAST}`],
      [
        'numbers of the reserve',
        `${RESERVE_FIRST}-${RESERVE_LAST}, of each series and day at most ${PROMISES.reserveMost} a device`,
      ],
      ['devices of an office (`slot_no`)', `1-${MAX_SLOT}`],
      ['bookings that a device holds', `business day ${PROMISES.windowDays[0]} to +${PROMISES.windowDays[1]}`],
      ['silence on the event stream', `at most ${PROMISES.heartbeatSeconds} s`],
      ['requests of a device', `at most ${PROMISES.requestsPerSecond} in any second`],
      ['life of an enrolment code', `${PROMISES.codeHours} h, one use`],
      ['tombstones are kept', `at least ${PROMISES.tombstoneDays} days`],
      ['pushes of old schemas are taken', `at least ${PROMISES.oldPushDays} days`],
    ],
  );
};
const isOk = (schema: { parse: (value: unknown) => unknown }, value: unknown): boolean => {
  try {
    schema.parse(value);
    return true;
  } catch {
    return false;
  }
};

const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value), 'utf8');
const rowOf = (c: CollectionName): JsonObject =>
  examples.rows.find((row) => row['c'] === c && row['op'] === 'put') ?? {};
const exampleOps = (calls.ops.input?.['ops'] ?? []) as JsonObject[];

const sizes = (): string => {
  const kib = (n: number): string => `${(n / 1024).toFixed(1)} KiB`;
  const [checkin = {}] = exampleOps;
  const changeBytes = bytes(rowOf('booking'));
  return table(
    ['What', 'Bytes of JSON'],
    [
      ['a booking in the feed', `${changeBytes}`],
      ['a visit in the feed', `${bytes(rowOf('visit'))}`],
      ['a check-in', `${bytes(checkin)}`],
      ['a push of 20 check-ins', kib(20 * bytes(checkin) + bytes({ ...calls.ops.input, ops: [] }))],
      ['an office with 100,000 bookings, first snapshot', `${Math.round((changeBytes * 100_000) / 1024 / 1024)} MiB`],
    ],
  );
};

// --- Vectors ---------------------------------------------------------------------------------------------------------

const TRICKY = {
  op_id: '01980f41-77aa-7c31-8f02-1d2e3f405299',
  seq: 2,
  note: '\u20ac "\u041e\u043a\u043d\u043e"\n',
  Z: 1e21,
  a: [1.5, -0, 100, 0.000001, 1e-7],
  '\u00e9': true,
  '\u{1f600}': null,
};

/** The vectors as data: for the page, and for the test that works them out by other means. */
export const vectors = () => {
  const [first = {}, second = {}] = exampleOps;
  const hash1 = chainHash(GENESIS_HASH, first);
  const payload = {
    version: 1,
    keyId: 1,
    bookingId: BOOKING,
    office: 7701,
    service: 101,
    startsAt: NINE_THIRTY / 1000,
    validMinutes: 1440,
  } as const;
  const rows = [
    { id: 101, rev: 3 },
    { id: BOOKING, rev: 2 },
  ];
  return {
    chain: {
      genesis: GENESIS_HASH,
      first,
      canonical: canonicalJson(first),
      hash1,
      hash2: chainHash(hash1, second),
      tricky: TRICKY,
      trickyCanonical: canonicalJson(TRICKY),
      trickyHash: chainHash(hash1, TRICKY),
    },
    signature: {
      text: batchText(DEVICE, FIRST_SEQ, hash1),
      signature: exampleCrypto.sign(batchText(DEVICE, FIRST_SEQ, hash1)),
    },
    proof: text(calls.enrol.input?.['proof']),
    assertion: text(calls.token.input?.['client_assertion']),
    ez1: { payload, token: confirmationOf(payload) },
    digest: { rows, one: rows.map((row) => digestOf([row]).xor), ...digestOf(rows) },
    scrypt: { digits: DIGITS, salt: SALT, cost: COST, hash: verifierOf(DIGITS, SALT, COST) },
    sealed: { value: { phone: '+79007654321' }, text: text((contactOf(second) ?? {})['sealed']) },
  };
};
const contactOf = (op: JsonObject): JsonObject | undefined =>
  (op['payload'] as JsonObject | undefined)?.['contact'] as JsonObject | undefined;

const vectorText = (): string => {
  const v = vectors();
  return [
    '**Keys.** They are published ones: never use them for anything else.',
    table(
      ['Key', 'Value'],
      [
        ['device, Ed25519 seed (RFC 8032, 7.1, TEST 1)', code(DEVICE_SEED)],
        ['device, public `x`', code(deviceKey.publicJwk.x)],
        ['issuer of confirmations, Ed25519 seed (RFC 8032, 7.1, TEST 2), `kid` 1', code(ISSUER_SEED)],
        ['issuer, public `x`', code(issuerKey.publicJwk.x)],
        ['sealing, P-256 (RFC 7515, A.3.1), `x`', code(SEALING_JWK.x)],
        ['sealing, `y`', code(SEALING_JWK.y)],
        ['sealing, private `d`', code(SEALING_JWK.d)],
        ['device id', code(DEVICE)],
        ['epoch', code(EPOCH)],
      ],
    ),
    '**Hash chain.** The operation',
    json(v.chain.first),
    'is in canonical JSON',
    fence('text', v.chain.canonical),
    'and has, as the first of a device, behind',
    fence('text', v.chain.genesis),
    'the hash',
    fence('text', v.chain.hash1),
    `Behind it the second operation of the example batch (${code(text(exampleOps[1]?.['op_id']))}) has`,
    fence('text', v.chain.hash2),
    'and this one, with what goes wrong most often (order of names by UTF-16 code units, numbers, signs outside of ASCII)',
    json(v.chain.tricky),
    'is',
    fence('text', v.chain.trickyCanonical),
    'with the hash',
    fence('text', v.chain.trickyHash),
    '**Signature of a batch.** Over the text',
    fence('text', v.signature.text),
    'the device key gives, as base64url,',
    fence('text', v.signature.signature),
    `**Proof of an enrolment**, over the code ${code(CODE)} and the nonce ${code(NONCE)}:`,
    fence('text', v.proof),
    `**Client assertion**, with the same nonce, for ${code(BASE_URL)}:`,
    fence('text', v.assertion),
    `**Confirmation (EZ1)**, ${EZ1_LENGTH} characters, of the booking ${code(BOOKING)}, office ${v.ez1.payload.office}, service ${v.ez1.payload.service}, start ${v.ez1.payload.startsAt}, good for ${v.ez1.payload.validMinutes} minutes, by the key ${v.ez1.payload.keyId}:`,
    fence('text', v.ez1.token),
    `**Digest.** ${v.digest.rows.map(({ id, rev }, i) => `${code(`${id}|${rev}`)} gives ${code(v.digest.one[i] ?? '')}`).join(', ')}; both together:`,
    json({ c: 'example', count: v.digest.count, xor: v.digest.xor }),
    `**Second factor.** The digits ${code(v.scrypt.digits)} with the salt ${code(v.scrypt.salt)} and cost ${v.scrypt.cost} (N = ${2 ** v.scrypt.cost}, r = 8, p = 1, 32 bytes):`,
    fence('text', v.scrypt.hash),
    `**Sealing.** With the private key above`,
    fence('text', v.sealed.text),
    'opens to',
    json(v.sealed.value),
  ].join('\n\n');
};

// --- The page --------------------------------------------------------------------------------------------------------

const BLOCKS: Record<string, () => string> = {
  calls: () =>
    table(
      ['Call', 'Path under `' + API_PREFIX + '`', 'Token', 'What it is for'],
      names.map((name) => {
        const { method, path, auth, summary } = centreApi[name];
        return [code(name), `${method} ${code(path)}`, auth ? 'yes' : '', summary];
      }),
    ),
  limits,
  sizes,
  problems: () =>
    table(
      ['Type', 'Status', 'What a device does'],
      (Object.keys(PROBLEMS) as ProblemType[]).map((type) => [
        code(`/problems/${type}`),
        String(PROBLEMS[type]),
        FOR_DEVICE[type],
      ]),
    ),
  collections: () =>
    table(
      ['Collection', 'Id', 'Goes to', 'What'],
      (Object.keys(COLLECTIONS) as CollectionName[]).map((c) => [
        code(c),
        COLLECTIONS[c],
        DESK_COLLECTIONS.includes(c) ? 'desks' : 'all',
        COLLECTION_TEXT[c],
      ]),
    ),
  'call enrol': () => exchangeOf('enrol'),
  'call challenge': () => exchangeOf('challenge'),
  'call token': () => exchangeOf('token'),
  'call changes': () =>
    fence(
      'sh',
      [
        curl('changes', '?limit=500'),
        curl('changes', `?cursor=${text((calls.changes.output as JsonObject)['cursor'])}&wait=25`),
      ].join('\n\n'),
    ),
  'call leases': () => exchangeOf('leases'),
  'call hello': () => exchangeOf('hello'),
  'call keys': () => [fence('sh', curl('keys')), json(calls.keys.output)].join('\n\n'),
  'call ops': () =>
    [
      fence(
        'sh',
        [
          curl('ops', '', 'batch.json'),
          `gzip -c batch.json | ${curl('ops', '', '-')} \\\n  -H 'Content-Encoding: gzip'`,
        ].join('\n\n'),
      ),
      'with, for example, three operations of which the second is held back',
      json(examples.withheld),
    ].join('\n\n'),
  'call snapshot': () =>
    [
      fence(
        'sh',
        [
          `${curl('snapshot')} --compressed`,
          `${curl('snapshot', `?after_c=booking&after_id=${BOOKING}`)} --compressed`,
        ].join('\n\n'),
      ),
      fence(
        'text',
        (Array.isArray(calls.snapshot.output) ? calls.snapshot.output : [])
          .map((line) => JSON.stringify(line))
          .map((line) => (line.length > 110 ? `${line.slice(0, 105)} …}` : line))
          .join('\n'),
      ),
    ].join('\n\n'),
  'call events': () => fence('sh', `${curl('events')} -N`),
  'row booking': () => json(rowOf('booking')),
  'row evict': () => json(examples.rows.find((row) => row['purge'] === true)),
  'result rejected': () =>
    json(((calls.ops.output as JsonObject)['results'] as JsonObject[]).find((r) => r['status'] === 'rejected')),
  vectors: vectorText,
  checks: () =>
    table(
      ['Check', 'What it is about'],
      CHECKS.map(({ id, about }) => [code(id), about]),
    ),
};

const MARK = /<!-- generated: ([a-z ]+) -->\n[\s\S]*?<!-- end -->/g;

/** Names of the parts that a page has, in their order. */
export const partsOf = (page: string): string[] => [...page.matchAll(MARK)].map(([, name = '']) => name);
export const PARTS: readonly string[] = Object.keys(BLOCKS);

/**
 * The page with its generated parts as they have to be.
 * @param page as it is
 * @throws Error for a mark that names nothing
 */
export const fillPage = async (page: string, file: string): Promise<string> => {
  const filled = page.replaceAll(MARK, (_, name: string) => {
    const block = BLOCKS[name];
    if (!block) throw new Error(`${file}: there is no generated part "${name}"`);
    return `<!-- generated: ${name} -->\n\n${block()}\n\n<!-- end -->`;
  });
  return format(filled, { ...(await resolveConfig(file)), filepath: file });
};
