import { type Bitmap, bitmapHash, DOTS_PER_MM, encodePng } from './paper.ts';

/** Bytes the printer could not make sense of: how many, and the first of them in hex. */
export interface Garbage {
  readonly count: number;
  readonly sample: string;
}

/** What is known of one piece of paper that left the printer. */
export interface Ticket {
  /** 1, 2, 3... in the order of cutting. */
  readonly n: number;
  /** When it was cut, ISO 8601. */
  readonly at: string;
  readonly widthDots: number;
  readonly lengthMm: number;
  /** Bytes executed since the previous cut. */
  readonly bytes: number;
  /** A cut command ended it; false for paper torn off by hand or lost to a runaway job. */
  readonly complete: boolean;
  /** What happened while it was in the printer: `paper-out`, `cover-open`, `disconnect`, `power-cycle`... */
  readonly interruptions: readonly string[];
  /** Connections that sent something of it. */
  readonly connections: readonly number[];
  /** Its text-mode lines; text inside a raster is not read. */
  readonly text: string;
  /** Contents of QR codes drawn by command; codes inside a raster are not read. */
  readonly qr: readonly string[];
  /** Names of the code pages whose upper halves were printed; `gbk` in Chinese mode. */
  readonly codePages: readonly string[];
  /** SHA-256 of the picture: equal for two papers exactly when they look the same. */
  readonly sha256: string;
  /** Path of its picture on the printer's page. */
  readonly png: string;
  /** Real-time commands that were executed out of image or other data. */
  readonly realtimeInsideData: number;
  readonly garbage: Garbage;
  /** Commands that are known but not acted on, by name. */
  readonly skipped: Readonly<Record<string, number>>;
}

/** A ticket before it has its number and its picture's hash. */
export type TicketDraft = Omit<Ticket, 'n' | 'at' | 'widthDots' | 'lengthMm' | 'sha256' | 'png'>;

/** All tickets of a run; the pictures of the latest `keep` of them. */
export class TicketStore {
  readonly list: Ticket[] = [];
  readonly #keep: number;
  readonly #pictures = new Map<number, { bitmap: Bitmap; png?: Promise<Buffer> }>();

  constructor(keep: number) {
    this.#keep = keep;
  }

  /** Numbers and keeps a ticket. */
  add(draft: TicketDraft, bitmap: Bitmap): Ticket {
    const n = this.list.length + 1;
    const ticket: Ticket = {
      n,
      at: new Date().toISOString(),
      widthDots: bitmap.width,
      lengthMm: Math.round((bitmap.height / DOTS_PER_MM) * 10) / 10,
      sha256: bitmapHash(bitmap),
      png: `/tickets/${n}.png`,
      ...draft,
    };
    this.list.push(ticket);
    this.#pictures.set(n, { bitmap });
    for (const old of this.#pictures.keys()) {
      if (this.#pictures.size <= this.#keep) break;
      this.#pictures.delete(old);
    }
    return ticket;
  }

  /** The dots of ticket `n`, undefined when there is no such ticket or its picture is no longer kept. */
  bitmap(n: number): Bitmap | undefined {
    return this.#pictures.get(n)?.bitmap;
  }

  /** The picture of ticket `n` as a PNG, made when first asked for. */
  png(n: number): Promise<Buffer> | undefined {
    const entry = this.#pictures.get(n);
    if (entry === undefined) return undefined;
    // Looked at again: it stays longest.
    this.#pictures.delete(n);
    this.#pictures.set(n, entry);
    entry.png ??= encodePng(entry.bitmap);
    return entry.png;
  }
}
