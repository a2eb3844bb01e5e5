import { createRequire } from 'node:module';
import { createCanvas, GlobalFonts } from '@napi-rs/canvas';
import type { Bitmap } from './paper.ts';

const FAMILY = 'Virtual Printer Golos';
/** Greek, Chinese and most of what wrong pages turn letters into. */
const WIDE_FAMILY = 'Virtual Printer Noto';
const FILES = {
  [FAMILY]: '@expo-google-fonts/golos-text/500Medium/GolosText_500Medium.ttf',
  [WIDE_FAMILY]: '@expo-google-fonts/noto-sans-sc/500Medium/NotoSansSC_500Medium.ttf',
} as const;
const cache = new Map<string, Bitmap>();
const registered = new Set<string>();

function register(family: keyof typeof FILES): void {
  if (registered.has(family)) return;
  const path = createRequire(import.meta.url).resolve(FILES[family]);
  if (GlobalFonts.registerFromPath(path, family) === null) throw new Error(`cannot read the font ${path}`);
  registered.add(family);
}

/** Golos has Latin and Cyrillic; the other file is large and read only for what that has not. */
function families(char: string): string {
  register(FAMILY);
  if (/^[\p{Script=Latin}\p{Script=Cyrillic}\x20-\x7e№«»—–…€₽°]$/u.test(char)) return `"${FAMILY}"`;
  register(WIDE_FAMILY);
  return `"${FAMILY}", "${WIDE_FAMILY}"`;
}

/** The strokes of line-drawing characters, which must meet across cells, as fractions of the cell: x0, y0, x1, y1. */
const STROKES: Readonly<Record<string, readonly (readonly [number, number, number, number])[]>> = {
  '─': [[0, 0.46, 1, 0.54]],
  '│': [[0.42, 0, 0.58, 1]],
  '═': [
    [0, 0.38, 1, 0.46],
    [0, 0.58, 1, 0.66],
  ],
  // A character without a picture: an empty frame, as printers have it.
  '\ufffd': [
    [0.1, 0.1, 0.9, 0.16],
    [0.1, 0.8, 0.9, 0.86],
    [0.1, 0.1, 0.2, 0.86],
    [0.8, 0.1, 0.9, 0.86],
  ],
  '█': [[0, 0, 1, 1]],
  '▄': [[0, 0.5, 1, 1]],
  '▀': [[0, 0, 1, 0.5]],
};

/** One character as dots in a fixed cell of `width` x `height`, squeezed into it where the letter is wider. */
export function glyph(char: string, width: number, height: number): Bitmap {
  const key = `${width}x${height}${char}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = '#000';
  const strokes = STROKES[char];
  if (strokes !== undefined) {
    for (const [x0, y0, x1, y1] of strokes) {
      const top = Math.round(y0 * height);
      const left = Math.round(x0 * width);
      context.fillRect(left, top, Math.max(1, Math.round(x1 * width) - left), Math.round(y1 * height) - top);
    }
  } else {
    context.font = `${Math.round(height * 0.83)}px ${families(char)}`;
    context.textBaseline = 'alphabetic';
    const natural = context.measureText(char).width;
    const scale = Math.min(1, (width - 0.5) / Math.max(1, natural));
    context.translate((width - natural * scale) / 2, Math.round(height * 0.76));
    context.scale(scale, 1);
    context.fillText(char, 0, 0);
  }
  const { data } = context.getImageData(0, 0, width, height);
  const stride = Math.ceil(width / 8);
  const bits = new Uint8Array(stride * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if ((data[(y * width + x) * 4 + 3] ?? 0) < 110) continue;
      const index = y * stride + (x >> 3);
      bits[index] = (bits[index] ?? 0) | (0x80 >> (x & 7));
    }
  }
  const made: Bitmap = { width, height, bits };
  cache.set(key, made);
  return made;
}
