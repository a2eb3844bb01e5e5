import { serviceRecord, walkInPayload, windowRecord } from '../../shared/contracts/centre/schemas.ts';
import type { I18nText } from '../../shared/domain/language.ts';
import { byTurn } from '../../shared/domain/queue.ts';
import { readEntities } from './change-log.ts';
import { conflictsToday } from './conflicts.ts';
import { officeDate, readOffice, type Context } from './context.ts';
import { devicesOf } from './device-rows.ts';
import { boardNumber, serviceName } from './office-view.ts';
import { openPurges } from './retention.ts';
import { openSealed } from './sealing.ts';
import { smsTasks } from './sms.ts';
import { envelopesOf } from './staff.ts';
import { visitRow, visitsInHall, type Visit } from './visits.ts';

/** The hall as it is now, for the office's page: who waits and how long, what the windows do, what staff should look at. */

/** So many of each list. */
const LATEST = 20;
const MINUTE_MS = 60_000;

interface QueueView {
  visit_id: string;
  ticket: string;
  state: string;
  service: I18nText;
  /** Services that are not done yet. */
  left: number;
  priority: string;
  waiting_minutes: number;
  window: I18nText | null;
  /** Told, without the number. */
  phone: boolean;
}

export interface HallView {
  queue: QueueView[];
  windows: { id: number; name: I18nText; state: string; until: number | null; ticket: string | null }[];
  help: {
    help_id: string;
    slot: number;
    screen: string;
    reason: string | null;
    called_at: number;
    taken_by: string | null;
    taken_at: number | null;
    over_at: number | null;
  }[];
  requests: {
    op_id: string;
    slot: number;
    type: string;
    status: string;
    problem: string | null;
    received_at: number;
    withdrawn: boolean;
    phone: boolean;
  }[];
  /** Of each visit the latest. */
  feedback: { visit_id: string; ticket: string | null; score: number; reasons: string[]; words: boolean; at: number }[];
  /** What contradicts what, those to be decided first. */
  conflicts: {
    id: string;
    type: string;
    at: number;
    since: number | null;
    open: boolean;
    /** As on the board: the ticket that it is about, and the one that it collides with. */
    ticket: string | null;
    other: string | null;
    /** What he may go to instead, or asked for. */
    service: I18nText | null;
    /** A number to call is known. */
    phone: boolean;
  }[];
  /** Devices that have not said yet that they erased what they were asked to. */
  purges: { slot: number; rows: number; since: number }[];
  /** The machines of the office. */
  devices: {
    slot: number;
    name: string;
    desk: boolean;
    seen_at: number | null;
    printer: string;
    paper_low: boolean;
    closed: boolean;
    message: I18nText | null;
    revoked: boolean;
  }[];
  /** Tickets that are to be sent; only how the numbers end is shown. */
  sms: { op_id: string; ticket: string | null; ends: string | null; at: number }[];
  /** What belongs into the sealed envelopes. */
  envelopes: { staff_id: string; code: string; made_at: number }[];
  /** Manual entry that was locked today. */
  locked: { slot: number; what: string; until: number; at: number }[];
}

const ORDER = { serving: 0, called: 1, waiting: 2, done: 3, left: 4 } as const;
const byPlace = (a: Visit, b: Visit): number =>
  ORDER[a.state] - ORDER[b.state] ||
  byTurn(
    { priority: a.priority, orderAt: a.order_at, arrivedAt: a.arrived_at },
    { priority: b.priority, orderAt: b.order_at, arrivedAt: b.arrived_at },
  );

const contactShape = walkInPayload.shape.contact;

/** Whether a phone was left and can be used: the number itself goes to no page. */
const hasPhone = async (context: Context, contact: string | null): Promise<boolean> => {
  const read = contactShape.safeParse(contact === null ? null : JSON.parse(contact));
  if (!read.success || !read.data) return false;
  return (await openSealed(context, read.data.sealed))?.phone !== undefined;
};

const queueOf = async (context: Context, visits: readonly Visit[]): Promise<QueueView[]> => {
  const now = context.now();
  const names = new Map(readEntities(context, 'service').map(({ id, data }) => [Number(id), data]));
  const windows = new Map(
    visits.length === 0
      ? []
      : readEntities(context, 'window', visits[0]?.office_id ?? 0).map(({ id, data }) => [
          Number(id),
          windowRecord.parse(data).name,
        ]),
  );
  const contact = context.db.prepare<[string], { contact: string | null }>(
    'SELECT contact FROM visit WHERE visit_id = ?',
  );
  return Promise.all(
    visits.toSorted(byPlace).map(async (visit) => {
      const left = visit.services.filter(({ state }) => state !== 'done' && state !== 'skipped');
      const stage = left[0];
      const data = names.get(stage?.service_id ?? -1);
      const name = data !== null && typeof data === 'object' && 'name' in data ? JSON.stringify(data.name) : null;
      // A visitor who came before his time waits from that time on.
      const from = Math.min(visit.services.find(({ done_at: at }) => at !== null)?.done_at ?? visit.arrived_at, now);
      return {
        visit_id: visit.id,
        ticket: boardNumber(visit.ticket.series, visit.ticket.number),
        state: visit.state,
        service: serviceName(name, stage?.service_id ?? 0),
        left: left.length,
        priority: visit.priority,
        waiting_minutes: Math.floor(((stage?.called_at ?? now) - from) / MINUTE_MS),
        window: (stage?.window_id ?? null) === null ? null : (windows.get(stage?.window_id ?? -1) ?? null),
        phone: await hasPhone(context, contact.get(visit.id)?.contact ?? null),
      };
    }),
  );
};

const helpOf = ({ db }: Context, officeId: number, since: number): HallView['help'] =>
  db
    .prepare<[number, number, number], HallView['help'][number]>(
      `SELECT help_id, slot_no AS slot, screen, reason, called_at, taken_by, taken_at, over_at FROM help_call JOIN device USING (device_id)
       WHERE help_call.office_id = ? AND called_at >= ? ORDER BY over_at IS NOT NULL, called_at DESC LIMIT ?`,
    )
    .all(officeId, since, LATEST);

const requestsOf = async (context: Context, officeId: number): Promise<HallView['requests']> =>
  Promise.all(
    context.db
      .prepare<
        [number, number],
        {
          op_id: string;
          slot: number;
          type: string;
          status: string;
          problem: string | null;
          received_at: number;
          withdrawn: number;
          contact: string | null;
        }
      >(
        `SELECT operation.op_id, slot_no AS slot, operation.type, status, problem_type AS problem, received_at,
           withdrawn.op_id IS NOT NULL AS withdrawn, body ->> '$.payload.contact' AS contact
         FROM operation JOIN device USING (device_id) LEFT JOIN withdrawn USING (device_id, op_id)
         WHERE device.office_id = ? AND operation.type LIKE 'booking.%'
         ORDER BY received_at DESC, operation.seq DESC LIMIT ?`,
      )
      .all(officeId, LATEST)
      .map(async ({ contact, withdrawn, ...row }) => ({
        ...row,
        withdrawn: withdrawn === 1,
        phone: await hasPhone(context, contact),
      })),
  );

const conflictsOf = (context: Context, officeId: number): HallView['conflicts'] => {
  const ticket = (visitId: string | null): string | null => {
    const row = visitId === null ? undefined : visitRow(context, visitId);
    return row ? boardNumber(row.series, row.number) : null;
  };
  const names = new Map(readEntities(context, 'service').map(({ id, data }) => [Number(id), data]));
  const phone = context.db.prepare<[string]>('SELECT 1 FROM person WHERE booking_id = ? AND phone IS NOT NULL');
  return conflictsToday(context, officeId)
    .slice(0, LATEST)
    .map(({ id, type, at, since, open, visit_id, other_visit_id, service_id, booking_id }) => {
      const service = service_id === null ? null : serviceRecord.safeParse(names.get(service_id));
      return {
        id,
        type,
        at,
        since,
        open,
        ticket: ticket(visit_id),
        other: ticket(other_visit_id),
        service: service?.success === true ? service.data.name : null,
        phone: booking_id !== null && phone.get(booking_id) !== undefined,
      };
    });
};

const feedbackOf = ({ db }: Context, officeId: number): HallView['feedback'] =>
  db
    .prepare<
      [number, number],
      {
        visit_id: string;
        series: string | null;
        number: number | null;
        score: number;
        reasons: string;
        words: number;
        at: number;
      }
    >(
      `SELECT feedback.visit_id, series, number, score, reasons, sealed IS NOT NULL AS words, feedback.occurred_at AS at
       FROM feedback LEFT JOIN visit USING (visit_id)
       WHERE feedback.office_id = ? AND NOT EXISTS (SELECT 1 FROM feedback AS later
         WHERE later.visit_id = feedback.visit_id
           AND (later.occurred_at, later.received_at, later.op_id)
             > (feedback.occurred_at, feedback.received_at, feedback.op_id))
       ORDER BY at DESC LIMIT ?`,
    )
    .all(officeId, LATEST)
    .map(({ series, number, reasons, words, ...row }) => ({
      ...row,
      ticket: series === null || number === null ? null : boardNumber(series, number),
      reasons: JSON.parse(reasons) as string[],
      words: words === 1,
    }));

const lockedOf = ({ db }: Context, officeId: number, date: string): HallView['locked'] =>
  db
    .prepare<[number, string, number], HallView['locked'][number]>(
      `SELECT slot_no AS slot, body ->> '$.payload.what' AS what, body ->> '$.payload.until' AS until,
         body ->> '$.occurred_at' AS at
       FROM operation JOIN device USING (device_id)
       WHERE office_id = ? AND type = 'entry.locked' AND body ->> '$.business_date' = ? ORDER BY at DESC LIMIT ?`,
    )
    .all(officeId, date, LATEST);

/** Everything of the office as it is now. */
export const hallView = async (context: Context, officeId: number): Promise<HallView> => {
  const visits = visitsInHall(context, officeId);
  const now = context.now();
  const ticketAt = (windowId: number): string | null => {
    const visit = visits.find(
      ({ state, services }) =>
        state !== 'waiting' &&
        services.some((s) => s.window_id === windowId && (s.state === 'called' || s.state === 'serving')),
    );
    return visit ? boardNumber(visit.ticket.series, visit.ticket.number) : null;
  };
  return {
    queue: await queueOf(context, visits),
    windows: readEntities(context, 'window', officeId).map(({ id, data }) => {
      const { name, state, until } = windowRecord.parse(data);
      return { id: Number(id), name, state, until, ticket: ticketAt(Number(id)) };
    }),
    help: helpOf(context, officeId, now - 12 * 60 * MINUTE_MS),
    requests: await requestsOf(context, officeId),
    feedback: feedbackOf(context, officeId),
    conflicts: conflictsOf(context, officeId),
    purges: openPurges(context, officeId).map(({ slot, rows, since }) => ({ slot, rows, since })),
    devices: devicesOf(context, officeId).map(({ slot_no: slot, name, roles, order, ...device }) => ({
      slot,
      name,
      desk: roles.includes('desk'),
      seen_at: device.seen_at,
      printer: device.printer,
      paper_low: device.paper_low,
      closed: order.closed,
      message: order.message,
      revoked: device.revoked,
    })),
    sms: smsTasks(context, officeId, LATEST).map(({ op_id, ticket, phone, at }) => ({
      op_id,
      ticket,
      ends: phone?.slice(-2) ?? null,
      at,
    })),
    envelopes: envelopesOf(context, officeId),
    locked: readOffice(context, officeId) ? lockedOf(context, officeId, officeDate(context, officeId, now)) : [],
  };
};
