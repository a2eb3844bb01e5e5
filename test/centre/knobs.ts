import { staffRecord, windowRecord } from '../../shared/contracts/centre/schemas.ts';
import { markNoShows, plainBooking, putBooking, readBooking, type Booking } from './bookings.ts';
import { EVERYBODY, keepEntities, putEntity, readEntities, readEntity } from './change-log.ts';
import { readOffice, type Context } from './context.ts';
import type { Control, Gate } from './control.ts';
import { createCode, revokeDevice } from './devices.ts';
import { verifiersOf } from './factors.ts';
import type { Hall } from './hall.ts';
import { confirmation } from './keys.ts';
import { ProblemError } from './problems.ts';
import { erase, purge } from './retention.ts';
import { callVisit, confirmClaim, finishVisit, leaveVisit, serveVisit, uncallVisit } from './serving.ts';
import { setFree } from './slots.ts';
import { smsTasks, type SmsTask } from './sms.ts';
import { emergencyCode, pinVerifierOf, putStaff } from './staff.ts';

/** What the knobs do that stand for somebody at the centre: staff, the booking portal, the administrator. */

/** What `control` has to say. */
export interface ControlAnswer {
  booking?: { id: string; number: string; token: string };
  code?: string;
  /** The tickets of an office that are to be sent, the latest first. */
  sms?: SmsTask[];
  /** The code of an envelope; null: there is none. */
  emergency?: string | null;
}

/** So many tasks are told. */
const LATEST_TASKS = 200;

type Knob<K extends keyof Control> = NonNullable<Control[K]>;

const newBooking = (context: Context, { factors, id, ...given }: Knob<'book'>): Booking => {
  if (!readOffice(context, given.office_id)) {
    throw new ProblemError('not-found', `there is no office ${given.office_id}`);
  }
  return putBooking(
    context,
    plainBooking({ ...given, ...(id === undefined ? {} : { id }), factors: verifiersOf(factors) }),
  );
};

const bookingOrThrow = (context: Context, id: string): Booking => {
  const booking = readBooking(context, id);
  if (!booking) throw new ProblemError('not-found', `there is no booking ${id}`);
  return booking;
};

const move = (context: Context, given: Knob<'move'>): void => {
  const booking = bookingOrThrow(context, given.booking);
  const { office_id = booking.office_id, starts_at = booking.starts_at } = given;
  putBooking(context, { ...booking, office_id, starts_at, revision: booking.revision + 1 });
};

const setWindow = (context: Context, given: Knob<'window'>): void => {
  const { office_id: officeId, window: id, state, until } = given;
  const window = windowRecord.safeParse(readEntity(context, 'window', String(id), officeId));
  if (!window.success) throw new ProblemError('not-found', `there is no window ${id} in office ${officeId}`);
  putEntity(context, 'window', id, { ...window.data, state, until }, officeId);
};

const setStaff = (context: Context, { id, office_id: office, pin, ...given }: Knob<'staff'>): void => {
  const audience = office ?? EVERYBODY;
  const known = staffRecord.safeParse(readEntity(context, 'staff', id, audience));
  const { name = id, role = 'receptionist', ...rest } = { ...known.data, ...given };
  const verifier = pin === undefined ? known.data?.pin : pinVerifierOf(pin);
  if (!verifier) throw new ProblemError('invalid-request', `${id} is new: a PIN is missing`);
  const code = pin !== undefined && known.data?.emergency === true ? pin : null;
  putStaff(context, id, { ...rest, name, role, pin: verifier }, audience, code);
};

const setSetting = (context: Context, { id, office_id: office, value }: Knob<'setting'>): void => {
  const audience = office ?? EVERYBODY;
  if (value !== undefined) {
    putEntity(context, 'setting', id, { value }, audience);
    return;
  }
  const others = readEntities(context, 'setting', audience).filter((known) => known.id !== id);
  keepEntities(
    context,
    'setting',
    others.map((known) => known.id),
    audience,
  );
};

const setVisit = (context: Context, { visit, to, window }: Knob<'visit'>): void => {
  switch (to) {
    case 'called':
      return callVisit(context, visit, window);
    case 'waiting':
      return uncallVisit(context, visit);
    case 'serving':
      return serveVisit(context, visit, window);
    case 'done':
      return finishVisit(context, visit);
    case 'left':
      return leaveVisit(context, visit);
    case 'confirm':
      return confirmClaim(context, visit);
  }
};

const turnHall = (hall: Hall | null, counters: Knob<'counters'>): void => {
  if (!hall) throw new ProblemError('not-found', 'only the demo has a hall');
  if (typeof counters === 'string') hall.run(counters === 'run');
  else hall.step(counters.step);
};

/** All of it or nothing, but for a backup: see index.ts. @throws ProblemError `not-found` for what is not there */
export const turnKnobs = (context: Context, gate: Gate, hall: Hall | null, change: Control): ControlAnswer =>
  context.write(() => {
    const answer: ControlAnswer = {};
    if (change.cancel !== undefined) {
      putBooking(context, { ...bookingOrThrow(context, change.cancel), status: 'cancelled', ticket: null });
    }
    if (change.move) move(context, change.move);
    if (change.book) {
      const booking = newBooking(context, change.book);
      answer.booking = { id: booking.id, number: booking.number, token: confirmation(context, booking) };
    }
    if (change.slots && !setFree(context, change.slots.office_id, change.slots.slot, change.slots.free)) {
      throw new ProblemError('not-found', `there is no slot ${change.slots.slot}`);
    }
    if (change.window) setWindow(context, change.window);
    if (change.visit) setVisit(context, change.visit);
    if (change.staff) setStaff(context, change.staff);
    if (change.setting) setSetting(context, change.setting);
    if (change.sms !== undefined) answer.sms = smsTasks(context, change.sms, LATEST_TASKS);
    if (change.emergency) {
      answer.emergency = emergencyCode(context, change.emergency.office_id, change.emergency.staff);
    }
    if (change.revoke !== undefined && !revokeDevice(context, change.revoke)) {
      throw new ProblemError('not-found', `there is no device ${change.revoke}`);
    }
    if (change.erase !== undefined) erase(context, bookingOrThrow(context, change.erase).id);
    if (change.purge) purge(context);
    if (change.noShows !== undefined) markNoShows(context, change.noShows);
    if (change.code) answer.code = createCode(context, change.code.office_id, change.code.roles);
    if (change.counters !== undefined) turnHall(hall, change.counters);
    gate.set(change);
    if (change.minSchema !== undefined) context.minSchema = change.minSchema;
    if (change.restore) context.newEpoch();
    return answer;
  });
