import type { Operation } from '../../shared/contracts/centre/schemas.ts';
import type { Context } from './context.ts';
import type { Device } from './devices.ts';
import { boardNumber } from './office-view.ts';
import { applied, conflict, type Outcome } from './outcome.ts';
import { timesOf } from './rules.ts';
import { openNow } from './sealing.ts';
import { visitRow } from './visits.ts';

/** Tickets that go to a phone instead of a printer: a list of tasks for whoever sends text messages. */

export interface SmsTask {
  op_id: string;
  visit_id: string;
  /** As on the board; null while the visit has not been heard of. */
  ticket: string | null;
  /** Null when it cannot be opened, or has been erased. */
  phone: string | null;
  consent_version: string;
  at: number;
}

/** The visit may be told of later; of another office it is not. */
export const sendTicket = (
  context: Context,
  device: Device,
  op: Extract<Operation, { type: 'ticket.send' }>,
): Outcome => {
  if (!device.roles.includes('desk')) return conflict('not-allowed', 'Only a desk sends tickets');
  const { visit_id: visitId, sealed, consent_version: consent } = op.payload;
  const row = visitRow(context, visitId);
  if (row && row.office_id !== device.officeId) return conflict('not-found', 'There is no such visit');
  context.db
    .prepare('INSERT INTO sms_task VALUES (?, ?, ?, ?, ?, ?, ?)')
    .run(device.id, op.op_id.toLowerCase(), device.officeId, visitId, sealed, consent, timesOf(context, op).at);
  context.tell({ type: 'visit' });
  return openNow(context, sealed)?.phone === undefined
    ? conflict('not-readable', 'It is not sealed to this centre, or has no phone in it')
    : applied;
};

interface TaskRow {
  op_id: string;
  visit_id: string;
  sealed: string | null;
  consent_version: string;
  at: number;
}

/** Those of an office, the latest first. @param limit at most */
export const smsTasks = (context: Context, officeId: number, limit: number): SmsTask[] =>
  context.db
    .prepare<[number, number], TaskRow>(
      'SELECT * FROM sms_task WHERE office_id = ? ORDER BY at DESC, op_id DESC LIMIT ?',
    )
    .all(officeId, limit)
    .map(({ op_id, visit_id, sealed, consent_version, at }) => {
      const row = visitRow(context, visit_id);
      return {
        op_id,
        visit_id,
        ticket: row ? boardNumber(row.series, row.number) : null,
        phone: sealed === null ? null : (openNow(context, sealed)?.phone ?? null),
        consent_version,
        at,
      };
    });
