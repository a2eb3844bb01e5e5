import type { Clock } from './clock.ts';
import type { Dialect } from './dialect.ts';
import type { EventHub } from './events.ts';
import { DOTS_PER_MM, Paper } from './paper.ts';
import { type Command, EscPosParser } from './parser.ts';
import { Press } from './press.ts';
import { type RealTime, RealTimeScanner } from './realtime.ts';
import { ReceiveBuffer } from './receive-buffer.ts';
import { Report } from './report.ts';
import { automaticStatus, automaticStatusDue, isOnline, paperStatus, realTimeStatus, type Sensors } from './status.ts';
import type { TicketStore } from './tickets.ts';

/** How far the processor may run ahead of the head, in ms: fewer timers, and no visible difference. */
const LOOK_AHEAD_MS = 4;
/** Bytes executed before other work of the process gets a turn. */
const TURN_BYTES = 32_768;
/** Paper that nobody cuts is taken away at this length, in mm. */
const RUNAWAY_MM = 4000;

/** What the device needs of the world around it. */
export interface DeviceLinks {
  readonly clock: Clock;
  readonly events: EventHub;
  readonly tickets: TicketStore;
  /** Sends an answer on one connection; a connection that is gone loses it. */
  send(connection: number, bytes: readonly number[]): void;
  /** The connections an unasked-for status goes to. */
  connections(): readonly number[];
  /** There is room in the receive buffer again. */
  roomMade(): void;
}

/** The make of the device, fixed for its life. */
export interface DeviceMake {
  readonly dialect: Dialect;
  readonly widthDots: number;
  readonly cutterMm: number;
  readonly bufferBytes: number;
  /** Forget a half-sent command when its connection closes; false keeps it, and it eats the start of the next job. */
  readonly resyncOnDisconnect: boolean;
}

/** What can be changed while it runs. */
export interface Behaviour {
  /** Millimetres per second; Infinity prints at once. */
  speed: number;
  /** Answers nothing at all. */
  mute: boolean;
  /** Knows `GS ( H`. */
  gsH: boolean;
  /** Drops `DLE EOT` unanswered. */
  stallStatus: boolean;
  /** Keeps the answers of `GS ( H` and `GS r` to itself until released. */
  holdConfirm: boolean;
}

interface Confirmation {
  readonly connection: number;
  readonly command: 'GS ( H' | 'GS r';
  readonly id: string;
  readonly bytes: readonly number[];
}

/**
 * The printer without its network: a receive buffer, a processor that executes it in order while the printer is online,
 * a head that takes time, sensors, and status answers both in order and real-time. After Epson's TM-T20/T88 series.
 */
export class Device {
  readonly behaviour: Behaviour;
  readonly #make: DeviceMake;
  readonly #links: DeviceLinks;
  readonly #buffer = new ReceiveBuffer();
  readonly #parser: EscPosParser;
  readonly #paper: Paper;
  readonly #press: Press;
  readonly #report = new Report();
  readonly #scanners = new Map<number, RealTimeScanner>();
  #sensors: Sensors = { paper: 'ok', cover: 'closed', cutter: 'ok' };
  #asb = 0;
  #offlineResponse = 0;
  #held: Confirmation[] = [];
  #source = 0;
  #runOutDots = Infinity;
  /** When the head will have printed what was executed; NaN while it stands still for want of work. */
  #headFree = Number.NaN;
  #barrier: (() => void) | undefined;
  #cancelTimer: (() => void) | undefined;
  #pumping = false;
  /** The byte just parsed ended a real-time command that stood between commands, where it belongs. */
  #metRealTime = false;

  constructor(make: DeviceMake, behaviour: Behaviour, links: DeviceLinks) {
    this.#make = make;
    this.behaviour = behaviour;
    this.#links = links;
    this.#parser = new EscPosParser(make.dialect, (command) => this.#execute(command));
    this.#paper = new Paper(make.widthDots, Math.round(make.cutterMm * DOTS_PER_MM));
    this.#press = new Press(make.dialect, this.#paper, (dots) => this.#advanced(dots));
  }

  get sensors(): Sensors {
    return this.#sensors;
  }

  get online(): boolean {
    return isOnline(this.#sensors);
  }

  /** Free bytes of the receive buffer. */
  get room(): number {
    return Math.max(0, this.#make.bufferBytes - this.#buffer.size);
  }

  get queuedBytes(): number {
    return this.#buffer.size;
  }

  get heldConfirmations(): number {
    return this.#held.length;
  }

  /** The paper that has not been cut yet, null if nothing was printed or fed on it. */
  get pending(): { lengthMm: number; text: string; bytes: number } | null {
    if (!this.#paper.touched && this.#paper.head <= this.#paper.cutterDots) return null;
    const text = this.#press.lines.map((line) => line.text).join('\n');
    return { lengthMm: (this.#paper.head - this.#paper.cutterDots) / DOTS_PER_MM, text, bytes: this.#report.bytes };
  }

  /** Takes bytes in: real-time commands act now, everything is queued. Give no more than `room`. */
  receive(connection: number, chunk: Uint8Array): { printBytes: number; sawReset: boolean } {
    const scanner = this.#scanner(connection);
    let realtime = 0;
    let sawReset = false;
    let from = 0;
    for (let index = 0; index < chunk.length; index += 1) {
      const byte = chunk[index] ?? 0;
      if (byte === 0x40 && scanner.last === 0x1b) sawReset = true;
      const command = scanner.push(byte);
      if (command === undefined) continue;
      this.#buffer.push(connection, chunk.subarray(from, index + 1));
      from = index + 1;
      realtime += command.kind === 'dc4' ? 3 + command.args.length : 3;
      this.#buffer.markRealTime();
      this.#realTime(connection, command);
    }
    this.#buffer.push(connection, chunk.subarray(from));
    this.pump();
    return { printBytes: chunk.length - realtime - scanner.pending, sawReset };
  }

  /** The connection is gone; what it left in the buffer will still be executed. */
  disconnected(connection: number): void {
    this.#scanners.delete(connection);
    this.#buffer.pushEnd(connection);
    this.pump();
  }

  /** Changes what the sensors see, tells those who asked to be told, and goes on or stops. */
  sense(change: Partial<Sensors>): void {
    const before = this.#sensors;
    const after = { ...before, ...change };
    this.#sensors = after;
    if (before.paper === after.paper && before.cover === after.cover && before.cutter === after.cutter) return;
    if (this.pending !== null) {
      if (after.paper === 'out' && before.paper !== 'out') this.#report.interrupted('paper-out');
      if (after.cover === 'open' && before.cover === 'closed') this.#report.interrupted('cover-open');
      if (after.cutter === 'jammed' && before.cutter === 'ok') this.#report.interrupted('cutter-error');
    }
    if (automaticStatusDue(this.#asb, before, after)) this.#broadcast(automaticStatus(after));
    if (this.#offlineResponse > 0 && isOnline(before) && !isOnline(after)) this.#broadcast(this.#offlineBytes());
    this.#links.events.emit({ type: 'status', sensors: after, online: isOnline(after) });
    if (!isOnline(after)) {
      this.#headFree = Number.NaN;
      this.#cancelTimer?.();
      this.#cancelTimer = undefined;
    } else this.pump();
  }

  /** The roll will end after this many more millimetres. */
  runOutAfter(mm: number): void {
    this.#runOutDots = Math.round(mm * DOTS_PER_MM);
  }

  /** Sends what `holdConfirm` kept back; of several `GS ( H` of one connection only the latest, as printers do. */
  releaseConfirmations(): void {
    const held = this.#held;
    this.#held = [];
    const latest = new Map(held.filter((one) => one.command === 'GS ( H').map((one) => [one.connection, one]));
    for (const one of held) {
      if (one.command === 'GS r' || latest.get(one.connection) === one) this.#confirm(one);
    }
  }

  /** Off and on again: buffer, modes and pending answers are gone, the paper in the printer is not. */
  powerCycle(): void {
    if (this.pending !== null) this.#report.interrupted('power-cycle');
    this.#clear();
    this.#scanners.clear();
    this.#press.reset();
    this.#asb = 0;
    this.#offlineResponse = 0;
    if (this.#sensors.cutter === 'jammed') this.sense({ cutter: 'ok' });
    this.#links.roomMade();
  }

  /** Someone tears the paper off: what was printed since the last cut becomes an incomplete ticket. */
  tear(reason = 'torn-off'): void {
    if (this.pending === null) return;
    this.#report.interrupted(reason);
    const rows = this.#paper.head + 1;
    const bitmap = this.#paper.tear();
    if (bitmap !== undefined) this.#finish(bitmap, rows, false);
  }

  /** Stops every timer; the device does nothing more. */
  close(): void {
    this.#clear();
  }

  /** Executes what is due. Called whenever something may have become due. */
  pump(): void {
    if (this.#pumping || this.#cancelTimer !== undefined) return;
    this.#pumping = true;
    const { clock } = this.#links;
    let turn = 0;
    const startSize = this.#buffer.size;
    try {
      while (this.online) {
        if (Number.isNaN(this.#headFree)) this.#headFree = clock.now();
        const ahead = this.#headFree - clock.now();
        if (ahead > (this.#barrier === undefined ? LOOK_AHEAD_MS : 0)) {
          this.#wake(ahead);
          break;
        }
        if (this.#barrier !== undefined) {
          const barrier = this.#barrier;
          this.#barrier = undefined;
          barrier();
          continue;
        }
        const next = this.#buffer.shift();
        if (next === undefined) {
          // Out of work: the head stops when it has caught up, and the time until the next byte is not owed.
          if (ahead <= 0) this.#headFree = Number.NaN;
          else this.#wake(ahead);
          break;
        }
        this.#source = next.connection;
        if (next.kind === 'end') this.#sessionEnd();
        else {
          this.#report.executed(next.connection);
          this.#metRealTime = false;
          this.#parser.push(next.byte);
          if (next.realTime && !this.#metRealTime) this.#report.realTimeInsideData();
          turn += 1;
        }
        if (turn >= TURN_BYTES) {
          this.#wake(0);
          break;
        }
      }
    } finally {
      this.#pumping = false;
    }
    if (this.#buffer.size < startSize) this.#links.roomMade();
  }

  #wake(ms: number): void {
    this.#cancelTimer = this.#links.clock.after(ms, () => {
      this.#cancelTimer = undefined;
      this.pump();
    });
  }

  #scanner(connection: number): RealTimeScanner {
    let scanner = this.#scanners.get(connection);
    if (scanner === undefined) {
      scanner = new RealTimeScanner();
      this.#scanners.set(connection, scanner);
    }
    return scanner;
  }

  #sessionEnd(): void {
    if (this.pending !== null) this.#report.interrupted('disconnect');
    if (!this.#make.resyncOnDisconnect) return;
    this.#parser.abandon();
  }

  #clear(): void {
    this.#buffer.clear();
    this.#parser.abandon();
    this.#barrier = undefined;
    this.#held = [];
    this.#headFree = Number.NaN;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #advanced(dots: number): void {
    if (Number.isFinite(this.behaviour.speed)) {
      this.#headFree += (dots / DOTS_PER_MM / this.behaviour.speed) * 1000;
    }
    this.#runOutDots -= dots;
    if (this.#runOutDots <= 0) {
      this.#runOutDots = Infinity;
      this.sense({ paper: 'out' });
    }
    if (this.#paper.head > RUNAWAY_MM * DOTS_PER_MM) this.tear('runaway');
  }

  #execute(command: Command): void {
    if (command.kind === 'realtime') {
      this.#metRealTime = true;
      this.#report.notOfTheJob(command.length);
    } else if (command.kind === 'garbage') this.#report.garbage(command.bytes);
    else if (this.#press.run(command)) {
      // What follows a cut (a request for its confirmation) is no part of the job that begins here.
      if (command.kind === 'command' && command.name === 'ESC @' && this.pending === null) this.#report.jobStarts(2);
    } else if (command.kind === 'command') this.#deviceCommand(command.name, command.params, command.body);
  }

  #deviceCommand(name: string, params: readonly number[], body: readonly number[]): void {
    const n = params[0] ?? 0;
    if (name === 'GS V') this.#cut(n, params[1] ?? 0);
    else if (name === 'GS a') this.#enableAutomaticStatus(n);
    else if (name === 'GS r') this.#after(() => this.#sensorStatus(n));
    else if (name === 'GS I') this.#identify(n);
    else if (name === 'GS (' && n === 0x48) this.#responseRequest(body);
    else if (name === 'ESC p') this.#links.events.emit({ type: 'drawer', pin: n & 1 });
    else this.#report.skipped(name === 'GS (' ? `GS ( ${String.fromCodePoint(n)}` : name);
  }

  /** Runs `action` when the head has printed everything before it. */
  #after(action: () => void): void {
    const connection = this.#source;
    this.#barrier = () => {
      this.#source = connection;
      action();
    };
  }

  #cut(mode: number, feed: number): void {
    if (mode === 65 || mode === 66) this.#press.feedLine(this.#paper.cutterDots + feed);
    else if (![0, 1, 48, 49].includes(mode)) return this.#report.skipped('GS V');
    this.#after(() => {
      const rows = this.#paper.head - this.#paper.cutterDots;
      const bitmap = this.#paper.cut();
      if (bitmap !== undefined) this.#finish(bitmap, rows, true);
    });
  }

  #finish(bitmap: Parameters<TicketStore['add']>[1], rows: number, complete: boolean): void {
    const { text, qr } = this.#press.cutAt(rows);
    const ticket = this.#links.tickets.add({ complete, text, qr, ...this.#report.take() }, bitmap);
    this.#links.events.emit({ type: 'ticket', ticket });
  }

  #enableAutomaticStatus(mask: number): void {
    this.#asb = mask;
    if (mask !== 0) this.#send(this.#source, automaticStatus(this.#sensors));
  }

  #sensorStatus(n: number): void {
    const value = n === 1 || n === 49 ? paperStatus(this.#sensors) : 0;
    const id = value.toString(16).padStart(2, '0');
    this.#answerOrHold({ connection: this.#source, command: 'GS r', id, bytes: [value] });
  }

  /** `GS ( H`: fn 48 echoes an id when everything before it is on paper, fn 49 turns offline responses on. */
  #responseRequest(body: readonly number[]): void {
    if (!this.behaviour.gsH) return this.#report.skipped('GS ( H');
    const [fn, , ...rest] = body;
    if ((fn === 48 || fn === 0) && rest.length === 4) {
      const id = String.fromCodePoint(...rest);
      const bytes = [0x37, 0x22, ...rest, 0x00];
      this.#after(() => this.#answerOrHold({ connection: this.#source, command: 'GS ( H', id, bytes }));
    } else if (fn === 49 || fn === 1) this.#offlineResponse = (rest[0] ?? 0) % 48;
    else this.#report.skipped('GS ( H');
  }

  /** Offline response of fn 49. Epson gives causes as 40h..7Fh; which number is which is this printer's own choice. */
  #offlineBytes(): number[] {
    const { paper, cover, cutter } = this.#sensors;
    const causes = [cover === 'open' ? 0x41 : 0, paper === 'out' ? 0x42 : 0, cutter === 'ok' ? 0 : 0x43];
    return [0x37, 0x23, ...(this.#offlineResponse === 2 ? causes.filter((cause) => cause > 0) : []), 0x00];
  }

  #identify(n: number): void {
    const { maker, model, firmware } = this.#make.dialect;
    const texts: Readonly<Record<number, string>> = { 65: firmware, 66: maker, 67: model, 68: 'VIRT000001' };
    const text = texts[n];
    if (text !== undefined) this.#send(this.#source, [0x5f, ...Buffer.from(text, 'latin1'), 0x00]);
    else if (n === 1 || n === 49) this.#send(this.#source, [0x20]);
    else if (n === 2 || n === 50) this.#send(this.#source, [0x02]);
    else if (n === 3 || n === 51) this.#send(this.#source, [0x01]);
    else this.#report.skipped('GS I');
  }

  #realTime(connection: number, command: RealTime): void {
    if (command.kind === 'status') this.#answerStatus(connection, command.n);
    else if (command.kind === 'recover') {
      if (command.n === 2) this.#clearBuffer();
      if (this.#sensors.cutter === 'jammed') this.sense({ cutter: 'ok' });
    } else if (command.fn === 8) {
      this.#clearBuffer();
      this.#send(connection, [0x37, 0x25, 0x00]);
    } else if (command.fn === 7 && command.args[0] === 1) this.#send(connection, automaticStatus(this.#sensors));
    else if (command.fn === 1) this.#links.events.emit({ type: 'drawer', pin: (command.args[0] ?? 0) & 1 });
  }

  #clearBuffer(): void {
    this.#clear();
    this.#press.reset();
    this.#links.roomMade();
  }

  #answerStatus(connection: number, n: number): void {
    const silent = this.behaviour.mute || this.behaviour.stallStatus;
    const answer = silent ? null : realTimeStatus(n, this.#sensors);
    if (answer !== null) this.#send(connection, [answer]);
    this.#links.events.emit({ type: 'status-request', connection, n, answer });
  }

  #answerOrHold(confirmation: Confirmation): void {
    if (this.behaviour.holdConfirm) this.#held.push(confirmation);
    else this.#confirm(confirmation);
  }

  #confirm({ connection, command, id, bytes }: Confirmation): void {
    if (this.behaviour.mute) return;
    this.#send(connection, bytes);
    this.#links.events.emit({ type: 'confirm', connection, command, id });
  }

  #broadcast(bytes: readonly number[]): void {
    for (const connection of this.#links.connections()) this.#send(connection, bytes);
  }

  #send(connection: number, bytes: readonly number[]): void {
    if (!this.behaviour.mute) this.#links.send(connection, bytes);
  }
}
