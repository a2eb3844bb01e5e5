import {
  at,
  type CommandBody,
  type CommandTree,
  each,
  ESC,
  fixed,
  FS,
  GS,
  RS,
  type Row,
  tree,
  upToNul,
  word,
} from './dialect.ts';

/**
 * Star Line Mode, after Star Micronics, "Line Thermal Printer: STAR Line Mode Command Specifications" Rev. 0.09 and the
 * same for HSP7000, Rev. 0.00 (ESC GS S after "StarPRNT Command Specifications"). Page numbers below are of the first.
 */

/** `ESC GS S m xL xH yL yH n`, then x bytes by y rows. */
const rasterBody = (params: readonly number[]): CommandBody => {
  const rowBytes = word(params, 1);
  return { length: rowBytes * word(params, 3), treat: 'rows', rowBytes };
};

/** `ESC k n1 n2` (3-35): 24 rows of n1 bytes, left to right; `ESC X` and `ESC L` (3-34, 3-36): columns of 24 dots. */
const fineBody = (params: readonly number[]): CommandBody => ({ length: word(params, 0) * 24, treat: 'keep' });
const columnBody = (params: readonly number[]): CommandBody => ({ length: word(params, 0) * 3, treat: 'keep' });

/** `ESC b n1 n2 n3 n4 d1...dk RS`: a barcode ends at RS. */
const upToRs = (params: readonly number[]): number =>
  params.length < 5 ? 5 - params.length : params.at(-1) === RS ? 0 : 1;

/** `ESC GS y D 1 m nL nH` (3-120) and `D 2 a (m nL nH ...)`. */
const codeParams = (params: readonly number[]): number => (at(params, 0) === 0x31 ? 4 : 2) - params.length;
const codeBody = (params: readonly number[]): CommandBody => ({
  length: at(params, 0) === 0x31 ? word(params, 2) : 0,
  treat: 'keep',
});

/** `b n1 n2` (3-74): one row of raster data, and on to the next. */
const rowBody = (params: readonly number[]): CommandBody => ({
  length: word(params, 0),
  treat: 'rows',
  rowBytes: word(params, 0),
});

/** `ESC * r ...`: A enters, B quits, C clears; the others have a number in ASCII that ends at NUL. */
const RASTER_ROWS: readonly Row[] = [
  [[ESC, '*', 'r', 'A'], { more: fixed(0), enters: 'raster' }],
  [[ESC, '*', 'r', 'B'], { more: fixed(0), enters: 'line' }],
  [[ESC, '*', 'r', 'C'], fixed(0)],
  ...Array.from('DEFPQTKYe').map((code): Row => [[ESC, '*', 'r', code], upToNul]),
  [[ESC, '*', 'r', 'm', 'l'], upToNul],
  [[ESC, '*', 'r', 'm', 'r'], upToNul],
  [[ESC, 0x0c, 0x00], fixed(0)],
  [[ESC, 0x0c, 0x04], fixed(0)],
  [[ESC, 0x06, 0x01], { more: fixed(0), realTime: true }],
];

export const STAR_TREE: CommandTree = tree([
  ...RASTER_ROWS,
  // Expanded type (3-9), bold (3-12), inverse (3-14), lines (3-19), feeds (3-21).
  ...each([ESC], '@EF4501MPg:267', 0),
  [[ESC, 0x0e], fixed(0)],
  [[ESC, 0x14], fixed(0)],
  ...each([ESC], '-_WhaJIjzAyRlQ/ 3d%', 1),
  ...each([ESC], 'i', 2),
  [[ESC, 'C'], (params) => (params.length === 0 ? 1 : (at(params, 0) === 0 ? 2 : 1) - params.length)],
  [[ESC, 'B'], upToNul],
  [[ESC, 'D'], upToNul],
  [[ESC, 'k'], { more: fixed(2), body: fineBody }],
  [[ESC, 'X'], { more: fixed(2), body: columnBody }],
  [[ESC, 'L'], { more: fixed(2), body: columnBody }],
  [[ESC, 'K'], { more: fixed(2), body: (params) => ({ length: word(params, 0), treat: 'keep' }) }],
  [[ESC, 'b'], upToRs],
  [[ESC, 0x07], fixed(2)],
  ...each([ESC, RS], 'adrEFiCcm', 1),
  [[ESC, RS, 'L'], fixed(1)],
  ...each([ESC, GS], 'ta', 1),
  ...each([ESC, GS], 'AR', 2),
  [[ESC, GS, 'S'], { more: fixed(6), body: rasterBody }],
  [[ESC, GS, 'y', 'S'], fixed(2)],
  [[ESC, GS, 'y', 'D'], { more: codeParams, body: codeBody }],
  [[ESC, GS, 'y', 'P'], fixed(0)],
  [[ESC, GS, 'y', 'I'], fixed(0)],
  [[ESC, FS, 'p'], fixed(2)],
]);

export const STAR_RASTER_TREE: CommandTree = tree([
  ...RASTER_ROWS,
  [['b'], { more: fixed(2), body: rowBody }],
  [['k'], { more: fixed(2), body: (params) => ({ length: word(params, 0), treat: 'keep' }) }],
]);

/** NUL, BEL, HT, LF, VT, FF, CR, SO, SI, DC2, DC4, ETB, CAN, EM, SUB, FS; ENQ and EOT ask for one byte of status. */
export const STAR_CONTROLS: ReadonlySet<number> = new Set([
  0x00,
  0x04,
  0x05,
  0x07,
  0x09,
  0x0a,
  0x0b,
  0x0c,
  0x0d,
  0x0e,
  0x0f,
  0x12,
  0x14,
  0x17,
  0x18,
  0x19,
  0x1a,
  FS,
]);
