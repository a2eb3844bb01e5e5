import type { Clock } from './clock.ts';
import type { Dialect } from './dialect.ts';
import type { EventHub } from './events.ts';
import { Knife } from './knife.ts';
import { order } from './orders.ts';
import { DOTS_PER_MM, Paper } from './paper.ts';
import { type Command, CommandParser } from './parser.ts';
import { Press } from './press.ts';
import { RealTimeScanner } from './realtime.ts';
import { ReceiveBuffer } from './receive-buffer.ts';
import { Report } from './report.ts';
import { FINE, isOnline, type Sensors } from './status.ts';
import type { TicketStore } from './tickets.ts';
import type { Behaviour, Body, Confirmation, Voice } from './voice.ts';
import { CustomVoice } from './voice-custom.ts';
import { EpsonVoice } from './voice-epson.ts';
import { StarVoice } from './voice-star.ts';

/** How far the processor may run ahead of the head, in ms: fewer timers, and no visible difference. */
const LOOK_AHEAD_MS = 4;
/** Bytes executed before other work of the process gets a turn. */
const TURN_BYTES = 32_768;
/** Paper that nobody cuts is taken away at this length, in mm. */
const RUNAWAY_MM = 4000;
/** A new roll, in mm. */
const ROLL_MM = 80_000;

const VOICES = { epson: EpsonVoice, star: StarVoice, custom: CustomVoice } as const;

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

/**
 * The printer without its network: a receive buffer, a processor that executes it in order while the printer is online,
 * a head that takes time, sensors, and status answers both in order and real-time. What it understands and answers is that
 * of its make.
 */
export class Device {
  readonly behaviour: Behaviour;
  readonly #make: DeviceMake;
  readonly #links: DeviceLinks;
  readonly #buffer = new ReceiveBuffer();
  readonly #parser: CommandParser;
  readonly #paper: Paper;
  readonly #press: Press;
  readonly #voice: Voice;
  readonly #knife: Knife;
  readonly #report = new Report();
  readonly #scanners = new Map<number, RealTimeScanner>();
  #sensors: Sensors = FINE;
  #held: Confirmation[] = [];
  #source = 0;
  #runOutDots = Infinity;
  #leftDots = ROLL_MM * DOTS_PER_MM;
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
    this.#parser = new CommandParser(make.dialect, (command) => this.#execute(command));
    this.#paper = new Paper(make.widthDots, Math.round(make.cutterMm * DOTS_PER_MM));
    this.#press = new Press(make.dialect, this.#paper, (dots) => this.#advanced(dots));
    this.#knife = new Knife(this.#press, this.#paper, {
      behaviour,
      after: (action) => this.#after(action),
      jam: () => this.sense({ cutter: 'jammed' }),
      fell: (bitmap, rows) => {
        this.#finish(bitmap, rows, true);
        if (make.dialect.voice === 'custom' && behaviour.leaveTickets) this.sense({ exit: 'ticket' });
      },
    });
    this.#voice = new VOICES[make.dialect.voice](this.#body());
  }

  get dialect(): Dialect {
    return this.#make.dialect;
  }

  get sensors(): Sensors {
    return this.#sensors;
  }

  get online(): boolean {
    return isOnline(this.#sensors);
  }

  /** Free bytes of the receive buffer. */
  get room(): number {
    if (this.#losing) return this.#make.bufferBytes;
    return Math.max(0, this.#make.bufferBytes - this.#buffer.size);
  }

  get queuedBytes(): number {
    return this.#buffer.size;
  }

  get heldConfirmations(): number {
    return this.#held.length;
  }

  /** Paper left on the roll, in mm. */
  get leftMm(): number {
    return Math.max(0, Math.min(this.#leftDots, this.#runOutDots) / DOTS_PER_MM);
  }

  /** The paper that has not been cut yet, null if nothing was printed or fed on it. */
  get pending(): { lengthMm: number; text: string; bytes: number } | null {
    if (!this.#paper.touched && this.#paper.head <= this.#paper.cutterDots) return null;
    const text = this.#press.lines.map((line) => line.text).join('\n');
    return { lengthMm: (this.#paper.head - this.#paper.cutterDots) / DOTS_PER_MM, text, bytes: this.#report.bytes };
  }

  /** Somebody can send now: printers that tell of themselves do so at once. */
  connected(connection: number): void {
    this.#voice.connected(connection);
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
      this.#voice.realTime(connection, command);
    }
    this.#buffer.push(connection, chunk.subarray(from));
    if (this.#losing) this.#clear();
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
    const changed = (Object.keys(after) as (keyof Sensors)[]).some((key) => before[key] !== after[key]);
    if (!changed) return;
    this.#sensors = after;
    // Another roll was put in.
    if (before.paper === 'out' && after.paper !== 'out') this.#leftDots = ROLL_MM * DOTS_PER_MM;
    if (this.pending !== null) {
      if (after.paper === 'out' && before.paper !== 'out') this.#report.interrupted('paper-out');
      if (after.cover === 'open' && before.cover === 'closed') this.#report.interrupted('cover-open');
      if (after.cutter === 'jammed' && before.cutter === 'ok') this.#report.interrupted('cutter-error');
      if (after.head === 'hot' && before.head === 'ok') this.#report.interrupted('head-hot');
    }
    if (this.#losing) this.#clear();
    this.#voice.sensed(before, after);
    this.#links.events.emit({ type: 'status', sensors: after, online: isOnline(after) });
    if (isOnline(after)) this.pump();
    else {
      this.#headFree = Number.NaN;
      this.#cancelTimer?.();
      this.#cancelTimer = undefined;
    }
    if (this.#losing) this.#links.roomMade();
  }

  /** The roll will end after this many more millimetres. */
  runOutAfter(mm: number): void {
    this.#runOutDots = Math.round(mm * DOTS_PER_MM);
  }

  /** Sends what `holdConfirm` kept back; of several `GS ( H` of one connection only the latest, as printers do. */
  releaseConfirmations(): void {
    const held = this.#held;
    this.#held = [];
    const latest = new Map(held.map((one) => [`${one.connection} ${one.command}`, one]));
    for (const one of held) {
      if (!one.latestOnly || latest.get(`${one.connection} ${one.command}`) === one) this.#confirm(one);
    }
  }

  /** Off and on again: buffer, modes and pending answers are gone, the paper in the printer is not. */
  powerCycle(): void {
    if (this.pending !== null) this.#report.interrupted('power-cycle');
    this.#clear();
    this.#scanners.clear();
    this.#press.reset();
    this.#voice.reset();
    this.sense({ cutter: 'ok', head: 'ok' });
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
      while (this.online && !this.behaviour.stall) {
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
      if (this.behaviour.stall) this.#headFree = Number.NaN;
    } finally {
      this.#pumping = false;
    }
    if (this.#buffer.size < startSize) this.#links.roomMade();
  }

  /** What is sent now is thrown away. */
  get #losing(): boolean {
    return this.behaviour.loseBuffer && this.#sensors.paper === 'out';
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
      scanner = new RealTimeScanner(this.#make.dialect);
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
    this.#knife.reset();
    this.#headFree = Number.NaN;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #advanced(dots: number): void {
    if (Number.isFinite(this.behaviour.speed)) {
      this.#headFree += (dots / DOTS_PER_MM / this.behaviour.speed) * 1000;
    }
    this.#leftDots -= dots;
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
    else if (command.kind === 'control' && this.#voice.control(command.byte)) {
      // Answered: it prints nothing.
    } else if (order(this.#make.dialect, this.#press, command)) {
      this.#knife.saw(command);
      // What follows a cut (a request for its confirmation) is no part of the job that begins here.
      if (command.kind === 'command' && command.name === 'ESC @' && this.pending === null) this.#report.jobStarts(2);
    } else if (command.kind === 'command') this.#deviceCommand(command.name, command.params, command.body);
  }

  #deviceCommand(name: string, params: readonly number[], body: readonly number[]): void {
    const n = params[0] ?? 0;
    if (this.#voice.command(name, params, body) || this.#knife.command(name, params)) return;
    if (name === 'ESC p') this.#links.events.emit({ type: 'drawer', pin: n & 1 });
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

  #finish(bitmap: Parameters<TicketStore['add']>[1], rows: number, complete: boolean): void {
    const ticket = this.#links.tickets.add({ complete, ...this.#press.cutAt(rows), ...this.#report.take() }, bitmap);
    this.#links.events.emit({ type: 'ticket', ticket });
  }

  #confirm({ connection, command, make }: Confirmation): void {
    const { id, bytes } = make();
    if (this.behaviour.mute) return;
    if (bytes !== null) this.#links.send(connection, bytes);
    this.#links.events.emit({ type: 'confirm', connection, command, id });
  }

  /** The printer as its voice sees it. */
  #body(): Body {
    const { events } = this.#links;
    const send = (connection: number, bytes: readonly number[]): void => {
      if (!this.behaviour.mute) this.#links.send(connection, bytes);
    };
    return {
      dialect: this.#make.dialect,
      behaviour: this.behaviour,
      sensors: () => this.#sensors,
      moving: () => this.#headFree > this.#links.clock.now(),
      leftMm: () => this.leftMm,
      source: () => this.#source,
      after: (action) => this.#after(action),
      send,
      broadcast: (bytes) => {
        for (const connection of this.#links.connections()) send(connection, bytes);
      },
      confirm: (confirmation) => {
        if (this.behaviour.holdConfirm) this.#held.push(confirmation);
        else this.#confirm(confirmation);
      },
      asked: (connection, n, make) => {
        const silent = this.behaviour.mute || this.behaviour.stallStatus;
        const answer = silent ? null : make();
        if (answer !== null) send(connection, answer);
        const bytes = answer === null ? '' : Buffer.from(answer).toString('hex');
        events.emit({ type: 'status-request', connection, n, answer: answer?.[0] ?? null, bytes });
      },
      skipped: (name) => this.#report.skipped(name),
      emit: (event) => events.emit(event),
      clearBuffer: () => {
        this.#clear();
        this.#press.reset();
        this.#links.roomMade();
      },
      recover: () => this.sense({ cutter: 'ok' }),
      emptyExit: () => this.sense({ exit: 'free' }),
    };
  }
}
