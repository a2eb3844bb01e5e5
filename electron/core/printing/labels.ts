import { LANGUAGES, type Language } from '../../../shared/domain/language.ts';
import { type CountedWords, people, waiting } from './words.ts';

/** The fixed words of tickets and slips in one language. */
export interface TicketLabels {
  /** For dates and times (BCP 47). */
  locale: string;
  /** A month as figures where nobody can take it for the day. */
  month: '2-digit' | 'short';
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
  /** A time follows. */
  arriveFrom: string;
  /** A label; the number follows. */
  bookingNumber: string;
  address: string;
  slipFooter: string;
  slipNotConfirmedNote: string;
}

const RU_WORDS: CountedWords = {
  locale: 'ru-RU',
  person: { one: 'человек', few: 'человека', many: 'человек', other: 'человека' },
  minute: { one: 'минута', few: 'минуты', many: 'минут', other: 'минуты' },
  hour: { one: 'час', few: 'часа', many: 'часов', other: 'часа' },
  minuteAtMost: { one: 'минуты', few: 'минут', many: 'минут', other: 'минуты' },
  hourAtMost: { one: 'часа', few: 'часов', many: 'часов', other: 'часа' },
  upTo: 'до',
  lessThan: 'меньше',
};

const RU: TicketLabels = {
  locale: RU_WORDS.locale,
  month: '2-digit',
  yourNumber: 'Ваш номер',
  bookedFor: 'Запись на',
  place: 'Куда',
  bring: 'С собой',
  more: (count) => `и ещё: ${count}`,
  copy: 'ПОВТОР',
  notConfirmed: 'Не подтверждено',
  notConfirmedNote: 'Запись уточнят, когда вас вызовут.',
  footer: 'Вас вызовут по номеру на табло и голосом.',
  ahead: 'Перед вами',
  people: (count) => (count === 0 ? 'никого' : people(RU_WORDS, count)),
  wait: 'Ждать',
  minutes: (from, to) => waiting(RU_WORDS, from, to),
  inOrder: 'Услуги по порядку',
  priority: { first: 'В первую очередь', 'out-of-turn': 'Вне очереди' },
  showDocument: 'Покажите документ сотруднику',
  late: 'Вы пришли позже своего времени: вызовут, как подойдёт очередь',
  booked: 'Вы записаны',
  askedFor: 'Вы просили',
  arriveFrom: 'Отметиться можно с',
  bookingNumber: 'Запись №',
  address: 'Адрес',
  slipFooter: 'Когда придёте, покажите этот код киоску.',
  slipNotConfirmedNote: 'Заявка принята, время подтвердят позже. Уточните у сотрудника.',
};

const EN_WORDS: CountedWords = {
  locale: 'en-GB',
  person: { one: 'person', other: 'people' },
  minute: { one: 'minute', other: 'minutes' },
  hour: { one: 'hour', other: 'hours' },
  minuteAtMost: { one: 'minute', other: 'minutes' },
  hourAtMost: { one: 'hour', other: 'hours' },
  upTo: 'up to',
  lessThan: 'less than',
};

const EN: TicketLabels = {
  locale: EN_WORDS.locale,
  month: 'short',
  yourNumber: 'Your number',
  bookedFor: 'Booked for',
  place: 'Go to',
  bring: 'Have ready',
  more: (count) => `and ${count} more`,
  copy: 'COPY',
  notConfirmed: 'Not confirmed yet',
  notConfirmedNote: 'Your booking will be checked when you are called.',
  footer: 'You will be called by number, on the board and by voice.',
  ahead: 'Before you',
  people: (count) => (count === 0 ? 'nobody' : people(EN_WORDS, count)),
  wait: 'Wait',
  minutes: (from, to) => waiting(EN_WORDS, from, to),
  inOrder: 'Services in this order',
  priority: { first: 'First in line', 'out-of-turn': 'Out of turn' },
  showDocument: 'Show your document to the staff',
  late: 'You came after your time: you will be called in turn',
  booked: 'You are booked',
  askedFor: 'You asked for',
  arriveFrom: 'You can check in from',
  bookingNumber: 'Booking No.',
  address: 'Address',
  slipFooter: 'When you come, show this code to the kiosk.',
  slipNotConfirmedNote: 'Your request was taken; the time will be confirmed later. Please ask the staff.',
};

const ALL: Readonly<Record<Language, TicketLabels>> = { ru: RU, en: EN };

/** @returns the words in `language` (BCP 47; only its first part counts), in Russian when Talon is not written in it. */
export const ticketLabels = (language: string): TicketLabels => {
  const wanted = language.toLowerCase().split('-', 1)[0];
  return ALL[LANGUAGES.find((known) => known === wanted) ?? 'ru'];
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
export const forBoth = ({ own, staff }: PaperWords, of: (labels: TicketLabels) => string): string[] =>
  own === staff ? [of(own)] : [of(own), of(staff)];
