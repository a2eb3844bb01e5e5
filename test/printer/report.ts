import type { TicketDraft } from './tickets.ts';

const SAMPLE_BYTES = 32;

/** Counts what happened on the way to the next cut. */
export class Report {
  #bytes = 0;
  #realTimeInsideData = 0;
  #garbageCount = 0;
  #garbageSample: number[] = [];
  #skipped = new Map<string, number>();
  #interruptions: string[] = [];
  #connections = new Set<number>();

  /** Bytes executed since the last cut. */
  get bytes(): number {
    return this.#bytes;
  }

  executed(connection: number): void {
    this.#bytes += 1;
    // Re-added so that the order is that of the last byte of each.
    this.#connections.delete(connection);
    this.#connections.add(connection);
  }

  /** A real-time command was executed out of the middle of other data. */
  realTimeInsideData(): void {
    this.#realTimeInsideData += 1;
  }

  /** The last `bytes` executed were real-time commands between the commands of a job. */
  notOfTheJob(bytes: number): void {
    this.#bytes = Math.max(0, this.#bytes - bytes);
  }

  /** A job begins on clean paper with the `bytes` executed last. */
  jobStarts(bytes: number): void {
    const last = [...this.#connections].at(-1);
    this.#reset();
    this.#bytes = bytes;
    if (last !== undefined) this.#connections.add(last);
  }

  garbage(bytes: readonly number[]): void {
    this.#garbageCount += bytes.length;
    this.#garbageSample.push(...bytes.slice(0, SAMPLE_BYTES - this.#garbageSample.length));
  }

  skipped(name: string): void {
    this.#skipped.set(name, (this.#skipped.get(name) ?? 0) + 1);
  }

  interrupted(reason: string): void {
    this.#interruptions.push(reason);
  }

  /** The counts since the last call, which starts them anew. */
  take(): Omit<TicketDraft, 'complete' | 'text' | 'qr' | 'codePages'> {
    const taken = {
      bytes: this.#bytes,
      interruptions: this.#interruptions,
      connections: [...this.#connections],
      realtimeInsideData: this.#realTimeInsideData,
      garbage: { count: this.#garbageCount, sample: Buffer.from(this.#garbageSample).toString('hex') },
      skipped: Object.fromEntries(this.#skipped),
    };
    this.#reset();
    return taken;
  }

  #reset(): void {
    this.#bytes = 0;
    this.#realTimeInsideData = 0;
    this.#garbageCount = 0;
    this.#garbageSample = [];
    this.#skipped = new Map();
    this.#interruptions = [];
    this.#connections = new Set();
  }
}
