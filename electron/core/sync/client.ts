import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { CompactSign, SignJWT } from 'jose';
import { z } from 'zod';
import { centreApi, type CentreApi } from '../../../shared/contracts/centre/api.ts';
import { API_PREFIX, problem, SCHEMA_VERSION } from '../../../shared/contracts/centre/schemas.ts';
import type { EnrolmentAnswer } from '../../../shared/contracts/centre/schemas.ts';
import type { Clock, Secrets } from '../ports.ts';
import { retryAfterMs } from './backoff.ts';
import { deviceKey, type DeviceKey } from './device-key.ts';
import { describeNetworkError } from './http.ts';
import { createPace, type Urgency } from './pace.ts';

/** Why a call to the centre did not bring an answer that can be used. */
export class CentreError extends Error {
  /**
   * `unreachable`: no answer, or one that is not the centre's (a captive portal, a proxy); try again later.
   * Something in between may have answered instead of the centre: then there is a `status`.
   * `refused`: the centre understood and said no: see `status` and `problem`.
   */
  readonly kind: 'unreachable' | 'refused';
  readonly status: number | null;
  /** The last part of the problem's type: `device-revoked`, `cursor-expired` ... */
  readonly problem: string | null;
  readonly retryAfterMs: number | null;
  /** With `seq-gap`: the operation that the centre wants next. */
  readonly expectedSeq: number | null;
  constructor(
    kind: CentreError['kind'],
    message: string,
    more: { status?: number; problem?: string; retryAfterMs?: number | null; expectedSeq?: number } = {},
  ) {
    super(message);
    this.name = 'CentreError';
    this.kind = kind;
    this.status = more.status ?? null;
    this.problem = more.problem ?? null;
    this.retryAfterMs = more.retryAfterMs ?? null;
    this.expectedSeq = more.expectedSeq ?? null;
  }
}

export interface CallOptions {
  /** For the whole call; of a stream until it begins. */
  timeoutMs: number;
  signal?: AbortSignal;
  /** How soon it has to begin; `background` unless it is said. */
  urgency?: Urgency;
}

type CallName = keyof CentreApi;
type In<N extends CallName> = z.input<CentreApi[N]['input']>;
type Out<N extends CallName> = z.output<CentreApi[N]['output']>;

/** A JSON body larger than this is not the centre's. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const TOKEN_MARGIN_MS = 60_000;
/** Smaller bodies are not worth packing. */
const PACK_FROM_BYTES = 2_048;
const SIGN_IN_MS = 10_000;

const packed = promisify(gzip);

interface Ports {
  fetch: typeof fetch;
  clock: Clock;
}

export interface CentreClient {
  call<N extends CallName>(name: N, input: In<N>, options: CallOptions): Promise<Out<N>>;
  /**
   * Begins a call whose answer is a stream; the body is the caller's to read.
   * @throws CentreError when it does not begin
   */
  open(name: 'snapshot' | 'events', input: In<'snapshot'>, options: CallOptions): Promise<Response>;
  /** The device's signature of a text, base64url. */
  sign(text: string): Promise<string>;
}

const MIME = { json: 'application/json', ndjson: 'application/x-ndjson', events: 'text/event-stream' } as const;

const targetOf = (baseUrl: string, name: CallName, input: object): URL => {
  const { method, path } = centreApi[name];
  const url = new URL(baseUrl.replace(/\/+$/, '') + API_PREFIX + path);
  if (method === 'GET') {
    for (const [key, value] of Object.entries(input)) url.searchParams.set(key, String(value));
  }
  return url;
};

/** An answer of the centre that says no, or one that is not the centre's at all. */
const refusal = (name: CallName, response: Response, body: string): CentreError => {
  const { status } = response;
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    parsed = null;
  }
  const known = problem.safeParse(parsed);
  const wait = retryAfterMs(response.headers.get('retry-after'), response.headers.get('date'));
  // A gateway in between speaks its own language; what it says is no word of the centre.
  if (!known.success && status < 500 && status !== 429) {
    return new CentreError(
      'unreachable',
      `${name}: HTTP ${status} that is not the centre's (a proxy or a login page?)`,
      {
        retryAfterMs: wait,
      },
    );
  }
  return new CentreError('refused', `${name}: HTTP ${status} ${known.success ? known.data.title : ''}`.trim(), {
    status,
    problem: known.success ? (known.data.type.split('/').at(-1) ?? '') : '',
    retryAfterMs: wait,
    ...(known.success && known.data.expected_seq !== undefined ? { expectedSeq: known.data.expected_seq } : {}),
  });
};

/** Sends a request. @returns the answer when it is a good one @throws CentreError */
const send = async (
  fetchPort: typeof fetch,
  url: URL,
  name: CallName,
  init: { headers: Record<string, string>; body?: string | Uint8Array<ArrayBuffer> },
  signal: AbortSignal,
): Promise<Response> => {
  const { method, form } = centreApi[name];
  let response: Response;
  try {
    response = await fetchPort(url, {
      method,
      redirect: 'error',
      headers: { accept: MIME[form], 'sync-schema': String(SCHEMA_VERSION), ...init.headers },
      ...(init.body === undefined ? {} : { body: init.body }),
      signal,
    });
  } catch (error) {
    throw new CentreError('unreachable', `${name}: ${describeNetworkError(error)}`);
  }
  if (response.status >= 200 && response.status <= 299) {
    const type = response.headers.get('content-type') ?? '';
    if (form === 'json' || type.startsWith(MIME[form])) return response;
    await response.body?.cancel().catch(() => undefined);
    throw new CentreError('unreachable', `${name}: the answer is ${type || 'of no type'}, not ${MIME[form]}`);
  }
  throw refusal(name, response, await textOf(name, response));
};

/** The body of an answer, as long as it may be. @throws CentreError */
const textOf = async (name: CallName, response: Response): Promise<string> => {
  const tooLarge = () => new CentreError('unreachable', `${name}: the answer is too large to be the centre's`);
  if (Number(response.headers.get('content-length') ?? 0) > MAX_ANSWER_BYTES) throw tooLarge();
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of response.body ?? []) {
      length += part.byteLength;
      if (length > MAX_ANSWER_BYTES) break;
      parts.push(part);
    }
  } catch (error) {
    throw new CentreError('unreachable', `${name}: ${describeNetworkError(error)}`);
  }
  if (length > MAX_ANSWER_BYTES) throw tooLarge();
  return Buffer.concat(parts).toString('utf8');
};

/** Runs a call that is given up after its time, by the device's own clock. */
const inTime = async <T>(
  clock: Clock,
  { timeoutMs, signal }: CallOptions,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const late = new AbortController();
  const cancel = clock.after(timeoutMs, () => late.abort(new Error(`no answer within ${timeoutMs / 1000} s`)));
  try {
    return await run(signal ? AbortSignal.any([late.signal, signal]) : late.signal);
  } finally {
    cancel();
  }
};

/** One HTTP call, with the answer's schema checked. Knows nothing of tokens. */
const exchange = async <N extends CallName>(
  { fetch: fetchPort, clock }: Ports,
  baseUrl: string,
  name: N,
  input: In<N>,
  headers: Record<string, string>,
  options: CallOptions,
  pack = false,
): Promise<{ answer: Out<N>; packs: boolean }> => {
  const url = targetOf(baseUrl, name, input);
  const plain = centreApi[name].method === 'POST' ? JSON.stringify(input) : undefined;
  const body = plain !== undefined && pack && plain.length >= PACK_FROM_BYTES ? await packed(plain) : plain;
  const init = {
    headers: {
      ...headers,
      ...(plain === undefined ? {} : { 'content-type': 'application/json' }),
      ...(body instanceof Uint8Array ? { 'content-encoding': 'gzip' } : {}),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
  };
  const { response, text } = await inTime(clock, options, async (signal) => {
    const begun = await send(fetchPort, url, name, init, signal);
    return { response: begun, text: await textOf(name, begun) };
  });
  let parsed: unknown;
  try {
    parsed = text === '' ? {} : JSON.parse(text);
  } catch {
    throw new CentreError(
      'unreachable',
      `${name}: HTTP ${response.status}, the answer is not JSON (a proxy or a login page?)`,
    );
  }
  const answer = centreApi[name].output.safeParse(parsed);
  if (!answer.success)
    throw new CentreError('unreachable', `${name}: the answer does not fit: ${z.prettifyError(answer.error)}`);
  const packs = (response.headers.get('accept-encoding') ?? '').split(',').some((one) => one.trim() === 'gzip');
  return { answer: answer.data as Out<N>, packs };
};

/**
 * Exchanges a one-time code for an identity; the key is made on the device and proves itself by a signature.
 * @throws CentreError; `refused` with problem `code-invalid` when the code is wrong, used or too old
 */
export const enrolDevice = async (
  ports: Ports,
  secrets: Secrets,
  about: { url: string; code: string; app: string; hardware: string; nonce: string },
): Promise<EnrolmentAnswer> => {
  const { key, publicJwk } = await deviceKey(secrets);
  const { code, nonce } = about;
  const proof = await new CompactSign(new TextEncoder().encode(JSON.stringify({ code, nonce })))
    .setProtectedHeader({ alg: 'EdDSA' })
    .sign(key);
  const { answer } = await exchange(
    ports,
    about.url,
    'enrol',
    { code, nonce, proof, public_jwk: publicJwk, app: about.app, hardware: about.hardware },
    {},
    { timeoutMs: SIGN_IN_MS },
  );
  return answer;
};

/**
 * A signed-in client: gets its access token by an assertion over the centre's nonce, and renews it when it must. It keeps
 * to the device's pace (see pace.ts).
 */
export const createCentreClient = (
  ports: Ports,
  secrets: Secrets,
  device: { deviceId: string; centreUrl: string },
): CentreClient => {
  const { clock } = ports;
  const pace = createPace(clock);
  let token: { text: string; until: number } | null = null;
  let signingIn: Promise<string> | null = null;
  let key: Promise<DeviceKey> | null = null;
  /** The centre takes packed bodies; null until it has said something. */
  let packs = false;
  const myKey = async (): Promise<DeviceKey> => {
    key ??= deviceKey(secrets);
    return key;
  };
  const { deviceId, centreUrl } = device;

  const signIn = async (): Promise<string> => {
    const mine = await myKey();
    const { answer: challenge } = await pace.run('sign-in', 'visitor', undefined, async () =>
      exchange(ports, centreUrl, 'challenge', { device_id: deviceId }, {}, { timeoutMs: SIGN_IN_MS }),
    );
    const assertion = await new SignJWT({ nonce: challenge.nonce })
      .setProtectedHeader({ alg: 'EdDSA' })
      .setIssuer(deviceId)
      .setSubject(deviceId)
      .setAudience(new URL(centreUrl).origin)
      .sign(mine.key);
    const { answer } = await pace.run('sign-in', 'visitor', undefined, async () =>
      exchange(
        ports,
        centreUrl,
        'token',
        {
          grant_type: 'client_credentials',
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: assertion,
        },
        {},
        { timeoutMs: SIGN_IN_MS },
      ),
    );
    token = { text: answer.access_token, until: clock.monotonic() + answer.expires_in * 1000 - TOKEN_MARGIN_MS };
    return token.text;
  };
  const access = async (): Promise<string> => {
    if (token && clock.monotonic() < token.until) return token.text;
    signingIn ??= signIn().finally(() => {
      signingIn = null;
    });
    return signingIn;
  };
  /** With the token; once more with a new one when the centre forgot it (a restart, a revocation of tokens). */
  const signedIn = async <T>(once: (headers: Record<string, string>) => Promise<T>): Promise<T> => {
    const used = await access();
    try {
      return await once({ authorization: `Bearer ${used}` });
    } catch (error) {
      if (!(error instanceof CentreError) || error.status !== 401) throw error;
      if (token?.text === used) token = null;
      return once({ authorization: `Bearer ${await access()}` });
    }
  };

  return {
    call: async (name, input, options) => {
      const kind = name === 'leases' && 'kind' in input ? `leases ${input.kind}` : name;
      const paced = async (headers: Record<string, string>) =>
        pace.run(kind, options.urgency ?? 'background', options.signal, async () =>
          exchange(ports, centreUrl, name, input, headers, options, packs),
        );
      try {
        const { answer, packs: says } = await (centreApi[name].auth ? signedIn(paced) : paced({}));
        if (name === 'ops') packs = says;
        return answer;
      } catch (error) {
        if (!(error instanceof CentreError) || error.problem !== 'unsupported-encoding' || !packs) throw error;
        // Something on the way does not like packed bodies.
        packs = false;
        return (await signedIn(paced)).answer;
      }
    },
    open: async (name, input, options) => {
      // The time limit is for the beginning: the stream itself goes on for as long as it brings something.
      return inTime(clock, options, async (signal) =>
        signedIn(async (headers) =>
          pace.run(name, 'background', signal, async () =>
            send(ports.fetch, targetOf(centreUrl, name, input), name, { headers }, signal),
          ),
        ),
      );
    },
    sign: async (text) => (await myKey()).sign(text),
  };
};
