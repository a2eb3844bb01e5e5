import { addDays } from '../../../shared/domain/business-day.ts';
import { MOST_DAYS_TOGETHER } from '../../../shared/domain/day-numbers.ts';

/** Which days are looked at. */

export const RANGES = ['today', 'yesterday', 'week', 'month', 'own'] as const;
export type Range = (typeof RANGES)[number];

/** Both days included, `YYYY-MM-DD`. */
export interface Span {
  from: string;
  until: string;
}

const DATE = /^[12]\d{3}-\d{2}-\d{2}$/;

/** @returns the days, earliest first; null when the dates are none, not in order, or too many */
const ownSpan = ({ from, until }: Span): Span | null => {
  if (!DATE.test(from) || !DATE.test(until) || from > until) return null;
  return addDays(from, MOST_DAYS_TOGETHER - 1) < until ? null : { from, until };
};

/** @param own the dates that stand in the fields; @returns null when they cannot be used */
export const spanOf = (range: Range, today: string, own: Span): Span | null => {
  switch (range) {
    case 'today':
      return { from: today, until: today };
    case 'yesterday':
      return { from: addDays(today, -1), until: addDays(today, -1) };
    case 'week':
      return { from: addDays(today, -6), until: today };
    case 'month':
      return { from: addDays(today, -27), until: today };
    default:
      return ownSpan(own);
  }
};
