import { z } from 'zod';
import { LONGEST_MINUTES, MOST_PARTS } from '../../domain/day-numbers.ts';
import { serviceId } from '../../domain/model.ts';

/**
 * What a business day was like, without anybody in it: counts and histograms (see shared/domain/day-numbers.ts for what
 * each counts). Its id is the business date. The centre tells it when the day is over.
 */

/** No office has more visitors in a day. */
const count = z.int().min(0).max(1_000_000);
/** Counts by minutes, those above the last one that is not empty left out. */
const histogram = z.array(count).max(LONGEST_MINUTES + 1);

const partNumbers = z.object({
  visits: count,
  booked: count,
  walk_ins: count,
  /** Who went away, or did not come when called. */
  left: count,
  /** Arrivals by the hour of the office's clock, 0-23. */
  hours: z.array(count).length(24),
  waits: histogram,
  serving: histogram,
});
export type PartNumbers = z.output<typeof partNumbers>;

const serviceNumbers = partNumbers.extend({
  id: serviceId,
  /** Bookings of this service that nobody came for. */
  no_shows: count,
});
export type ServiceNumbers = z.output<typeof serviceNumbers>;

export const dayNumbersRecord = z.object({
  all: partNumbers.extend({ no_shows: count }),
  /** Where the ticket was taken. */
  ways: z.object({ kiosk: partNumbers, desk: partNumbers }),
  services: z.array(serviceNumbers).max(MOST_PARTS),
  windows: z.array(partNumbers.extend({ id: z.int().min(0) })).max(MOST_PARTS),
});
export type DayNumbers = z.output<typeof dayNumbersRecord>;
