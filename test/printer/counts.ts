import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseVisitCode } from '../../shared/domain/visit-code.ts';
import { type Bitmap, dotAt } from './paper.ts';
import type { Ticket, TicketStore } from './tickets.ts';

/** How many papers came out of one ticket and copy. */
export interface PaperCount {
  /** The content of its QR code, else its number as printed, else `picture` and a part of the picture's hash. */
  readonly ticket: string;
  /** The visit that the code names, null if it is none of a visit. */
  readonly visit: string | null;
  /** `original`, or what marks the copy: the text of its bar, or `bar` and a part of the hash of the bar's picture. */
  readonly copy: string;
  /** Cut off by command. */
  readonly complete: number;
  /** Torn off, or never cut. */
  readonly incomplete: number;
  /** Numbers of the papers. */
  readonly papers: readonly number[];
}

export interface PrinterCounts {
  readonly papers: number;
  readonly counts: readonly PaperCount[];
  /** Papers of which more came out than one for the same ticket and copy. */
  readonly doubled: readonly PaperCount[];
  /** Papers whose pictures are no longer kept, and on which no code was printed by command: what they were is not known. */
  readonly notKept: readonly number[];
}

/** One ticket on a paper; a paper that was not cut in time has several. */
interface Seen {
  readonly ticket: string;
  readonly visit: string | null;
  readonly copy: string;
}

type Reader = (bitmap: Bitmap) => Promise<readonly string[]>;

/** The white that a code needs around it is not always on the paper. */
const MARGIN = 16;
/** Rows of black in a row that make a bar; the largest type has no such rows. */
const BAR_ROWS = 10;
/** A copy's bar goes from edge to edge, or is the first thing on a paper that is wider than the picture. */
const WHOLE_SHARE = 0.98;
const FIRST_SHARE = 0.8;
/** Between the first and the last black row of a bar there is its type, in white. */
const BAR_GAP = 60;
const HASH_CHARS = 10;

const COPY = /ПОВТОР(?:[^\n№]*№\s*\d+)?[^\n]*/u;
const NUMBER = /^\s*([\p{L}\d]{1,3}[- ]?\d{1,5})\s*$/mu;

const short = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex').slice(0, HASH_CHARS);

/** Rows of the bar that only copies have (marks have narrower ones, further down); null if there is none. */
export function barOf(bitmap: Bitmap): { from: number; to: number } | null {
  const stride = Math.ceil(bitmap.width / 8);
  const shares = Array.from({ length: bitmap.height }, (_, y) => {
    let black = 0;
    for (let at = y * stride; at < (y + 1) * stride; at += 1) black += ones(bitmap.bits[at] ?? 0);
    return black / bitmap.width;
  });
  const first = shares.findIndex((share) => share > 0);
  const bar = (from: number, least: number): boolean =>
    shares.slice(from, from + BAR_ROWS).filter((share) => share >= least).length === BAR_ROWS;
  const from = bar(first, FIRST_SHARE) ? first : shares.findIndex((_, y) => bar(y, WHOLE_SHARE));
  if (from < 0) return null;
  let to = from;
  for (let y = from; y < shares.length && y - to <= BAR_GAP; y += 1) {
    if ((shares[y] ?? 0) >= FIRST_SHARE) to = y;
  }
  return { from, to };
}

function ones(byte: number): number {
  let count = 0;
  for (let bits = byte; bits !== 0; bits &= bits - 1) count += 1;
  return count;
}

let reader: Promise<Reader> | undefined;

/** zxing is loaded when somebody counts, not when a printer starts. */
async function loadReader(): Promise<Reader> {
  const { prepareZXingModule, readBarcodes } = await import('zxing-wasm/reader');
  const wasm = readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'));
  const wasmBinary = wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength);
  await prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true });
  return async (bitmap) => {
    const found = await readBarcodes(picture(bitmap), {
      formats: ['QRCode'],
      tryHarder: true,
      textMode: 'Plain',
      maxNumberOfSymbols: 8,
    });
    return found.map((code) => code.text);
  };
}

/** The paper as zxing takes it, with white around it. */
function picture(bitmap: Bitmap): ImageData {
  const width = bitmap.width + 2 * MARGIN;
  const height = bitmap.height + 2 * MARGIN;
  const data = new Uint8ClampedArray(width * height * 4).fill(0xff);
  for (let y = 0; y < bitmap.height; y += 1) {
    for (let x = 0; x < bitmap.width; x += 1) {
      if (dotAt(bitmap, x, y))
        data.fill(0, ((y + MARGIN) * width + x + MARGIN) * 4, ((y + MARGIN) * width + x + MARGIN) * 4 + 3);
    }
  }
  return { data, width, height, colorSpace: 'srgb' };
}

/** What a paper is, by its codes; without one by its number, without that by its picture. */
async function read(ticket: Ticket, bitmap: Bitmap | undefined): Promise<readonly Seen[]> {
  reader ??= loadReader();
  const codes = new Set([...ticket.qr, ...(bitmap === undefined ? [] : await (await reader)(bitmap))]);
  const copy = copyOf(ticket, bitmap);
  const named =
    codes.size > 0 ? [...codes] : [NUMBER.exec(ticket.text)?.[1] ?? `picture ${ticket.sha256.slice(0, HASH_CHARS)}`];
  return named.map((name) => ({ ticket: name, visit: parseVisitCode(name), copy }));
}

function copyOf(ticket: Ticket, bitmap: Bitmap | undefined): string {
  const text = COPY.exec(ticket.text)?.[0].trim();
  if (text !== undefined) return text;
  const bar = bitmap === undefined ? null : barOf(bitmap);
  if (bitmap === undefined || bar === null) return 'original';
  const stride = Math.ceil(bitmap.width / 8);
  return `bar ${short(bitmap.bits.subarray(bar.from * stride, (bar.to + 1) * stride))}`;
}

/** Counts the papers of a printer; what was read once is remembered. */
export class Counter {
  readonly #store: TicketStore;
  readonly #seen = new Map<number, readonly Seen[]>();

  constructor(store: TicketStore) {
    this.#store = store;
  }

  async counts(): Promise<PrinterCounts> {
    const counts = new Map<string, { -readonly [K in keyof PaperCount]: PaperCount[K] } & { papers: number[] }>();
    const notKept: number[] = [];
    const tickets = [...this.#store.list];
    for (const ticket of tickets) {
      const seen = await this.#look(ticket);
      if (seen === null) notKept.push(ticket.n);
      for (const one of seen ?? []) {
        const key = JSON.stringify([one.ticket, one.copy]);
        const count = counts.get(key) ?? { ...one, complete: 0, incomplete: 0, papers: [] };
        counts.set(key, count);
        if (ticket.complete) count.complete += 1;
        else count.incomplete += 1;
        count.papers.push(ticket.n);
      }
    }
    const all = [...counts.values()];
    return { papers: tickets.length, counts: all, doubled: all.filter((one) => one.complete > 1), notKept };
  }

  async #look(ticket: Ticket): Promise<readonly Seen[] | null> {
    const known = this.#seen.get(ticket.n);
    if (known !== undefined) return known;
    const bitmap = this.#store.bitmap(ticket.n);
    if (bitmap === undefined && ticket.qr.length === 0) return null;
    const seen = await read(ticket, bitmap);
    this.#seen.set(ticket.n, seen);
    return seen;
  }
}
