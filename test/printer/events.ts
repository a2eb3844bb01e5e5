import type { Sensors } from './status.ts';
import type { Ticket } from './tickets.ts';

/** What the printer tells those who watch it (not those who print). */
export type PrinterEvent =
  | { readonly type: 'connection'; readonly connection: number; readonly accepted: boolean }
  | { readonly type: 'disconnect'; readonly connection: number; readonly bytes: number }
  | {
      readonly type: 'status-request';
      readonly connection: number;
      readonly n: number;
      /** The byte that was answered (of several the first), null if the printer kept silent. */
      readonly answer: number | null;
      /** All bytes that were answered, in hex. */
      readonly bytes: string;
    }
  | {
      readonly type: 'bytes';
      readonly connection: number;
      /** Bytes taken in on this connection. */
      readonly jobBytes: number;
      /** True for the first print data of a job. */
      readonly first: boolean;
    }
  | { readonly type: 'ticket'; readonly ticket: Ticket }
  | {
      readonly type: 'confirm';
      readonly connection: number;
      readonly command: 'GS ( H' | 'GS r' | 'ETB';
      /** The id of `GS ( H`, the status byte of `GS r` in hex, or the counter of `ETB`. */
      readonly id: string;
    }
  | { readonly type: 'status'; readonly sensors: Sensors; readonly online: boolean }
  | { readonly type: 'drawer'; readonly pin: number };

type Of<K extends PrinterEvent['type']> = Extract<PrinterEvent, { readonly type: K }>;

/** Subscribers, and the last events for those who come late. */
export class EventHub {
  readonly #listeners = new Set<(event: PrinterEvent) => void>();
  readonly #history: PrinterEvent[] = [];

  /** The last 1000 events, oldest first. */
  get history(): readonly PrinterEvent[] {
    return this.#history;
  }

  emit(event: PrinterEvent): void {
    this.#history.push(event);
    if (this.#history.length > 1000) this.#history.shift();
    for (const listener of this.#listeners) listener(event);
  }

  /** Calls `listener` for every event from now on; the returned function ends it. */
  subscribe(listener: (event: PrinterEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The next event of a kind, or one already in the history when `past` is set. Rejects after `timeoutMs` (10 s) with a
   * message that names what was waited for.
   */
  next<K extends PrinterEvent['type']>(
    type: K,
    options: { match?: (event: Of<K>) => boolean; timeoutMs?: number; past?: boolean } = {},
  ): Promise<Of<K>> {
    const { match = () => true, timeoutMs = 10_000, past = false } = options;
    const fits = (event: PrinterEvent): event is Of<K> => event.type === type && match(event as Of<K>);
    const known = past ? this.#history.find((event) => fits(event)) : undefined;
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`the virtual printer had no '${type}' event within ${timeoutMs} ms`));
      }, timeoutMs);
      const stop = this.subscribe((event) => {
        if (!fits(event)) return;
        clearTimeout(timer);
        stop();
        resolve(event);
      });
    });
  }
}
