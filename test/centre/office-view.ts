import { formatTicketNumber, SERIES } from '../../shared/domain/ticket-number.ts';
import { type I18nText } from '../../shared/domain/language.ts';
import { i18nText } from '../../shared/domain/model.ts';
import { officeDate, type Context } from './context.ts';

/** Who came today by a device, for the office's page and for tests. */
export interface VisitView {
  visit_id: string;
  origin: string;
  /** Null: without a booking. */
  booking_id: string | null;
  /** As on the board, `А 047`. */
  ticket: string;
  series: string;
  number: number;
  service: I18nText;
  /** How many services come after it. */
  further: number;
  state: string;
  /** Booked time; null while the booking is not known here, or there is none. */
  starts_at: number | null;
  /** When it was checked in, by the device's clock. */
  occurred_at: number;
  received_at: number;
  /** Slot number and what it is. */
  device: { id: string; slot: number; hardware: string };
  provisional: boolean;
  priority: string;
  /** What was claimed, and whether the desk has seen it. */
  claim: { id: string; confirmed: boolean } | null;
  late: boolean;
  flags: string[];
  copies: number;
  /** Why it needs a decision, such as `double-checkin`. */
  conflict: string | null;
  linked_visit: string | null;
}

interface Row {
  visit_id: string;
  origin: string;
  booking_id: string | null;
  series: string;
  number: number;
  service_id: number;
  service: string | null;
  stages: number;
  state: string;
  role: string;
  starts_at: number | null;
  occurred_at: number;
  received_at: number;
  device_id: string;
  slot_no: number;
  hardware: string;
  provisional: number;
  priority: string;
  claim: string | null;
  claim_confirmed: number;
  late: number;
  flags: string;
  copies: number | null;
  conflict: string | null;
  linked_visit: string | null;
}

/** As on the board. A number that no device should have given is shown as it is: the page must not fail for it. */
export const boardNumber = (seriesText: string, number: number): string =>
  number % 1000 === 0
    ? `${seriesText} ${number}`
    : formatTicketNumber({ series: SERIES.find((known) => known === seriesText) ?? 'A', number }, 'cyrl');

export const serviceName = (name: string | null, id: number): I18nText =>
  name === null ? { ru: `Услуга ${id}` } : i18nText.parse(JSON.parse(name));

/** Visits of the office's business day that devices told of, the latest first. */
export const visitsToday = (context: Context, officeId: number): VisitView[] =>
  context.db
    .prepare<[number, string], Row>(
      `SELECT visit.*, booking.starts_at, device.slot_no, device.hardware, entity.data ->> '$.name' AS service,
         json_array_length(visit.services) AS stages, visit_copies.copies,
         conflict.type AS conflict, conflict.other_visit_id AS linked_visit
       FROM visit JOIN device USING (device_id) LEFT JOIN booking USING (booking_id)
       LEFT JOIN visit_copies USING (visit_id)
       LEFT JOIN conflict ON conflict.conflict_id = visit.op_id AND conflict.visit_id = visit.visit_id AND absent = 0
       LEFT JOIN entity ON entity.collection = 'service' AND entity.id = CAST(visit.service_id AS TEXT)
       WHERE visit.office_id = ? AND visit.business_date = ? ORDER BY visit.received_at DESC, visit.visit_id DESC`,
    )
    .all(officeId, officeDate(context, officeId, context.now()))
    .map((row) => ({
      visit_id: row.visit_id,
      origin: row.origin,
      booking_id: row.booking_id,
      ticket: boardNumber(row.series, row.number),
      series: row.series,
      number: row.number,
      service: serviceName(row.service, row.service_id),
      further: Math.max(0, row.stages - 1),
      state: row.role === 'undone' ? 'left' : row.state,
      starts_at: row.starts_at,
      occurred_at: row.occurred_at,
      received_at: row.received_at,
      device: { id: row.device_id, slot: row.slot_no, hardware: row.hardware },
      provisional: row.provisional === 1,
      priority: row.priority,
      claim: row.claim === null ? null : { id: row.claim, confirmed: row.claim_confirmed === 1 },
      late: row.late === 1,
      flags: JSON.parse(row.flags) as string[],
      copies: row.copies ?? 0,
      conflict: row.conflict,
      linked_visit: row.linked_visit,
    }));
