/** The data after a command's parameters: how long, and what the parser does with it. */
export interface CommandBody {
  readonly length: number;
  /** `keep` hands it over whole, `skip` throws it away, `rows` hands it over one raster row at a time. */
  readonly treat: 'keep' | 'skip' | 'rows';
  readonly rowBytes?: number;
  /** For `rows`: bit 0 doubles the width of the dots, bit 1 their height. */
  readonly mode?: number;
}

/** The form of one command: enough to know where it ends, known or not what it does. */
export interface CommandSpec {
  readonly name: string;
  /** Given the parameters so far, how many more bytes are certainly needed; 0 when they are all there. */
  readonly more: (params: readonly number[]) => number;
  readonly body?: (params: readonly number[]) => CommandBody;
  /** Has been carried out at receipt: in the queue it is only stepped over. */
  readonly realTime?: boolean;
  /** From here on the bytes have the meanings of another tree. */
  readonly enters?: 'line' | 'raster';
}

/** What a byte may be followed by. */
export type CommandTree = ReadonlyMap<number, CommandSpec | Branch>;

export interface Branch {
  readonly next: CommandTree;
}

/** What one family of printers understands. Another maker is another value of this type. */
export interface Dialect {
  readonly name: 'epson' | 'clone' | 'star' | 'custom';
  readonly maker: string;
  readonly model: string;
  readonly firmware: string;
  readonly tree: CommandTree;
  /** The tree of raster mode, where there is one; a byte that it does not have means nothing there. */
  readonly rasterTree?: CommandTree;
  /** Control bytes that act or are harmless alone. */
  readonly controls: ReadonlySet<number>;
  /** Names of pages by the number of the command that selects them. */
  readonly codePages: ReadonlyMap<number, string>;
  readonly startPage: number;
  /** From line to line after a reset, in dots. */
  readonly lineDots: number;
  /** At start two bytes from 0x81 on are one Chinese character, until `FS .`. */
  readonly chinese: boolean;
  /** Which commands print, and which make it speak. */
  readonly orders: 'escpos' | 'star';
  readonly voice: 'epson' | 'star' | 'custom';
  /** Numbers of `DLE EOT n` that are answered. */
  readonly statuses: ReadonlySet<number>;
}

export const ESC = 0x1b;
export const GS = 0x1d;
export const FS = 0x1c;
export const RS = 0x1e;
export const DLE = 0x10;

export const at = (params: readonly number[], index: number): number => params[index] ?? 0;
export const word = (params: readonly number[], index: number): number =>
  at(params, index) + 256 * at(params, index + 1);

export const fixed =
  (count: number) =>
  (params: readonly number[]): number =>
    count - params.length;
export const upToNul = (params: readonly number[]): number => (params.length > 0 && params.at(-1) === 0 ? 0 : 1);

type Form = Omit<CommandSpec, 'name'>;

/** A command form: the bytes that begin it, and what follows them. */
export type Row = readonly [bytes: readonly (number | string)[], form: CommandSpec['more'] | Form];

const SPOKEN: Readonly<Record<number, string>> = {
  [ESC]: 'ESC',
  [GS]: 'GS',
  [FS]: 'FS',
  [RS]: 'RS',
  [DLE]: 'DLE',
  0: 'NUL',
  1: 'SOH',
  4: 'EOT',
  5: 'ENQ',
  6: 'ACK',
  7: 'BEL',
  12: 'FF',
  20: 'DC4',
  32: 'SP',
};

const spoken = (code: number): string =>
  SPOKEN[code] ?? (code < 0x7f ? String.fromCodePoint(code) : code.toString(16).toUpperCase());

interface Growing {
  readonly next: Map<number, CommandSpec | Growing>;
}

/** Builds the tree of a table of forms; a later row of the same bytes takes the place of an earlier one. */
export function tree(rows: readonly Row[]): CommandTree {
  const root: Growing = { next: new Map() };
  for (const [bytes, form] of rows) {
    const codes = bytes.map((byte) => (typeof byte === 'number' ? byte : (byte.codePointAt(0) ?? 0)));
    const name = codes.map(spoken).join(' ');
    let node = root;
    for (const code of codes.slice(0, -1)) {
      const next = node.next.get(code);
      if (next !== undefined && 'next' in next) node = next;
      else {
        const made: Growing = { next: new Map() };
        node.next.set(code, made);
        node = made;
      }
    }
    node.next.set(codes.at(-1) ?? 0, { name, ...(typeof form === 'function' ? { more: form } : form) });
  }
  return root.next;
}

/** Forms of one parameter, or none, for every character of `codes` after `lead`. */
export const each = (lead: readonly (number | string)[], codes: string, count: number): Row[] =>
  Array.from(codes).map((code) => [[...lead, code], fixed(count)]);
