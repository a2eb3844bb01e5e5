import { randomBytes, randomInt, scryptSync } from 'node:crypto';
import type { z } from 'zod';
import { staffRecord, type Operation, type StaffRecord } from '../../shared/contracts/centre/schemas.ts';
import { EVERYBODY, putEntity, readEntity } from './change-log.ts';
import type { Context } from './context.ts';
import { applied, conflict, type Outcome } from './outcome.ts';

/** Who may sign in at the desks: their rows hold what shows that a PIN is right, never the PIN. */

const COST = 15;
/** Of scrypt with this cost, r = 8, p = 1. */
const MEMORY = 256 * 2 ** COST * 8;
/** Digits of the code in a sealed envelope. */
const CODE_DIGITS = 12;

/** @param salt at least 16 bytes; a new one unless it is given */
export const pinVerifierOf = (digits: string, salt: Buffer = randomBytes(16)): StaffRecord['pin'] => ({
  salt: salt.toString('base64url'),
  cost: COST,
  hash: scryptSync(digits, salt, 32, { N: 2 ** COST, r: 8, p: 1, maxmem: MEMORY }).toString('base64url'),
});

/** Somebody of an office's staff, or of those who work in all of them. */
interface Known {
  audience: number;
  record: StaffRecord;
}

/** @returns null for somebody whom the office does not know */
export const readStaff = (context: Context, officeId: number, id: string): Known | null => {
  for (const audience of [officeId, EVERYBODY]) {
    const data = readEntity(context, 'staff', id, audience);
    if (data !== null) return { audience, record: staffRecord.parse(data) };
  }
  return null;
};

/** @param code of an envelope, in clear */
export const putStaff = (
  context: Context,
  id: string,
  record: z.input<typeof staffRecord>,
  audience: number,
  code: string | null = null,
): void => {
  context.write(() => {
    putEntity(context, 'staff', id, staffRecord.parse(record), audience);
    if (code === null) return;
    context.db
      .prepare(
        `INSERT INTO emergency_code VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET code = excluded.code, made_at = excluded.made_at`,
      )
      .run(id, audience, code, context.now());
  });
};

/** The code in an office's sealed envelope, as it has to be there now, in clear; null: it has none. */
export const emergencyCode = ({ db }: Context, officeId: number, id: string): string | null =>
  db
    .prepare<[string, number], { code: string }>(
      `SELECT code FROM emergency_code WHERE staff_id = ? AND audience IN (?, ${EVERYBODY}) ORDER BY audience DESC`,
    )
    .get(id, officeId)?.code ?? null;

/** The envelopes of an office: by whose row they open, and the code that belongs into each. */
export const envelopesOf = ({ db }: Context, officeId: number): { staff_id: string; code: string; made_at: number }[] =>
  db
    .prepare<[number], { staff_id: string; code: string; made_at: number }>(
      `SELECT staff_id, code, made_at FROM emergency_code WHERE audience IN (?, ${EVERYBODY}) ORDER BY staff_id`,
    )
    .all(officeId);

/**
 * The code of an envelope was used. From now on it is another one, which opens no desk before that has heard of it, and
 * which whoever keeps the envelopes reads here.
 */
export const renewEmergency = (
  context: Context,
  device: { officeId: number; roles: readonly string[] },
  op: Extract<Operation, { type: 'staff.emergency' }>,
): Outcome => {
  if (!device.roles.includes('desk')) return conflict('not-allowed', 'Only at a desk is an envelope opened');
  const { staff_id: id } = op.payload;
  const known = readStaff(context, device.officeId, id);
  if (known?.record.emergency !== true) return conflict('not-found', 'There is no such envelope');
  const code = Array.from({ length: CODE_DIGITS }, () => String(randomInt(10))).join('');
  putStaff(context, id, { ...known.record, pin: pinVerifierOf(code) }, known.audience, code);
  context.log(
    `the envelope ${id} of office ${device.officeId} was opened by ${op.actor ?? 'somebody'}: it needs a new code`,
  );
  context.tell({ type: 'visit' });
  return applied;
};
