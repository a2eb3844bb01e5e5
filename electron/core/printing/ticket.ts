import { createCanvas } from '@napi-rs/canvas';
import { inLanguage } from '../../../shared/domain/language.ts';
import type { TicketContent, TicketRenderer } from '../ports.ts';
import { layNumber } from './big-number.ts';
import { toBitmap } from './bitmap.ts';
import { loadFonts } from './fonts.ts';
import { type PaperWords, type TicketLabels, forBoth, paperWords } from './labels.ts';
import { foot } from './paper-foot.ts';
import { BOLD, type Note, REGULAR, bilingual, dateParts, framed, header, list, putTop, table } from './paper-parts.ts';
import { NARROW, Sheet, WIDE } from './sheet.ts';
import { laySlip } from './slip.ts';
import { fit } from './typeset.ts';

/**
 * The ticket as a picture of 203 dpi (8 dots to the millimetre): everything a visitor needs in the order they need it,
 * the number first and 18 mm high. Drawn in two passes, since its length is only known once everything has been laid out.
 */

/** Where all services are at one place it is said once, as if there were one service. */
const onePlace = ({ stations, language }: TicketContent): string | null => {
  const places = new Set(stations.map(({ place }) => place && inLanguage(place, language)));
  return places.size === 1 ? ([...places][0] ?? null) : null;
};

const rowsOf = (content: TicketContent, labels: TicketLabels): [string, string][] => {
  const { startsAt, wait } = content;
  const rows: [string, string][] = [];
  if (startsAt !== null) {
    const [booked, printed] = [startsAt, content.printedAt].map((at) => dateParts(at, content.timeZone, labels));
    if (booked) {
      rows.push([labels.bookedFor, booked.date === printed?.date ? booked.time : `${booked.date}, ${booked.time}`]);
    }
  }
  const place = onePlace(content);
  if (place !== null) rows.push([labels.place, place]);
  // On a copy it would be old news.
  if (wait && content.copy === 0) {
    rows.push(
      [labels.ahead, labels.people(wait.ahead)],
      [labels.wait, labels.minutes(wait.fromMinutes, wait.toMinutes)],
    );
  }
  return rows;
};

/** One service large; several in their order, each with where to go, since one ticket serves for all. */
const putServices = (sheet: Sheet, content: TicketContent, labels: TicketLabels): void => {
  const { stations, language, staffLanguage } = content;
  const [first] = stations;
  if (first && stations.length === 1) bilingual(sheet, first.service, content);
  if (stations.length < 2) return;
  const { small } = sheet.format;
  const common = onePlace(content) !== null;
  const items = stations.map(({ service, place }) => {
    const name = inLanguage(service, language);
    const staff = inLanguage(service, staffLanguage);
    return {
      name,
      staffName: name === staff ? null : staff,
      place: place && !common ? inLanguage(place, language) : null,
    };
  });
  sheet.centred([labels.inOrder], { weight: REGULAR, size: small }, Math.round(small * 1.5));
  list(sheet, items, (i) => `${i + 1}.`);
};

/** The mark that lets somebody go before others, with what it rests on, and what the desk has yet to see. */
const putPriority = (sheet: Sheet, content: TicketContent, words: PaperWords): void => {
  const { priority, language, staffLanguage } = content;
  if (!priority) return;
  const inBoth = (text: TicketContent['office']): string[] => [
    ...new Set([inLanguage(text, language), inLanguage(text, staffLanguage)]),
  ];
  const notes: Note[] = inBoth(priority.name).map((text, i) => ({ text, weight: i === 0 ? BOLD : REGULAR }));
  if (!priority.confirmed) {
    const show = words.own.showDocument;
    const documents = priority.document ? inBoth(priority.document).join(' / ') : '';
    notes.push({ text: documents === '' ? `${show}.` : `${show}: ${documents}`, weight: REGULAR });
  }
  const headings = forBoth(words, (labels) => labels.priority[priority.level]);
  framed(sheet, headings, notes, { strong: true });
  sheet.space(16);
};

const layTicket = (sheet: Sheet, content: TicketContent): void => {
  const { base, leading, small, minModule } = sheet.format;
  const words = paperWords(content);
  const { own } = words;
  putTop(sheet, content, words);
  header(sheet, content);
  sheet.space(14);
  sheet.centred([own.yourNumber], { weight: REGULAR, size: base }, leading);
  sheet.space(12);
  const number = layNumber(content.number, sheet.width - 16);
  const top = sheet.y;
  sheet.ink((ctx) => number.draw(ctx, sheet.width / 2, top));
  sheet.space(number.height + 20);
  putPriority(sheet, content, words);
  putServices(sheet, content, own);
  if (content.provisional) {
    const headings = forBoth(words, (labels) => labels.notConfirmed);
    sheet.space(14);
    framed(sheet, headings, [{ text: own.notConfirmedNote, weight: REGULAR }], { strong: false });
  }
  const rows = rowsOf(content, own);
  if (rows.length > 0 || content.late) sheet.rule(16, 12);
  if (content.late) {
    const late = fit(own.late, sheet.inner, { weight: BOLD, sizes: [base, small], maxLines: 3 });
    sheet.centred(late.lines, { weight: BOLD, size: late.size }, Math.round(late.size * 1.28));
    if (rows.length > 0) sheet.space(10);
  }
  if (rows.length > 0) table(sheet, rows);
  sheet.rule(12, 0);
  foot(sheet, content, own, { qr: content.qr, module: minModule, footer: own.footer });
};

/**
 * @param fontFiles TTF files of the ticket's typeface, as `bundledFonts()` gives them.
 * @returns the renderer of tickets and slips. Its `draw` takes widths from 384 up that are multiples of 8 (576 for 80 mm
 *   paper, 384 for 58 mm), and throws RangeError for others and for a code text that finds no room.
 * @throws Error when a font file is missing or broken.
 */
export const createTicketRenderer = (fontFiles: readonly string[]): TicketRenderer => {
  loadFonts(fontFiles);
  return {
    draw: (content, width) => {
      if (!Number.isInteger(width) || width < 384 || width > 832 || width % 8 !== 0) {
        throw new RangeError(`a ticket is 384 to 832 dots wide, in steps of 8 (576 or 384 as a rule), not ${width}`);
      }
      const sheet = new Sheet(width, width >= 512 ? WIDE : NARROW);
      if (content.kind === 'ticket') layTicket(sheet, content);
      else laySlip(sheet, content);
      sheet.space(8);
      const height = Math.ceil(sheet.y);
      const canvas = createCanvas(width, height);
      const ctx = canvas.getContext('2d');
      ctx.fillStyle = '#fff';
      ctx.fillRect(0, 0, width, height);
      ctx.fillStyle = '#000';
      sheet.draw(ctx);
      return toBitmap(canvas.data(), width, height);
    },
  };
};

export { bundledFonts } from './fonts.ts';
