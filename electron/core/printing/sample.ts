import type { TicketContent } from '../ports.ts';

/** Tickets that belong to no visit. */

const NOTHING = { ru: 'Подготовка' };

const BLANK: TicketContent = {
  kind: 'ticket',
  office: NOTHING,
  officeSubtitle: NOTHING,
  number: 'А 000',
  stations: [{ service: NOTHING, place: NOTHING }],
  startsAt: 0,
  printedAt: 0,
  timeZone: 'UTC',
  wait: null,
  priority: null,
  late: false,
  papers: [NOTHING],
  qr: 'EV1',
  copy: 0,
  provisional: false,
  language: 'ru',
  staffLanguage: 'ru',
};

/** Drawn once at the start, so that typefaces and the drawing library are loaded before a visitor waits. */
export const WARM_UP: TicketContent = BLANK;

/**
 * What the set-up prints: says that it is a trial, and carries a code for the scanner to read.
 * @param qr ASCII, upper case
 * @param now epoch ms
 */
export const trialTicket = (qr: string, now: number): TicketContent => ({
  ...BLANK,
  office: { ru: 'Пробный талон', en: 'Trial ticket' },
  officeSubtitle: { ru: 'Не для посетителя', en: 'Not for a visitor' },
  stations: [{ service: { ru: 'Проверка принтера и сканера', en: 'Printer and scanner check' }, place: null }],
  startsAt: null,
  printedAt: now,
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  papers: [],
  qr,
});
