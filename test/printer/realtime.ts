/** A real-time command as recognised at the moment of receipt. */
export type RealTime =
  | { readonly kind: 'status'; readonly n: number }
  | { readonly kind: 'recover'; readonly n: number }
  | { readonly kind: 'dc4'; readonly fn: number; readonly args: readonly number[] };

const DC4_ARGS: Readonly<Record<number, number>> = { 1: 2, 2: 2, 3: 4, 7: 1, 8: 7 };
const CLEAR_BUFFER = [1, 3, 20, 1, 6, 2, 8];

/**
 * Finds `DLE EOT n`, `DLE ENQ n` and `DLE DC4 fn ...` in the bytes as they arrive. Like the firmware it imitates it does
 * not know what the bytes are part of: the same sequence inside an image is executed as well (Epson, ESC/POS command
 * reference, notes on DLE EOT). One scanner per connection.
 */
export class RealTimeScanner {
  #seen: number[] = [];
  #last = -1;

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
    const seen = this.#seen;
    this.#last = byte;
    if (seen.length === 0) {
      if (byte === 0x10) seen.push(byte);
      return undefined;
    }
    seen.push(byte);
    const [, kind, n] = seen;
    if (kind !== 0x04 && kind !== 0x05 && kind !== 0x14) return this.#restart(byte);
    if (n === undefined) return undefined;
    if (kind === 0x04) return n >= 1 && n <= 4 ? this.#found({ kind: 'status', n }) : this.#restart(byte);
    if (kind === 0x05) return n === 1 || n === 2 ? this.#found({ kind: 'recover', n }) : this.#restart(byte);
    const count = DC4_ARGS[n];
    if (count === undefined) return this.#restart(byte);
    const args = seen.slice(3);
    if (args.length < count) return undefined;
    if (n === 8 && args.some((arg, index) => arg !== CLEAR_BUFFER[index])) return this.#restart(byte);
    return this.#found({ kind: 'dc4', fn: n, args });
  }

  #found(command: RealTime): RealTime {
    this.#seen = [];
    return command;
  }

  #restart(byte: number): undefined {
    this.#seen = byte === 0x10 ? [byte] : [];
    return undefined;
  }
}
