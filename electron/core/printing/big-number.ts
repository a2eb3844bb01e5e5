import type { SKRSContext2D } from '@napi-rs/canvas';
import { font } from './fonts.ts';
import { textInk, type TextStyle } from './typeset.ts';

/** The number of a ticket, and the time on a slip: as heavy and as high as the paper is wide. All lengths are dots. */

/** Height of the letter: 18.5 mm. People hold a ticket at arm's length, and a tired eye should not have to look for it. */
const MAX_CAP = 148;
/**
 * How the type may be squeezed, the best first: «М 888» is a fifth wider than «Т 111», and paper of 58 mm is two thirds as
 * wide as the usual. The heaviest weight that fits is taken; squeezed hard, the heaviest would close its own holes.
 */
const SQUEEZES = [
  { condensed: 0.85, weights: [900, 800, 700] },
  { condensed: 0.58, weights: [800, 700] },
] as const;
const LETTER_SPACING_EM = 0;
/** Between letter and digits; an ordinary space would cost size. */
const GAP_EM = 0.17;

interface Part {
  text: string;
  /** From the left edge of the line's ink to this part's origin, before condensing. */
  x: number;
}

interface NumberLine {
  parts: Part[];
  width: number;
}

export interface BigNumber {
  height: number;
  draw: (ctx: SKRSContext2D, centre: number, top: number) => void;
}

const layLine = (words: readonly string[], style: TextStyle): NumberLine => {
  const spacing = LETTER_SPACING_EM * style.size;
  let x = 0;
  const parts = words.map((text, i): Part => {
    const ink = textInk(text, style, spacing);
    const origin = x + ink.left;
    x = origin + ink.right + (i < words.length - 1 ? GAP_EM * style.size : 0);
    return { text, x: origin };
  });
  return { parts, width: x };
};

/** Height of a flat capital, of a size of 1000. */
const capHeights = new Map<number, number>();
const capHeight = (weight: number): number => {
  const known = capHeights.get(weight);
  if (known !== undefined) return known;
  const measured = textInk('Н', { weight, size: 1000 }, 0).up;
  capHeights.set(weight, measured);
  return measured;
};

/** How wide the widest line would be at this height, and so by how much all of them must be condensed. */
const lay = (lines: readonly (readonly string[])[], weight: number, cap: number, width: number) => {
  const size = (cap * 1000) / capHeight(weight);
  const laid = lines.map((words) => layLine(words, { weight, size }));
  const condensed = Math.min(1, width / Math.max(...laid.map((line) => line.width)));
  return { laid, condensed, size, weight, cap };
};

/**
 * @param number `А 047`, or `А 07 012`, which takes two lines: on one it would be half as high.
 * @param width of the ink at most.
 * @param maxCap height of a letter at most.
 */
export const layNumber = (number: string, width: number, maxCap = MAX_CAP): BigNumber => {
  const words = number.trim().split(/[\s\u00a0]+/);
  const lines = words.length > 2 ? [words.slice(0, -1), words.slice(-1)] : [words];
  // Widths grow in proportion with the height, so one try at full height tells how high each weight can be.
  const tries = SQUEEZES.flatMap(({ condensed, weights }) =>
    weights.map((weight) => {
      const full = lay(lines, weight, maxCap, width);
      return { weight, cap: Math.floor(maxCap * Math.min(1, full.condensed / condensed)) };
    }),
  );
  const highest = Math.max(...tries.map((t) => t.cap));
  const chosen = tries.find((t) => t.cap === highest) ?? { weight: 700, cap: highest };
  const best = lay(lines, chosen.weight, chosen.cap, width);
  const { laid, condensed, size, weight, cap } = best;
  // Round letters reach a little over the line above and below; so do the digits.
  const overshoot = Math.ceil(cap * 0.02);
  const leading = Math.round(cap * 0.2);
  return {
    height: laid.length * cap + (laid.length - 1) * leading + 2 * overshoot,
    draw: (ctx, centre, top) => {
      ctx.save();
      ctx.font = font(weight, size);
      ctx.letterSpacing = `${LETTER_SPACING_EM * size}px`;
      ctx.textAlign = 'left';
      laid.forEach((line, i) => {
        ctx.save();
        ctx.translate(centre - (line.width * condensed) / 2, top + overshoot + cap + i * (cap + leading));
        ctx.scale(condensed, 1);
        for (const part of line.parts) ctx.fillText(part.text, part.x, 0);
        ctx.restore();
      });
      ctx.restore();
    },
  };
};
