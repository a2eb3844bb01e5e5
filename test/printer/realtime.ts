import type { Dialect } from './dialect.ts';

/** A real-time command as recognised at the moment of receipt. */
export type RealTime =
  | { readonly kind: 'status'; readonly n: number }
  | { readonly kind: 'recover'; readonly n: number }
  | { readonly kind: 'dc4'; readonly fn: number; readonly args: readonly number[] };

const DC4_ARGS: Readonly<Record<number, number>> = { 1: 2, 2: 2, 3: 4, 7: 1, 8: 7 };
const CLEAR_BUFFER = [1, 3, 20, 1, 6, 2, 8];
const DLE = 0x10;
const ESC = 0x1b;
const ACK = 0x06;

type Verdict = RealTime | 'more' | 'no';

/** `DLE EOT n`, `DLE ENQ n` and `DLE DC4 fn ...`. */
function escpos(seen: readonly number[], statuses: ReadonlySet<number>): Verdict {
  const [, kind, n] = seen;
  if (kind === undefined) return 'more';
  if (kind !== 0x04 && kind !== 0x05 && kind !== 0x14) return 'no';
  if (n === undefined) return 'more';
  if (kind === 0x04) return statuses.has(n) ? { kind: 'status', n } : 'no';
  if (kind === 0x05) return n === 1 || n === 2 ? { kind: 'recover', n } : 'no';
  const count = DC4_ARGS[n];
  if (count === undefined) return 'no';
  const args = seen.slice(3);
  if (args.length < count) return 'more';
  if (n === 8 && args.some((arg, index) => arg !== CLEAR_BUFFER[index])) return 'no';
  return { kind: 'dc4', fn: n, args };
}

/** `ESC ACK SOH`. */
function star(seen: readonly number[]): Verdict {
  const [, second, third] = seen;
  if (second === undefined) return 'more';
  if (second !== ACK) return 'no';
  if (third === undefined) return 'more';
  return third === 0x01 ? { kind: 'status', n: 1 } : 'no';
}

/**
 * Finds `DLE EOT n`, `DLE ENQ n` and `DLE DC4 fn ...`, or Star's `ESC ACK SOH`, in the bytes as they arrive. Like the
 * firmware it imitates it does not know what the bytes are part of: the same sequence inside an image is executed as well
 * (Epson, ESC/POS command reference, notes on DLE EOT). One scanner per connection.
 */
export class RealTimeScanner {
  readonly #dialect: Pick<Dialect, 'voice' | 'statuses'>;
  #seen: number[] = [];
  #last = -1;

  constructor(dialect: Pick<Dialect, 'voice' | 'statuses'>) {
    this.#dialect = dialect;
  }

  /** The byte before the next one on this connection, -1 at its start. */
  get last(): number {
    return this.#last;
  }

  /** Bytes that may yet turn out to be part of a real-time command. */
  get pending(): number {
    return this.#seen.length;
  }

  /** Takes the next byte; the command which it completes, if it does. */
  push(byte: number): RealTime | undefined {
    const isStar = this.#dialect.voice === 'star';
    const lead = isStar ? ESC : DLE;
    this.#last = byte;
    if (this.#seen.length === 0 && byte !== lead) return undefined;
    this.#seen.push(byte);
    const verdict = isStar ? star(this.#seen) : escpos(this.#seen, this.#dialect.statuses);
    if (verdict === 'more') return undefined;
    this.#seen = verdict === 'no' && byte === lead ? [byte] : [];
    return verdict === 'no' ? undefined : verdict;
  }
}
