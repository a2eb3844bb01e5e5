import type { Command } from './parser.ts';
import { fromColumns, type Press } from './press.ts';

type Order = Pick<Extract<Command, { kind: 'command' }>, 'name' | 'params' | 'body'>;

const LEVELS = ['L', 'M', 'Q', 'H'] as const;
/** Dots of a millimetre. */
const MM = 8;
/** Numbers of raster mode are written out in ASCII. */
const written = (params: readonly number[]): number =>
  Math.min(0xff_ff, Number.parseInt(String.fromCodePoint(...params), 10) || 0);
/** Digits are taken for the numbers they show. */
const digit = (n: number): number => (n >= 48 ? n - 48 : n);

/**
 * What Star's commands do in Line Mode (STAR Line Mode Command Specifications). @returns false for those that neither print
 * nor set a mode.
 */
export function starOrder(press: Press, { name, params, body }: Order): boolean {
  const { style } = press;
  const n = params[0] ?? 0;
  const word = n + 256 * (params[1] ?? 0);
  switch (name) {
    case 'ESC @':
      press.reset();
      break;
    case 'ESC GS t':
      press.selectPage(n);
      break;
    case 'ESC GS a':
      style.align = Math.min(2, digit(n));
      break;
    // Height first: 0 is once, 5 is six times.
    case 'ESC i':
      style.scaleY = Math.min(5, digit(n)) + 1;
      style.scaleX = Math.min(5, digit(params[1] ?? 0)) + 1;
      break;
    case 'ESC W':
      style.scaleX = Math.min(5, digit(n)) + 1;
      break;
    case 'ESC h':
      style.scaleY = Math.min(5, digit(n)) + 1;
      break;
    case 'ESC E':
      style.bold = true;
      break;
    case 'ESC F':
      style.bold = false;
      break;
    case 'ESC 4':
      style.inverse = true;
      break;
    case 'ESC 5':
      style.inverse = false;
      break;
    case 'ESC -':
      style.underline = digit(n) === 0 ? 0 : 2;
      break;
    case 'ESC RS F':
      style.fontB = digit(n) === 1;
      break;
    case 'ESC SP':
      style.charSpace = n;
      break;
    case 'ESC z':
      style.spacing = 4 * MM;
      break;
    case 'ESC 0':
    case 'ESC 1':
      style.spacing = 3 * MM;
      break;
    case 'ESC a':
      press.feedLine(style.spacing * n);
      break;
    case 'ESC I':
      press.feedLine(n);
      break;
    case 'ESC J':
      press.feedLine(2 * n);
      break;
    case 'ESC GS A':
      press.moveTo(word);
      break;
    case 'ESC GS R':
      press.moveBy(word >= 32_768 ? word - 65_536 : word);
      break;
    // 24 rows of n bytes each.
    case 'ESC k':
      press.picture({ width: n * 8, height: 24, bits: Uint8Array.from(body.slice(0, n * 24)) });
      break;
    case 'ESC X':
    case 'ESC L':
      press.picture(fromColumns(body, word, 3));
      break;
    case 'ESC K':
      press.picture(fromColumns(body, word, 1), 3, 3);
      break;
    case 'ESC GS y S':
      return codeMode(press, n, params[1] ?? 0);
    case 'ESC GS y D':
      if (n !== 0x31) return false;
      press.qr.data = body;
      break;
    case 'ESC GS y P':
      return press.printQr();
    case 'ESC * r Y':
      press.feedLine(written(params.slice(0, -1)));
      break;
    case 'ESC * r A':
      press.flush();
      break;
    // Known modes without effect on this paper: character sets, page length, quality, margins, density.
    case 'ESC R':
    case 'ESC * r P':
    case 'ESC * r Q':
    case 'ESC * r T':
    case 'ESC * r m l':
    case 'ESC * r m r':
    case 'ESC RS d':
    case 'ESC RS r':
      break;
    default:
      return false;
  }
  return true;
}

/** `ESC GS y S`: 0 the model, of which there is one, 1 the level, 2 the size of a module. */
function codeMode(press: Press, what: number, value: number): boolean {
  if (what === 0x31) press.qr.level = LEVELS[value] ?? 'L';
  else if (what === 0x32) press.qr.module = Math.max(1, Math.min(8, value));
  else return what === 0x30;
  return true;
}
