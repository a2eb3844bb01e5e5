import type { TicketBitmap } from '../ports.ts';

/** Darker than this is black. Type and codes want a threshold; dithering would fray their edges. */
const THRESHOLD = 128;

/**
 * @param rgba 4 bytes a pixel, grey (only red is looked at), opaque.
 * @param width of the picture, a multiple of 8.
 */
export const toBitmap = (rgba: Uint8Array, width: number, height: number): TicketBitmap => {
  const rowBytes = width / 8;
  const bits = new Uint8Array(rowBytes * height);
  let from = 0;
  for (let at = 0; at < bits.length; at += 1) {
    let byte = 0;
    for (let bit = 0x80; bit > 0; bit >>= 1) {
      if ((rgba[from] ?? 255) < THRESHOLD) byte |= bit;
      from += 4;
    }
    bits[at] = byte;
  }
  return { width, height, bits };
};

export const isBlack = (bitmap: TicketBitmap, x: number, y: number): boolean =>
  ((bitmap.bits[(y * bitmap.width) / 8 + (x >> 3)] ?? 0) & (0x80 >> (x & 7))) !== 0;
