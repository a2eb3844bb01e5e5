import { create as createQr } from 'qrcode';
import { decodeByte } from './code-pages.ts';
import type { Dialect } from './dialect.ts';
import { glyph } from './glyphs.ts';
import { type Bitmap, dotAt, type Paper } from './paper.ts';
import type { Command } from './parser.ts';

/** A character or a picture waiting in the line buffer, placed from the left edge of the print area. */
interface Item {
  readonly x: number;
  readonly picture: Bitmap;
  readonly scaleX: number;
  readonly scaleY: number;
  readonly width: number;
  readonly height: number;
  readonly bold: boolean;
  readonly underline: number;
  readonly inverse: boolean;
}

/** Text or a symbol, with the row of the strip at which it was printed. */
export interface Mark {
  readonly row: number;
  readonly text: string;
}

const EC_LEVELS = { 48: 'L', 49: 'M', 50: 'Q', 51: 'H' } as const;

interface Style {
  align: number;
  fontB: boolean;
  bold: boolean;
  underline: number;
  inverse: boolean;
  scaleX: number;
  scaleY: number;
  spacing: number;
  charSpace: number;
  left: number;
  area: number;
  page: number;
}

/**
 * The part of the printer that puts commands on the paper: modes, the line buffer, text, rasters and QR codes. It knows
 * nothing of time, status or connections; `advance` tells its owner of every movement of the paper, in dots.
 */
export class Press {
  readonly #dialect: Dialect;
  readonly #paper: Paper;
  readonly #advanced: (dots: number) => void;
  #style: Style;
  #items: Item[] = [];
  #lineText = '';
  #x = 0;
  #qrModule = 3;
  #qrLevel: 'L' | 'M' | 'Q' | 'H' = 'L';
  #qrData: readonly number[] = [];
  /** What has been printed since the last cut, top to bottom. */
  lines: Mark[] = [];
  /** The contents of the QR codes printed by `GS ( k` since the last cut. */
  codes: Mark[] = [];

  constructor(dialect: Dialect, paper: Paper, advanced: (dots: number) => void) {
    this.#dialect = dialect;
    this.#paper = paper;
    this.#advanced = advanced;
    this.#style = this.#initialStyle();
  }

  /** `ESC @`, or power on: modes as at start, the line buffer dropped; the paper stays as it is. */
  reset(): void {
    this.#style = this.#initialStyle();
    this.#qrModule = 3;
    this.#qrLevel = 'L';
    this.#qrData = [];
    this.#clearLine();
  }

  /** Carries out one command; false if it is not one of those that print or set a mode. */
  run(command: Command): boolean {
    switch (command.kind) {
      case 'text':
        this.#char(command.byte);
        return true;
      case 'control':
        this.#control(command.byte);
        return true;
      case 'raster':
        if (this.#items.length > 0) this.feedLine(this.#style.spacing);
        return true;
      case 'raster-row':
        this.#rasterRow(command.row, command.mode);
        return true;
      case 'command':
        return this.#command(command.name, command.params, command.body);
      default:
        return false;
    }
  }

  /** Prints the line buffer, then moves the paper by `dots` or the height of the line, whichever is more. */
  feedLine(dots: number): void {
    const height = this.#items.reduce((max, item) => Math.max(max, item.height), 0);
    const width = this.#items.reduce((max, item) => Math.max(max, item.x + item.width), 0);
    const free = Math.max(0, this.#area() - width);
    const left = this.#style.left + (this.#style.align === 1 ? free >> 1 : this.#style.align === 2 ? free : 0);
    for (const item of this.#items) this.#draw(item, left, height);
    this.lines.push({ row: this.#paper.head, text: this.#lineText.trimEnd() });
    this.#clearLine();
    this.#move(Math.max(dots, height));
  }

  /** Drops marks of rows that have been cut off, and counts the rest from the new edge. */
  cutAt(row: number): { text: string; qr: string[] } {
    const above = (mark: Mark): boolean => mark.row < row;
    const text = this.lines.filter(above).map((mark) => mark.text);
    const qr = this.codes.filter(above).map((mark) => mark.text);
    const rest = (marks: readonly Mark[]): Mark[] =>
      marks.filter((mark) => !above(mark)).map((mark) => ({ row: mark.row - row, text: mark.text }));
    this.lines = rest(this.lines);
    this.codes = rest(this.codes);
    return { text: text.join('\n').replace(/^\n+|\n+$/g, ''), qr };
  }

  #initialStyle(): Style {
    return {
      align: 0,
      fontB: false,
      bold: false,
      underline: 0,
      inverse: false,
      scaleX: 1,
      scaleY: 1,
      spacing: 30,
      charSpace: 0,
      left: 0,
      area: this.#paper.width,
      page: this.#dialect.startPage,
    };
  }

  #area(): number {
    return Math.max(8, Math.min(this.#style.area, this.#paper.width - this.#style.left));
  }

  #clearLine(): void {
    this.#items = [];
    this.#lineText = '';
    this.#x = 0;
  }

  #move(dots: number): void {
    if (dots <= 0) return;
    this.#paper.advance(dots);
    this.#advanced(dots);
  }

  #char(byte: number): void {
    const page = this.#dialect.codePages.get(this.#style.page);
    const char = page === undefined ? '\u{fffd}' : decodeByte(page, byte);
    const { fontB, scaleX, scaleY, bold, underline, inverse, charSpace } = this.#style;
    const [cellWidth, cellHeight] = fontB ? [9, 17] : [12, 24];
    const width = cellWidth * scaleX;
    if (this.#x + width > this.#area() && this.#items.length > 0) this.feedLine(this.#style.spacing);
    const picture = glyph(char, cellWidth, cellHeight);
    const height = cellHeight * scaleY;
    this.#items.push({ x: this.#x, picture, scaleX, scaleY, width, height, bold, underline, inverse });
    this.#lineText += char;
    this.#x += width + charSpace * scaleX;
  }

  #control(byte: number): void {
    if (byte === 0x0a || byte === 0x0c) this.feedLine(this.#style.spacing);
    else if (byte === 0x09) {
      const stop = 12 * 8 * this.#style.scaleX;
      this.#moveTo((Math.floor(this.#x / stop) + 1) * stop);
    } else if (byte === 0x18) this.#clearLine();
  }

  #moveTo(x: number): void {
    const target = Math.max(0, Math.min(x, this.#area()));
    const cell = (this.#style.fontB ? 9 : 12) * this.#style.scaleX;
    if (target > this.#x) this.#lineText += ' '.repeat(Math.max(1, Math.round((target - this.#x) / cell)));
    this.#x = target;
  }

  #draw(item: Item, left: number, lineHeight: number): void {
    const top = lineHeight - item.height;
    const black = (x: number, y: number): boolean => {
      const sx = Math.floor(x / item.scaleX);
      const sy = Math.floor(y / item.scaleY);
      const on = dotAt(item.picture, sx, sy) || (item.bold && dotAt(item.picture, sx - 1, sy));
      return on || (item.underline > 0 && y >= item.height - item.underline);
    };
    for (let y = 0; y < item.height; y += 1) {
      for (let x = 0; x < item.width; x += 1) {
        if (black(x, y) !== item.inverse) this.#paper.dot(left + item.x + x, top + y);
      }
    }
  }

  #rasterRow(row: Uint8Array, mode: number): void {
    const wide = (mode & 1) !== 0 ? doubled(row) : row;
    const free = Math.max(0, this.#area() - wide.length * 8);
    const shift = this.#style.align === 1 ? free >> 1 : this.#style.align === 2 ? free : 0;
    const rows = (mode & 2) !== 0 ? 2 : 1;
    for (let dy = 0; dy < rows; dy += 1) this.#paper.row(wide, this.#style.left + shift, dy);
    this.#move(rows);
  }

  #command(name: string, params: readonly number[], body: readonly number[]): boolean {
    const style = this.#style;
    const n = params[0] ?? 0;
    const word = n + 256 * (params[1] ?? 0);
    switch (name) {
      case 'ESC @':
        this.reset();
        break;
      case 'ESC t':
        // A page the printer does not have is ignored, and the old one goes on: that is how wrong letters come out.
        if (this.#dialect.codePages.has(n)) style.page = n;
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
        style.spacing = n;
        break;
      case 'ESC d':
        this.feedLine(style.spacing * n);
        break;
      case 'ESC J':
        this.feedLine(n);
        break;
      case 'ESC $':
        this.#moveTo(word);
        break;
      case 'ESC \\':
        this.#moveTo(this.#x + (word >= 32_768 ? word - 65_536 : word));
        break;
      case 'GS L':
        style.left = Math.min(word, this.#paper.width - 8);
        break;
      case 'GS W':
        style.area = word;
        break;
      case 'ESC *':
        this.#bitImage(n, (params[1] ?? 0) + 256 * (params[2] ?? 0), body);
        break;
      case 'GS (':
        return n === 0x6b && this.#symbol(body);
      // Known modes without effect on this paper: character sets, Kanji off, print speed, smoothing.
      case 'ESC R':
      case 'FS .':
      case 'GS b':
        break;
      default:
        return false;
    }
    return true;
  }

  /** `ESC *`: columns of 8 or 24 dots, single or double density, into the line buffer. */
  #bitImage(mode: number, columns: number, data: readonly number[]): void {
    const columnBytes = mode >= 32 ? 3 : 1;
    const height = columnBytes * 8;
    const stride = Math.ceil(columns / 8);
    const bits = new Uint8Array(stride * height);
    for (let x = 0; x < columns; x += 1) {
      for (let y = 0; y < height; y += 1) {
        const byte = data[x * columnBytes + (y >> 3)] ?? 0;
        if ((byte & (0x80 >> (y & 7))) === 0) continue;
        const index = y * stride + (x >> 3);
        bits[index] = (bits[index] ?? 0) | (0x80 >> (x & 7));
      }
    }
    const scaleX = mode === 0 || mode === 32 ? 2 : 1;
    const scaleY = columnBytes === 1 ? 3 : 1;
    const picture = { width: columns, height, bits };
    const item = { picture, scaleX, scaleY, width: columns * scaleX, height: height * scaleY };
    this.#items.push({ ...item, x: this.#x, bold: false, underline: 0, inverse: false });
    this.#x += item.width;
  }

  /** `GS ( k` for QR codes (cn = 49): module size, level, store, print. */
  #symbol(body: readonly number[]): boolean {
    const [cn, fn, value] = body;
    if (cn !== 49) return false;
    if (fn === 67) this.#qrModule = Math.max(1, Math.min(16, value ?? 3));
    else if (fn === 69) this.#qrLevel = EC_LEVELS[value as keyof typeof EC_LEVELS] ?? 'L';
    else if (fn === 80) this.#qrData = body.slice(3);
    else if (fn === 81) return this.#printQr();
    else return fn === 65;
    return true;
  }

  #printQr(): boolean {
    const data = Uint8Array.from(this.#qrData);
    if (data.length === 0) return false;
    let modules: { readonly size: number; get(row: number, column: number): number };
    try {
      modules = createQr([{ data, mode: 'byte' }], { errorCorrectionLevel: this.#qrLevel }).modules;
    } catch {
      return false; // More data than a QR code holds: the printer prints nothing.
    }
    if (this.#items.length > 0) this.feedLine(this.#style.spacing);
    const side = modules.size * this.#qrModule;
    if (side > this.#area()) return false;
    this.codes.push({ row: this.#paper.head, text: new TextDecoder().decode(data) });
    const free = this.#area() - side;
    const left = this.#style.left + (this.#style.align === 1 ? free >> 1 : this.#style.align === 2 ? free : 0);
    for (let y = 0; y < side; y += 1) {
      for (let x = 0; x < side; x += 1) {
        const on = modules.get(Math.floor(y / this.#qrModule), Math.floor(x / this.#qrModule)) !== 0;
        if (on) this.#paper.dot(left + x, y);
      }
    }
    this.#move(side);
    return true;
  }
}

/** Every dot twice as wide (`GS v 0`, m = 1 or 3). */
function doubled(row: Uint8Array): Uint8Array {
  const wide = new Uint8Array(row.length * 2);
  for (let bit = 0; bit < row.length * 8; bit += 1) {
    if (((row[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) === 0) continue;
    const to = bit * 2;
    wide[to >> 3] = (wide[to >> 3] ?? 0) | (0xc0 >> (to & 7));
  }
  return wide;
}
