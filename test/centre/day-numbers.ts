import { addDays, localTime } from '../../shared/domain/business-day.ts';
import { summarise, type NumberedVisit } from '../../shared/domain/day-numbers.ts';
import { bookingsOn } from './bookings.ts';
import { putEntity } from './change-log.ts';
import { LIVE_DAYS } from './conflicts.ts';
import { readOffice, type Context } from './context.ts';
import { visitsOn } from './visits.ts';

/** The numbers of business days that are over, for the desks of the office: nobody is in them. */

/** Whoever was expected and is in none of these by the end of the day did not come. */
const EXPECTED: ReadonlySet<string> = new Set(['booked', 'rescheduled', 'no-show']);

const putNumbers = (context: Context, officeId: number, date: string): void => {
  const office = readOffice(context, officeId);
  if (!office) return;
  const visits = visitsOn(context, officeId, date).map(
    ({ origin, via, arrived_at, state, services }): NumberedVisit => ({
      origin,
      via,
      arrivedAt: arrived_at,
      state,
      services: services.map((stage) => ({
        serviceId: stage.service_id,
        windowId: stage.window_id,
        calledAt: stage.called_at,
        servingAt: stage.serving_at,
        doneAt: stage.done_at,
        state: stage.state,
      })),
    }),
  );
  const noShows = bookingsOn(context, officeId, date)
    .filter(({ status }) => EXPECTED.has(status))
    .map(({ service_id: service }) => service);
  // A day on which nobody was there and nobody was expected was none.
  if (visits.length === 0 && noShows.length === 0) return;
  const hourOf = (at: number): number => localTime(at, office.time_zone).hour;
  putEntity(context, 'day_numbers', date, summarise(visits, { noShows, hourOf }), officeId);
};

/**
 * Makes the numbers of the days that are over, when the day changes: of those since the last change, and once more of the
 * days of which something may have been told since.
 * @param last the day that it was when this was done last
 * @param since the first day of which the centre knows all; what was put in for those before stays
 */
export const makeDayNumbers = (
  context: Context,
  officeId: number,
  { last, since, today }: { last: string; since: string; today: string },
): void => {
  const told = addDays(last, -LIVE_DAYS);
  for (let date = told > since ? told : since; date < today; date = addDays(date, 1)) {
    putNumbers(context, officeId, date);
  }
};
