import { randomBytes, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { centreApi, type CentreApi } from '../../shared/contracts/centre/api.ts';
import {
  API_PREFIX,
  GENESIS_HASH,
  problem,
  SCHEMA_VERSION,
  type EnrolmentAnswer,
  type operation,
  type Operation,
  type OpResult,
  type OpsAnswer,
  type Problem,
} from '../../shared/contracts/centre/schemas.ts';
import { chainHash, compactJws, signedText, signText, type Ed25519 } from './crypto.ts';
import { exchange, openStream, type Answer, type Stream } from './http.ts';
import { fail, must } from './suite.ts';

/** A device as the contract describes it, written apart from the kiosk's own client: it may also do what is not right. */

type Name = keyof CentreApi;
type In<N extends Name> = z.input<CentreApi[N]['input']>;
type Out<N extends Name> = z.output<CentreApi[N]['output']>;
/** Also what the contract does not allow. */
type Any<N extends Name> = In<N> | Readonly<Record<string, unknown>>;
type JsonName = Exclude<Name, 'snapshot' | 'events'>;

export interface AskOptions {
  token?: string | null;
  headers?: Record<string, string>;
  /** In the place of the input as JSON. */
  body?: string | Buffer;
  timeoutMs?: number;
}

/** A centre, and every answer that it gave. */
export interface Wire {
  base: URL;
  answers: Answer[];
}

const targetOf = ({ base }: Wire, name: Name, input: object): URL => {
  const { method, path } = centreApi[name];
  const url = new URL(base.href.replace(/\/+$/, '') + API_PREFIX + path);
  if (method === 'GET') for (const [key, value] of Object.entries(input)) url.searchParams.set(key, String(value));
  return url;
};

const requestOf = (wire: Wire, name: Name, input: object, { token, headers = {}, body, timeoutMs }: AskOptions) => {
  const { method } = centreApi[name];
  return {
    method,
    url: targetOf(wire, name, input),
    headers: {
      'sync-schema': String(SCHEMA_VERSION),
      ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
      ...(token == null ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(method === 'POST' ? { body: body ?? JSON.stringify(input) } : {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
};

/** A call, as it was answered. */
export const ask = async <N extends Name>(
  wire: Wire,
  name: N,
  input: Any<N>,
  options: AskOptions = {},
): Promise<Answer> => {
  const answer = await exchange(requestOf(wire, name, input, options));
  wire.answers.push(answer);
  return answer;
};

/** What a problem says; null when the answer is none. */
export const problemIn = (answer: Answer): Problem | null => {
  const read = problem.safeParse(answer.json);
  return read.success ? read.data : null;
};

/** In words, for whoever reads why a check failed. */
export const told = (answer: Answer): string => {
  const said = problemIn(answer);
  return `HTTP ${answer.status}${said ? ` ${said.type}` : ''}${said?.detail === undefined ? '' : ` (${said.detail})`}`;
};

/** Why an operation got that result, where the centre says so. */
export const because = (said: OpResult['problem']): string => (said ? ` (${said.type})` : '');

/** The body of an answer that has to be a good one. */
export const good = <N extends JsonName>(name: N, answer: Answer): Out<N> => {
  must(answer.status >= 200 && answer.status <= 299, `${name} is refused with ${told(answer)}`);
  const read = centreApi[name].output.safeParse(answer.json);
  if (read.success) return read.data as Out<N>;
  return fail(`the answer of ${name} does not fit the contract: ${z.prettifyError(read.error).replaceAll('\n', ' ')}`);
};

/** @param why what the centre lets through otherwise */
export const mustRefuse = (answer: Answer, status: number, type: string, why: string): Problem => {
  const said = problemIn(answer);
  const right = answer.status === status && said?.type === `/problems/${type}`;
  if (right && said) return said;
  return fail(`${why}: answer ${status} /problems/${type} instead of ${told(answer)}`);
};

/** The request of an enrolment. @param proofKey signs the proof */
export const enrolmentOf = (key: Ed25519, code: string, proofKey = key): In<'enrol'> => {
  const nonce = randomBytes(18).toString('base64url');
  return {
    code,
    nonce,
    public_jwk: key.publicJwk,
    proof: compactJws(proofKey, { code, nonce }),
    app: 'conformance/1',
    hardware: 'conformance suite',
  };
};

export const tokenRequestOf = (assertion: string): In<'token'> => ({
  grant_type: 'client_credentials',
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: assertion,
});

type PayloadOf<T extends Operation['type']> = Extract<z.input<typeof operation>, { type: T }>['payload'];
const REQUESTS: ReadonlySet<string> = new Set([
  'booking.create',
  'booking.reschedule',
  'booking.cancel',
  'visit.edit',
  'device.order',
]);

/** An operation on the wire. */
export interface Op {
  op_id: string;
  seq: number;
  [member: string]: unknown;
}

export interface Batch {
  epoch: string;
  prev_hash: string;
  ops: Op[];
  hash: string;
  signature: string;
}

/** An enrolled device. */
export interface Device extends Omit<EnrolmentAnswer, 'device_id'> {
  id: string;
  key: Ed25519;
  wire: Wire;
  token: string;
  /** Where its chain ends at the centre, as far as is known here. */
  seq: number;
  hash: string;
}

export const deviceOf = (wire: Wire, key: Ed25519, { device_id, ...identity }: EnrolmentAnswer): Device => ({
  ...identity,
  id: device_id,
  key,
  wire,
  token: '',
  seq: 0,
  hash: GENESIS_HASH,
});

/** What a device claims of itself to sign in. @param more members in the place of the right ones */
export const assertionOf = (device: Device, nonce: string, more: object = {}, key = device.key): string =>
  compactJws(key, { iss: device.id, sub: device.id, aud: device.wire.base.origin, nonce, ...more });

export const nonceFor = async (device: Device): Promise<string> =>
  good('challenge', await ask(device.wire, 'challenge', { device_id: device.id })).nonce;

export const signIn = async (device: Device): Promise<void> => {
  const assertion = assertionOf(device, await nonceFor(device));
  device.token = good('token', await ask(device.wire, 'token', tokenRequestOf(assertion))).access_token;
};

/** A call with the device's token, as it was answered. */
export const askAs = async <N extends Name>(
  device: Device,
  name: N,
  input: Any<N>,
  options: AskOptions = {},
): Promise<Answer> => ask(device.wire, name, input, { token: device.token, ...options });

/** A call that has to succeed. */
export const callAs = async <N extends JsonName>(device: Device, name: N, input: In<N>): Promise<Out<N>> =>
  good(name, await askAs(device, name, input));

export const streamAs = async <N extends 'snapshot' | 'events'>(
  device: Device,
  name: N,
  input: In<N>,
  headers: Record<string, string> = {},
): Promise<Stream> => openStream(requestOf(device.wire, name, input, { token: device.token, headers }));

/** Says hello as a device does at its start. @param more members in the place of the right ones */
export const hello = async (device: Device, more: Partial<In<'hello'>> = {}): Promise<Answer> =>
  askAs(device, 'hello', {
    epoch: device.epoch,
    app: 'conformance/1',
    cursor: '',
    last_seq: device.seq,
    last_hash: device.hash,
    acked_seq: device.seq,
    numbers: [],
    ...more,
  });

// --- Operations ------------------------------------------------------------------------------------------------------

export interface OpFields {
  business_date: string;
  occurred_at: number;
}

/**
 * An operation, not sent yet; its sequence number is given when it is put into a batch.
 * @param more members in the place of the usual ones
 */
export const makeOp = <T extends Operation['type']>(
  type: T,
  fields: OpFields,
  payload: PayloadOf<T>,
  more: Record<string, unknown> = {},
): Op => {
  const id = randomUUID();
  return {
    op_id: id,
    seq: 0,
    kind: REQUESTS.has(type) ? 'request' : 'fact',
    type,
    entity_id: id,
    clock: { offset_ms: 0, err_ms: 40, src: 'server' },
    payload,
    ...fields,
    ...more,
  };
};

/**
 * A batch behind a place in the chain.
 * @param withheld operations that only their hash is told of
 */
export const batchOf = (
  device: Device,
  ops: readonly Op[],
  { seq, hash: prev }: { seq: number; hash: string } = device,
  withheld: readonly Op[] = [],
): Batch => {
  let hash = prev;
  const wire = ops.map((op, i): Op => {
    const whole = { ...op, seq: seq + 1 + i };
    hash = chainHash(hash, whole);
    return withheld.includes(op) ? { op_id: whole.op_id, seq: whole.seq, withheld: true, hash } : whole;
  });
  const signature = signText(device.key, signedText(device.id, seq + ops.length, hash));
  return { epoch: device.epoch, prev_hash: prev, ops: wire, hash, signature };
};

/** Sends a batch, as it was answered; when it was taken, the chain goes on behind it. */
export const sendBatch = async (device: Device, batch: Batch, options: AskOptions = {}): Promise<Answer> => {
  const answer = await askAs(device, 'ops', batch, options);
  const last = batch.ops.at(-1)?.seq ?? 0;
  if (answer.status === 200 && last > device.seq) {
    device.seq = last;
    device.hash = batch.hash;
  }
  return answer;
};

/** Pushes operations that have to be taken. @returns their results, in their order */
export const push = async (device: Device, ...ops: Op[]): Promise<OpResult[]> => {
  const answer: OpsAnswer = good('ops', await sendBatch(device, batchOf(device, ops)));
  return answer.results;
};

/** Pushes one operation. @returns its result */
export const pushOne = async (device: Device, op: Op): Promise<OpResult> => {
  const results = await push(device, op);
  return results.find(({ op_id }) => op_id === op.op_id) ?? fail(`the answer of ops has no result for ${op.op_id}`);
};

export const gzipped = (value: unknown): Buffer => gzipSync(JSON.stringify(value));
