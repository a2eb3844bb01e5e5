import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import { font } from './fonts.ts';
import { tie } from './leaning.ts';

/** Measuring and breaking text. All lengths are dots. */

let measuring: SKRSContext2D | null = null;
/** A context that is only measured with; made when first needed, kept for good. */
const ruler = (): SKRSContext2D => (measuring ??= createCanvas(8, 8).getContext('2d'));

export interface TextStyle {
  weight: number;
  size: number;
}

/** Names of offices and services come back on every ticket; measuring is most of the work of drawing one. */
const MOST_WIDTHS = 20_000;
const widths = new Map<string, number>();

export const textWidth = (text: string, { weight, size }: TextStyle): number => {
  const key = `${weight} ${size} ${text}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  const ctx = ruler();
  ctx.font = font(weight, size);
  const { width } = ctx.measureText(text);
  if (widths.size >= MOST_WIDTHS) widths.clear();
  widths.set(key, width);
  return width;
};

/** Where the ink of `text` lies, relative to the origin it is drawn at: `left` and `up` count away from it. */
export const textInk = (
  text: string,
  { weight, size }: TextStyle,
  letterSpacing: number,
): { left: number; right: number; up: number; down: number } => {
  const ctx = ruler();
  ctx.font = font(weight, size);
  ctx.letterSpacing = `${letterSpacing}px`;
  const m = ctx.measureText(text);
  ctx.letterSpacing = '0px';
  return {
    left: m.actualBoundingBoxLeft,
    right: m.actualBoundingBoxRight,
    up: m.actualBoundingBoxAscent,
    down: m.actualBoundingBoxDescent,
  };
};

const graphemes = new Intl.Segmenter('ru', { granularity: 'grapheme' });
const letters = (text: string): string[] => [...graphemes.segment(text)].map((s) => s.segment);

/** The longest beginning of `word` that fits, up to a hyphen if it has one; at least one letter. */
const head = (word: string, width: number, style: TextStyle): string => {
  let taken = '';
  for (const letter of letters(word)) {
    if (taken !== '' && textWidth(taken + letter, style) > width) break;
    taken += letter;
  }
  return taken.slice(0, taken.lastIndexOf('-') + 1) || taken;
};

export interface Wrapped {
  lines: string[];
  /** A word was longer than a line and had to be broken inside. */
  broken: boolean;
}

/** Chinese is written without spaces: a line may end after nearly every character. */
const HAN = /[\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60\u{20000}-\u{2fa1f}]/u;
/** ... but must not begin with a mark that closes, nor end with one that opens. */
const NEVER_FIRST = /[、。，．：；？！）」』》】〉”’%…·)\]}.,:;?!»]/u;
const NEVER_LAST = /[（「『《【〈“‘([{«№]/u;

/** A word, or a part of one before which a line may end; `space`: one stands before it. */
interface Piece {
  text: string;
  space: boolean;
}

const pieces = (text: string): Piece[] =>
  text
    .trim()
    .split(/[ \t\r\n]+/)
    .flatMap((word): Piece[] => {
      if (!HAN.test(word)) return [{ text: word, space: true }];
      const parts: Piece[] = [];
      let before = '';
      for (const letter of letters(word)) {
        const last = parts.at(-1);
        const mayEnd =
          (HAN.test(letter) || HAN.test(before)) &&
          !NEVER_FIRST.test(letter) &&
          !NEVER_LAST.test(before) &&
          letter !== '\u00a0' &&
          before !== '\u00a0';
        if (last && !mayEnd) last.text += letter;
        else parts.push({ text: letter, space: parts.length === 0 });
        before = letter;
      }
      return parts;
    });

/** Breaks at ordinary spaces (never at U+00A0) and between Chinese characters; a longer word is broken between letters. */
export const wrap = (text: string, width: number, style: TextStyle): Wrapped => {
  const lines: string[] = [];
  let broken = false;
  let line = '';
  for (const piece of pieces(text)) {
    let word = piece.text;
    const longer = line === '' ? word : `${line}${piece.space ? ' ' : ''}${word}`;
    if (textWidth(longer, style) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    while (textWidth(word, style) > width && letters(word).length > 1) {
      const part = head(word, width, style);
      lines.push(part);
      word = word.slice(part.length);
      broken = true;
    }
    line = word;
  }
  if (line !== '') lines.push(line);
  return { lines, broken };
};

/** Breaks where a reader would; where that would break a word, at any space. */
const wrapKindly = (text: string, width: number, style: TextStyle): Wrapped => {
  const tied = wrap(tie(text), width, style);
  return tied.broken ? wrap(text, width, style) : tied;
};

/** Moves words so that lines are about equally long, without needing more of them: «Замена / паспорта», not a lone last word. */
export const balance = (text: string, width: number, style: TextStyle): string[] => {
  const { lines, broken } = wrapKindly(text, width, style);
  if (broken || lines.length < 2) return lines;
  let best = lines;
  for (let narrower = width - 8; narrower > width / 2; narrower -= 8) {
    const tried = wrapKindly(text, narrower, style);
    if (tried.broken || tried.lines.length > lines.length) break;
    best = tried.lines;
  }
  return best;
};

export interface Fitted {
  lines: string[];
  size: number;
  /** Not all of the text is there; the last line ends with an ellipsis. */
  cut: boolean;
  /** A word stands on two lines. */
  broken: boolean;
}

/**
 * The largest of `sizes` (falling) at which the text needs no more than `maxLines` lines and no word is broken; then one
 * with broken words; at last the smallest with an ellipsis. `even` lines are for titles, not for lists.
 */
export const fit = (
  text: string,
  width: number,
  {
    weight,
    sizes,
    maxLines,
    even = true,
  }: { weight: number; sizes: readonly number[]; maxLines: number; even?: boolean },
): Fitted => {
  const tries = sizes.map((size) => ({ size, ...wrapKindly(text, width, { weight, size }) }));
  const good =
    tries.find((t) => t.lines.length <= maxLines && !t.broken) ?? tries.find((t) => t.lines.length <= maxLines);
  if (good)
    return {
      lines: even ? balance(text, width, { weight, size: good.size }) : good.lines,
      size: good.size,
      cut: false,
      broken: good.broken,
    };
  const size = sizes.at(-1) ?? 20;
  const { lines, broken } = wrapKindly(text, width, { weight, size });
  const kept = lines.slice(0, maxLines);
  let last = kept.at(-1) ?? '';
  while (last !== '' && textWidth(`${last}…`, { weight, size }) > width) last = letters(last).slice(0, -1).join('');
  return { lines: [...kept.slice(0, -1), `${last.trimEnd()}…`], size, cut: true, broken };
};
