import type { TicketBitmap } from '../ports.ts';

/** What is put on paper, before it is bytes of any dialect: what the two renderings make, and every dialect encodes. */

export interface TextRun {
  /** Characters of one code page; the renderer has made sure of it. */
  text: string;
  bold?: boolean;
  /** White on black. */
  inverse?: boolean;
  /** Times the usual width and height of a character, 1 to 8. */
  wide?: number;
  high?: number;
}

export type PaperOp =
  /** One line; it fits the columns of the paper. */
  | { op: 'line'; runs: readonly TextRun[]; align: 'left' | 'center' | 'right' }
  /** White, in dots (8 are a millimetre). */
  | { op: 'feed'; dots: number }
  /** A code that the printer draws itself: ASCII, error correction M. */
  | { op: 'qr'; text: string; moduleDots: number }
  | { op: 'raster'; bitmap: TicketBitmap };
