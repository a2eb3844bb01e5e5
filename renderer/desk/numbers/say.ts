import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { LONGEST_MINUTES } from '../../../shared/domain/day-numbers.ts';
import { useDesk } from '../view.ts';
import type { Span } from './range.ts';

/** Numbers as they are written at a desk. What is not known is a dash. */
export interface Say {
  count: (n: number | null) => string;
  minutes: (n: number | null) => string;
  /** The same where its place says that it is minutes. */
  bare: (n: number | null) => string;
  /** @param n 0 to 1 */
  share: (n: number | null) => string;
  /** `9:00` */
  hour: (hour: number) => string;
  /** `пн, 16 марта` */
  day: (date: string) => string;
  /** `16.03` */
  shortDay: (date: string) => string;
  days: (span: Span) => string;
}

const NOTHING = '—';

export const useSay = (): Say => {
  const { t } = useTranslation();
  const { language } = useDesk();
  return useMemo(() => {
    const locale = language === 'en' ? 'en-GB' : 'ru-RU';
    const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
    const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
    // Business days are dates, not moments: no zone may move them.
    const day = new Intl.DateTimeFormat(locale, {
      timeZone: 'UTC',
      weekday: 'short',
      day: 'numeric',
      month: 'long',
    });
    const shortDay = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', day: '2-digit', month: '2-digit' });
    const dates = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', dateStyle: 'long' });
    const at = (date: string): number => Date.parse(`${date}T00:00:00Z`);
    return {
      count: (n) => (n === null ? NOTHING : number.format(n)),
      minutes: (n) => {
        if (n === null) return NOTHING;
        return t(n >= LONGEST_MINUTES ? 'numbers.longest' : 'numbers.minutes', { minutes: n });
      },
      bare: (n) => (n === null ? NOTHING : n >= LONGEST_MINUTES ? `${n}+` : number.format(n)),
      share: (n) => (n === null ? NOTHING : percent.format(n)),
      hour: (hour) => `${hour}:00`,
      day: (date) => day.format(at(date)),
      shortDay: (date) => shortDay.format(at(date)),
      days: ({ from, until }) => dates.formatRange(at(from), at(until)),
    };
  }, [t, language]);
};
