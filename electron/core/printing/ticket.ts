import { createCanvas, Path2D } from '@napi-rs/canvas';
import { create as createQr } from 'qrcode';
import { type I18nText, inLanguage } from '../../../shared/domain/language.ts';
import type { TicketContent, TicketRenderer } from '../ports.ts';
import { layNumber } from './big-number.ts';
import { toBitmap } from './bitmap.ts';
import { loadFonts } from './fonts.ts';
import { type TicketLabels, ticketLabels } from './labels.ts';
import { type Format, NARROW, Sheet, WIDE } from './sheet.ts';
import { balance, fit, type Fitted, textWidth } from './typeset.ts';

/**
 * The ticket as a picture of 203 dpi (8 dots to the millimetre): everything a visitor needs in the order they need it,
 * the number first and 18 mm high. Drawn in two passes, since its length is only known once everything has been laid out.
 */

/** The smallest side of the code, in dots: 20 mm. */
const MIN_CODE = 160;
/** Quiet zone of the code (ISO/IEC 18004), in modules. */
const QUIET = 4;

const REGULAR = 500;
const BOLD = 700;

const LANDMARK = [
  'M10 18v-7',
  'M11.119 2.205a2 2 0 0 1 1.762 0l7.84 3.846A.5.5 0 0 1 20.5 7h-17a.5.5 0 0 1-.22-.949z',
  'M14 18v-7',
  'M18 18v-7',
  'M3 22h18',
  'M6 18v-7',
].join('');

/** Names in law are long. More small lines are better than half a name, so cutting comes after `lastLines`. */
const fitName = (text: string, width: number, style: Parameters<typeof fit>[2], lastLines: number): Fitted => {
  const usual = fit(text, width, style);
  if (!usual.cut) return usual;
  return fit(text, width, { ...style, sizes: [...style.sizes.slice(-2), 18], maxLines: lastLines });
};

const header = (sheet: Sheet, content: TicketContent): void => {
  const { title: sizes, icon, small } = sheet.format;
  const gap = 16;
  const room = sheet.inner - icon - gap;
  const title = fitName(inLanguage(content.office, content.language), room, { weight: BOLD, sizes, maxLines: 3 }, 5);
  const subtitle = fit(inLanguage(content.officeSubtitle, content.language), room, {
    weight: REGULAR,
    sizes: [Math.min(title.size, sheet.format.base), small, small - 2, small - 4].filter((size) => size <= title.size),
    maxLines: 3,
  });
  const titleLeading = Math.round(title.size * 1.25);
  const subtitleLeading = Math.round(subtitle.size * 1.28);
  const widest = Math.max(
    ...title.lines.map((line) => textWidth(line, { weight: BOLD, size: title.size })),
    ...subtitle.lines.map((line) => textWidth(line, { weight: REGULAR, size: subtitle.size })),
  );
  const left = Math.round((sheet.width - icon - gap - widest) / 2);
  const textHeight = title.lines.length * titleLeading + subtitle.lines.length * subtitleLeading;
  const height = Math.max(icon, textHeight);
  const { y } = sheet;
  sheet.ink((ctx) => {
    ctx.save();
    ctx.translate(left, y + (height - icon) / 2);
    // The pictogram is drawn on a grid of 24; its foot stands at 22.
    ctx.scale(icon / 24, icon / 24);
    ctx.lineWidth = 2;
    ctx.lineCap = 'round';
    ctx.lineJoin = 'round';
    ctx.stroke(new Path2D(LANDMARK));
    ctx.restore();
  });
  const x = left + icon + gap;
  const top = y + Math.round((height - textHeight) / 2);
  const below = sheet.put(title.lines, { weight: BOLD, size: title.size }, titleLeading, { x, y: top });
  sheet.put(subtitle.lines, { weight: REGULAR, size: subtitle.size }, subtitleLeading, { x, y: below });
  sheet.y = y + height;
};

/** The bar that tells a copy from the first paper, so that nobody can use both. */
const copyBar = (sheet: Sheet, text: string): void => {
  const height = 54;
  const { y, width } = sheet;
  const fitted = fit(text, width - 16, { weight: 800, sizes: [32, 30, 28, 26, 24, 22, 20, 18], maxLines: 1 });
  sheet.ink((ctx) => ctx.fillRect(0, y, width, height));
  sheet.put(fitted.lines, { weight: 800, size: fitted.size }, height, {
    x: width / 2,
    y,
    align: 'center',
    colour: '#fff',
  });
  sheet.y += height;
};

/** A text that staff must be able to read too: in the visitor's language, and in Russian beneath where that is another. */
const bilingual = (sheet: Sheet, text: I18nText, language: string): void => {
  const own = inLanguage(text, language);
  const { service: sizes, small } = sheet.format;
  const main = fitName(own, sheet.inner, { weight: BOLD, sizes, maxLines: 3 }, 6);
  sheet.centred(main.lines, { weight: BOLD, size: main.size }, Math.round(main.size * 1.18));
  if (own === text.ru) return;
  sheet.space(4);
  const beneath = fit(text.ru, sheet.inner, { weight: REGULAR, sizes: [small, small - 2, small - 4], maxLines: 2 });
  sheet.centred(beneath.lines, { weight: REGULAR, size: beneath.size }, Math.round(beneath.size * 1.28));
};

/** A framed note: the booking is real, but the centre has not told this office about it yet. */
const notConfirmed = (sheet: Sheet, labels: TicketLabels, russian: TicketLabels): void => {
  const { base, small } = sheet.format;
  const room = sheet.inner - 32;
  const note = balance(labels.notConfirmedNote, room, { weight: REGULAR, size: small });
  const title = labels === russian ? [labels.notConfirmed] : [`${labels.notConfirmed} / ${russian.notConfirmed}`];
  const heading = fit(title.join(''), room, { weight: BOLD, sizes: [base, small, small - 2], maxLines: 2 });
  const top = sheet.y;
  sheet.space(10);
  sheet.centred(heading.lines, { weight: BOLD, size: heading.size }, Math.round(heading.size * 1.25));
  sheet.centred(note, { weight: REGULAR, size: small }, Math.round(small * 1.28));
  sheet.space(10);
  const { left, inner, y } = sheet;
  sheet.ink((ctx) => {
    ctx.lineWidth = 3;
    ctx.beginPath();
    ctx.roundRect(left + 1.5, top + 1.5, inner - 3, y - top - 3, 10);
    ctx.stroke();
  });
};

const dateParts = (
  at: number,
  timeZone: string,
  { locale, month }: Pick<TicketLabels, 'locale' | 'month'>,
): { date: string; time: string } => ({
  date: new Intl.DateTimeFormat(locale, { timeZone, day: '2-digit', month, year: 'numeric' }).format(at),
  time: new Intl.DateTimeFormat(locale, { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at),
});

const rowsOf = (content: TicketContent, labels: TicketLabels): [string, string][] => {
  const when = (at: number) => dateParts(at, content.timeZone, labels);
  const printed = when(content.printedAt);
  const rows: [string, string][] = [];
  if (content.startsAt !== null) {
    const { date, time } = when(content.startsAt);
    rows.push([labels.bookedFor, date === printed.date ? time : `${date}, ${time}`]);
  }
  if (content.place) rows.push([labels.place, inLanguage(content.place, content.language)]);
  // On a copy this would be the time of the copy, which its bar tells.
  if (content.startsAt === null && content.copy === 0) rows.push([labels.taken, printed.time]);
  return rows;
};

const table = (sheet: Sheet, rows: readonly [string, string][]): void => {
  const { base, leading, small } = sheet.format;
  const gap = 16;
  const labelStyle = { weight: REGULAR, size: base };
  const widest = Math.max(...rows.map(([label]) => textWidth(label, labelStyle)));
  // The second column stands at a steady place, unless a long label needs more.
  const x = sheet.left + Math.ceil(Math.max(widest + gap, sheet.inner * 0.34));
  for (const [label, value] of rows) {
    const fitted = fit(value, sheet.left + sheet.inner - x, {
      weight: BOLD,
      sizes: [base, small, small - 2],
      maxLines: 4,
      even: false,
    });
    sheet.put([label], labelStyle, leading, { x: sheet.left, y: sheet.y });
    // The first line stands on the label's line, whatever its size.
    const tight = fitted.lines.length > 1 ? Math.round(fitted.size * 1.22) : leading;
    sheet.y = sheet.put(fitted.lines, { weight: BOLD, size: fitted.size }, tight, {
      x,
      y: sheet.y + (leading - tight) / 2,
    });
    sheet.space((leading - tight) / 2);
    sheet.space(3);
  }
};

interface Code {
  size: number;
  module: number;
  data: Uint8Array;
}

/** @throws RangeError when the code cannot be printed large enough to be read. */
const layCode = (text: string, width: number, minModule: number): Code => {
  const { modules } = createQr(text, { errorCorrectionLevel: 'M' });
  const module = Math.max(minModule, Math.ceil(MIN_CODE / modules.size));
  if ((modules.size + 2 * QUIET) * module > width) {
    throw new RangeError(`a QR of ${text.length} characters does not fit paper ${width} dots wide: shorten its text`);
  }
  return { size: modules.size, module, data: modules.data };
};

const putCode = (sheet: Sheet, code: Code, x: number, y: number): void => {
  sheet.ink((ctx) => {
    for (let row = 0; row < code.size; row += 1) {
      for (let column = 0; column < code.size; column += 1) {
        if (code.data[row * code.size + column]) {
          ctx.fillRect(x + column * code.module, y + row * code.module, code.module, code.module);
        }
      }
    }
  });
};

interface PaperList {
  size: number;
  lineHeight: number;
  items: Fitted[];
  /** How many found no room; never left out silently. */
  more: number;
  height: number;
}

const BULLET = 20;

/** The largest type in which all papers fit into `height`; in the smallest, as many as fit. */
const layPapers = (
  { base, leading, small }: Format,
  content: TicketContent,
  at: { width: number; height: number },
): PaperList => {
  const texts = content.papers.map((paper) => inLanguage(paper, content.language));
  const lay = (size: number, count: number): PaperList => {
    const lineHeight = Math.round(size * 1.28);
    const items = texts
      .slice(0, count)
      .map((text) => fit(text, at.width - BULLET, { weight: REGULAR, sizes: [size], maxLines: 4, even: false }));
    const more = texts.length - count;
    const lines = items.reduce((sum, item) => sum + item.lines.length, 0) + (more > 0 ? 1 : 0);
    return { size, lineHeight, items, more, height: leading + lines * lineHeight };
  };
  const sizes = [base, base - 1, small, small - 2];
  for (const size of sizes) {
    const all = lay(size, texts.length);
    if (all.height <= at.height && all.items.every((item) => !item.cut)) return all;
  }
  let count = texts.length;
  let some = lay(small - 2, count);
  while (count > 1 && some.height > at.height) some = lay(small - 2, (count -= 1));
  return some;
};

/** The papers to have at hand, a bullet each. @returns where it ends. */
const putPapers = (sheet: Sheet, list: PaperList, labels: TicketLabels, at: { x: number; y: number }): number => {
  const { base, leading } = sheet.format;
  const style = { weight: REGULAR, size: list.size };
  let y = sheet.put([labels.bring], { weight: BOLD, size: base }, leading, at);
  for (const item of list.items) {
    const dot = y + Math.round(list.lineHeight / 2);
    sheet.ink((ctx) => {
      ctx.beginPath();
      ctx.arc(at.x + 6, dot, 4, 0, 2 * Math.PI);
      ctx.fill();
    });
    y = sheet.put(item.lines, style, list.lineHeight, { x: at.x + BULLET, y });
  }
  if (list.more > 0) {
    y = sheet.put([labels.more(list.more)], { ...style, weight: BOLD }, list.lineHeight, { x: at.x + BULLET, y });
  }
  return y;
};

/** Papers, the code with what stands beside it, and the last line. */
const foot = (sheet: Sheet, content: TicketContent, labels: TicketLabels): void => {
  const { base, leading, small, minModule } = sheet.format;
  const code = layCode(content.qr, sheet.width, minModule);
  const quiet = QUIET * code.module;
  const side = code.size * code.module;
  const x = Math.max(sheet.left, quiet);
  const beside = x + side + quiet;
  const width = sheet.width - sheet.left - beside;

  const printed = dateParts(content.printedAt, content.timeZone, labels);
  const smallLeading = Math.round(small * 1.28);
  const stamp = `${printed.date} ${printed.time}`;
  const stampLines =
    textWidth(stamp, { weight: REGULAR, size: small }) <= width ? [stamp] : [printed.date, printed.time];
  const stampHeight = stampLines.length * smallLeading;
  const wide = width >= 240;

  let list: PaperList | null = null;
  if (content.papers.length > 0) {
    // Beside the code if there is room without small type, else above it over the whole width.
    list = layPapers(sheet.format, content, { width, height: side + 20 - stampHeight });
    if (!wide || list.more > 0 || list.size < small || list.items.some((item) => item.cut)) {
      sheet.space(12);
      const above = layPapers(sheet.format, content, { width: sheet.inner, height: 320 });
      sheet.y = putPapers(sheet, above, labels, { x: sheet.left, y: sheet.y });
      sheet.rule(12, 0);
      list = null;
    }
  }
  const top = sheet.y + quiet;
  putCode(sheet, code, x, top);
  let textEnd = top - 6;
  let footerBelow = true;
  if (list) textEnd = putPapers(sheet, list, labels, { x: beside, y: textEnd });
  else if (wide) {
    // Nothing beside the code: the last line moves up there, and the ticket is shorter.
    footerBelow = false;
    const lines = balance(labels.footer, width, { weight: REGULAR, size: base });
    textEnd = sheet.put(lines, { weight: REGULAR, size: base }, leading, { x: beside, y: textEnd });
  }
  const stampTop = wide
    ? Math.max(textEnd + 8, top + side - stampHeight + 6)
    : top + Math.round((side - stampHeight) / 2);
  const stampEnd = sheet.put(stampLines, { weight: REGULAR, size: small }, smallLeading, { x: beside, y: stampTop });
  sheet.y = Math.max(top + side, stampEnd);
  if (footerBelow) {
    // The line brings some white of its own, which counts towards the quiet zone.
    sheet.space(quiet - 6);
    const one = fit(labels.footer, sheet.inner, { weight: REGULAR, sizes: [base, base - 1, base - 2], maxLines: 1 });
    const lines = one.cut ? balance(labels.footer, sheet.inner, { weight: REGULAR, size: base }) : one.lines;
    sheet.centred(lines, { weight: REGULAR, size: one.cut ? base : one.size }, leading);
  } else sheet.space(quiet - 8);
};

const layTicket = (content: TicketContent, width: number): Sheet => {
  const sheet = new Sheet(width, width >= 512 ? WIDE : NARROW);
  const { base, leading } = sheet.format;
  const labels = ticketLabels(content.language);
  const russian = ticketLabels('ru');
  if (content.copy > 0) {
    copyBar(sheet, labels.copy(content.copy, dateParts(content.printedAt, content.timeZone, labels).time));
    sheet.space(14);
  } else sheet.space(6);
  header(sheet, content);
  sheet.space(14);
  sheet.centred([labels.yourNumber], { weight: REGULAR, size: base }, leading);
  sheet.space(12);
  const number = layNumber(content.number, width - 16);
  const top = sheet.y;
  sheet.ink((ctx) => number.draw(ctx, width / 2, top));
  sheet.space(number.height + 20);
  bilingual(sheet, content.service, content.language);
  if (content.provisional) {
    sheet.space(14);
    notConfirmed(sheet, labels, russian);
  }
  const rows = rowsOf(content, labels);
  if (rows.length > 0) {
    sheet.rule(16, 12);
    table(sheet, rows);
  }
  sheet.rule(12, 0);
  foot(sheet, content, labels);
  sheet.space(8);
  return sheet;
};

/**
 * @param fontFiles TTF files of the ticket's typeface, as `bundledFonts()` gives them.
 * @returns the renderer. Its `draw` takes widths from 384 up that are multiples of 8 (576 for 80 mm paper, 384 for
 *   58 mm), and throws RangeError for others and for a code text that finds no room.
 * @throws Error when a font file is missing or broken.
 */
export const createTicketRenderer = (fontFiles: readonly string[]): TicketRenderer => {
  loadFonts(fontFiles);
  return {
    draw: (content, width) => {
      if (!Number.isInteger(width) || width < 384 || width > 832 || width % 8 !== 0) {
        throw new RangeError(`a ticket is 384 to 832 dots wide, in steps of 8 (576 or 384 as a rule), not ${width}`);
      }
      const sheet = layTicket(content, width);
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
