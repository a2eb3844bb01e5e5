import type { Command } from './parser.ts';
import { fromColumns, type Press } from './press.ts';

const EC_LEVELS = { 48: 'L', 49: 'M', 50: 'Q', 51: 'H' } as const;
const HEAD_DPI = 203;

type Order = Pick<Extract<Command, { kind: 'command' }>, 'name' | 'params' | 'body'>;

/** What Epson's commands do (ESC/POS command reference). @returns false for those that neither print nor set a mode. */
export function escposOrder(press: Press, { name, params, body }: Order): boolean {
  const { style } = press;
  const n = params[0] ?? 0;
  const word = n + 256 * (params[1] ?? 0);
  const steps = (count: number): number => Math.round(count * style.step);
  switch (name) {
    case 'ESC @':
      press.reset();
      break;
    case 'ESC t':
      press.selectPage(n);
      break;
    case 'ESC a':
      style.align = n >= 48 ? n - 48 : n;
      break;
    case 'ESC !':
      style.fontB = (n & 1) !== 0;
      style.bold = (n & 8) !== 0;
      style.scaleY = (n & 16) !== 0 ? 2 : 1;
      style.scaleX = (n & 32) !== 0 ? 2 : 1;
      style.underline = (n & 128) !== 0 ? 1 : 0;
      break;
    case 'GS !':
      style.scaleX = ((n >> 4) & 7) + 1;
      style.scaleY = (n & 7) + 1;
      break;
    case 'ESC M':
      style.fontB = n === 1 || n === 49;
      break;
    case 'ESC E':
    case 'ESC G':
      style.bold = (n & 1) !== 0;
      break;
    case 'ESC -':
      style.underline = Math.min(2, n >= 48 ? n - 48 : n);
      break;
    case 'GS B':
      style.inverse = (n & 1) !== 0;
      break;
    case 'ESC SP':
      style.charSpace = n;
      break;
    case 'ESC 2':
      style.spacing = 30;
      break;
    case 'ESC 3':
      style.spacing = steps(n);
      break;
    case 'ESC d':
      press.feedLine(style.spacing * n);
      break;
    case 'ESC J':
      press.feedLine(steps(n));
      break;
    case 'GS P': {
      // Vertical steps of 1/y inch; 0 is the printer's own, which is a dot.
      const y = params[1] ?? 0;
      style.step = y === 0 ? 1 : HEAD_DPI / y;
      break;
    }
    case 'ESC $':
      press.moveTo(word);
      break;
    case 'ESC \\':
      press.moveBy(word >= 32_768 ? word - 65_536 : word);
      break;
    case 'GS L':
      style.left = word;
      break;
    case 'GS W':
      style.area = word;
      break;
    case 'ESC *':
      bitImage(press, n, (params[1] ?? 0) + 256 * (params[2] ?? 0), body);
      break;
    case 'GS (':
      return n === 0x6b && symbol(press, body);
    case 'FS .':
      style.chinese = false;
      break;
    case 'FS &':
      style.chinese = true;
      break;
    // Known modes without effect on this paper: character sets, smoothing.
    case 'ESC R':
    case 'GS b':
      break;
    default:
      return false;
  }
  return true;
}

/** `ESC *`: columns of 8 or 24 dots, single or double density, into the line buffer. */
function bitImage(press: Press, mode: number, columns: number, data: readonly number[]): void {
  const columnBytes = mode >= 32 ? 3 : 1;
  const picture = fromColumns(data, columns, columnBytes);
  press.picture(picture, mode === 0 || mode === 32 ? 2 : 1, columnBytes === 1 ? 3 : 1);
}

/** `GS ( k` for QR codes (cn = 49): module size, level, store, print. */
function symbol(press: Press, body: readonly number[]): boolean {
  const [cn, fn, value] = body;
  if (cn !== 49) return false;
  if (fn === 67) press.qr.module = Math.max(1, Math.min(16, value ?? 3));
  else if (fn === 69) press.qr.level = EC_LEVELS[value as keyof typeof EC_LEVELS] ?? 'L';
  else if (fn === 80) press.qr.data = body.slice(3);
  else if (fn === 81) return press.printQr();
  else return fn === 65;
  return true;
}
