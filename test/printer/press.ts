import { create as createQr } from 'qrcode';
import { codePage, decodeByte, decodeChinese } from './code-pages.ts';
import type { Dialect } from './dialect.ts';
import { glyph } from './glyphs.ts';
import { type Bitmap, dotAt, type Paper } from './paper.ts';

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

export type QrLevel = 'L' | 'M' | 'Q' | 'H';

/** Modes of the printer, set by its commands. Sizes are in dots. */
export interface Style {
  /** 0 left, 1 centre, 2 right. */
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
  chinese: boolean;
  /** Dots of one step of `ESC J`, `ESC 3` and `GS V`. */
  step: number;
}

export interface QrStyle {
  module: number;
  level: QrLevel;
  data: readonly number[];
}

const LINE_FEED = 0x0a;
const FORM_FEED = 0x0c;
const TAB = 0x09;
const CANCEL = 0x18;

/**
 * The part of the printer that puts things on the paper: modes, the line buffer, text, rasters and QR codes. What the
 * commands of a maker do with it stands in the orders; it knows nothing of time, status or connections. `advance` tells its
 * owner of every movement of the paper, in dots.
 */
export class Press {
  readonly #dialect: Dialect;
  readonly #paper: Paper;
  readonly #advanced: (dots: number) => void;
  style: Style;
  qr: QrStyle;
  #items: Item[] = [];
  #lineText = '';
  #x = 0;
  /** The first byte of a Chinese character. */
  #first = 0;
  #pages = new Set<string>();
  /** What has been printed since the last cut, top to bottom. */
  lines: Mark[] = [];
  /** The contents of the QR codes drawn by command since the last cut. */
  codes: Mark[] = [];

  constructor(dialect: Dialect, paper: Paper, advanced: (dots: number) => void) {
    this.#dialect = dialect;
    this.#paper = paper;
    this.#advanced = advanced;
    this.style = this.#initialStyle();
    this.qr = { module: 3, level: 'L', data: [] };
  }

  /** `ESC @`, or power on: modes as at start, the line buffer dropped; the paper stays as it is. */
  reset(): void {
    this.style = this.#initialStyle();
    this.qr = { module: 3, level: 'L', data: [] };
    this.dropLine();
  }

  /** Prints the line buffer, then moves the paper by `dots` or the height of the line, whichever is more. */
  feedLine(dots: number): void {
    const height = this.#items.reduce((max, item) => Math.max(max, item.height), 0);
    const width = this.#items.reduce((max, item) => Math.max(max, item.x + item.width), 0);
    const left = this.#leftOf(width);
    for (const item of this.#items) this.#draw(item, left, height);
    this.lines.push({ row: this.#paper.head, text: this.#lineText.trimEnd() });
    this.dropLine();
    this.#move(Math.max(dots, height));
  }

  /** Prints the line buffer if anything is in it. */
  flush(): void {
    if (this.#items.length > 0) this.feedLine(this.style.spacing);
  }

  dropLine(): void {
    this.#items = [];
    this.#lineText = '';
    this.#x = 0;
    this.#first = 0;
  }

  /** Drops marks of rows that have been cut off, and counts the rest from the new edge. */
  cutAt(row: number): { text: string; qr: string[]; codePages: string[] } {
    const above = (mark: Mark): boolean => mark.row < row;
    const text = this.lines.filter(above).map((mark) => mark.text);
    const qr = this.codes.filter(above).map((mark) => mark.text);
    const rest = (marks: readonly Mark[]): Mark[] =>
      marks.filter((mark) => !above(mark)).map((mark) => ({ row: mark.row - row, text: mark.text }));
    this.lines = rest(this.lines);
    this.codes = rest(this.codes);
    const codePages = [...this.#pages];
    this.#pages = new Set();
    return { text: text.join('\n').replace(/^\n+|\n+$/g, ''), qr, codePages };
  }

  /** A page the printer does not have is ignored, and the old one goes on: that is how wrong letters come out. */
  selectPage(number: number): void {
    if (this.#dialect.codePages.has(number)) this.style.page = number;
  }

  /** One byte of text. */
  char(byte: number): void {
    const first = this.#first;
    this.#first = 0;
    if (first !== 0 && byte >= 0x40) return this.#put(decodeChinese(first, byte), 'gbk');
    if (this.style.chinese && byte >= 0x81 && byte <= 0xfe) this.#first = byte;
    else {
      const name = this.#dialect.codePages.get(this.style.page) ?? 'other';
      this.#put(decodeByte(codePage(name), byte), byte < 0x80 ? undefined : name);
    }
    return undefined;
  }

  /** LF, FF, HT and CAN; the others do nothing. */
  control(byte: number): void {
    this.#first = 0;
    if (byte === LINE_FEED || byte === FORM_FEED) this.feedLine(this.style.spacing);
    else if (byte === TAB) {
      const stop = 12 * 8 * this.style.scaleX;
      this.moveTo((Math.floor(this.#x / stop) + 1) * stop);
    } else if (byte === CANCEL) this.dropLine();
  }

  /** From here on the line goes on at `x` dots from the left edge of the print area. */
  moveTo(x: number): void {
    const target = Math.max(0, Math.min(x, this.#area()));
    const cell = (this.style.fontB ? 9 : 12) * this.style.scaleX;
    if (target > this.#x) this.#lineText += ' '.repeat(Math.max(1, Math.round((target - this.#x) / cell)));
    this.#x = target;
  }

  moveBy(dots: number): void {
    this.moveTo(this.#x + dots);
  }

  /** A picture into the line buffer, every dot of it `scaleX` by `scaleY` dots. */
  picture(picture: Bitmap, scaleX = 1, scaleY = 1): void {
    const size = { scaleX, scaleY, width: picture.width * scaleX, height: picture.height * scaleY };
    this.#items.push({ picture, ...size, x: this.#x, bold: false, underline: 0, inverse: false });
    this.#x += size.width;
  }

  /** One row of a picture, at once; bit 0 of `mode` doubles its width, bit 1 its height. */
  rasterRow(row: Uint8Array, mode: number): void {
    const wide = (mode & 1) !== 0 ? doubled(row) : row;
    const left = this.#leftOf(wide.length * 8);
    const rows = (mode & 2) !== 0 ? 2 : 1;
    for (let dy = 0; dy < rows; dy += 1) this.#paper.row(wide, left, dy);
    this.#move(rows);
  }

  /** Draws the stored QR code; false when there is none, or it does not fit. */
  printQr(): boolean {
    const data = Uint8Array.from(this.qr.data);
    if (data.length === 0) return false;
    let modules: { readonly size: number; get(row: number, column: number): number };
    try {
      modules = createQr([{ data, mode: 'byte' }], { errorCorrectionLevel: this.qr.level }).modules;
    } catch {
      return false; // More data than a QR code holds: the printer prints nothing.
    }
    this.flush();
    const { module } = this.qr;
    const side = modules.size * module;
    if (side > this.#area()) return false;
    this.codes.push({ row: this.#paper.head, text: new TextDecoder().decode(data) });
    const left = this.#leftOf(side);
    for (let y = 0; y < side; y += 1) {
      for (let x = 0; x < side; x += 1) {
        const on = modules.get(Math.floor(y / module), Math.floor(x / module)) !== 0;
        if (on) this.#paper.dot(left + x, y);
      }
    }
    this.#move(side);
    return true;
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
      spacing: this.#dialect.lineDots,
      charSpace: 0,
      left: 0,
      area: this.#paper.width,
      page: this.#dialect.startPage,
      chinese: this.#dialect.chinese,
      step: 1,
    };
  }

  #area(): number {
    return Math.max(8, Math.min(this.style.area, this.#paper.width - this.style.left));
  }

  /** Where something `width` dots wide begins, by the alignment. */
  #leftOf(width: number): number {
    const free = Math.max(0, this.#area() - width);
    return this.style.left + (this.style.align === 1 ? free >> 1 : this.style.align === 2 ? free : 0);
  }

  #move(dots: number): void {
    if (dots <= 0) return;
    this.#paper.advance(dots);
    this.#advanced(dots);
  }

  #put(char: string, page: string | undefined): void {
    const { fontB, scaleX, scaleY, bold, underline, inverse, charSpace } = this.style;
    const [cellWidth, cellHeight] = page === 'gbk' ? [24, 24] : fontB ? [9, 17] : [12, 24];
    const width = cellWidth * scaleX;
    if (this.#x + width > this.#area()) this.flush();
    const picture = glyph(char, cellWidth, cellHeight);
    const height = cellHeight * scaleY;
    this.#items.push({ x: this.#x, picture, scaleX, scaleY, width, height, bold, underline, inverse });
    this.#lineText += char;
    if (page !== undefined) this.#pages.add(page);
    this.#x += width + charSpace * scaleX;
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

/** A picture sent in columns, top to bottom and left to right, `columnBytes` bytes each. */
export function fromColumns(data: readonly number[], columns: number, columnBytes: number): Bitmap {
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
  return { width: columns, height, bits };
}
