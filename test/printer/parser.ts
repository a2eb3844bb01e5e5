import type { CommandBody, CommandSpec, CommandTree, Dialect } from './dialect.ts';

/** One thing the byte stream says. */
export type Command =
  | { readonly kind: 'text'; readonly byte: number }
  | { readonly kind: 'control'; readonly byte: number }
  | {
      readonly kind: 'command';
      readonly name: string;
      readonly params: readonly number[];
      readonly body: readonly number[];
    }
  | { readonly kind: 'raster'; readonly mode: number; readonly rowBytes: number; readonly rows: number }
  | { readonly kind: 'raster-row'; readonly row: Uint8Array; readonly mode: number }
  | { readonly kind: 'realtime'; readonly name: string; readonly length: number }
  | { readonly kind: 'garbage'; readonly bytes: readonly number[] };

type State =
  | { readonly at: 'ground' }
  | { readonly at: 'lead'; readonly lead: readonly number[]; readonly next: CommandTree }
  | { readonly at: 'params'; readonly leadBytes: number; readonly spec: CommandSpec; readonly params: number[] }
  | {
      readonly at: 'body';
      readonly spec: CommandSpec;
      readonly params: readonly number[];
      readonly body: CommandBody;
      readonly kept: number[];
      row: Uint8Array;
      taken: number;
    };

const GROUND: State = { at: 'ground' };
const NO_TREE: CommandTree = new Map();
/** No command has more parameters; a list that never ends is not waited for. */
const MAX_PARAMS = 1024;

/**
 * Turns bytes into commands, one byte at a time, so that it cannot matter how the network cut the stream. It holds no
 * more than one command; raster data leaves it row by row, as a printer prints it. It never throws: what it does not
 * understand leaves it as `garbage`.
 */
export class CommandParser {
  readonly #dialect: Dialect;
  readonly #emit: (command: Command) => void;
  #state: State = GROUND;
  #mode: 'line' | 'raster' = 'line';

  constructor(dialect: Dialect, emit: (command: Command) => void) {
    this.#dialect = dialect;
    this.#emit = emit;
  }

  /** True between commands: nothing has been started that the next byte would continue. */
  get idle(): boolean {
    return this.#state.at === 'ground';
  }

  /** The command that has begun and is not whole yet, once its name is known. */
  get within(): string | null {
    return this.#state.at === 'params' || this.#state.at === 'body' ? this.#state.spec.name : null;
  }

  /** Takes the next byte of the stream and emits what it completes. */
  push(byte: number): void {
    const state = this.#state;
    switch (state.at) {
      case 'ground':
        this.#ground(byte);
        break;
      case 'lead':
        this.#next(state, byte);
        break;
      case 'params':
        state.params.push(byte);
        this.#afterParam(state);
        break;
      case 'body':
        this.#bodyByte(state, byte);
        break;
    }
  }

  /** Forgets a half-received command (power cycle, buffer clear, end of a session). */
  abandon(): void {
    this.#state = GROUND;
    this.#mode = 'line';
  }

  get #tree(): CommandTree {
    return this.#mode === 'raster' ? (this.#dialect.rasterTree ?? NO_TREE) : this.#dialect.tree;
  }

  #ground(byte: number): void {
    if (this.#tree.has(byte)) this.#next({ lead: [], next: this.#tree }, byte);
    else if (this.#mode === 'raster') this.#emit({ kind: 'garbage', bytes: [byte] });
    else if (byte >= 0x20) this.#emit({ kind: 'text', byte });
    else if (this.#dialect.controls.has(byte)) this.#emit({ kind: 'control', byte });
    else this.#emit({ kind: 'garbage', bytes: [byte] });
  }

  #next(
    { lead, next: branches }: { readonly lead: readonly number[]; readonly next: CommandTree },
    byte: number,
  ): void {
    const node = branches.get(byte);
    if (node === undefined) {
      this.#state = GROUND;
      // A byte that begins commands starts its own one; only what was before it was garbage.
      const begins = byte < 0x20 && this.#tree.has(byte);
      this.#emit({ kind: 'garbage', bytes: begins ? lead : [...lead, byte] });
      if (begins) this.#ground(byte);
      return;
    }
    if ('next' in node) {
      this.#state = { at: 'lead', lead: [...lead, byte], next: node.next };
      return;
    }
    const state: State = { at: 'params', leadBytes: lead.length + 1, spec: node, params: [] };
    this.#state = state;
    this.#afterParam(state);
  }

  #afterParam(state: Extract<State, { at: 'params' }>): void {
    const { spec, params } = state;
    if (spec.more(params) > 0) {
      if (params.length < MAX_PARAMS) return;
      this.#state = GROUND;
      this.#emit({ kind: 'garbage', bytes: params });
      return;
    }
    if (spec.enters !== undefined) this.#mode = spec.enters;
    const body = spec.body?.(params);
    if (body?.treat === 'rows') {
      const rowBytes = body.rowBytes ?? 0;
      const rows = rowBytes === 0 ? 0 : body.length / rowBytes;
      this.#emit({ kind: 'raster', mode: body.mode ?? 0, rowBytes, rows });
    }
    if (body === undefined || body.length === 0) {
      this.#state = GROUND;
      if (body?.treat === 'rows') return;
      if (spec.realTime === true) {
        this.#emit({ kind: 'realtime', name: spec.name, length: state.leadBytes + params.length });
      } else this.#emit({ kind: 'command', name: spec.name, params, body: [] });
      return;
    }
    const row = new Uint8Array(body.treat === 'rows' ? (body.rowBytes ?? 0) : 0);
    this.#state = { at: 'body', spec, params, body, kept: [], row, taken: 0 };
  }

  #bodyByte(state: Extract<State, { at: 'body' }>, byte: number): void {
    const { body } = state;
    if (body.treat === 'rows') {
      const rowBytes = state.row.length;
      const column = state.taken % rowBytes;
      state.row[column] = byte;
      if (column === rowBytes - 1) {
        this.#emit({ kind: 'raster-row', row: state.row, mode: body.mode ?? 0 });
        state.row = new Uint8Array(rowBytes);
      }
    } else if (body.treat === 'keep') state.kept.push(byte);
    state.taken += 1;
    if (state.taken < body.length) return;
    // A handler run by the last row may have abandoned the parser already; ground is right either way.
    this.#state = GROUND;
    if (body.treat !== 'rows') {
      this.#emit({ kind: 'command', name: state.spec.name, params: state.params, body: state.kept });
    }
  }
}
