/** What comes out of the buffer: a byte, or the end of the connection that sent the bytes before it. */
export type Received =
  | { readonly kind: 'byte'; readonly connection: number; readonly byte: number; readonly realTime: boolean }
  | { readonly kind: 'end'; readonly connection: number };

interface Segment {
  readonly connection: number;
  readonly bytes: Uint8Array | undefined;
  /** Its last byte completed a real-time command, which has been executed at receipt. */
  realTime: boolean;
}

/** First in, first out; remembers who sent what. */
export class ReceiveBuffer {
  #segments: Segment[] = [];
  #first = 0;
  #position = 0;
  #size = 0;

  /** Bytes waiting. */
  get size(): number {
    return this.#size;
  }

  push(connection: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    // Copied: the sender's chunk may be a view of a buffer that is used again.
    this.#segments.push({ connection, bytes: Uint8Array.from(bytes), realTime: false });
    this.#size += bytes.length;
  }

  /** The byte pushed last ended a real-time command. */
  markRealTime(): void {
    const last = this.#segments.at(-1);
    if (last !== undefined) last.realTime = true;
  }

  pushEnd(connection: number): void {
    this.#segments.push({ connection, bytes: undefined, realTime: false });
  }

  shift(): Received | undefined {
    const segment = this.#segments[this.#first];
    if (segment === undefined) return undefined;
    const { connection, bytes } = segment;
    if (bytes === undefined) {
      this.#next();
      return { kind: 'end', connection };
    }
    const byte = bytes[this.#position] ?? 0;
    this.#position += 1;
    this.#size -= 1;
    const last = this.#position === bytes.length;
    if (last) this.#next();
    return { kind: 'byte', connection, byte, realTime: last && segment.realTime };
  }

  clear(): void {
    this.#segments = [];
    this.#first = 0;
    this.#position = 0;
    this.#size = 0;
  }

  #next(): void {
    this.#first += 1;
    this.#position = 0;
    if (this.#first > 256 || this.#first === this.#segments.length) {
      this.#segments = this.#segments.slice(this.#first);
      this.#first = 0;
    }
  }
}
