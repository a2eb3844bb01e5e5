import { Path2D } from '@napi-rs/canvas';
import { type I18nText, inLanguage } from '../../../shared/domain/language.ts';
import type { Printable } from '../ports.ts';
import { type PaperWords, type TicketLabels, forBoth } from './labels.ts';
import type { Sheet } from './sheet.ts';
import { fit, type Fitted, textWidth } from './typeset.ts';

/** What tickets and slips are made of. */

export const REGULAR = 500;
export const BOLD = 700;

const LANDMARK = [
  'M10 18v-7',
  'M11.119 2.205a2 2 0 0 1 1.762 0l7.84 3.846A.5.5 0 0 1 20.5 7h-17a.5.5 0 0 1-.22-.949z',
  'M14 18v-7',
  'M18 18v-7',
  'M3 22h18',
  'M6 18v-7',
].join('');

/** Names in law are long. More small lines are better than half a name, so cutting comes after `lastLines`. */
export const fitName = (text: string, width: number, style: Parameters<typeof fit>[2], lastLines: number): Fitted => {
  const usual = fit(text, width, style);
  if (!usual.cut) return usual;
  return fit(text, width, { ...style, sizes: [...style.sizes.slice(-2), 18], maxLines: lastLines });
};

export const header = (sheet: Sheet, content: Printable): void => {
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

/** How a paper begins: a copy with a bar that tells it from the first paper, so that nobody can use both. */
export const putTop = (sheet: Sheet, { copy, printedAt, timeZone }: Printable, words: PaperWords): void => {
  if (copy === 0) {
    sheet.space(6);
    return;
  }
  const height = 54;
  const { y, width } = sheet;
  const { time } = dateParts(printedAt, timeZone, words.own);
  const text = `${forBoth(words, (l) => l.copy).join(' / ')} № ${copy} · ${time}`;
  const fitted = fit(text, width - 16, { weight: 800, sizes: [32, 30, 28, 26, 24, 22, 20, 18], maxLines: 1 });
  sheet.ink((ctx) => ctx.fillRect(0, y, width, height));
  sheet.put(fitted.lines, { weight: 800, size: fitted.size }, height, {
    x: width / 2,
    y,
    align: 'center',
    colour: '#fff',
  });
  sheet.y += height + 14;
};

/** In what languages a paper speaks: the visitor's first, and that of the staff beneath where it is another. */
export interface Languages {
  language: string;
  staffLanguage: string;
}

/** A text that staff must be able to read too: large in the visitor's language, small in theirs where that differs. */
export const bilingual = (sheet: Sheet, text: I18nText, { language, staffLanguage }: Languages): void => {
  const own = inLanguage(text, language);
  const staff = inLanguage(text, staffLanguage);
  const { service: sizes, small } = sheet.format;
  const main = fitName(own, sheet.inner, { weight: BOLD, sizes, maxLines: 3 }, 6);
  sheet.centred(main.lines, { weight: BOLD, size: main.size }, Math.round(main.size * 1.18));
  if (own === staff) return;
  sheet.space(4);
  const beneath = fit(staff, sheet.inner, { weight: REGULAR, sizes: [small, small - 2, small - 4], maxLines: 2 });
  sheet.centred(beneath.lines, { weight: REGULAR, size: beneath.size }, Math.round(beneath.size * 1.28));
};

/** What stands in a frame under its heading. */
export interface Note {
  text: string;
  weight: number;
}

/** The same heading in one or two languages: on one line if it fits there in large type, else a line each. */
const fitHeading = (
  texts: readonly string[],
  width: number,
  weight: number,
  sizes: readonly number[],
): { lines: string[]; size: number } => {
  const joined = fit(texts.join(' / '), width, { weight, sizes: sizes.slice(0, -2), maxLines: 1 });
  if (!joined.cut) return joined;
  const each = texts.map((text) => fit(text, width, { weight, sizes, maxLines: 2 }));
  return { lines: each.flatMap((one) => one.lines), size: Math.min(...each.map((one) => one.size)) };
};

/** A frame with a heading and what it means; `strong`: the heading is white on black, to be seen from across a desk. */
export const framed = (
  sheet: Sheet,
  headings: readonly string[],
  notes: readonly Note[],
  { strong }: { strong: boolean },
): void => {
  const { base, small, service } = sheet.format;
  const { left, inner } = sheet;
  const room = inner - 32;
  const weight = strong ? 800 : BOLD;
  const sizes = strong ? [...service.slice(1), base, small] : [base + 2, base, small, small - 2];
  const title = fitHeading(headings, room, weight, sizes);
  const leading = Math.round(title.size * 1.25);
  const style = { weight, size: title.size };
  const top = sheet.y;
  if (strong) {
    const height = title.lines.length * leading + 16;
    sheet.ink((ctx) => {
      ctx.beginPath();
      ctx.roundRect(left, top, inner, height, notes.length > 0 ? [10, 10, 0, 0] : 10);
      ctx.fill();
    });
    sheet.put(title.lines, style, leading, { x: sheet.width / 2, y: top + 8, align: 'center', colour: '#fff' });
    sheet.y = top + height + 6;
  } else {
    sheet.space(10);
    sheet.centred(title.lines, style, leading);
  }
  for (const note of notes) {
    const sizesOfNote = note.weight === REGULAR ? [small, small - 2] : [base, small, small - 2];
    const fitted = fitName(note.text, room, { weight: note.weight, sizes: sizesOfNote, maxLines: 3 }, 5);
    sheet.centred(fitted.lines, { weight: note.weight, size: fitted.size }, Math.round(fitted.size * 1.28));
  }
  if (strong && notes.length === 0) {
    sheet.space(-6);
    return;
  }
  sheet.space(10);
  const { y } = sheet;
  sheet.ink((ctx) => {
    ctx.lineWidth = 3;
    ctx.beginPath();
    ctx.roundRect(left + 1.5, top + 1.5, inner - 3, y - top - 3, 10);
    ctx.stroke();
  });
};

/** A service in a list. */
export interface ListItem {
  name: string;
  /** The name in the language of the staff, small, where that is another text. */
  staffName: string | null;
  place: string | null;
}

/** Several services, one under the other; `mark` is what stands before each: its number or a dot. */
export const list = (sheet: Sheet, items: readonly ListItem[], mark: (i: number) => string): void => {
  const { base, small } = sheet.format;
  const indent = Math.ceil(
    Math.max(...items.map((_, i) => textWidth(`${mark(i)} `, { weight: BOLD, size: base + 3 }))) + 4,
  );
  const x = sheet.left + indent;
  const width = sheet.inner - indent;
  for (const [i, { name, staffName, place }] of items.entries()) {
    if (i > 0) sheet.space(7);
    const title = fitName(
      name,
      width,
      { weight: BOLD, sizes: [base + 3, base + 1, small], maxLines: 2, even: false },
      5,
    );
    const style = { weight: BOLD, size: title.size };
    const leading = Math.round(title.size * 1.2);
    sheet.put([mark(i)], style, leading, { x: sheet.left, y: sheet.y });
    sheet.y = sheet.put(title.lines, style, leading, { x, y: sheet.y });
    const under = (text: string | null, sizes: readonly number[], maxLines: number): void => {
      if (text === null) return;
      const line = fit(text, width, { weight: REGULAR, sizes, maxLines, even: false });
      const lineStyle = { weight: REGULAR, size: line.size };
      sheet.y = sheet.put(line.lines, lineStyle, Math.round(line.size * 1.26), { x, y: sheet.y });
    };
    under(staffName, [small - 2, small - 4], 3);
    under(place, [base, small, small - 2], 2);
  }
};

export const dateParts = (
  at: number,
  timeZone: string,
  { locale, month }: Pick<TicketLabels, 'locale' | 'month'>,
): { date: string; time: string } => ({
  date: new Intl.DateTimeFormat(locale, { timeZone, day: '2-digit', month, year: 'numeric' }).format(at),
  time: new Intl.DateTimeFormat(locale, { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at),
});

/** Labels and what they say, in two columns; a text that finds no room in its column stands under its label. */
export const table = (sheet: Sheet, rows: readonly [string, string][]): void => {
  const { base, leading, small } = sheet.format;
  const gap = 16;
  const labelStyle = { weight: REGULAR, size: base };
  const widest = Math.max(...rows.map(([label]) => textWidth(label, labelStyle)));
  // The second column stands at a steady place, unless a long label needs more.
  const column = sheet.left + Math.ceil(Math.max(widest + gap, sheet.inner * 0.34));
  const style = { weight: BOLD, sizes: [base, small, small - 2], even: false };
  for (const [label, value] of rows) {
    const beside = fit(value, sheet.left + sheet.inner - column, { ...style, maxLines: 4 });
    const under = beside.cut || beside.broken;
    const fitted = under ? fitName(value, sheet.inner, { ...style, maxLines: 3 }, 5) : beside;
    const x = under ? sheet.left : column;
    sheet.put([label], labelStyle, leading, { x: sheet.left, y: sheet.y });
    if (under) sheet.space(leading - 3);
    // The first line stands on the label's line, whatever its size.
    const tight = fitted.lines.length > 1 ? Math.round(fitted.size * 1.22) : leading;
    const inset = (leading - tight) / 2;
    sheet.y = sheet.put(fitted.lines, { weight: BOLD, size: fitted.size }, tight, { x, y: sheet.y + inset });
    sheet.space(inset + 3);
  }
};
