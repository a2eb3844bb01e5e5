import { createHash, randomBytes } from 'node:crypto';
import canonicalize from 'canonicalize';
import { CompactEncrypt, CompactSign, exportJWK, generateKeyPair, importJWK, SignJWT, type CryptoKey } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import { centreApi, type CentreApi } from '../../shared/contracts/centre/api.ts';
import {
  API_PREFIX,
  GENESIS_HASH,
  problem,
  snapshotLine,
  type Operation,
  type OperationInput,
  type Problem,
} from '../../shared/contracts/centre/schemas.ts';
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

/** Begins a call of the contract. @returns the answer as it came, with its body not read yet */
export const openCall = async <N extends Name>(
  url: string,
  name: N,
  input: In<N>,
  { token, headers = {}, signal }: CallOptions = {},
): Promise<Response> => {
  const { method, path } = centreApi[name];
  const target = new URL(API_PREFIX + path, url);
  if (method === 'GET') for (const [key, value] of Object.entries(input)) target.searchParams.set(key, String(value));
  return fetch(target, {
    method,
    headers: {
      ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(method === 'POST' ? { body: JSON.stringify(input) } : {}),
    ...(signal ? { signal } : {}),
  });
};

/** What a stream said when it did not begin. @throws when it is no problem of the contract */
const problemOf = async (name: Name, response: Response): Promise<Problem> => {
  const body: unknown = await response.json();
  if (!response.headers.get('content-type')?.startsWith('application/problem+json')) {
    throw new Error(`${name}: HTTP ${response.status} without a problem: ${JSON.stringify(body)}`);
  }
  return problem.parse(body);
};

/** The calls whose answer is one JSON document. */
type JsonName = Exclude<Name, 'snapshot' | 'events'>;

/** One call of the contract. @throws when the answer is neither what the contract says nor a problem */
export const callCentre = async <N extends JsonName>(
  url: string,
  name: N,
  input: In<N>,
  options: CallOptions = {},
): Promise<Reply<N>> => {
  const response = await openCall(url, name, input, options);
  const about = { status: response.status, headers: response.headers };
  if (!response.ok) return { ok: false, problem: await problemOf(name, response), ...about };
  return { ok: true, body: centreApi[name].output.parse(await response.json()) as Out<N>, ...about };
};

/** @throws Error with the problem when the centre said no */
const mustBe = <N extends JsonName>(name: N, reply: Reply<N>): Out<N> => {
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
type PayloadOf<T extends Operation['type']> = Extract<OperationInput, { type: T }>['payload'];

/** Those that need the centre's consent; the rest has happened. */
const REQUESTS: readonly Operation['type'][] = [
  'booking.create',
  'booking.reschedule',
  'booking.cancel',
  'visit.edit',
  'device.order',
];

/** Seals as a kiosk does: a compact JWE to the centre's key. */
export const sealFor = async (key: NonNullable<Out<'keys'>['sealing']>, value: unknown): Promise<string> =>
  new CompactEncrypt(new TextEncoder().encode(JSON.stringify(value)))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: key.kid })
    .encrypt(await importJWK({ kty: key.kty, crv: key.crv, x: key.x, y: key.y }, 'ECDH-ES'));

/** A line of a snapshot. */
export type SnapshotLine = z.output<typeof snapshotLine>;

type Body = In<'ops'>['ops'][number];

/** The hash of an operation that comes after another one. */
export const chained = (prev: string, op: unknown): string =>
  createHash('sha256')
    .update(`${prev}\n${canonicalize(op) ?? ''}`)
    .digest('hex');

const isStub = (body: Body): body is Body & { hash: string } => body['withheld'] === true;

/** An enrolled device that is signed in. It keeps the hashes of what it has sent, and chains to them what it sends. */
export class TestDevice {
  readonly id: string;
  readonly officeId: number;
  readonly slotNo: number;
  readonly roles: readonly ('kiosk' | 'desk')[];
  readonly key: DeviceKey;
  epoch: string;
  url: string;
  token = '';
  cursor = '';
  /** The last that the centre said it has. */
  acked = 0;
  #seq = 0;
  /** Of the operations that the centre has, by sequence. */
  readonly hashes = new Map<number, string>([[0, GENESIS_HASH]]);

  private constructor(url: string, key: DeviceKey, identity: Out<'enrol'>) {
    this.url = url;
    this.key = key;
    this.id = identity.device_id;
    this.officeId = identity.office_id;
    this.slotNo = identity.slot_no;
    this.roles = identity.roles;
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
  async ask<N extends JsonName>(name: N, input: In<N>, signal?: AbortSignal): Promise<Reply<N>> {
    return callCentre(this.url, name, input, { token: this.token, ...(signal ? { signal } : {}) });
  }

  /** A call that has to succeed. */
  async call<N extends JsonName>(name: N, input: In<N>, signal?: AbortSignal): Promise<Out<N>> {
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

  /** Another machine with this one's disk. */
  clone(): TestDevice {
    const { id: device_id, officeId: office_id, slotNo: slot_no, roles, epoch } = this;
    const other = new TestDevice(this.url, this.key, { device_id, office_id, slot_no, roles: [...roles], epoch });
    const { token, cursor, acked } = this;
    Object.assign(other, { token, cursor, acked });
    for (const [seq, hash] of this.hashes) other.hashes.set(seq, hash);
    other.#seq = this.#seq;
    return other;
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

  /** @returns the signature of a text, base64url */
  async sign(text: string): Promise<string> {
    const bytes = await crypto.subtle.sign('Ed25519', this.key.key, new TextEncoder().encode(text));
    return Buffer.from(bytes).toString('base64url');
  }

  /**
   * The request that pushes operations, in the order of their sequence; `said` replaces what is right. What stands before
   * the first of them must have been pushed.
   */
  async batch(ops: readonly Body[], said: Partial<In<'ops'>> = {}): Promise<In<'ops'>> {
    const sorted = ops.toSorted((a, b) => a.seq - b.seq);
    const prev = said.prev_hash ?? this.hashes.get((sorted[0]?.seq ?? 1) - 1) ?? GENESIS_HASH;
    const hash = said.hash ?? this.hashesOf(sorted, prev).at(-1) ?? prev;
    const signature = await this.sign(`RegSync/1 ${this.id} ${sorted.at(-1)?.seq ?? 0} ${hash}`);
    return { epoch: this.epoch, prev_hash: prev, ops: sorted, hash, signature, ...said };
  }

  /** The hashes of operations that follow each other. */
  hashesOf(ops: readonly Body[], prev: string): string[] {
    let at = prev;
    return ops.map((op) => (at = isStub(op) ? op.hash : chained(at, op)));
  }

  /** An operation that is not sent, but told of. @param op as it would be, with the one before it pushed already */
  withheld(op: Body): Body & { withheld: true; hash: string } {
    const prev = this.hashes.get(op.seq - 1);
    if (prev === undefined) throw new Error(`operation ${op.seq - 1} has not been pushed`);
    return { op_id: op.op_id, seq: op.seq, withheld: true, hash: chained(prev, op) };
  }

  /** Pushes operations as they are, and keeps their hashes when the centre has taken them. */
  async tryPush(...ops: Body[]): Promise<Reply<'ops'>> {
    const request = await this.batch(ops);
    const reply = await this.ask('ops', request);
    if (reply.ok) {
      this.hashesOf(request.ops, request.prev_hash).forEach((hash, i) => {
        this.hashes.set((request.ops[0]?.seq ?? 1) + i, hash);
      });
      this.acked = reply.body.acked_seq;
    }
    return reply;
  }

  /** The same, and they have to be taken. */
  async push(...ops: Body[]): Promise<Out<'ops'>> {
    return mustBe('ops', await this.tryPush(...ops));
  }

  /** Where this device stands; `said` replaces what is right. */
  standing(said: Partial<In<'hello'>> = {}): In<'hello'> {
    const last = this.hashes.size - 1;
    return {
      epoch: this.epoch,
      app: 'test-device/1',
      cursor: this.cursor,
      last_seq: last,
      last_hash: this.hashes.get(last) ?? GENESIS_HASH,
      acked_seq: this.acked,
      numbers: [],
      ...said,
    };
  }

  /** Says hello until it has done so in the centre's epoch. */
  async hello(numbers: In<'hello'>['numbers'] = []): Promise<Out<'hello'>> {
    for (;;) {
      const answer = await this.call('hello', this.standing({ numbers }));
      if (answer.epoch === this.epoch) return answer;
      this.epoch = answer.epoch;
    }
  }

  /** A snapshot, line by line. @throws Error with the problem when it does not begin, or one of the connection */
  async *snapshot(input: In<'snapshot'> = {}, signal?: AbortSignal): AsyncGenerator<SnapshotLine> {
    const body = await this.#stream('snapshot', input, signal);
    let rest = '';
    for await (const part of body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)) {
      const lines = (rest + part).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield snapshotLine.parse(JSON.parse(line));
    }
    if (rest !== '') throw new Error(`snapshot: cut off within a line: ${rest.slice(0, 80)}`);
  }

  /** Listens to the centre. @returns the names of the events, one by one, from now on */
  async events(signal?: AbortSignal): Promise<AsyncGenerator<string>> {
    const body = await this.#stream('events', {}, signal);
    return (async function* () {
      let rest = '';
      for await (const part of body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)) {
        const blocks = (rest + part).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          const name = /^event: (.*)$/m.exec(block)?.[1];
          if (name !== undefined) yield name;
        }
      }
    })();
  }

  /** Begins a stream. @throws Error with the problem when it does not */
  async #stream<N extends 'snapshot' | 'events'>(
    name: N,
    input: In<N>,
    signal?: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>> {
    const response = await openCall(this.url, name, input, { token: this.token, ...(signal ? { signal } : {}) });
    if (response.ok && response.body) return response.body;
    const { type, detail } = await problemOf(name, response);
    throw new Error(`${name}: HTTP ${response.status} ${type} ${detail ?? ''}`);
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
