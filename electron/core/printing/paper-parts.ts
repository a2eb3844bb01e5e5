import { Path2D } from '@napi-rs/canvas';
import { layNumber } from './big-number.ts';
import type { Block, ListItem, Note } from './paper-model.ts';
import type { Sheet } from './sheet.ts';
import type { TicketLogo } from './template.ts';
import { fit, type Fitted, textWidth } from './typeset.ts';

/** What tickets and slips are made of, drawn. */

export const REGULAR = 500;
export const BOLD = 700;

type Of<B extends Block['block']> = Extract<Block, { block: B }>;

const LANDMARK: Exclude<TicketLogo, string> = {
  path: [
    'M10 18v-7',
    'M11.119 2.205a2 2 0 0 1 1.762 0l7.84 3.846A.5.5 0 0 1 20.5 7h-17a.5.5 0 0 1-.22-.949z',
    'M14 18v-7',
    'M18 18v-7',
    'M3 22h18',
    'M6 18v-7',
  ].join(''),
  box: 24,
  drawn: 'lines',
};

const putLogo = (sheet: Sheet, logo: TicketLogo, left: number, top: number, side: number): void => {
  const { path, box, drawn } = logo === 'landmark' ? LANDMARK : logo;
  const x = sheet.place(left, side);
  sheet.ink((ctx) => {
    ctx.save();
    // Whatever its path says, it stays in its place.
    ctx.beginPath();
    ctx.rect(x, top, side, side);
    ctx.clip();
    ctx.translate(x, top);
    ctx.scale(side / box, side / box);
    ctx.lineWidth = box / 12;
    ctx.lineCap = 'round';
    ctx.lineJoin = 'round';
    ctx[drawn === 'lines' ? 'stroke' : 'fill'](new Path2D(path));
    ctx.restore();
  });
};

export const putLogoAlone = (sheet: Sheet, { logo }: Of<'logo'>): void => {
  const side = Math.round(sheet.format.icon * 1.4);
  putLogo(sheet, logo, Math.round((sheet.width - side) / 2), sheet.y, side);
  sheet.space(side);
};

/** Names in law are long. More small lines are better than half a name, so cutting comes after `lastLines`. */
const fitName = (text: string, width: number, style: Parameters<typeof fit>[2], lastLines: number): Fitted => {
  const usual = fit(text, width, style);
  if (!usual.cut) return usual;
  return fit(text, width, { ...style, sizes: [...style.sizes.slice(-2), 18], maxLines: lastLines });
};

export const putHead = (sheet: Sheet, content: Of<'head'>): void => {
  const { title: sizes, small } = sheet.format;
  const icon = content.logo ? sheet.format.icon : 0;
  const gap = content.logo ? 16 : 0;
  const room = sheet.inner - icon - gap;
  const title = fitName(content.title, room, { weight: BOLD, sizes, maxLines: 3 }, 5);
  const subtitle = fit(content.subtitle, room, {
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
  const textHeight = title.lines.length * titleLeading + subtitle.lines.length * subtitleLeading;
  const height = Math.max(icon, textHeight);
  const top = sheet.y + Math.round((height - textHeight) / 2);
  const [titleStyle, subtitleStyle] = [
    { weight: BOLD, size: title.size },
    { weight: REGULAR, size: subtitle.size },
  ];
  const { y } = sheet;
  if (content.logo) {
    const left = Math.round((sheet.width - icon - gap - widest) / 2);
    putLogo(sheet, content.logo, left, y + Math.round((height - icon) / 2), icon);
    const x = left + icon + gap;
    const below = sheet.put(title.lines, titleStyle, titleLeading, { x, y: top });
    sheet.put(subtitle.lines, subtitleStyle, subtitleLeading, { x, y: below });
  } else {
    sheet.centred(title.lines, titleStyle, titleLeading);
    sheet.centred(subtitle.lines, subtitleStyle, subtitleLeading);
  }
  sheet.y = y + height;
};

export const putCopyBar = (sheet: Sheet, { text }: Of<'copy'>): void => {
  const height = 54;
  const { y, width } = sheet;
  const fitted = fit(text, width - 16, { weight: 800, sizes: [32, 30, 28, 26, 24, 22, 20, 18], maxLines: 1 });
  sheet.ink((ctx) => ctx.fillRect(0, y, width, height));
  const style = { weight: 800, size: fitted.size };
  sheet.put(fitted.lines, style, height, { x: width / 2, y, align: 'center', colour: '#fff' });
  sheet.y += height + 14;
};

export const putNumber = (sheet: Sheet, { label, number }: Of<'number'>): void => {
  const { base, leading } = sheet.format;
  const title = fit(label, sheet.inner, { weight: REGULAR, sizes: [base], maxLines: 2 });
  sheet.centred(title.lines, { weight: REGULAR, size: title.size }, leading);
  sheet.space(12);
  const big = layNumber(number, sheet.width - 16);
  const top = sheet.y;
  sheet.ink((ctx) => big.draw(ctx, sheet.width / 2, top));
  sheet.space(big.height);
};

/** The day, for the staff too, and the time under it, nearly as large as the number of a ticket. */
export const putWhen = (sheet: Sheet, { label, day, staffDay, time, arriveFrom }: Of<'when'>): void => {
  const { base, day: sizes, leading, small, time: cap } = sheet.format;
  sheet.centred([label], { weight: REGULAR, size: base }, leading);
  sheet.space(2);
  const fitted = fit(day, sheet.inner, { weight: BOLD, sizes, maxLines: 2 });
  sheet.centred(fitted.lines, { weight: BOLD, size: fitted.size }, Math.round(fitted.size * 1.22));
  if (staffDay !== null) sheet.centred([staffDay], { weight: REGULAR, size: small }, Math.round(small * 1.28));
  sheet.space(14);
  const big = layNumber(time, sheet.inner, cap);
  const top = sheet.y;
  sheet.ink((ctx) => big.draw(ctx, sheet.width / 2, top));
  sheet.space(big.height);
  if (arriveFrom === null) {
    sheet.space(20);
    return;
  }
  sheet.space(10);
  const from = fit(arriveFrom, sheet.inner, { weight: BOLD, sizes: [base, small], maxLines: 2 });
  sheet.centred(from.lines, { weight: BOLD, size: from.size }, leading);
  sheet.space(10);
};

/** A text that staff must be able to read too: large in the visitor's language, small in theirs where that differs. */
export const putService = (sheet: Sheet, { name, staffName }: Of<'service'>): void => {
  const { service: sizes, small } = sheet.format;
  const main = fitName(name, sheet.inner, { weight: BOLD, sizes, maxLines: 3 }, 6);
  sheet.centred(main.lines, { weight: BOLD, size: main.size }, Math.round(main.size * 1.18));
  if (staffName === null) return;
  sheet.space(4);
  const beneath = fit(staffName, sheet.inner, { weight: REGULAR, sizes: [small, small - 2, small - 4], maxLines: 2 });
  sheet.centred(beneath.lines, { weight: REGULAR, size: beneath.size }, Math.round(beneath.size * 1.28));
};

export const putText = (sheet: Sheet, { text, size }: Of<'text'>): void => {
  const { base, service, small } = sheet.format;
  const weight = size === 'large' ? BOLD : REGULAR;
  const sizes = { small: [small, small - 2], normal: [base, small], large: service.slice(1) }[size];
  const fitted = fitName(text, sheet.inner, { weight, sizes, maxLines: 4 }, 8);
  sheet.centred(fitted.lines, { weight, size: fitted.size }, Math.round(fitted.size * 1.28));
};

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

const putNote = (sheet: Sheet, { text, bold }: Note, room: number): void => {
  const { base, small } = sheet.format;
  const weight = bold ? BOLD : REGULAR;
  const sizes = bold ? [base, small, small - 2] : [small, small - 2];
  const fitted = fitName(text, room, { weight, sizes, maxLines: 3 }, 5);
  sheet.centred(fitted.lines, { weight, size: fitted.size }, Math.round(fitted.size * 1.28));
};

/** A frame with a heading and what it means; a strong one has its heading white on black. */
export const putMark = (sheet: Sheet, { headings, notes, strong }: Of<'mark'>): void => {
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
  for (const note of notes) putNote(sheet, note, room);
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

const listItem = (sheet: Sheet, { name, staffName, place }: ListItem, mark: string, indent: number): void => {
  const { base, small } = sheet.format;
  const x = sheet.left + indent;
  const width = sheet.inner - indent;
  const sizes = [base + 3, base + 1, small];
  const title = fitName(name, width, { weight: BOLD, sizes, maxLines: 2, even: false }, 5);
  const style = { weight: BOLD, size: title.size };
  const leading = Math.round(title.size * 1.2);
  sheet.put([mark], style, leading, { x: sheet.left, y: sheet.y });
  sheet.y = sheet.put(title.lines, style, leading, { x, y: sheet.y });
  const under = (text: string | null, small: readonly number[], maxLines: number): void => {
    if (text === null) return;
    const line = fit(text, width, { weight: REGULAR, sizes: small, maxLines, even: false });
    const lineStyle = { weight: REGULAR, size: line.size };
    sheet.y = sheet.put(line.lines, lineStyle, Math.round(line.size * 1.26), { x, y: sheet.y });
  };
  under(staffName, [small - 2, small - 4], 3);
  under(place, [base, small, small - 2], 2);
};

/** Several services, one under the other, under what says so. */
export const putServices = (sheet: Sheet, { heading, items, numbered }: Of<'services'>): void => {
  const { base, small } = sheet.format;
  if (heading !== null) sheet.centred([heading], { weight: REGULAR, size: small }, Math.round(small * 1.5));
  const mark = (i: number): string => (numbered ? `${i + 1}.` : '•');
  const markStyle = { weight: BOLD, size: base + 3 };
  const indent = Math.ceil(Math.max(...items.map((_, i) => textWidth(`${mark(i)} `, markStyle))) + 4);
  for (const [i, item] of items.entries()) {
    if (i > 0) sheet.space(7);
    listItem(sheet, item, mark(i), indent);
  }
};

/** What everybody should read who is concerned: in bold over the whole width. */
export const putWarning = (sheet: Sheet, { text }: Of<'warning'>): void => {
  const { base, small } = sheet.format;
  const fitted = fit(text, sheet.inner, { weight: BOLD, sizes: [base, small], maxLines: 3 });
  sheet.centred(fitted.lines, { weight: BOLD, size: fitted.size }, Math.round(fitted.size * 1.28));
};

/** Labels and what they say, in two columns; a text that finds no room in its column stands under its label. */
export const putRows = (sheet: Sheet, { rows }: Of<'rows'>): void => {
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
