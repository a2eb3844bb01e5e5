import { formatTicketNumber, type TicketNumber } from '../../shared/domain/ticket-number.ts';
import type { Language } from '../../shared/domain/language.ts';

/** Dates, times and words with numbers, in the office's zone and the visitor's language. */
export interface Formats {
  time: (at: number) => string;
  /** `понедельник, 23 ноября` */
  day: (at: number) => string;
  /** `23 ноября в 10:30` */
  dayTime: (at: number) => string;
  /** `23 ноября` */
  dayMonth: (at: number) => string;
  /** `сегодня`, `завтра`, else `ср`; `now` is the wall clock. */
  dayName: (at: number, now: number) => string;
  /** `сегодня в 10:30`, `завтра в 10:30`, else `ср, 25 ноября в 10:30` */
  soon: (at: number, now: number) => string;
  /** 0-23, on the clock of the office. */
  hour: (at: number) => number;
  number: (n: TicketNumber) => string;
  /** `7 человек` */
  people: (n: number) => string;
  /** `ждут 12 человек` */
  waiting: (n: number) => string;
  /** A wait in minutes as a range in words: `15–25 минут`, `меньше 5 минут`, `1,5–2 часа`. */
  wait: (from: number, to: number) => string;
  /** The same for a small place: `15–25 мин`. */
  waitShort: (from: number, to: number) => string;
}

const LOCALE: Record<Language, string> = { ru: 'ru-RU', en: 'en-GB' };
const NBSP = '\u00a0';
/** Longer waits are told in hours, minutes. */
const IN_HOURS = 90;
const HALF = 30;

/** Forms of a word by plural category; `many` is also what stands after «до» for everything but 1. */
type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

const WORDS: Record<Language, Record<'person' | 'minute' | 'hour', Forms>> = {
  ru: {
    person: { one: 'человек', few: 'человека', many: 'человек', other: 'человека' },
    minute: { one: 'минута', few: 'минуты', many: 'минут', other: 'минуты' },
    hour: { one: 'час', few: 'часа', many: 'часов', other: 'часа' },
  },
  en: {
    person: { one: 'person', other: 'people' },
    minute: { one: 'minute', other: 'minutes' },
    hour: { one: 'hour', other: 'hours' },
  },
};
/** After «до» and «меньше»: до 1 часа, до 1,5 часа, до 2 часов. */
const GENITIVE: Record<'minute' | 'hour', Forms> = {
  minute: { one: 'минуты', few: 'минут', many: 'минут', other: 'минуты' },
  hour: { one: 'часа', few: 'часов', many: 'часов', other: 'часа' },
};
const SHORT: Record<Language, { minute: string; hour: string; less: string; upTo: string }> = {
  ru: { minute: 'мин', hour: 'ч', less: 'до', upTo: 'до' },
  en: { minute: 'min', hour: 'h', less: 'under', upTo: 'up to' },
};

interface Range {
  unit: 'minute' | 'hour';
  /** Null: there is no lower end. */
  from: number | null;
  to: number;
  less: boolean;
}
/** In hours the ends go outwards to the half hour, and «0,5» is said of nothing: less is never promised. */
const rangeOf = (from: number, to: number): Range => {
  if (to > IN_HOURS) {
    const low = Math.floor(from / HALF) / 2;
    return { unit: 'hour', from: low >= 1 ? low : null, to: Math.ceil(to / HALF) / 2, less: false };
  }
  if (from <= 0) return { unit: 'minute', from: null, to: Math.max(5, to), less: to <= 5 };
  return { unit: 'minute', from, to: Math.max(from, to), less: false };
};

/** A range of numbers (`windows 1–4`) stays on one line. */
export const unbroken = (text: string): string => text.replaceAll(/(\d)–(\d)/g, '$1\u2060–\u2060$2');

export const formats = (language: Language, timeZone: string): Formats => {
  const locale = LOCALE[language];
  const by = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, { timeZone, ...options });
  const time = by({ hour: '2-digit', minute: '2-digit' });
  const day = by({ weekday: 'long', day: 'numeric', month: 'long' });
  const dayMonth = by({ day: 'numeric', month: 'long' });
  const weekday = by({ weekday: 'short' });
  const hour = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', hourCycle: 'h23' });
  const date = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  const dayNumber = (at: number): number => Math.round(Date.parse(`${date.format(at)}T00:00:00Z`) / 86_400_000);
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const plural = new Intl.PluralRules(locale);
  const decimal = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const at = language === 'ru' ? 'в' : 'at';
  // "в" and its time, a day and its month, a number and its word stay on one line.
  const tied = (text: string): string => text.replaceAll(' ', NBSP);
  const form = (forms: Forms, n: number): string => forms[plural.select(n)] ?? forms.other;
  const counted = (n: number, word: 'person' | 'minute' | 'hour'): string =>
    `${decimal.format(n)}${NBSP}${form(WORDS[language][word], n)}`;
  const dayName = (ms: number, now: number): string => {
    const days = dayNumber(ms) - dayNumber(now);
    return days === 0 || days === 1 ? relative.format(days, 'day') : weekday.format(ms);
  };
  const span = ({ from, to }: Range): string =>
    from === null || from === to ? decimal.format(to) : `${decimal.format(from)}–${decimal.format(to)}`;
  return {
    time: (ms) => time.format(ms),
    day: (ms) => day.format(ms),
    dayTime: (ms) => `${tied(dayMonth.format(ms))} ${tied(`${at} ${time.format(ms)}`)}`,
    dayMonth: (ms) => tied(dayMonth.format(ms)),
    dayName,
    soon: (ms, now) => {
      const days = dayNumber(ms) - dayNumber(now);
      const when = tied(`${at} ${time.format(ms)}`);
      if (days === 0 || days === 1) return `${dayName(ms, now)} ${when}`;
      return `${weekday.format(ms)}, ${tied(dayMonth.format(ms))} ${when}`;
    },
    hour: (ms) => Number(hour.format(ms)),
    // The letters look alike in both scripts; the ticket says the Cyrillic one.
    number: (n) => formatTicketNumber(n, 'cyrl'),
    people: (n) => counted(n, 'person'),
    waiting: (n) => {
      if (language === 'en') return `${counted(n, 'person')}${NBSP}waiting`;
      return `${plural.select(n) === 'one' ? 'ждёт' : 'ждут'} ${counted(n, 'person')}`;
    },
    wait: (low, high) => {
      const range = rangeOf(low, high);
      if (range.from !== null) return `${span(range)}${NBSP}${form(WORDS[language][range.unit], range.to)}`;
      if (language === 'en') return tied(`${range.less ? 'less than' : 'up to'} ${counted(range.to, range.unit)}`);
      return `${range.less ? 'меньше' : 'до'}${NBSP}${span(range)}${NBSP}${form(GENITIVE[range.unit], range.to)}`;
    },
    waitShort: (low, high) => {
      const range = rangeOf(low, high);
      const { less, upTo, ...units } = SHORT[language];
      const end = range.from === null ? `${range.less ? less : upTo}${NBSP}` : '';
      return `${end}${span(range)}${NBSP}${units[range.unit]}`;
    },
  };
};

/** Digits of a Russian mobile number without the country's code. */
export const PHONE_DIGITS = 10;

/** @param digits 0 to 10, what has been typed so far. @returns `+7 916 123-45-67`, or as much of it as there is. */
export const formatPhone = (digits: string): string => {
  const part = (from: number, to: number, before: string): string =>
    digits.length > from ? `${before}${digits.slice(from, to)}` : '';
  return `+7${part(0, 3, NBSP)}${part(3, 6, NBSP)}${part(6, 8, '-')}${part(8, PHONE_DIGITS, '-')}`;
};
