import { audit } from '../audit/audit.ts';
import type { Secrets } from '../ports.ts';
import { forgetRegistry } from '../store/registry.ts';
import { forgetSealKey } from '../store/seal.ts';
import { oneOf, orNull, sql, text, type ReadDb, type WriteDb } from '../store/sql.ts';
import type { Store } from '../store/store.ts';
import { forgetDeviceKey } from './device-key.ts';
import { emptyLog } from './pull.ts';

/**
 * A device that is not to go on: the centre has revoked it, or its sequence of operations is at work elsewhere (a copied
 * disk). It gives no more numbers, holds nothing of anybody, and waits for somebody to enrol it anew.
 */

const REASONS = ['revoked', 'fork'] as const;
export type Stopped = (typeof REASONS)[number];

export const readStopped = (db: ReadDb): Stopped | null => {
  const row = db.get(sql`SELECT stopped FROM sync`);
  const value = row ? orNull(row, 'stopped', text) : null;
  return value === null ? null : oneOf(REASONS, value, 'stopped');
};

/**
 * Everything about visitors, and what was lent to the device. What it has to tell the centre stays: it names nobody, and
 * whoever finds out why the device was stopped may want it.
 */
const forgetPeople = (db: WriteDb): void => {
  db.run(sql`DELETE FROM person`);
  db.run(sql`DELETE FROM visit_detail`);
  db.run(sql`DELETE FROM conflict`);
  db.run(sql`DELETE FROM staff`);
  db.run(sql`DELETE FROM help`);
  db.run(sql`DELETE FROM handover`);
  db.run(sql`DELETE FROM decided`);
  db.run(sql`DELETE FROM office_device`);
  db.run(sql`DELETE FROM day_numbers`);
  db.run(sql`DELETE FROM booking`);
  db.run(sql`DELETE FROM booking_told`);
  db.run(sql`DELETE FROM slot`);
  db.run(sql`DELETE FROM queue_visit`);
  // Who stands at the printer gets his paper: what is being printed goes when it is done.
  const open = `('queued', 'blocked', 'sending', 'sent')`;
  db.run({ text: `DELETE FROM print_job WHERE state NOT IN ${open}`, params: [] });
  db.run(sql`DELETE FROM request WHERE request_id NOT IN
    (SELECT request_id FROM print_job WHERE request_id IS NOT NULL)`);
  db.run(sql`DELETE FROM ticket WHERE ticket_id NOT IN (SELECT ticket_id FROM print_job WHERE ticket_id IS NOT NULL)`);
  db.run(sql`DELETE FROM visit WHERE visit_id NOT IN (SELECT visit_id FROM ticket)`);
  db.run(sql`DELETE FROM reserve`);
  db.run(sql`DELETE FROM snapshot`);
  db.run(sql`DELETE FROM unread_row`);
  db.run(sql`DELETE FROM signing_key`);
  db.run(sql`DELETE FROM sealing_key`);
  db.run(sql`DELETE FROM wrong_try`);
  db.run(sql`DELETE FROM entry_lock`);
  db.run(sql`DELETE FROM done_attempt`);
  // What the centre has is of no further use here.
  db.run(sql`UPDATE sync SET cursor = ''`);
};

/** Whether something of a visitor is left on a device that was stopped: paper that was under way. */
export const isLeft = (db: ReadDb): boolean =>
  db.get(sql`SELECT 1 AS one FROM visit UNION ALL SELECT 1 FROM request LIMIT 1`) !== undefined;

/** Wipes what was left for the printer's sake. To be called now and then while the device is stopped. */
export const wipeRest = (store: Store): void => {
  if (!store.read(isLeft)) return;
  store.write(forgetPeople);
  emptyLog(store);
};

/** Stops the device for good: wiped, and said so. Calling it again does nothing more. */
export const stopDevice = (store: Store, secrets: Secrets, why: Stopped, now: number): void => {
  store.write((db) => {
    if (readStopped(db) !== null) return;
    forgetRegistry(db);
    forgetPeople(db);
    db.run(sql`UPDATE sync SET stopped = ${why}`);
    audit(db, { at: now, actor: 'system', action: 'device.stopped', entityId: '', detail: { why } });
  });
  // The keys go last: until the rows are gone somebody may want to try once more.
  forgetDeviceKey(secrets);
  forgetSealKey(secrets);
  emptyLog(store);
};
