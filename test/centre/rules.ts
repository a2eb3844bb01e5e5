import { z } from 'zod';
import { addDays, startOfBusinessDay } from '../../shared/domain/business-day.ts';
import { serviceRecord, type Operation, type ServiceRecord } from '../../shared/contracts/centre/schemas.ts';
import { windowsOf, type Windows } from '../../shared/domain/decide.ts';
import { openSpans } from '../../shared/domain/hours.ts';
import { EVERYBODY, readEntity } from './change-log.ts';
import { officeDate, readOffice, type Context } from './context.ts';

/** What the centre decides by: the rules of an office, the time at which something happened, what a service allows. */

const MINUTE_MS = 60_000;

export const officeRules = z.strictObject({
  /** A second scan of a booking later than this after the first is somebody who came back, not a second ticket. */
  return_minutes: z.int().min(0).max(1440).default(30),
  /** Two tickets for one phone within this time may be one person. */
  duplicate_minutes: z.int().min(0).max(1440).default(15),
  /** Business days for which it is kept who somebody was. */
  personal_days: z.int().min(1).max(3650).default(30),
});
type OfficeRules = z.output<typeof officeRules>;

export const rulesOf = ({ db }: Context, officeId: number): OfficeRules => {
  const row = db.prepare<[number], { data: string }>('SELECT data FROM office_rules WHERE office_id = ?').get(officeId);
  return officeRules.parse(row ? JSON.parse(row.data) : {});
};

export const setRules = ({ db }: Context, officeId: number, rules: OfficeRules): void => {
  db.prepare('INSERT INTO office_rules VALUES (?, ?) ON CONFLICT DO UPDATE SET data = excluded.data').run(
    officeId,
    JSON.stringify(rules),
  );
};

/** A clock that may be off by more than this is not relied on. */
const UNCERTAIN_MS = 10 * MINUTE_MS;

/**
 * When an operation happened, never after it was received. `at` is the device's word; `ranked` decides what was before
 * what: it is the same, but for a clock that cannot be relied on the latest time that it may have been. So such a clock
 * never makes somebody first whom it only may have been; and who was first whatever his clock says, still is.
 */
export const timesOf = (
  context: Context,
  op: Pick<Operation, 'occurred_at' | 'clock'>,
): { at: number; ranked: number } => {
  const received = context.now();
  const at = Math.min(op.occurred_at, received);
  const { clock } = op;
  if (!clock || (clock.src !== 'none' && clock.err_ms <= UNCERTAIN_MS)) return { at, ranked: at };
  return { at, ranked: clock.src === 'none' ? received : Math.min(received, Math.ceil(op.occurred_at + clock.err_ms)) };
};

/** Services that were read, by their text: they are asked for with every visit. */
const services = new Map<string, ServiceRecord>();
const MAX_SERVICES = 500;

const readService = (context: Context, serviceId: number): ServiceRecord | null => {
  const row = context.db
    .prepare<[string, number], { data: string }>(
      `SELECT data FROM entity WHERE collection = 'service' AND id = ? AND audience = ?`,
    )
    .get(String(serviceId), EVERYBODY);
  if (!row) return null;
  const known = services.get(row.data);
  if (known) return known;
  const service = serviceRecord.parse(JSON.parse(row.data));
  if (services.size >= MAX_SERVICES) services.clear();
  services.set(row.data, service);
  return service;
};

/** When a booking of a service at a time may be checked in; null for an office or a service that is not there. */
export const checkinTimes = (
  context: Context,
  officeId: number,
  serviceId: number,
  startsAt: number,
): Windows | null => {
  const office = readOffice(context, officeId);
  const service = readService(context, serviceId);
  if (!office || !service) return null;
  const { policy } = service;
  const date = officeDate(context, officeId, startsAt);
  const dayStart = (day: string): number => startOfBusinessDay(day, office.time_zone, office.day_change_minutes);
  return windowsOf(
    startsAt,
    {
      earlyMinutes: policy.early_minutes,
      earlyAnnouncedMinutes: policy.early_announced_minutes,
      lateMinutes: policy.late_minutes,
      graceMinutes: policy.grace_minutes,
      afterGrace: policy.after_grace,
    },
    { from: dayStart(date), until: dayStart(addDays(date, 1)) },
  );
};

/** How many more than there are places a slot of the service may have. */
export const overbookOf = (context: Context, serviceId: number): number =>
  readService(context, serviceId)?.policy.overbook ?? 0;

/**
 * Whether a service was not to be had any more when somebody came for it: it is no longer offered, not without a booking,
 * or closed for the rest of his day.
 * @returns where he may go instead (null: nobody knows), or null when all is well
 */
export const redirectFor = (
  context: Context,
  officeId: number,
  visit: { serviceId: number; at: number; walkIn: boolean; date: string },
): { to: number | null } | null => {
  const service = readService(context, visit.serviceId);
  if (!service) {
    // One that never was here is the device's own affair.
    const gone = context.db
      .prepare(
        `SELECT 1 FROM current_row WHERE audience = ? AND role = '' AND collection = 'service' AND id = ? AND op = 'del'`,
      )
      .get(EVERYBODY, String(visit.serviceId));
    return gone === undefined ? null : { to: null };
  }
  const to = service.policy.redirect_to;
  const instead = to !== null && readEntity(context, 'service', String(to)) !== null ? to : null;
  if (visit.walkIn && !service.policy.walk_in) return { to: instead };
  const office = readOffice(context, officeId);
  if (!service.hours || !office) return null;
  const { hours } = service;
  const open = [visit.date, addDays(visit.date, 1)]
    .flatMap((date) => openSpans(hours, date, office.time_zone))
    .some(({ from, until }) => until > visit.at && officeDate(context, officeId, from) === visit.date);
  return open ? null : { to: instead };
};
