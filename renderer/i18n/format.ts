import { formatTicketNumber, type TicketNumber } from '../../shared/domain/ticket-number.ts';
import type { Language } from '../../shared/domain/language.ts';

/** Dates and times in the office's zone and the visitor's language. */
export interface Formats {
  time: (at: number) => string;
  /** `понедельник, 23 ноября` */
  day: (at: number) => string;
  /** `23 ноября в 10:30` */
  dayTime: (at: number) => string;
  number: (n: TicketNumber) => string;
}

const LOCALE: Record<Language, string> = { ru: 'ru-RU', en: 'en-GB' };

export const formats = (language: Language, timeZone: string): Formats => {
  const by = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(LOCALE[language], { timeZone, ...options });
  const time = by({ hour: '2-digit', minute: '2-digit' });
  const day = by({ weekday: 'long', day: 'numeric', month: 'long' });
  const dayMonth = by({ day: 'numeric', month: 'long' });
  const at = language === 'ru' ? 'в' : 'at';
  // "в" and its time, a day and its month stay on one line.
  const tied = (text: string): string => text.replaceAll(' ', '\u00a0');
  return {
    time: (ms) => time.format(ms),
    day: (ms) => day.format(ms),
    dayTime: (ms) => `${tied(dayMonth.format(ms))} ${tied(`${at} ${time.format(ms)}`)}`,
    // The letters look alike in both scripts; the ticket says the Cyrillic one.
    number: (n) => formatTicketNumber(n, 'cyrl'),
  };
};
