import type { webcrypto } from 'node:crypto';
import { SignJWT, CompactSign, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { z } from 'zod';
import { centreApi, type CentreApi } from '../../../shared/contracts/centre/api.ts';
import { API_PREFIX, problem, SCHEMA_VERSION } from '../../../shared/contracts/centre/schemas.ts';
import type { EnrolmentAnswer } from '../../../shared/contracts/centre/schemas.ts';
import type { Secrets } from '../ports.ts';

/** Why a call to the centre did not bring an answer that can be used. */
export class CentreError extends Error {
  /**
   * `unreachable`: no answer, or one that is not the centre's (a captive portal, a proxy); try again later.
   * `refused`: the centre understood and said no: see `status` and `problem`.
   */
  readonly kind: 'unreachable' | 'refused';
  readonly status: number | null;
  /** The last part of the problem's type: `device-revoked`, `cursor-expired` ... */
  readonly problem: string | null;
  readonly retryAfterMs: number | null;
  constructor(
    kind: CentreError['kind'],
    message: string,
    more: { status?: number; problem?: string; retryAfterMs?: number } = {},
  ) {
    super(message);
    this.name = 'CentreError';
    this.kind = kind;
    this.status = more.status ?? null;
    this.problem = more.problem ?? null;
    this.retryAfterMs = more.retryAfterMs ?? null;
  }
}

export interface CallOptions {
  timeoutMs: number;
  signal?: AbortSignal;
}

type CallName = keyof CentreApi;
type In<N extends CallName> = z.input<CentreApi[N]['input']>;
type Out<N extends CallName> = z.output<CentreApi[N]['output']>;

/** A JSON body larger than this is not the centre's. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const TOKEN_MARGIN_MS = 60_000;

const retryAfter = (header: string | null): number | null => {
  const seconds = header === null ? Number.NaN : Number(header);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 3600) * 1000 : null;
};

export interface CentreClient {
  call<N extends CallName>(name: N, input: In<N>, options: CallOptions): Promise<Out<N>>;
}

/** One HTTP call, with the answer's schema checked. Knows nothing of tokens. */
const exchange = async <N extends CallName>(
  fetchPort: typeof fetch,
  baseUrl: string,
  name: N,
  input: In<N>,
  headers: Record<string, string>,
  { timeoutMs, signal }: CallOptions,
): Promise<Out<N>> => {
  const { method, path, output } = centreApi[name];
  const url = new URL(baseUrl.replace(/\/+$/, '') + API_PREFIX + path);
  if (method === 'GET') {
    for (const [key, value] of Object.entries(input)) url.searchParams.set(key, String(value));
  }
  const timeout = AbortSignal.timeout(timeoutMs);
  let status: number;
  let body: string;
  let retryAfterMs: number | null;
  try {
    const response = await fetchPort(url, {
      method,
      redirect: 'error',
      headers: { accept: 'application/json', 'sync-schema': String(SCHEMA_VERSION), ...headers },
      ...(method === 'POST' ? { body: JSON.stringify(input) } : {}),
      signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
    });
    status = response.status;
    retryAfterMs = retryAfter(response.headers.get('retry-after'));
    if (Number(response.headers.get('content-length') ?? 0) > MAX_ANSWER_BYTES)
      throw new Error('the answer is too large');
    body = await response.text();
  } catch (error) {
    throw new CentreError('unreachable', `${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
  let parsed: unknown;
  try {
    parsed = body === '' ? {} : JSON.parse(body);
  } catch {
    throw new CentreError('unreachable', `${name}: HTTP ${status}, the answer is not JSON (a proxy or a login page?)`);
  }
  if (status < 200 || status > 299) {
    const known = problem.safeParse(parsed);
    const type = known.success ? (known.data.type.split('/').at(-1) ?? '') : '';
    throw new CentreError('refused', `${name}: HTTP ${status} ${known.success ? known.data.title : ''}`, {
      status,
      problem: type,
      ...(retryAfterMs === null ? {} : { retryAfterMs }),
    });
  }
  const answer = output.safeParse(parsed);
  if (!answer.success)
    throw new CentreError('unreachable', `${name}: the answer does not fit: ${z.prettifyError(answer.error)}`);
  return answer.data as Out<N>;
};

const JSON_BODY = { 'content-type': 'application/json' };

/** The device's private key, made here and never sent. */
const DEVICE_KEY = 'device-key';

const deviceKey = async (
  secrets: Secrets,
): Promise<{ key: webcrypto.CryptoKey; publicJwk: { kty: 'OKP'; crv: 'Ed25519'; x: string } }> => {
  const stored = secrets.get(DEVICE_KEY);
  let jwk: JWK;
  if (stored === null) {
    const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    jwk = await exportJWK(pair.privateKey);
    secrets.set(DEVICE_KEY, JSON.stringify(jwk));
  } else {
    jwk = JSON.parse(stored) as JWK;
  }
  const key = await importJWK({ ...jwk, alg: 'EdDSA' }, 'EdDSA');
  if (key instanceof Uint8Array || typeof jwk.x !== 'string')
    throw new Error('the device key is damaged: enrol this device anew');
  return { key, publicJwk: { kty: 'OKP', crv: 'Ed25519', x: jwk.x } };
};

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/**
 * Exchanges a one-time code for an identity; the key is made on the device and proves itself by a signature.
 * @throws CentreError; `refused` with problem `code-invalid` when the code is wrong, used or too old
 */
export const enrolDevice = async (
  fetchPort: typeof fetch,
  secrets: Secrets,
  about: { url: string; code: string; app: string; hardware: string; nonce: string },
): Promise<EnrolmentAnswer> => {
  const { key, publicJwk } = await deviceKey(secrets);
  const { code, nonce } = about;
  const proof = await new CompactSign(bytes(JSON.stringify({ code, nonce })))
    .setProtectedHeader({ alg: 'EdDSA' })
    .sign(key);
  return exchange(
    fetchPort,
    about.url,
    'enrol',
    { code, nonce, proof, public_jwk: publicJwk, app: about.app, hardware: about.hardware },
    JSON_BODY,
    { timeoutMs: 10_000 },
  );
};

/** A signed-in client: gets its access token by an assertion over the centre's nonce, and renews it when it must. */
export const createCentreClient = (
  fetchPort: typeof fetch,
  secrets: Secrets,
  device: { deviceId: string; centreUrl: string },
  monotonic: () => number,
): CentreClient => {
  let token: { text: string; until: number } | null = null;
  let signingIn: Promise<string> | null = null;

  const signIn = async (): Promise<string> => {
    const { key } = await deviceKey(secrets);
    const { nonce } = await exchange(
      fetchPort,
      device.centreUrl,
      'challenge',
      { device_id: device.deviceId },
      JSON_BODY,
      { timeoutMs: 10_000 },
    );
    const assertion = await new SignJWT({ nonce })
      .setProtectedHeader({ alg: 'EdDSA' })
      .setIssuer(device.deviceId)
      .setSubject(device.deviceId)
      .setAudience(new URL(device.centreUrl).origin)
      .sign(key);
    const answer = await exchange(
      fetchPort,
      device.centreUrl,
      'token',
      {
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
      },
      JSON_BODY,
      { timeoutMs: 10_000 },
    );
    token = { text: answer.access_token, until: monotonic() + answer.expires_in * 1000 - TOKEN_MARGIN_MS };
    return token.text;
  };
  const access = async (): Promise<string> => {
    if (token && monotonic() < token.until) return token.text;
    signingIn ??= signIn().finally(() => {
      signingIn = null;
    });
    return signingIn;
  };

  return {
    call: async (name, input, options) => {
      const headers = centreApi[name].method === 'POST' ? JSON_BODY : {};
      if (!centreApi[name].auth) return exchange(fetchPort, device.centreUrl, name, input, headers, options);
      const once = async () =>
        exchange(
          fetchPort,
          device.centreUrl,
          name,
          input,
          { ...headers, authorization: `Bearer ${await access()}` },
          options,
        );
      try {
        return await once();
      } catch (error) {
        // The centre forgot the token (a restart, a revocation of tokens): sign in once more.
        if (!(error instanceof CentreError) || error.status !== 401) throw error;
        token = null;
        return once();
      }
    },
  };
};
