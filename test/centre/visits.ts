import { formatTicketNumber, SERIES } from '../../shared/domain/ticket-number.ts';
import { type I18nText } from '../../shared/domain/language.ts';
import { i18nText } from '../../shared/domain/model.ts';
import { officeDate, type Context } from './context.ts';

/** Who is checked in today, for the office's page and for tests. */
export interface VisitView {
  visit_id: string;
  booking_id: string;
  /** As on the board, `А 047`. */
  ticket: string;
  series: string;
  number: number;
  service: I18nText;
  /** Booked time; null while the booking is not known here. */
  starts_at: number | null;
  /** When it was checked in, by the device's clock. */
  occurred_at: number;
  received_at: number;
  /** Slot number and what it is. */
  device: { id: string; slot: number; hardware: string };
  provisional: boolean;
  copies: number;
  /** Why it needs a decision, such as `double-checkin`. */
  conflict: string | null;
  linked_visit: string | null;
}

interface Row {
  visit_id: string;
  booking_id: string;
  series: string;
  number: number;
  service_id: number;
  service: string | null;
  starts_at: number | null;
  occurred_at: number;
  received_at: number;
  device_id: string;
  slot_no: number;
  hardware: string;
  provisional: number;
  copies: number;
  conflict: string | null;
  linked_visit: string | null;
}

/** Visits of the office's business day, the latest first. */
export const visitsToday = (context: Context, officeId: number): VisitView[] =>
  context.db
    .prepare<[number, string], Row>(
      `SELECT visit.*, booking.starts_at, device.slot_no, device.hardware, entity.data ->> '$.name' AS service
       FROM visit JOIN device USING (device_id) LEFT JOIN booking USING (booking_id)
       LEFT JOIN entity ON entity.collection = 'service' AND entity.id = CAST(visit.service_id AS TEXT)
       WHERE visit.office_id = ? AND visit.business_date = ? ORDER BY visit.received_at DESC, visit.visit_id DESC`,
    )
    .all(officeId, officeDate(context, officeId, context.now()))
    .map((row) => {
      const series = SERIES.find((known) => known === row.series) ?? 'A';
      return {
        visit_id: row.visit_id,
        booking_id: row.booking_id,
        ticket: formatTicketNumber({ series, number: row.number }, 'cyrl'),
        series,
        number: row.number,
        service: row.service === null ? { ru: `Услуга ${row.service_id}` } : i18nText.parse(JSON.parse(row.service)),
        starts_at: row.starts_at,
        occurred_at: row.occurred_at,
        received_at: row.received_at,
        device: { id: row.device_id, slot: row.slot_no, hardware: row.hardware },
        provisional: row.provisional === 1,
        copies: row.copies,
        conflict: row.conflict,
        linked_visit: row.linked_visit,
      };
    });
