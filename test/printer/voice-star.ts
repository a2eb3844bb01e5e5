import type { RealTime } from './realtime.ts';
import type { Sensors } from './status.ts';
import { starPaperByte, starStatus } from './status-star.ts';
import type { Body, Voice } from './voice.ts';

const EOT = 0x04;
const ENQ = 0x05;
const ETB = 0x17;
const CAN = 0x18;
const COUNTS = 32;

/**
 * What a Star answers in Line Mode ("STAR Line Mode Command Specifications", 3-3-14 and appendix 2): `ESC ACK SOH` in real
 * time, the same by itself on changes when `ESC RS a` has turned that on, and `ETB`, which waits until everything before it
 * is printed, counts, and sends the status only while it is turned on. `ENQ` and `EOT` are answered in their order: single
 * bytes are too frequent in pictures for a firmware to obey them there.
 */
export class StarVoice implements Voice {
  readonly #body: Body;
  #automatic: boolean;
  #counter = 0;
  #executed = false;

  constructor(body: Body) {
    this.#body = body;
    this.#automatic = body.behaviour.asb;
  }

  command(name: string, params: readonly number[]): boolean {
    const n = params[0] ?? 0;
    if (name === 'ESC RS a') {
      this.#automatic = (n & 1) !== 0;
      if (this.#automatic) this.#body.send(this.#body.source(), this.#status());
    } else if (name === 'ESC RS E') this.#restart();
    else return false;
    return true;
  }

  control(byte: number): boolean {
    const body = this.#body;
    const connection = body.source();
    if (byte === ETB) {
      body.after(() => {
        body.confirm({ connection, command: 'ETB', latestOnly: false, make: () => this.#count() });
      });
      return true;
    }
    if (byte === EOT) body.send(connection, [starPaperByte(body.sensors())]);
    // Bit 3 says that something is wrong; bit 4 is clear.
    else if (byte === ENQ) body.send(connection, [this.#status()[2] === 0 ? 0x00 : 0x08]);
    // Cancels print data: the line buffer is dropped as well.
    else if (byte === CAN) this.#restart();
    return byte === EOT || byte === ENQ;
  }

  realTime(connection: number, command: RealTime): void {
    if (command.kind === 'status') this.#body.asked(connection, command.n, () => this.#status());
  }

  sensed(before: Sensors, after: Sensors): void {
    const seen = ['paper', 'cover', 'cutter', 'head'] as const;
    if (this.#automatic && seen.some((one) => before[one] !== after[one])) this.#body.broadcast(this.#status());
  }

  connected(connection: number): void {
    if (this.#automatic) this.#body.send(connection, this.#status());
  }

  reset(): void {
    this.#automatic = this.#body.behaviour.asb;
    this.#restart();
  }

  #count(): { id: string; bytes: readonly number[] | null } {
    this.#counter = (this.#counter + 1) % COUNTS;
    this.#executed = true;
    return { id: String(this.#counter), bytes: this.#automatic ? this.#status() : null };
  }

  #restart(): void {
    this.#counter = 0;
    this.#executed = false;
  }

  /** The status of now; that an `ETB` was carried out is said once. */
  #status(): readonly number[] {
    const bytes = starStatus(this.#body.sensors(), { counter: this.#counter, executed: this.#executed });
    this.#executed = false;
    return bytes;
  }
}
