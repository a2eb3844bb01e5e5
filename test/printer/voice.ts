import type { Dialect } from './dialect.ts';
import type { PrinterEvent } from './events.ts';
import type { RealTime } from './realtime.ts';
import type { Sensors } from './status.ts';

/** What can be changed while it runs. */
export interface Behaviour {
  /** Millimetres per second; Infinity prints at once. */
  speed: number;
  /** Answers nothing at all. */
  mute: boolean;
  /** Knows `GS ( H`. */
  gsH: boolean;
  /** Tells of changes from power-on, as when a switch inside is set so. */
  asb: boolean;
  /** Drops status requests unanswered. */
  stallStatus: boolean;
  /** Keeps the answers of `GS ( H`, `GS r` and `ETB` to itself until released. */
  holdConfirm: boolean;
  /** Stands still: takes data in and answers status, but carries nothing out. */
  stall: boolean;
  /** Throws away all it has and all it is sent while it is out of paper. */
  loseBuffer: boolean;
  /** The next cut jams the cutter. */
  jamAtCut: boolean;
  /** Of a printer with a presenter: nobody takes the tickets. */
  leaveTickets: boolean;
}

/** An answer that says that something is printed; kept back while `holdConfirm`. */
export interface Confirmation {
  readonly connection: number;
  readonly command: 'GS ( H' | 'GS r' | 'ETB';
  /** Of several with the same command, only the latest is sent when they are released together. */
  readonly latestOnly: boolean;
  /** Called once, when it is sent: its id, and its bytes, null when nothing is said. */
  readonly make: () => { readonly id: string; readonly bytes: readonly number[] | null };
}

/** What a voice knows of the printer it speaks for, and what it can ask of it. */
export interface Body {
  readonly dialect: Dialect;
  readonly behaviour: Behaviour;
  sensors(): Sensors;
  /** The paper is moving. */
  moving(): boolean;
  /** Paper left on the roll, in millimetres. */
  leftMm(): number;
  /** The connection that sent the command being carried out. */
  source(): number;
  /** Runs `action` when everything before it is on paper. */
  after(action: () => void): void;
  send(connection: number, bytes: readonly number[]): void;
  broadcast(bytes: readonly number[]): void;
  confirm(confirmation: Confirmation): void;
  /** A status request came: the printer answers, unless it keeps silent. */
  asked(connection: number, n: number, answer: () => readonly number[]): void;
  skipped(name: string): void;
  emit(event: PrinterEvent): void;
  /** Throws away what waits in the buffer, and the modes. */
  clearBuffer(): void;
  /** An operator's or the host's word that the error is over. */
  recover(): void;
  /** The ticket in the presenter is gone. */
  emptyExit(): void;
}

/** Everything that one make of printers says; the rest of the printer is the same for all. */
export interface Voice {
  /** One of its own commands, in order; false if it is none of them. */
  command(name: string, params: readonly number[], body: readonly number[]): boolean;
  control(byte: number): boolean;
  realTime(connection: number, command: RealTime): void;
  sensed(before: Sensors, after: Sensors): void;
  connected(connection: number): void;
  /** Power on. */
  reset(): void;
}
