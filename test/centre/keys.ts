import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import type { z } from 'zod';
import type { centreApi } from '../../shared/contracts/centre/api.ts';
import { encodeToken, signedBytes, type Ez1Payload } from '../../shared/token/ez1.ts';
import type { Context } from './context.ts';
import { sealingKey } from './sealing.ts';

/** The keys that confirmations are signed with. */

const DAY_MS = 86_400_000;
/** Confirmations are made up to this long before they are used. */
const VALID_BEFORE_MS = 60 * DAY_MS;
const VALID_AFTER_MS = 365 * DAY_MS;
/** A key that ends sooner gets a follower. */
const RENEW_BEFORE_MS = 30 * DAY_MS;
/** How many sign at a time, so that readers are used to there being several. */
const ACTIVE_KEYS = 2;

interface KeyRow {
  key_id: number;
  public_x: string;
  private_d: string | null;
  not_before: number;
  not_after: number | null;
  revoked_at: number | null;
}

const readKeys = ({ db }: Context): KeyRow[] =>
  db.prepare<[], KeyRow>('SELECT * FROM signing_key ORDER BY key_id').all();

/** Keys that a confirmation made now can be signed with. */
const signers = (context: Context): (KeyRow & { private_d: string })[] => {
  const now = context.now();
  return readKeys(context).flatMap((key) =>
    key.private_d !== null &&
    key.revoked_at === null &&
    key.not_before <= now &&
    (key.not_after === null || now < key.not_after)
      ? [{ ...key, private_d: key.private_d }]
      : [],
  );
};

export const newKeyPair = (): { x: string; d: string } => {
  const { x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  if (x === undefined || d === undefined) throw new Error('this Node makes no Ed25519 keys');
  return { x, d };
};

/** Makes signing keys when there are too few that are good for a while. */
export const ensureKeys = (context: Context): void => {
  const { db, now } = context;
  const lasting = signers(context).filter((key) => key.not_after === null || key.not_after > now() + RENEW_BEFORE_MS);
  const used = new Set(readKeys(context).map((key) => key.key_id));
  for (let missing = ACTIVE_KEYS - lasting.length; missing > 0; missing -= 1) {
    let id = 1;
    while (used.has(id)) id += 1;
    if (id > 255) throw new Error('all 255 key ids are in use: remove keys that ended long ago');
    used.add(id);
    const { x, d } = newKeyPair();
    db.prepare('INSERT INTO signing_key VALUES (?, ?, ?, ?, ?, NULL)').run(
      id,
      x,
      d,
      Math.max(0, now() - VALID_BEFORE_MS),
      now() + VALID_AFTER_MS,
    );
  }
};

/** The public halves, as devices get them. */
export const publicKeys = (context: Context): z.input<(typeof centreApi)['keys']['output']> => ({
  keys: readKeys(context).map((key) => ({
    kty: 'OKP' as const,
    crv: 'Ed25519' as const,
    x: key.public_x,
    kid: String(key.key_id),
    nbf: key.not_before,
    exp: key.not_after,
    revoked_at: key.revoked_at,
  })),
  sealing: sealingKey(context),
});

/** Signatures are deterministic, and the demo's page asks for each of its confirmations again and again. */
const MAX_SIGNED = 5000;
const signed = new Map<string, string>();

/** Signs a confirmation. @returns the text of its QR code */
export const signToken = (payload: Ez1Payload, key: { x: string; d: string }): string => {
  const bytes = signedBytes(payload);
  const name = `${key.x} ${Buffer.from(bytes).toString('base64')}`;
  const known = signed.get(name);
  if (known !== undefined) return known;
  const privateKey = createPrivateKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: key.x, d: key.d } });
  const token = encodeToken(payload, sign(null, bytes, privateKey));
  if (signed.size >= MAX_SIGNED) signed.clear();
  signed.set(name, token);
  return token;
};

/** How long after its time a confirmation is good. */
const VALID_MINUTES = 24 * 60;

/** The confirmation of a booking; the same booking always has the same. @throws Error when there is no signing key */
export const confirmation = (
  context: Context,
  booking: { id: string; office_id: number; service_id: number; starts_at: number },
): string => {
  const keys = signers(context);
  // Spread over the keys by the booking's id, so that a run meets all of them.
  const key = keys[Number.parseInt(booking.id.slice(-4), 16) % Math.max(1, keys.length)];
  if (!key) throw new Error('the centre has no signing key: seed it first');
  return signToken(confirmationPayload(key.key_id, booking), { x: key.public_x, d: key.private_d });
};

export const confirmationPayload = (
  keyId: number,
  booking: { id: string; office_id: number; service_id: number; starts_at: number },
): Ez1Payload => ({
  version: 1,
  keyId,
  bookingId: booking.id,
  office: booking.office_id,
  service: booking.service_id,
  startsAt: Math.floor(booking.starts_at / 1000),
  validMinutes: VALID_MINUTES,
});
