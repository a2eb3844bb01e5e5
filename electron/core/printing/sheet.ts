import type { SKRSContext2D } from '@napi-rs/canvas';
import { font } from './fonts.ts';
import type { TextStyle } from './typeset.ts';

/** Sizes that differ between paper 80 mm and 58 mm wide. All lengths are dots. */
export interface Format {
  margin: number;
  base: number;
  leading: number;
  small: number;
  service: readonly number[];
  title: readonly number[];
  /** Of the day on a slip. */
  day: readonly number[];
  /** Height of the digits of the time on a slip. */
  time: number;
  icon: number;
  /** Of a code: the smallest that is read for sure. */
  minModule: number;
  /** Of the code of a slip, which is dense and scanned on another day by another machine. */
  slipModule: number;
}

export const WIDE: Format = {
  margin: 24,
  base: 25,
  leading: 33,
  small: 22,
  service: [36, 34, 32, 30, 28, 26, 24],
  title: [27, 25, 23, 21, 19],
  day: [42, 40, 38, 36, 34, 32, 30, 28],
  time: 120,
  icon: 60,
  minModule: 5,
  slipModule: 6,
};
export const NARROW: Format = {
  margin: 14,
  base: 23,
  leading: 30,
  small: 20,
  service: [30, 28, 26, 24, 22],
  title: [24, 22, 20, 18],
  day: [34, 32, 30, 28, 26, 24],
  time: 100,
  icon: 50,
  minModule: 4,
  slipModule: 5,
};

const LETTER = /\p{L}/u;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A text runs the way of its first letter (rule P2 of UAX 9), one without letters the way of its paper. */
const directionOf = (text: string, rtl: boolean): 'ltr' | 'rtl' => {
  const first = LETTER.exec(text)?.[0];
  return (first === undefined ? rtl : RIGHT_TO_LEFT.test(first)) ? 'rtl' : 'ltr';
};

/**
 * What is laid out so far: how far down it goes, and how to draw it. Everything is laid out from the left; on a paper that
 * is read from right to left, left and right change places here.
 */
export class Sheet {
  readonly width: number;
  readonly format: Format;
  readonly rtl: boolean;
  y = 0;
  readonly #ink: ((ctx: SKRSContext2D) => void)[] = [];

  constructor(width: number, format: Format, rtl: boolean) {
    this.width = width;
    this.format = format;
    this.rtl = rtl;
  }

  get left(): number {
    return this.format.margin;
  }
  get inner(): number {
    return this.width - 2 * this.format.margin;
  }

  ink(draw: (ctx: SKRSContext2D) => void): void {
    this.#ink.push(draw);
  }

  /** Where the left edge of something `wide` dots wide comes to lie on paper. */
  place(x: number, wide: number): number {
    return this.rtl ? this.width - x - wide : x;
  }

  space(dots: number): void {
    this.y += dots;
  }

  /** Puts lines of text from `y` down; `x` is where they begin, or the middle, by `align`. Does not move `y`. */
  put(
    lines: readonly string[],
    style: TextStyle,
    leading: number,
    at: { x: number; y: number; align?: 'left' | 'center'; colour?: string },
  ): number {
    this.ink((ctx) => {
      ctx.font = font(style.weight, style.size);
      ctx.textAlign = at.align ?? (this.rtl ? 'right' : 'left');
      ctx.fillStyle = at.colour ?? '#000';
      lines.forEach((line, i) => {
        ctx.direction = directionOf(line, this.rtl);
        // Capitals are about 0.7 of the size high: their middle is the middle of the line.
        ctx.fillText(line, this.place(at.x, 0), Math.round(at.y + i * leading + (leading + style.size * 0.7) / 2));
      });
      ctx.fillStyle = '#000';
      ctx.direction = 'ltr';
    });
    return at.y + lines.length * leading;
  }

  /** Lines in the middle of the paper; moves on. */
  centred(lines: readonly string[], style: TextStyle, leading: number): void {
    this.y = this.put(lines, style, leading, { x: this.width / 2, y: this.y, align: 'center' });
  }

  rule(above: number, below: number): void {
    this.y += above;
    const { y, left, inner } = this;
    this.ink((ctx) => {
      for (let x = left; x < left + inner; x += 14) ctx.fillRect(x, y, Math.min(8, left + inner - x), 4);
    });
    this.y += 4 + below;
  }

  draw(ctx: SKRSContext2D): void {
    for (const draw of this.#ink) draw(ctx);
  }
}
