import { EPSON_CODE_PAGES, type HighHalf } from './code-pages.ts';

/** The data after a command's parameters: how long, and what the parser does with it. */
export interface CommandBody {
  readonly length: number;
  /** `keep` hands it over whole, `skip` throws it away, `rows` hands it over one raster row at a time. */
  readonly treat: 'keep' | 'skip' | 'rows';
  readonly rowBytes?: number;
}

/** The form of one command: enough to know where it ends, known or not what it does. */
export interface CommandSpec {
  readonly name: string;
  /** Given the parameters so far, how many more bytes are certainly needed; 0 when they are all there. */
  readonly more: (params: readonly number[]) => number;
  readonly body?: (params: readonly number[]) => CommandBody;
}

/** What one family of printers understands. Another maker is another value of this type. */
export interface Dialect {
  readonly name: string;
  readonly maker: string;
  readonly model: string;
  readonly firmware: string;
  /** By the lead byte and the byte after it: `lead << 8 | second`. */
  readonly commands: ReadonlyMap<number, CommandSpec>;
  readonly leads: ReadonlySet<number>;
  readonly codePages: ReadonlyMap<number, HighHalf>;
  readonly startPage: number;
}

const ESC = 0x1b;
const GS = 0x1d;
const FS = 0x1c;
const DLE = 0x10;

const at = (params: readonly number[], index: number): number => params[index] ?? 0;
const word = (params: readonly number[], index: number): number => at(params, index) + 256 * at(params, index + 1);

const fixed = (count: number) => (params: readonly number[]) => count - params.length;
const upToNul = (params: readonly number[]): number => (params.length > 0 && params.at(-1) === 0 ? 0 : 1);

/** `ESC D n1..nk NUL`: the list ends at NUL. */
const tabs = upToNul;

/** `GS V m`, with `n` after it in the forms that feed. */
function cutParams(params: readonly number[]): number {
  if (params.length === 0) return 1;
  const withFeed = [65, 66, 97, 98, 103, 104].includes(at(params, 0));
  return (withFeed ? 2 : 1) - params.length;
}

/** `GS k m ...`: forms 0..6 end at NUL, forms 65.. carry their length. */
function barcodeParams(params: readonly number[]): number {
  if (params.length === 0) return 1;
  if (at(params, 0) < 65) return params.length === 1 ? 1 : upToNul(params);
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
  return { length: rowBytes * word(params, 4), treat: 'rows', rowBytes };
}

/** `ESC * m nL nH`: columns of 8 or 24 dots. */
function bitImageBody(params: readonly number[]): CommandBody {
  return { length: word(params, 1) * (at(params, 0) >= 32 ? 3 : 1), treat: 'keep' };
}

const sizedBody = (params: readonly number[]): CommandBody => ({ length: word(params, 1), treat: 'keep' });

const longBody = (params: readonly number[]): CommandBody => ({
  length: word(params, 1) + word(params, 3) * 65_536,
  treat: 'skip',
});

function table(
  rows: readonly (readonly [number, string | number, CommandSpec['more'], CommandSpec['body']?])[],
): ReadonlyMap<number, CommandSpec> {
  const leadNames: Readonly<Record<number, string>> = { [ESC]: 'ESC', [GS]: 'GS', [FS]: 'FS', [DLE]: 'DLE' };
  const special: Readonly<Record<number, string>> = { 0x04: 'EOT', 0x05: 'ENQ', 0x14: 'DC4', 0x20: 'SP' };
  const commands = new Map<number, CommandSpec>();
  for (const [lead, second, more, body] of rows) {
    const code = typeof second === 'number' ? second : (second.codePointAt(0) ?? 0);
    const name = `${leadNames[lead] ?? ''} ${special[code] ?? String.fromCodePoint(code)}`;
    commands.set((lead << 8) | code, body === undefined ? { name, more } : { name, more, body });
  }
  return commands;
}

const one = (lead: number, codes: string) => Array.from(codes).map((code) => [lead, code, fixed(1)] as const);
const none = (lead: number, codes: string) => Array.from(codes).map((code) => [lead, code, fixed(0)] as const);

/** Epson's command forms (ESC/POS command reference): the ones acted on and the ones only stepped over. */
const EPSON_COMMANDS = table([
  ...none(ESC, '@2<LSimv\f'),
  ...one(ESC, '!-3=?EGJKMRTUVadert{u'),
  [ESC, 0x20, fixed(1)],
  [ESC, '$', fixed(2)],
  [ESC, '\\', fixed(2)],
  [ESC, '%', fixed(1)],
  [ESC, 'c', fixed(2)],
  [ESC, 'p', fixed(3)],
  [ESC, 'B', fixed(2)],
  [ESC, 'D', tabs],
  [ESC, 'W', fixed(8)],
  [ESC, '*', fixed(3), bitImageBody],
  [ESC, '(', fixed(3), (params) => ({ length: word(params, 1), treat: 'skip' })],
  ...none(GS, ':'),
  ...one(GS, '!/BHITabfhrw'),
  [GS, '$', fixed(2)],
  [GS, '\\', fixed(2)],
  [GS, 'L', fixed(2)],
  [GS, 'W', fixed(2)],
  [GS, 'P', fixed(2)],
  [GS, '^', fixed(3)],
  [GS, 'V', cutParams],
  [GS, 'k', barcodeParams],
  [GS, 'v', rasterParams, rasterBody],
  [GS, '(', fixed(3), sizedBody],
  [GS, '8', fixed(5), longBody],
  [GS, '*', fixed(2), (params) => ({ length: at(params, 0) * at(params, 1) * 8, treat: 'skip' })],
  ...none(FS, '&.'),
  ...one(FS, '!-CW'),
  [FS, 'S', fixed(2)],
  [FS, 'p', fixed(2)],
  [FS, '2', fixed(2), () => ({ length: 72, treat: 'skip' })],
  [FS, '(', fixed(3), (params) => ({ length: word(params, 1), treat: 'skip' })],
  [DLE, 0x04, (params) => (params.length === 0 ? 1 : [7, 8, 18].includes(at(params, 0)) ? 2 - params.length : 0)],
  [DLE, 0x05, fixed(1)],
  [DLE, 0x14, dc4Params],
]);

/** A TM-T20 / TM-T88 series printer. */
export const EPSON: Dialect = {
  name: 'epson',
  maker: 'EPSON',
  model: 'TM-T20II',
  firmware: 'VIRTUAL 1.0',
  commands: EPSON_COMMANDS,
  leads: new Set([ESC, GS, FS, DLE]),
  codePages: EPSON_CODE_PAGES,
  startPage: 0,
};
