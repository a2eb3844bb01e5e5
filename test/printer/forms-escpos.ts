import {
  at,
  type CommandBody,
  type CommandTree,
  DLE,
  each,
  ESC,
  fixed,
  FS,
  GS,
  type Row,
  tree,
  upToNul,
  word,
} from './dialect.ts';

/** `GS V m`, with `n` after it in the forms that feed. */
function cutParams(params: readonly number[]): number {
  if (params.length === 0) return 1;
  const withFeed = [65, 66, 97, 98, 103, 104].includes(at(params, 0));
  return (withFeed ? 2 : 1) - params.length;
}

/** `GS k m ...`: forms 0..6 end at NUL, forms 65.. carry their length. */
function barcodeParams(params: readonly number[]): number {
  if (params.length === 0) return 1;
  if (at(params, 0) < 65) return params.length === 1 ? 1 : upToNul(params.slice(1));
  return params.length === 1 ? 1 : 2 + at(params, 1) - params.length;
}

/** `DLE DC4 fn ...`: pulse, power-off, buzzer, status and buffer clear, each with its own length. */
function dc4Params(params: readonly number[]): number {
  if (params.length === 0) return 1;
  const extra: Readonly<Record<number, number>> = { 1: 2, 2: 2, 3: 4, 7: 1, 8: 7 };
  return 1 + (extra[at(params, 0)] ?? 0) - params.length;
}

/** `GS v 0 m xL xH yL yH`; any other byte than `0` after `GS v` is not a command and takes nothing with it. */
function rasterParams(params: readonly number[]): number {
  return params.length > 0 && at(params, 0) !== 0x30 ? 0 : 6 - params.length;
}

function rasterBody(params: readonly number[]): CommandBody {
  if (params.length < 6) return { length: 0, treat: 'skip' };
  const rowBytes = word(params, 2);
  return { length: rowBytes * word(params, 4), treat: 'rows', rowBytes, mode: at(params, 1) & 3 };
}

/** `ESC * m nL nH`: columns of 8 or 24 dots. */
function bitImageBody(params: readonly number[]): CommandBody {
  return { length: word(params, 1) * (at(params, 0) >= 32 ? 3 : 1), treat: 'keep' };
}

const sized =
  (treat: 'keep' | 'skip') =>
  (params: readonly number[]): CommandBody => ({ length: word(params, 1), treat });

const longBody = (params: readonly number[]): CommandBody => ({
  length: word(params, 1) + word(params, 3) * 65_536,
  treat: 'skip',
});

const eotParams = (params: readonly number[]): number => {
  if (params.length === 0) return 1;
  return [7, 8, 18].includes(at(params, 0)) ? 2 - params.length : 0;
};

/** Epson's command forms (ESC/POS command reference): the ones acted on and the ones only stepped over. */
const EPSON_ROWS: readonly Row[] = [
  ...each([ESC], '@2<LSimv\f', 0),
  ...each([ESC], '!-3=?EGJKMRTUVadert{u %', 1),
  ...each([ESC], '$\\cB', 2),
  [[ESC, 'p'], fixed(3)],
  [[ESC, 'D'], upToNul],
  [[ESC, 'W'], fixed(8)],
  [[ESC, '*'], { more: fixed(3), body: bitImageBody }],
  [[ESC, '('], { more: fixed(3), body: sized('skip') }],
  ...each([GS], ':', 0),
  ...each([GS], '!/BHITabfhrw', 1),
  ...each([GS], '$\\LWP', 2),
  [[GS, '^'], fixed(3)],
  [[GS, 'V'], cutParams],
  [[GS, 'k'], barcodeParams],
  [[GS, 'v'], { more: rasterParams, body: rasterBody }],
  [[GS, '('], { more: fixed(3), body: sized('keep') }],
  [[GS, '8'], { more: fixed(5), body: longBody }],
  [[GS, '*'], { more: fixed(2), body: (params) => ({ length: at(params, 0) * at(params, 1) * 8, treat: 'skip' }) }],
  ...each([FS], '&.', 0),
  ...each([FS], '!-CW', 1),
  ...each([FS], 'Sp', 2),
  [[FS, '2'], { more: fixed(2), body: () => ({ length: 72, treat: 'skip' }) }],
  [[FS, '('], { more: fixed(3), body: sized('skip') }],
  [[DLE, 0x04], { more: eotParams, realTime: true }],
  [[DLE, 0x05], { more: fixed(1), realTime: true }],
  [[DLE, 0x14], { more: dc4Params, realTime: true }],
];

export const EPSON_TREE: CommandTree = tree(EPSON_ROWS);

/** Custom's own forms beside Epson's (KPM300 command reference): the full status, the paper left, the presenter. */
export const CUSTOM_TREE: CommandTree = tree([
  ...EPSON_ROWS,
  [[GS, 0xe0], fixed(1)],
  [[GS, 0xe1], fixed(0)],
  [[GS, 'e'], fixed(1)],
]);

/** NUL, BEL, HT, LF, FF, CR, CAN. */
export const ESCPOS_CONTROLS: ReadonlySet<number> = new Set([0x00, 0x07, 0x09, 0x0a, 0x0c, 0x0d, 0x18]);
