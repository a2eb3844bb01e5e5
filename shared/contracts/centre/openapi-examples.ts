import type { CentreApi } from './api.ts';
import {
  DEVICE,
  EPOCH,
  BASE_URL,
  NONCE,
  CODE,
  REQUEST,
  NEW_BOOKING,
  DAY,
  NINE_THIRTY,
  MINUTE,
  CURSOR,
  FIRST_SEQ,
  operations,
  results,
  batchOf,
  rows,
  type JsonObject,
  type ExampleCrypto,
} from './openapi-rows.ts';
import * as s from './schemas.ts';

/**
 * Examples of the contract. They are whole and true: hashes, signatures, proofs and sealed texts are right, by keys that
 * everybody knows, so that whoever writes a centre can try his code on them.
 */

type Name = keyof CentreApi;

export interface CallExample {
  input: JsonObject | null;
  /** The answer; of `snapshot` its lines, of `events` its events. */
  output: JsonObject | JsonObject[];
}

export interface Examples {
  calls: Record<Name, CallExample>;
  /** A batch in which the second operation is held back. */
  withheld: JsonObject;
  /** The hash before the first operation of the example batch. */
  firstPrev: string;
  rows: JsonObject[];
  problems: Record<s.ProblemType, JsonObject>;
}

const TITLES: Record<s.ProblemType, string> = {
  'invalid-request': 'The request does not fit the contract',
  'code-invalid': 'This enrolment code cannot be used',
  unauthorized: 'Sign in first',
  'device-revoked': 'This device has been revoked',
  'not-found': 'There is no such resource',
  'epoch-changed': 'The centre was restored: start from a new epoch',
  'seq-gap': 'Operations are missing before these',
  'chain-fork': 'This device is at work twice',
  'cursor-expired': 'This cursor is not of this history: start without one',
  'too-large': 'The request is too large',
  'unsupported-encoding': 'This encoding of the body is not understood',
  'schema-unsupported': 'This version of the protocol is no longer spoken',
  'rate-limited': 'Too many attempts',
  internal: 'The centre failed',
  maintenance: 'The centre is not available now',
};

const problemExample = (type: s.ProblemType): JsonObject => ({
  type: `/problems/${type}`,
  title: TITLES[type],
  status: s.PROBLEMS[type],
  ...(type === 'seq-gap' ? { expected_seq: FIRST_SEQ } : {}),
  instance: 'urn:uuid:0b7d5f6e-53a1-4d1c-9a58-4f0c9b1de2a7',
});

/** All examples, the same each time. */
export const examplesOf = (crypto: ExampleCrypto): Examples => {
  const sealing: s.SealingKey = { kid: 'seal-2026', kty: 'EC', crv: 'P-256', ...crypto.sealingKey };
  const ops = operations(crypto.seal(sealing, { phone: '+79007654321' }));
  // The eleven before are not shown: any hash may stand for them.
  const firstPrev = crypto.chain(s.GENESIS_HASH, { example: 'the operations 1 to 11' });
  const batch = batchOf(crypto, ops, firstPrev);
  const changed = rows(crypto);
  const puts = changed.filter((row) => row['op'] === 'put');
  const kiosk = puts.filter((row) => !s.DESK_COLLECTIONS.some((c) => c === row['c']));
  const token = crypto.confirmation({
    id: NEW_BOOKING,
    office: 7701,
    service: 101,
    startsAt: NINE_THIRTY + 120 * MINUTE,
    minutes: 1440,
  });
  return {
    firstPrev,
    withheld: batchOf(crypto, ops.slice(0, 3), firstPrev, 1),
    rows: changed,
    problems: Object.fromEntries(
      (Object.keys(s.PROBLEMS) as s.ProblemType[]).map((type) => [type, problemExample(type)]),
    ) as Record<s.ProblemType, JsonObject>,
    calls: {
      enrol: {
        input: {
          code: CODE,
          public_jwk: { kty: 'OKP', crv: 'Ed25519', x: crypto.deviceKey },
          proof: crypto.jws({ code: CODE, nonce: NONCE }),
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
          client_assertion: crypto.jws({ iss: DEVICE, sub: DEVICE, aud: BASE_URL, nonce: NONCE }),
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
              x: crypto.signingKey,
              kid: '1',
              nbf: 1_767_225_600_000,
              exp: 1_798_761_600_000,
              revoked_at: null,
            },
          ],
          sealing,
        },
      },
      changes: {
        input: null,
        output: {
          epoch: EPOCH,
          cursor: CURSOR,
          has_more: false,
          changes: changed,
          digests: Object.keys(s.COLLECTIONS).map((c): JsonObject => ({
            c,
            ...crypto.digest(identities(puts.filter((row) => row['c'] === c))),
          })),
          next_poll_s: 60,
        },
      },
      snapshot: {
        input: null,
        output: [
          { t: 'head', epoch: EPOCH, cursor: CURSOR },
          ...kiosk.map(({ c = '', id = '', rev = 0, data = null }): JsonObject => ({ t: 'row', c, id, rev, data })),
          { t: 'end', rows: kiosk.length },
        ],
      },
      events: { input: null, output: [{ event: 'poke' }, { event: 'revoke' }] },
      hello: {
        input: {
          epoch: EPOCH,
          app: 'talon/0.1.0',
          cursor: CURSOR,
          last_seq: FIRST_SEQ + ops.length - 1,
          last_hash: batch['hash'] ?? '',
          acked_seq: FIRST_SEQ - 1,
          numbers: [{ business_date: DAY, series: 'A', highest_online: 47, reserve: [700, 701] }],
        },
        output: { epoch: EPOCH, expected_seq: FIRST_SEQ, durable_seq: FIRST_SEQ - 3, resync: 'none' },
      },
      ops: {
        input: batch,
        output: {
          epoch: EPOCH,
          acked_seq: FIRST_SEQ + ops.length - 1,
          durable_seq: FIRST_SEQ - 3,
          results: results(ops, token),
        },
      },
      leases: {
        input: { request_id: REQUEST, business_date: DAY, series: 'A', kind: 'online', n: 1, epoch: EPOCH },
        output: { request_id: REQUEST, business_date: DAY, series: 'A', numbers: [48] },
      },
      health: {
        input: {
          app: 'talon/0.1.0',
          printer: 'ready',
          waiting: 0,
          parked: 0,
          clock_offset_ms: -120,
          paper_low: true,
          scanner: 'ok',
          camera: 'ok',
          last_visit_at: NINE_THIRTY - 10 * MINUTE,
        },
        output: {},
      },
    },
  };
};

const identities = (of: readonly JsonObject[]): { id: string | number; rev: number }[] =>
  of.flatMap(({ id, rev }) => (typeof id === 'number' || typeof id === 'string' ? [{ id, rev: Number(rev) }] : []));
