import { randomBytes } from 'node:crypto';
import { CompactEncrypt, CompactSign, exportJWK, generateKeyPair, importJWK, SignJWT, type CryptoKey } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import { centreApi, type CentreApi } from '../../shared/contracts/centre/api.ts';
import { API_PREFIX, problem, type Operation, type Problem } from '../../shared/contracts/centre/schemas.ts';
import type { Series } from '../../shared/domain/ticket-number.ts';

/**
 * A device as a centre sees it, for tests of the centre and for tests that need a second device. It is written apart
 * from the kiosk's own client, so that the two do not share mistakes.
 */

type Name = keyof CentreApi;
type In<N extends Name> = z.input<CentreApi[N]['input']>;
type Out<N extends Name> = z.output<CentreApi[N]['output']>;

/** What came back: the answer, or the problem. */
export type Reply<N extends Name> = { status: number; headers: Headers } & (
  { ok: true; body: Out<N> } | { ok: false; problem: Problem }
);

export interface CallOptions {
  token?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** One call of the contract. @throws when the answer is neither what the contract says nor a problem */
export const callCentre = async <N extends Name>(
  url: string,
  name: N,
  input: In<N>,
  { token, headers = {}, signal }: CallOptions = {},
): Promise<Reply<N>> => {
  const { method, path, output } = centreApi[name];
  const target = new URL(API_PREFIX + path, url);
  if (method === 'GET') for (const [key, value] of Object.entries(input)) target.searchParams.set(key, String(value));
  const response = await fetch(target, {
    method,
    headers: {
      ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(method === 'POST' ? { body: JSON.stringify(input) } : {}),
    ...(signal ? { signal } : {}),
  });
  const body: unknown = await response.json();
  const about = { status: response.status, headers: response.headers };
  if (response.ok) return { ok: true, body: output.parse(body) as Out<N>, ...about };
  if (!response.headers.get('content-type')?.startsWith('application/problem+json')) {
    throw new Error(`${name}: HTTP ${response.status} without a problem: ${JSON.stringify(body)}`);
  }
  return { ok: false, problem: problem.parse(body), ...about };
};

/** @throws Error with the problem when the centre said no */
const mustBe = <N extends Name>(name: N, reply: Reply<N>): Out<N> => {
  if (reply.ok) return reply.body;
  throw new Error(`${name}: HTTP ${reply.status} ${reply.problem.type} ${reply.problem.detail ?? ''}`);
};

interface DeviceKey {
  key: CryptoKey;
  jwk: { kty: 'OKP'; crv: 'Ed25519'; x: string };
}

export const newDeviceKey = async (): Promise<DeviceKey> => {
  const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const { x } = await exportJWK(pair.publicKey);
  if (x === undefined) throw new Error('the key has no public half');
  return { key: pair.privateKey, jwk: { kty: 'OKP', crv: 'Ed25519', x } };
};

/** The request of an enrolment; `said` replaces what the proof is about. */
export const enrolmentRequest = async (
  { key, jwk }: DeviceKey,
  code: string,
  said: { code?: string; nonce?: string } = {},
): Promise<In<'enrol'>> => {
  const nonce = randomBytes(16).toString('base64url');
  const proof = await new CompactSign(new TextEncoder().encode(JSON.stringify({ code, nonce, ...said })))
    .setProtectedHeader({ alg: 'EdDSA' })
    .sign(key);
  return { code, nonce, proof, public_jwk: jwk, app: 'test-device/1', hardware: 'test' };
};

/** A client assertion; the parts that are given replace the right ones. */
export const assertion = async (
  { key }: Pick<DeviceKey, 'key'>,
  deviceId: string,
  nonce: string,
  audience: string,
  subject = deviceId,
): Promise<string> =>
  new SignJWT({ nonce })
    .setProtectedHeader({ alg: 'EdDSA' })
    .setIssuer(deviceId)
    .setSubject(subject)
    .setAudience(audience)
    .sign(key);

export const tokenRequest = (client_assertion: string): In<'token'> => ({
  grant_type: 'client_credentials',
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion,
});

interface CheckinDetails {
  bookingId: string;
  businessDate: string;
  number: number;
  series?: Series;
  serviceId?: number;
  startsAt?: number;
  further?: number[];
  provisional?: boolean;
  late?: boolean;
  visitId?: string;
  occurredAt?: number;
}

interface WalkInDetails {
  businessDate: string;
  number: number;
  series?: Series;
  serviceId?: number;
  further?: number[];
  claim?: string | null;
  contact?: PayloadOf<'walkin'>['contact'];
  visitId?: string;
  occurredAt?: number;
}

type OpOf<T extends Operation['type']> = Extract<Operation, { type: T }>;
type PayloadOf<T extends Operation['type']> = OpOf<T>['payload'];

/** Those that need the centre's consent; the rest has happened. */
const REQUESTS: readonly Operation['type'][] = ['booking.create', 'booking.reschedule', 'booking.cancel'];

/** Seals as a kiosk does: a compact JWE to the centre's key. */
export const sealFor = async (key: NonNullable<Out<'keys'>['sealing']>, value: unknown): Promise<string> =>
  new CompactEncrypt(new TextEncoder().encode(JSON.stringify(value)))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: key.kid })
    .encrypt(await importJWK({ kty: key.kty, crv: key.crv, x: key.x, y: key.y }, 'ECDH-ES'));

/** An enrolled device that is signed in. */
export class TestDevice {
  readonly id: string;
  readonly officeId: number;
  readonly slotNo: number;
  readonly epoch: string;
  readonly key: DeviceKey;
  url: string;
  token = '';
  cursor = '';
  #seq = 0;

  private constructor(url: string, key: DeviceKey, identity: Out<'enrol'>) {
    this.url = url;
    this.key = key;
    this.id = identity.device_id;
    this.officeId = identity.office_id;
    this.slotNo = identity.slot_no;
    this.epoch = identity.epoch;
  }

  /** Enrols with a code and signs in. */
  static async enrol(url: string, code: string): Promise<TestDevice> {
    const key = await newDeviceKey();
    const identity = mustBe('enrol', await callCentre(url, 'enrol', await enrolmentRequest(key, code)));
    const device = new TestDevice(url, key, identity);
    await device.signIn();
    return device;
  }

  async signIn(): Promise<void> {
    const { nonce } = mustBe('challenge', await callCentre(this.url, 'challenge', { device_id: this.id }));
    const said = await assertion(this.key, this.id, nonce, new URL(this.url).origin);
    this.token = mustBe('token', await callCentre(this.url, 'token', tokenRequest(said))).access_token;
  }

  /** A call with this device's token, as it was answered. */
  async ask<N extends Name>(name: N, input: In<N>, signal?: AbortSignal): Promise<Reply<N>> {
    return callCentre(this.url, name, input, { token: this.token, ...(signal ? { signal } : {}) });
  }

  /** A call that has to succeed. */
  async call<N extends Name>(name: N, input: In<N>, signal?: AbortSignal): Promise<Out<N>> {
    return mustBe(name, await this.ask(name, input, signal));
  }

  /** Pulls until there is nothing more, and keeps the cursor. @returns all rows */
  async pull(limit = 500, wait = 0): Promise<Out<'changes'>['changes']> {
    const rows: Out<'changes'>['changes'] = [];
    for (;;) {
      const page = await this.call('changes', { cursor: this.cursor, limit, wait });
      rows.push(...page.changes);
      this.cursor = page.cursor;
      if (!page.has_more) return rows;
    }
  }

  /** The next number of this device's sequence. */
  nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  /** An operation, not sent yet. */
  op<T extends Operation['type']>(
    type: T,
    businessDate: string,
    payload: PayloadOf<T>,
    occurredAt = Date.now(),
  ): OpOf<T> {
    const id = uuidv7();
    const op: unknown = {
      op_id: id,
      seq: this.nextSeq(),
      kind: REQUESTS.includes(type) ? 'request' : 'fact',
      type,
      entity_id: id,
      business_date: businessDate,
      occurred_at: occurredAt,
      payload,
    };
    return op as OpOf<T>;
  }

  /** A check-in, not sent yet. */
  checkin(details: CheckinDetails): OpOf<'checkin'> {
    const visitId = details.visitId ?? uuidv7();
    const op = this.op(
      'checkin',
      details.businessDate,
      {
        visit_id: visitId,
        booking_id: details.bookingId,
        service_id: details.serviceId ?? 101,
        further_services: details.further ?? [],
        ticket: { series: details.series ?? 'A', number: details.number },
        provisional: details.provisional ?? false,
        late: details.late ?? false,
        starts_at: details.startsAt ?? null,
        flags: details.late === true ? ['late'] : [],
        source: 'test',
      },
      details.occurredAt,
    );
    return { ...op, entity_id: visitId };
  }

  /** Somebody without a booking, not sent yet. */
  walkIn(details: WalkInDetails): OpOf<'walkin'> {
    const visitId = details.visitId ?? uuidv7();
    const op = this.op(
      'walkin',
      details.businessDate,
      {
        visit_id: visitId,
        service_id: details.serviceId ?? 101,
        further_services: details.further ?? [],
        ticket: { series: details.series ?? 'A', number: details.number },
        language: 'ru',
        claim: details.claim ?? null,
        contact: details.contact ?? null,
        flags: [],
      },
      details.occurredAt,
    );
    return { ...op, entity_id: visitId };
  }

  async push(...ops: In<'ops'>['ops']): Promise<Out<'ops'>> {
    return this.call('ops', { ops });
  }

  async lease(
    series: Series,
    kind: 'online' | 'reserve',
    n: number,
    businessDate: string,
    requestId: string = uuidv7(),
  ) {
    return this.call('leases', { request_id: requestId, business_date: businessDate, series, kind, n });
  }
}
