import { inLanguage } from '../../../shared/domain/language.ts';
import type { SlipContent } from '../ports.ts';
import { layNumber } from './big-number.ts';
import { type PaperWords, type TicketLabels, forBoth, paperWords } from './labels.ts';
import { foot, putPapersAlone } from './paper-foot.ts';
import { BOLD, REGULAR, bilingual, dateParts, framed, header, list, putTop, table } from './paper-parts.ts';
import type { Sheet } from './sheet.ts';
import { fit } from './typeset.ts';

/**
 * The slip of a time that was booked or moved at a kiosk: to be brought along. The day and the time are the largest
 * things on it; while the centre has not said yes it says so first.
 */

const dayOf = (at: number, timeZone: string, { locale }: TicketLabels): string => {
  const text = new Intl.DateTimeFormat(locale, { timeZone, weekday: 'long', day: 'numeric', month: 'long' }).format(at);
  return text.charAt(0).toUpperCase() + text.slice(1);
};

/** The day, for the staff too, and the time under it. */
const putWhen = (sheet: Sheet, { startsAt, timeZone }: SlipContent, words: PaperWords): void => {
  const { day: sizes, small, time: cap } = sheet.format;
  const [own, staff] = forBoth(words, (labels) => dayOf(startsAt, timeZone, labels));
  const day = fit(own ?? '', sheet.inner, { weight: BOLD, sizes, maxLines: 1 });
  sheet.centred(day.lines, { weight: BOLD, size: day.size }, Math.round(day.size * 1.22));
  if (staff !== undefined) sheet.centred([staff], { weight: REGULAR, size: small }, Math.round(small * 1.28));
  sheet.space(14);
  const time = layNumber(dateParts(startsAt, timeZone, words.own).time, sheet.inner, cap);
  const top = sheet.y;
  sheet.ink((ctx) => time.draw(ctx, sheet.width / 2, top));
  sheet.space(time.height);
};

const putServices = (sheet: Sheet, content: SlipContent): void => {
  const [first] = content.services;
  if (first && content.services.length === 1) {
    bilingual(sheet, first, content);
    return;
  }
  const items = content.services.map((service) => {
    const name = inLanguage(service, content.language);
    const staff = inLanguage(service, content.staffLanguage);
    return { name, staffName: name === staff ? null : staff, place: null };
  });
  list(sheet, items, () => '•');
};

/** Lays the slip out on `sheet`. @throws RangeError when its code finds no room. */
export const laySlip = (sheet: Sheet, content: SlipContent): void => {
  const { base, leading, slipModule } = sheet.format;
  const words = paperWords(content);
  const { own } = words;
  putTop(sheet, content, words);
  header(sheet, content);
  sheet.space(16);
  if (!content.confirmed) {
    const headings = forBoth(words, (labels) => labels.notConfirmed);
    framed(sheet, headings, [{ text: own.slipNotConfirmedNote, weight: REGULAR }], { strong: true });
    sheet.space(12);
  }
  sheet.centred([content.confirmed ? own.booked : own.askedFor], { weight: REGULAR, size: base }, leading);
  sheet.space(2);
  putWhen(sheet, content, words);
  if (content.confirmed) {
    sheet.space(10);
    const { time } = dateParts(content.arriveFrom, content.timeZone, own);
    sheet.centred([`${own.arriveFrom} ${time}`], { weight: BOLD, size: base }, leading);
    sheet.space(10);
  } else sheet.space(20);
  putServices(sheet, content);
  sheet.rule(16, 12);
  const rows: [string, string][] = [];
  if (content.bookingNumber !== null) rows.push([own.bookingNumber, content.bookingNumber]);
  rows.push([own.address, inLanguage(content.address, content.language)]);
  table(sheet, rows);
  sheet.rule(12, 0);
  if (content.qr === null) putPapersAlone(sheet, content, own);
  else foot(sheet, content, own, { qr: content.qr, module: slipModule, footer: own.slipFooter });
};
