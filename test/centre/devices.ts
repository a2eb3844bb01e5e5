import { createHash, createPublicKey, randomBytes, type KeyObject } from 'node:crypto';
import { compactVerify, importJWK, type CryptoKey } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import type { centreApi } from '../../shared/contracts/centre/api.ts';
import { MAX_SLOT } from '../../shared/domain/ticket-number.ts';
import type { Context } from './context.ts';
import { publishDevice } from './device-rows.ts';
import { ProblemError } from './problems.ts';

/** Who a device is: enrolment by a one-time code, sign-in by a signed assertion over a nonce of ours. */

type In<N extends keyof typeof centreApi> = z.output<(typeof centreApi)[N]['input']>;
type Out<N extends keyof typeof centreApi> = z.input<(typeof centreApi)[N]['output']>;

const CODE_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE_LENGTH = 8;
const CODE_TTL_MS = 24 * 3_600_000;
const MAX_WRONG = 5;
/** Five guesses in this time from one address; the codes have 40 bits. */
const WRONG_WINDOW_MS = 5 * 60_000;

const NONCE_TTL_MS = 5 * 60_000;
/** Nonces are given to anybody who asks: the oldest make room. */
const MAX_NONCES = 10_000;
const TOKEN_TTL_S = 30 * 60;

/** One signature with two names: of RFC 8037, and of RFC 9864, which follows it. */
const ALGORITHMS = ['EdDSA', 'Ed25519'];
/** What an assertion claims; the signature is checked over the same bytes. */
const assertion = z.object({
  iss: z.string(),
  sub: z.string(),
  aud: z.union([z.string(), z.array(z.string()).max(10)]),
  nonce: z.string(),
});

export interface Device {
  id: string;
  officeId: number;
  slotNo: number;
  roles: readonly ('kiosk' | 'desk')[];
}
const roleList = z.array(z.enum(['kiosk', 'desk']));

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** As it is typed: case, spaces, dashes and look-alikes do not matter. */
const normalCode = (typed: string): string =>
  typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');

/** Makes a code that enrols one device. @returns the code, 8 Crockford characters */
export const createCode = (context: Context, officeId: number, roles: readonly ('kiosk' | 'desk')[]): string => {
  const code = Array.from(randomBytes(CODE_LENGTH), (byte) => CODE_ALPHABET.charAt(byte & 31)).join('');
  context.db
    .prepare('INSERT INTO enrolment_code (code, office_id, roles, expires_at) VALUES (?, ?, ?, ?)')
    .run(code, officeId, JSON.stringify(roles), context.now() + CODE_TTL_MS);
  return code;
};

/** Codes that can still be used. */
export const openCodes = ({ db, now }: Context): string[] =>
  db
    .prepare<[number, number], { code: string }>(
      `SELECT code FROM enrolment_code WHERE used_at IS NULL AND expires_at > ? AND wrong_proofs < ?
       ORDER BY expires_at, office_id, code`,
    )
    .all(now(), MAX_WRONG)
    .map(({ code }) => code);

const proofPayload = z.object({ code: z.string(), nonce: z.string() });

const publicKey = async (x: string): Promise<CryptoKey> => {
  const key = await importJWK({ kty: 'OKP', crv: 'Ed25519', x, alg: 'EdDSA' }, 'EdDSA');
  if (key instanceof Uint8Array) throw new TypeError('not a public key');
  return key;
};

const proofHolds = async ({ proof, public_jwk, code, nonce }: In<'enrol'>): Promise<boolean> => {
  try {
    const { payload } = await compactVerify(proof, await publicKey(public_jwk.x), { algorithms: ALGORITHMS });
    const said = proofPayload.parse(JSON.parse(new TextDecoder().decode(payload)));
    return said.nonce === nonce && normalCode(said.code) === normalCode(code);
  } catch {
    return false;
  }
};

interface CodeRow {
  office_id: number;
  roles: string;
}

/**
 * Exchanges a one-time code for a device.
 * @param source the address that asks: guesses are counted for it
 * @throws ProblemError `code-invalid` (unknown, used, too old, wrong proof: always the same words) or `rate-limited`
 */
export const enrol = async (context: Context, input: In<'enrol'>, source: string): Promise<Out<'enrol'>> => {
  const { db, epoch, now } = context;
  const wrong = (): { n: number; first: number | null } =>
    db
      .prepare<[string, number], { n: number; first: number | null }>(
        'SELECT count(*) AS n, min(at) AS first FROM wrong_enrolment WHERE source = ? AND at > ?',
      )
      .get(source, now() - WRONG_WINDOW_MS) ?? { n: 0, first: null };
  const before = wrong();
  if (before.n >= MAX_WRONG) {
    const seconds = Math.ceil(((before.first ?? now()) + WRONG_WINDOW_MS - now()) / 1000);
    throw new ProblemError('rate-limited', undefined, { retryAfter: Math.max(1, seconds) });
  }
  const code = normalCode(input.code);
  const proven = await proofHolds(input);
  const deviceId = uuidv7();

  const answer = context.write((): Out<'enrol'> | null => {
    // Inside the transaction: of two requests with one code only the first finds it unused.
    const row = db
      .prepare<[string, number, number], CodeRow>(
        `SELECT office_id, roles FROM enrolment_code
         WHERE code = ? AND used_at IS NULL AND expires_at > ? AND wrong_proofs < ?`,
      )
      .get(code, now(), MAX_WRONG);
    if (!row || !proven) {
      db.prepare('DELETE FROM wrong_enrolment WHERE at <= ?').run(now() - WRONG_WINDOW_MS);
      db.prepare('INSERT INTO wrong_enrolment VALUES (?, ?)').run(source, now());
      if (row) db.prepare('UPDATE enrolment_code SET wrong_proofs = wrong_proofs + 1 WHERE code = ?').run(code);
      return null;
    }
    const taken = new Set(
      db
        .prepare<[number], { slot_no: number }>('SELECT slot_no FROM device WHERE office_id = ?')
        .all(row.office_id)
        .map(({ slot_no }) => slot_no),
    );
    // After a restore the lowest free slot may be at work in a device that the backup does not know: its five-digit
    // numbers would come twice. New devices begin at the other end then.
    const restored = db.prepare(`SELECT 1 FROM meta WHERE key = 'restored'`).get() !== undefined;
    let slot = restored ? MAX_SLOT : 1;
    while (taken.has(slot)) slot += restored ? -1 : 1;
    if (slot > MAX_SLOT || slot < 1)
      throw new ProblemError('code-invalid', `the office has ${MAX_SLOT} devices already`);
    db.prepare(
      `INSERT INTO device (device_id, office_id, slot_no, roles, public_x, app, hardware, enrolled_at, hello_epoch)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      // It holds no numbers yet: that is all that its hello could say.
    ).run(deviceId, row.office_id, slot, row.roles, input.public_jwk.x, input.app, input.hardware, now(), epoch);
    db.prepare('UPDATE enrolment_code SET used_at = ?, device_id = ? WHERE code = ?').run(now(), deviceId, code);
    publishDevice(context, deviceId);
    const roles = roleList.parse(JSON.parse(row.roles));
    return { device_id: deviceId, office_id: row.office_id, slot_no: slot, roles, epoch };
  });
  if (!answer) throw new ProblemError('code-invalid');
  return answer;
};

/** Revoked by the administrator, or blocked because its chain forked: it is the same to whoever signs in as it. */
const ENDED = 'coalesce(revoked_at, blocked_at) AS ended_at';
interface DeviceRow {
  device_id: string;
  office_id: number;
  slot_no: number;
  roles: string;
  ended_at: number | null;
}

/** Sign-in. Nonces live in memory: after a restart a device asks for a new one. */
export const createSignIn = (context: Context, audiences: () => readonly string[]) => {
  const { db, now } = context;
  const nonces = new Map<string, { deviceId: string; until: number }>();

  const takeNonce = (nonce: string): string | null => {
    const known = nonces.get(nonce);
    nonces.delete(nonce);
    return known && known.until > now() ? known.deviceId : null;
  };

  return {
    /** Answers the same for devices that are there and those that are not. */
    challenge: (input: In<'challenge'>): Out<'challenge'> => {
      for (const [nonce, { until }] of nonces) {
        // In order of time: the first that is good ends it.
        if (until > now() && nonces.size < MAX_NONCES) break;
        nonces.delete(nonce);
      }
      const nonce = randomBytes(24).toString('base64url');
      nonces.set(nonce, { deviceId: input.device_id.toLowerCase(), until: now() + NONCE_TTL_MS });
      return { nonce, expires_in: NONCE_TTL_MS / 1000 };
    },

    /** @throws ProblemError `unauthorized` (whatever was wrong) or `device-revoked` */
    token: async (input: In<'token'>): Promise<Out<'token'>> => {
      const refused = (): ProblemError => new ProblemError('unauthorized', 'the assertion was not accepted');
      let device: { device_id: string; ended_at: number | null };
      try {
        const said = assertion.parse(
          JSON.parse(Buffer.from(input.client_assertion.split('.')[1] ?? '', 'base64url').toString()),
        );
        const row = db
          .prepare<[string], { device_id: string; public_x: string; ended_at: number | null }>(
            `SELECT device_id, public_x, ${ENDED} FROM device WHERE device_id = ?`,
          )
          .get(said.iss.toLowerCase());
        if (!row) throw refused();
        await compactVerify(input.client_assertion, await publicKey(row.public_x), { algorithms: ALGORITHMS });
        // Its life is bounded by the nonce. The device's clock may be years off, so iat, nbf and exp mean nothing.
        const meant = [said.aud].flat().some((aud) => audiences().includes(aud.replace(/\/+$/, '')));
        if (!meant || said.sub !== said.iss || takeNonce(said.nonce) !== row.device_id) throw refused();
        device = row;
      } catch {
        throw refused();
      }
      // Only now, to whoever proved to be the device.
      if (device.ended_at !== null) throw new ProblemError('device-revoked');
      const token = randomBytes(32).toString('base64url');
      context.write(() => {
        db.prepare('DELETE FROM access_token WHERE expires_at <= ?').run(now());
        db.prepare('INSERT INTO access_token VALUES (?, ?, ?)').run(
          sha256(token),
          device.device_id,
          now() + TOKEN_TTL_S * 1000,
        );
      });
      return { access_token: token, token_type: 'Bearer', expires_in: TOKEN_TTL_S };
    },

    /**
     * @param header the Authorization header
     * @throws ProblemError `unauthorized` or `device-revoked`
     */
    authenticate: (header: string | undefined): Device => {
      const token = /^Bearer ([\w.~+/-]{16,4000})$/i.exec(header ?? '')?.[1];
      const row =
        token === undefined
          ? undefined
          : db
              .prepare<[string, number], DeviceRow>(
                `SELECT device_id, office_id, slot_no, roles, ${ENDED} FROM access_token JOIN device USING (device_id)
                 WHERE token_sha256 = ? AND expires_at > ?`,
              )
              .get(sha256(token), now());
      if (!row) throw new ProblemError('unauthorized');
      if (row.ended_at !== null) throw new ProblemError('device-revoked');
      return {
        id: row.device_id,
        officeId: row.office_id,
        slotNo: row.slot_no,
        roles: roleList.parse(JSON.parse(row.roles)),
      };
    },
  };
};

/** Ends a device's access, also that of a call which waits. @returns whether there was such a device */
export const revokeDevice = (context: Context, deviceId: string): boolean =>
  context.write(() => {
    const id = deviceId.toLowerCase();
    context.tell({ type: 'revoked', deviceId: id });
    const { changes } = context.db
      .prepare('UPDATE device SET revoked_at = coalesce(revoked_at, ?) WHERE device_id = ?')
      .run(context.now(), id);
    publishDevice(context, id);
    return changes > 0;
  });

/** Two say that they are this device: neither is believed any more. */
export const blockDevice = (context: Context, device: Device, why: string): void => {
  context.write(() => {
    context.tell({ type: 'revoked', deviceId: device.id });
    context.db
      .prepare('UPDATE device SET blocked_at = coalesce(blocked_at, ?) WHERE device_id = ?')
      .run(context.now(), device.id);
    publishDevice(context, device.id);
  });
  context.log(`ALARM: device ${device.id} of office ${device.officeId} is blocked, its chain has forked: ${why}`);
};

/** The key that a device signs with. */
export const deviceKeyOf = ({ db }: Context, device: Device): KeyObject => {
  const row = db
    .prepare<[string], { public_x: string }>('SELECT public_x FROM device WHERE device_id = ?')
    .get(device.id);
  if (!row) throw new ProblemError('unauthorized');
  return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: row.public_x } });
};
