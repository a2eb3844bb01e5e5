import type { Wall } from './dates.ts';
import { AR, ZH } from './labels-east.ts';
import { EN, RU } from './labels-ru-en.ts';
import { TG } from './labels-tg.ts';
import { KY, TT, UZ } from './labels-turkic.ts';

/** The languages that papers are written in: more than the screens, since a person keeps the paper. */
export const PAPER_LANGUAGES = ['ru', 'en', 'tt', 'uz', 'tg', 'ky', 'zh', 'ar'] as const;
export type PaperLanguage = (typeof PAPER_LANGUAGES)[number];

/** The fixed words of tickets and slips in one language. */
export interface TicketLabels {
  language: PaperLanguage;
  /** Written from right to left. */
  rtl: boolean;
  /** A date in figures, or with its month as a word where figures may be misread. */
  date: (wall: Wall) => string;
  /** A day of the week with its date, without the year. */
  day: (wall: Wall) => string;
  yourNumber: string;
  bookedFor: string;
  place: string;
  bring: string;
  /** Papers that found no room on the ticket. */
  more: (count: number) => string;
  /** What the bar of a copy says. */
  copy: string;
  notConfirmed: string;
  notConfirmedNote: string;
  footer: string;
  /** How many are before him: a label and its value, `2 человека`. */
  ahead: string;
  people: (count: number) => string;
  /** How long that takes, minutes: a label and its value, `15–25 минут`. */
  wait: string;
  minutes: (from: number, to: number) => string;
  /** Above a list of several services. */
  inOrder: string;
  priority: Readonly<Record<'first' | 'out-of-turn', string>>;
  /** What the mark rests on has yet to be seen; a document's name may follow. */
  showDocument: string;
  late: string;
  /** Of a slip: above the day and the time. */
  booked: string;
  askedFor: string;
  arriveFrom: (time: string) => string;
  /** A label; the number follows. */
  bookingNumber: string;
  address: string;
  slipFooter: string;
  slipNotConfirmedNote: string;
}

const ALL: Readonly<Record<PaperLanguage, TicketLabels>> = {
  ru: RU,
  en: EN,
  tt: TT,
  uz: UZ,
  tg: TG,
  ky: KY,
  zh: ZH,
  ar: AR,
};

/** @returns the words in `language` (BCP 47; only its first part counts), in Russian when no paper is written in it. */
export const ticketLabels = (language: string): TicketLabels => {
  const wanted = language.toLowerCase().split('-', 1)[0];
  return ALL[PAPER_LANGUAGES.find((known) => known === wanted) ?? 'ru'];
};

/** The words of a paper: the visitor's, and those of the staff, which are the same object where the language is. */
export interface PaperWords {
  own: TicketLabels;
  staff: TicketLabels;
}

export const paperWords = ({ language, staffLanguage }: { language: string; staffLanguage: string }): PaperWords => ({
  own: ticketLabels(language),
  staff: ticketLabels(staffLanguage),
});

/** A word that staff must be able to read: the visitor's, then theirs where it is another. */
export const forBoth = ({ own, staff }: PaperWords, of: (labels: TicketLabels) => string): string[] => [
  ...new Set([of(own), of(staff)]),
];
