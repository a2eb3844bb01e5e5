import { CallFailure } from '../../../shared/contracts/result.ts';
import { addDays, businessDate, startOfBusinessDay } from '../../../shared/domain/business-day.ts';
import { DEFAULT_CHECKIN_POLICY, type CheckinPolicy } from '../../../shared/domain/decide.ts';
import { readDevice, readOffice, readService, type Device, type Office } from '../store/registry.ts';
import type { ReadDb } from '../store/sql.ts';
import { readStopped } from '../sync/stopped.ts';

/** Where and when this is: the device's office, and its business day. */
export interface Here {
  device: Device;
  office: Office;
  /** Business day of now. */
  day: string;
  dayOf: (at: number) => string;
  /** First moment of the business day of `at`, and of the next one. */
  dayBounds: (at: number) => { from: number; until: number };
}

/** @throws CallFailure not-enrolled */
export const here = (db: ReadDb, now: number): Here => {
  const device = readDevice(db);
  if (!device) throw new CallFailure('not-enrolled', 'this device belongs to no office yet: enrol it');
  const stopped = readStopped(db);
  if (stopped) throw new CallFailure('not-enrolled', `this device is out of service (${stopped}): enrol it anew`);
  const office = readOffice(db, device.officeId);
  if (!office)
    throw new CallFailure('not-enrolled', `office ${device.officeId} has not been received from the centre yet`);
  const { time_zone: zone, day_change_minutes: change } = office;
  const dayOf = (at: number) => businessDate(at, zone, change);
  return {
    device,
    office,
    day: dayOf(now),
    dayOf,
    dayBounds: (at) => {
      const day = dayOf(at);
      return { from: startOfBusinessDay(day, zone, change), until: startOfBusinessDay(addDays(day, 1), zone, change) };
    },
  };
};

/** A service that has not arrived yet has the default rules. */
export const checkinPolicyOf =
  (db: ReadDb) =>
  (serviceId: number): CheckinPolicy => {
    const policy = readService(db, serviceId)?.policy;
    if (!policy) return DEFAULT_CHECKIN_POLICY;
    return {
      earlyMinutes: policy.early_minutes,
      earlyAnnouncedMinutes: policy.early_announced_minutes,
      lateMinutes: policy.late_minutes,
      graceMinutes: policy.grace_minutes,
      afterGrace: policy.after_grace,
    };
  };
