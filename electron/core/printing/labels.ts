import { LANGUAGES, type Language } from '../../../shared/domain/language.ts';

/** The fixed words of a ticket in one language. */
export interface TicketLabels {
  /** For dates and times (BCP 47). */
  locale: string;
  /** A month as figures where nobody can take it for the day. */
  month: '2-digit' | 'short';
  yourNumber: string;
  bookedFor: string;
  place: string;
  taken: string;
  bring: string;
  /** Papers that found no room on the ticket. */
  more: (count: number) => string;
  /** The bar of a copy; `time` is when it was printed. Staff must understand it too, so it always begins in Russian. */
  copy: (n: number, time: string) => string;
  notConfirmed: string;
  notConfirmedNote: string;
  footer: string;
}

const RU: TicketLabels = {
  locale: 'ru-RU',
  month: '2-digit',
  yourNumber: 'Ваш номер',
  bookedFor: 'Запись на',
  place: 'Куда',
  taken: 'Взят',
  bring: 'С собой',
  more: (count) => `и ещё: ${count}`,
  copy: (n, time) => `ПОВТОР № ${n} · ${time}`,
  notConfirmed: 'Не подтверждено',
  notConfirmedNote: 'Запись уточнят, когда вас вызовут.',
  footer: 'Вас вызовут по номеру на табло и голосом.',
};

const EN: TicketLabels = {
  locale: 'en-GB',
  month: 'short',
  yourNumber: 'Your number',
  bookedFor: 'Booked for',
  place: 'Go to',
  taken: 'Taken at',
  bring: 'Have ready',
  more: (count) => `and ${count} more`,
  copy: (n, time) => `ПОВТОР / COPY № ${n} · ${time}`,
  notConfirmed: 'Not confirmed yet',
  notConfirmedNote: 'Your booking will be checked when you are called.',
  footer: 'You will be called by number, on the board and by voice.',
};

const ALL: Readonly<Record<Language, TicketLabels>> = { ru: RU, en: EN };

/** @returns the words in `language` (BCP 47; only its first part counts), in Russian when Talon is not written in it. */
export const ticketLabels = (language: string): TicketLabels => {
  const wanted = language.toLowerCase().split('-', 1)[0];
  return ALL[LANGUAGES.find((known) => known === wanted) ?? 'ru'];
};
