/**
 * A code that is part of the program: a decoder that could not load looks like "no code in view" for ever, one that reads
 * this picture works.
 */
export const SELF_TEST_TEXT = 'TALON SELF TEST';

/** QR version 1-M, a row a number: the highest of 21 bits is the leftmost module, 1 is dark. */
const ROWS = [
  0x1fc97f, 0x104241, 0x175b5d, 0x175c5d, 0x17555d, 0x105241, 0x1fd57f, 0x001800, 0x17ce7c, 0x0aafef, 0x1a4d58,
  0x1c0321, 0x07616c, 0x001d66, 0x1fc65b, 0x105497, 0x175a26, 0x175940, 0x175198, 0x1049d9, 0x1fdd80,
];
const QUIET = 4;
const SCALE = 4;

export interface Picture {
  /** RGBA. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

export const selfTestPicture = (): Picture => {
  const side = (ROWS.length + 2 * QUIET) * SCALE;
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  for (let y = 0; y < side; y += 1) {
    const row = ROWS[Math.floor(y / SCALE) - QUIET] ?? 0;
    for (let x = 0; x < side; x += 1) {
      const column = Math.floor(x / SCALE) - QUIET;
      const dark = column >= 0 && column < ROWS.length && ((row >>> (ROWS.length - 1 - column)) & 1) === 1;
      if (dark) data.fill(0, (y * side + x) * 4, (y * side + x) * 4 + 3);
    }
  }
  return { data, width: side, height: side };
};
