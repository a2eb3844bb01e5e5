import { create as createQr } from 'qrcode';
import type { Block, PapersPart, Stamp } from './paper-model.ts';
import { BOLD, REGULAR } from './paper-parts.ts';
import type { Format, Sheet } from './sheet.ts';
import { balance, fit, type Fitted, textWidth } from './typeset.ts';

/** The lower part of a paper: the documents to bring, the code, when it was printed, the last line. */

/** The smallest side of the code, in dots: 20 mm. */
const MIN_CODE = 160;
/** Quiet zone of the code (ISO/IEC 18004), in modules. */
const QUIET = 4;
/** Papers over the whole width have this much height: half of them in small type are better than a paper as long as an arm. */
const PAPERS_HEIGHT = 320;

interface Code {
  size: number;
  module: number;
  data: Uint8Array;
}

/**
 * @param wished dots of one module, if there is room for it; never less than `minModule`.
 * @throws RangeError when the code cannot be printed large enough to be read.
 */
const layCode = (text: string, width: number, wished: number, minModule: number): Code => {
  const { modules } = createQr(text, { errorCorrectionLevel: 'M' });
  const room = Math.floor(width / (modules.size + 2 * QUIET));
  const module = Math.min(room, Math.max(wished, Math.ceil(MIN_CODE / modules.size)));
  if (module < minModule || module * modules.size < MIN_CODE) {
    throw new RangeError(`a QR of ${text.length} characters does not fit paper ${width} dots wide: shorten its text`);
  }
  return { size: modules.size, module, data: modules.data };
};

const putCode = (sheet: Sheet, code: Code, left: number, y: number): void => {
  const x = sheet.place(left, code.size * code.module);
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
  { items: texts }: PapersPart,
  at: { width: number; height: number },
): PaperList => {
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
const putPapers = (sheet: Sheet, list: PaperList, part: PapersPart, at: { x: number; y: number }): number => {
  const { base, leading } = sheet.format;
  const style = { weight: REGULAR, size: list.size };
  let y = sheet.put([part.heading], { weight: BOLD, size: base }, leading, at);
  for (const item of list.items) {
    const dot = y + Math.round(list.lineHeight / 2);
    const middle = sheet.place(at.x + 6, 0);
    sheet.ink((ctx) => {
      ctx.beginPath();
      ctx.arc(middle, dot, 4, 0, 2 * Math.PI);
      ctx.fill();
    });
    y = sheet.put(item.lines, style, list.lineHeight, { x: at.x + BULLET, y });
  }
  if (list.more > 0) {
    y = sheet.put([part.more(list.more)], { ...style, weight: BOLD }, list.lineHeight, { x: at.x + BULLET, y });
  }
  return y;
};

const wholeWidth = (sheet: Sheet, part: PapersPart): void => {
  const list = layPapers(sheet.format, part, { width: sheet.inner, height: PAPERS_HEIGHT });
  sheet.y = putPapers(sheet, list, part, { x: sheet.left, y: sheet.y });
};

/** The papers to bring, where there is no code for them to stand beside, and when this was printed. */
export const putPapersAlone = (sheet: Sheet, { papers, stamp }: Extract<Block, { block: 'papers' }>): void => {
  const { small } = sheet.format;
  if (papers) wholeWidth(sheet, papers);
  if (!stamp) return;
  if (papers) sheet.space(12);
  const at = { x: sheet.left, y: sheet.y };
  const style = { weight: REGULAR, size: small };
  sheet.y = sheet.put([`${stamp.date} ${stamp.time}`], style, Math.round(small * 1.28), at);
};

/** The last line, over the whole width: on one line if it fits there. */
export const putFooter = (sheet: Sheet, footer: string): void => {
  const { base, leading } = sheet.format;
  const one = fit(footer, sheet.inner, { weight: REGULAR, sizes: [base, base - 1, base - 2], maxLines: 1 });
  const lines = one.cut ? balance(footer, sheet.inner, { weight: REGULAR, size: base }) : one.lines;
  sheet.centred(lines, { weight: REGULAR, size: one.cut ? base : one.size }, leading);
};

/** On one line if it fits there, else on two, smaller if need be. */
const layStamp = ({ date, time }: Stamp, width: number, usual: number): { lines: string[]; size: number } => {
  const fits = (text: string, size: number): boolean => textWidth(text, { weight: REGULAR, size }) <= width;
  const one = `${date} ${time}`;
  if (fits(one, usual)) return { lines: [one], size: usual };
  return { lines: [date, time], size: [usual, usual - 2].find((size) => fits(date, size)) ?? usual - 4 };
};

/** The code with what stands beside it or over it. @throws RangeError when it cannot be printed large enough to be read. */
export const putCodePart = (sheet: Sheet, block: Extract<Block, { block: 'code' }>): void => {
  const { papers, footer } = block;
  const { base, leading, small, minModule, slipModule } = sheet.format;
  const code = layCode(block.qr, sheet.width, block.large ? slipModule : minModule, minModule);
  const quiet = QUIET * code.module;
  const side = code.size * code.module;
  const x = Math.max(sheet.left, quiet);
  const beside = x + side + quiet;
  const width = sheet.width - sheet.left - beside;

  const { lines: stamp, size: stampSize } = layStamp(block.stamp, width, small);
  const smallLeading = Math.round(small * 1.28);
  const stampHeight = stamp.length * smallLeading;
  const wide = width >= 240;

  let list: PaperList | null = null;
  if (papers) {
    // Beside the code if there is room without small type, else above it over the whole width.
    list = layPapers(sheet.format, papers, { width, height: side + 20 - stampHeight });
    if (!wide || list.more > 0 || list.size < small || list.items.some((item) => item.cut)) {
      sheet.space(12);
      wholeWidth(sheet, papers);
      sheet.rule(12, 0);
      list = null;
    }
  }
  const top = sheet.y + quiet;
  putCode(sheet, code, x, top);
  let textEnd = top - 6;
  let footerBelow = footer !== null;
  if (list && papers) textEnd = putPapers(sheet, list, papers, { x: beside, y: textEnd });
  else if (wide && footer !== null) {
    // Nothing beside the code: the last line moves up there, and the ticket is shorter.
    footerBelow = false;
    const lines = balance(footer, width, { weight: REGULAR, size: base });
    textEnd = sheet.put(lines, { weight: REGULAR, size: base }, leading, { x: beside, y: textEnd });
  }
  const stampTop = wide
    ? Math.max(textEnd + 8, top + side - stampHeight + 6)
    : top + Math.round((side - stampHeight) / 2);
  const stampEnd = sheet.put(stamp, { weight: REGULAR, size: stampSize }, smallLeading, { x: beside, y: stampTop });
  sheet.y = Math.max(top + side, stampEnd);
  if (footerBelow && footer !== null) {
    // The line brings some white of its own, which counts towards the quiet zone.
    sheet.space(quiet - 6);
    putFooter(sheet, footer);
  } else sheet.space(quiet - 8);
};
