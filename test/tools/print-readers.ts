/**
 * Reads the bytes of a job as a printer would, strictly: a command that the dialects have no reason to use is an error.
 * Written from the makers' references, and on purpose without a line in common with what writes the bytes.
 */

export interface ReadText {
  text: string;
  bold: boolean;
  inverse: boolean;
  wide: number;
  high: number;
}
export type Seen =
  | { is: 'reset' | 'cut' | 'etb' | 'fence' | 'tell-changes' | 'no-chinese' }
  | { is: 'page'; number: number }
  | { is: 'line'; align: string; parts: ReadText[] }
  | { is: 'feed'; dots: number }
  | { is: 'rows'; rows: Uint8Array[] }
  | { is: 'qr'; text: string; moduleDots: number; align: string }
  | { is: 'id'; id: string };

const ALIGN = ['left', 'center', 'right'];

abstract class Reader {
  readonly seen: Seen[] = [];
  protected at = 0;
  protected style: Omit<ReadText, 'text'> = { bold: false, inverse: false, wide: 1, high: 1 };
  protected align = 'left';
  protected codes: Partial<{ size: number; text: string; level: number; model: number }> = {};
  #parts: ReadText[] = [];
  protected readonly bytes: Uint8Array;
  protected readonly decode: (bytes: Uint8Array) => string;

  constructor(bytes: Uint8Array, decode: (bytes: Uint8Array) => string) {
    this.bytes = bytes;
    this.decode = decode;
  }
  protected next(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw new Error('the job ends in the middle of a command');
    this.at += 1;
    return byte;
  }
  protected take(count: number): Uint8Array {
    const taken = this.bytes.slice(this.at, this.at + count);
    if (taken.length < count) throw new Error('the job ends in the middle of data');
    this.at += count;
    return taken;
  }
  protected unknown(...bytes: number[]): never {
    throw new Error(`${Buffer.from(bytes).toString('hex')} at ${this.at}`);
  }
  protected push(seen: Seen): void {
    if (this.#parts.length > 0) throw new Error(`text is left in the line before ${seen.is}`);
    this.seen.push(seen);
  }
  protected endLine(): void {
    this.seen.push({ is: 'line', align: this.align, parts: this.#parts });
    this.#parts = [];
  }
  protected abstract command(first: number): void;
  read(): Seen[] {
    while (this.at < this.bytes.length) {
      const first = this.bytes[this.at] ?? 0;
      if (first >= 0x20) {
        const from = this.at;
        while ((this.bytes[this.at] ?? 0) >= 0x20) this.at += 1;
        this.#parts.push({ text: this.decode(this.bytes.slice(from, this.at)), ...this.style });
      } else {
        this.at += 1;
        this.command(first);
      }
    }
    if (this.#parts.length > 0) throw new Error('text is left at the end');
    return this.seen;
  }
}

class EscPosReader extends Reader {
  protected command(first: number): void {
    if (first === 0x0a) {
      this.endLine();
      return;
    }
    const second = this.next();
    const both = `${first.toString(16)} ${String.fromCharCode(second)}`;
    switch (both) {
      case '1b @':
        this.style = { bold: false, inverse: false, wide: 1, high: 1 };
        this.align = 'left';
        this.push({ is: 'reset' });
        break;
      case '1c .':
        this.push({ is: 'no-chinese' });
        break;
      case '1d a':
        if (this.next() !== 0x0e) this.unknown(first, second);
        this.push({ is: 'tell-changes' });
        break;
      case '1d P':
        if (this.next() !== 203 || this.next() !== 203) this.unknown(first, second);
        break;
      case '1b 3':
        this.next();
        break;
      case '1b t':
        this.push({ is: 'page', number: this.next() });
        break;
      case '1b a':
        this.align = ALIGN[this.next()] ?? this.unknown(first, second);
        break;
      case '1b E':
        this.style = { ...this.style, bold: this.next() === 1 };
        break;
      case '1d B':
        this.style = { ...this.style, inverse: this.next() === 1 };
        break;
      case '1d !': {
        // Width is the high half (Epson: GS ! n, bits 4 to 6).
        const n = this.next();
        this.style = { ...this.style, wide: Math.floor(n / 16) + 1, high: (n % 16) + 1 };
        break;
      }
      case '1b J':
        this.push({ is: 'feed', dots: this.next() });
        break;
      case '1d v':
        this.#raster();
        break;
      case '1d (':
        this.#sized();
        break;
      case '1b i':
        this.push({ is: 'cut' });
        break;
      case '1d V':
        if (this.next() !== 66 || this.next() !== 0) this.unknown(first, second);
        this.push({ is: 'cut' });
        break;
      case '1d r':
        if (this.next() !== 1) this.unknown(first, second);
        this.push({ is: 'fence' });
        break;
      default:
        this.unknown(first, second);
    }
  }
  #raster(): void {
    if (this.next() !== 0x30 || this.next() !== 0) this.unknown(0x1d, 0x76);
    const rowBytes = this.next() + 256 * this.next();
    const count = this.next() + 256 * this.next();
    if (count > 256) throw new Error(`a band of ${count} rows`);
    if (this.align !== 'left') throw new Error('a picture that is not at the left');
    this.push({ is: 'rows', rows: Array.from({ length: count }, () => this.take(rowBytes)) });
  }
  #sized(): void {
    const kind = this.next();
    const body = this.take(this.next() + 256 * this.next());
    if (kind === 0x48) {
      if (body.length !== 6 || body[0] !== 0x30 || body[1] !== 0x30) this.unknown(0x1d, 0x28, kind);
      this.push({ is: 'id', id: Buffer.from(body.subarray(2)).toString('latin1') });
      return;
    }
    if (kind !== 0x6b || body[0] !== 0x31) this.unknown(0x1d, 0x28, kind);
    const value = body[2] ?? 0;
    if (body[1] === 0x41) this.codes.model = value;
    else if (body[1] === 0x43) this.codes.size = value;
    else if (body[1] === 0x45) this.codes.level = value;
    else if (body[1] === 0x50) this.codes.text = Buffer.from(body.subarray(3)).toString('latin1');
    else if (body[1] === 0x51) {
      const { model, level, size = 0, text = '' } = this.codes;
      if (model !== 0x32 || level !== 0x31) throw new Error('not model 2 with correction M');
      this.push({ is: 'qr', text, moduleDots: size, align: this.align });
    } else this.unknown(0x1d, 0x28, kind);
  }
}

class StarReader extends Reader {
  #lineDots = 0;

  protected command(first: number): void {
    if (first === 0x0a) {
      this.endLine();
      return;
    }
    if (first === 0x17) {
      this.push({ is: 'etb' });
      return;
    }
    if (first !== 0x1b) this.unknown(first);
    const second = this.next();
    switch (String.fromCharCode(second)) {
      case '@':
        this.push({ is: 'reset' });
        break;
      case '0':
        this.#lineDots = 24;
        break;
      case 'z':
        if (this.next() !== 1) this.unknown(first, second);
        this.#lineDots = 32;
        break;
      case 'E':
        this.style = { ...this.style, bold: true };
        break;
      case 'F':
        this.style = { ...this.style, bold: false };
        break;
      case '4':
        this.style = { ...this.style, inverse: true };
        break;
      case '5':
        this.style = { ...this.style, inverse: false };
        break;
      case 'i': {
        const [n1, n2] = [this.next(), this.next()];
        if (n1 > 5 || n2 > 5) this.unknown(first, second, n1, n2);
        this.style = { ...this.style, high: n1 + 1, wide: n2 + 1 };
        break;
      }
      case 'I':
        this.push({ is: 'feed', dots: this.next() });
        break;
      case 'k': {
        const rowBytes = this.next();
        if (this.next() !== 0 || rowBytes === 0 || this.align !== 'left') this.unknown(first, second);
        const rows = Array.from({ length: 24 }, () => this.take(rowBytes));
        // The rows are in the line buffer; the line feed prints them, and moves by what a line is high.
        if (this.next() !== 0x0a || this.#lineDots !== 24) throw new Error('bands do not meet');
        this.push({ is: 'rows', rows });
        break;
      }
      case 'd':
        if (this.next() !== 3) this.unknown(first, second);
        this.push({ is: 'cut' });
        break;
      case '\u001d':
        this.#extended();
        break;
      default:
        this.unknown(first, second);
    }
  }
  #extended(): void {
    const kind = String.fromCharCode(this.next());
    if (kind === 't') this.push({ is: 'page', number: this.next() });
    else if (kind === 'a') this.align = ALIGN[this.next()] ?? this.unknown(0x1b, 0x1d, 0x61);
    else if (kind === 'y') this.#code();
    else this.unknown(0x1b, 0x1d, kind.charCodeAt(0));
  }
  #code(): void {
    const kind = String.fromCharCode(this.next());
    if (kind === 'P') {
      const { model, level, size = 0, text = '' } = this.codes;
      if (model !== 2 || level !== 1) throw new Error('not model 2 with correction M');
      this.push({ is: 'qr', text, moduleDots: size, align: this.align });
      return;
    }
    const what = kind + String.fromCharCode(this.next());
    const n = this.next();
    if (what === 'S0') this.codes.model = n;
    else if (what === 'S1') this.codes.level = n;
    else if (what === 'S2') this.codes.size = n;
    else if (what === 'D1' && n === 0)
      this.codes.text = Buffer.from(this.take(this.next() + 256 * this.next())).toString('latin1');
    else this.unknown(0x1b, 0x1d, 0x79);
  }
}

const ascii = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** @param decode the page that the job sets. @throws Error for what a job may not hold */
export const readEscposJob = (bytes: Uint8Array, decode = ascii): Seen[] => new EscPosReader(bytes, decode).read();
export const readStarJob = (bytes: Uint8Array, decode = ascii): Seen[] => new StarReader(bytes, decode).read();

/** The picture of a job: its rows and white, each row `rowBytes` long. */
export const pictureOf = (seen: readonly Seen[], rowBytes: number): Uint8Array[] =>
  seen.flatMap((one) => {
    if (one.is === 'feed') return Array.from({ length: one.dots }, () => new Uint8Array(rowBytes));
    if (one.is !== 'rows') return [];
    return one.rows.map((row) => {
      const whole = new Uint8Array(rowBytes);
      whole.set(row);
      return whole;
    });
  });
