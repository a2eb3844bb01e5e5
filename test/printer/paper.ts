import { createHash } from 'node:crypto';
import { createCanvas } from '@napi-rs/canvas';

/** Dots per millimetre of a 203 dpi head. */
export const DOTS_PER_MM = 8;

/** A 1-bit picture, rows of `ceil(width / 8)` bytes, most significant bit leftmost, 1 = black. */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly bits: Uint8Array;
}

/** Whether the dot is black; outside of the picture nothing is. */
export function dotAt(bitmap: Bitmap, x: number, y: number): boolean {
  if (x < 0 || y < 0 || x >= bitmap.width || y >= bitmap.height) return false;
  const byte = bitmap.bits[y * Math.ceil(bitmap.width / 8) + (x >> 3)] ?? 0;
  return (byte & (0x80 >> (x & 7))) !== 0;
}

/** SHA-256 (hex) of what the picture shows: its width and every dot. */
export function bitmapHash(bitmap: Bitmap): string {
  return createHash('sha256').update(`${bitmap.width}x${bitmap.height}:`).update(bitmap.bits).digest('hex');
}

/** The picture as a PNG, black on white, one pixel a dot. */
export async function encodePng(bitmap: Bitmap): Promise<Buffer> {
  const canvas = createCanvas(bitmap.width, Math.max(1, bitmap.height));
  const context = canvas.getContext('2d');
  const image = context.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer, image.data.byteOffset, image.data.length / 4);
  pixels.fill(0xff_ff_ff_ff);
  const stride = Math.ceil(bitmap.width / 8);
  for (let y = 0; y < bitmap.height; y += 1) {
    for (let column = 0; column < stride; column += 1) {
      const byte = bitmap.bits[y * stride + column] ?? 0;
      if (byte === 0) continue;
      const right = Math.min(8, bitmap.width - column * 8);
      for (let bit = 0; bit < right; bit += 1) {
        // 0xff000000 is opaque black whichever way round the machine keeps its bytes in RGBA order: little-endian here.
        if ((byte & (0x80 >> bit)) !== 0) pixels[y * bitmap.width + column * 8 + bit] = 0xff_00_00_00;
      }
    }
  }
  context.putImageData(image, 0, 0);
  return canvas.encode('png');
}

/**
 * The strip of paper from the last cut to the head. The cutter sits `cutterDots` downstream of the head, so after a cut
 * that much blank paper is already past the head, and a cut without a feed leaves the last lines on the next ticket.
 */
export class Paper {
  readonly width: number;
  readonly cutterDots: number;
  readonly #stride: number;
  #bits: Uint8Array;
  #head: number;
  #touched = false;

  constructor(width: number, cutterDots: number) {
    this.width = width;
    this.cutterDots = cutterDots;
    this.#stride = Math.ceil(width / 8);
    this.#head = cutterDots;
    this.#bits = new Uint8Array(this.#stride * 1024);
  }

  /** Rows from the last cut to the head. */
  get head(): number {
    return this.#head;
  }

  /** True when anything black has been printed since the last cut. */
  get touched(): boolean {
    return this.#touched;
  }

  /** Moves the paper under the head. */
  advance(dots: number): void {
    this.#head += dots;
    this.#reserve(this.#head);
  }

  /** Blackens one dot, `dy` rows below the head; off the paper it is lost, as it is on the roller. */
  dot(x: number, dy: number): void {
    if (x < 0 || x >= this.width || dy < 0) return;
    const y = this.#head + dy;
    this.#reserve(y + 1);
    const index = y * this.#stride + (x >> 3);
    this.#bits[index] = (this.#bits[index] ?? 0) | (0x80 >> (x & 7));
    this.#touched = true;
  }

  /** Prints one row of 1-bit data at `x`, `dy` rows below the head. */
  row(data: Uint8Array, x: number, dy: number): void {
    const y = this.#head + dy;
    this.#reserve(y + 1);
    if ((x & 7) !== 0) {
      for (let bit = 0; bit < data.length * 8; bit += 1) {
        if (((data[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0) this.dot(x + bit, dy);
      }
      return;
    }
    const start = y * this.#stride + (x >> 3);
    const length = Math.min(data.length, this.#stride - (x >> 3));
    for (let index = 0; index < length; index += 1) {
      const byte = data[index] ?? 0;
      if (byte === 0) continue;
      this.#bits[start + index] = (this.#bits[start + index] ?? 0) | byte;
      this.#touched = true;
    }
  }

  /** Cuts at the cutter: returns the piece that fell, undefined if there was nothing past the blade. */
  cut(): Bitmap | undefined {
    return this.#take(this.#head - this.cutterDots);
  }

  /** Tears off everything up to the head, as a person does with the cover open; the strip starts anew. */
  tear(): Bitmap | undefined {
    const piece = this.#take(this.#head);
    this.#head = this.cutterDots;
    return piece;
  }

  #take(rows: number): Bitmap | undefined {
    if (rows <= 0) return undefined;
    const bits = this.#bits.slice(0, rows * this.#stride);
    const rest = this.#bits.slice(rows * this.#stride, this.#head * this.#stride);
    this.#bits = new Uint8Array(Math.max(rest.length, this.#stride * 1024));
    this.#bits.set(rest);
    this.#head -= rows;
    this.#touched = rest.some((byte) => byte !== 0);
    return { width: this.width, height: rows, bits };
  }

  #reserve(rows: number): void {
    const needed = rows * this.#stride;
    if (needed <= this.#bits.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bits.length * 2));
    grown.set(this.#bits);
    this.#bits = grown;
  }
}
