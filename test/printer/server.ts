import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Clock } from './clock.ts';
import type { Device } from './device.ts';
import type { EventHub } from './events.ts';
import { type DeviceLine, deviceLine, type Line, socketLine } from './lines.ts';

const BYTES_EVENT_MS = 50;
/** How much is read ahead of a slow intake when what is not taken in must be lost with its sender. */
const READ_AHEAD = 8 * 1024 * 1024;

/** The network side of the printer that can be changed while it runs. */
export interface LinkBehaviour {
  /** Intake in bytes per second; Infinity takes all at once. */
  bytesPerSecond: number;
  /** Bytes not yet taken in when the sender closes are lost, as when its machine dies with them. */
  loseUnread: boolean;
  /** The cable is out: connections stay open, nothing is read and nothing answered. */
  halfOpen: boolean;
}

interface Session {
  readonly id: number;
  readonly line: Line;
  readonly inbox: Uint8Array[];
  inboxBytes: number;
  taken: number;
  printBytes: number;
  jobStarted: boolean;
  ended: boolean;
  gone: boolean;
  announcedAt: number;
  cancelAnnounce: (() => void) | undefined;
}

/**
 * The raw port (9100 on a real printer) and the device file: sessions, intake at the configured rate, back-pressure, faults.
 * A device file is one session without an end; when it is dropped the cable is out, and what is sent is lost, until it is
 * plugged in again.
 */
export class PrintServer {
  readonly behaviour: LinkBehaviour;
  readonly #clock: Clock;
  readonly #events: EventHub;
  readonly #oneSession: boolean;
  readonly #sessions = new Map<number, Session>();
  readonly #host: string;
  #device: Device | undefined;
  #server: Server | undefined;
  #file: DeviceLine | undefined;
  #fileSession: Session | undefined;
  #port = 0;
  #nextId = 1;
  #latest: Session | undefined;
  #dropAfter = Infinity;
  #dropWhen: ((byte: number) => boolean) | null = null;
  #received = 0;
  #lost = 0;
  #ingesting = false;
  #cancelSlice: (() => void) | undefined;
  #sliceDue = 0;

  constructor(options: {
    clock: Clock;
    events: EventHub;
    host: string;
    oneSession: boolean;
    behaviour: LinkBehaviour;
  }) {
    this.#clock = options.clock;
    this.#events = options.events;
    this.#host = options.host;
    this.#oneSession = options.oneSession;
    this.behaviour = options.behaviour;
    options.events.subscribe((event) => {
      // After a cut the next ESC @ on a kept connection begins a new job.
      if (event.type === 'ticket') for (const session of this.#sessions.values()) session.jobStarted = false;
    });
  }

  get port(): number {
    return this.#port;
  }

  get listening(): boolean {
    return this.#server !== undefined;
  }

  /** Whether the cable of the device file is in; true when there is none. */
  get plugged(): boolean {
    return this.#file === undefined || this.#fileSession !== undefined;
  }

  /** Bytes taken in since the start. */
  get received(): number {
    return this.#received;
  }

  /** Bytes that were sent while the cable of the device file was out, and went nowhere. */
  get lost(): number {
    return this.#lost;
  }

  /** Bytes taken in on the latest connection. */
  get jobBytes(): number {
    return this.#latest?.taken ?? 0;
  }

  connections(): readonly number[] {
    return [...this.#sessions.keys()];
  }

  /** The device that executes what comes in; set once, before `listen`. */
  attach(device: Device): void {
    this.#device = device;
  }

  /** Opens the port; a second time it opens the same one again. Rejects when the port is taken. */
  listen(port = this.#port): Promise<void> {
    this.plug();
    if (this.#server !== undefined) return Promise.resolve();
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, this.#host, () => {
        server.off('error', reject);
        this.#server = server;
        this.#port = (server.address() as AddressInfo).port;
        resolve();
      });
    });
  }

  /** Serves a device file as well. @throws when it cannot be opened. */
  openFile(path: string): void {
    this.#file = deviceLine(path, {
      data: (bytes) => {
        // Out of its socket the cable carries nothing.
        if (this.#fileSession === undefined) this.#lost += bytes.length;
        else this.#arrived(this.#fileSession, bytes);
      },
      end: () => {
        if (this.#fileSession !== undefined) this.#ended(this.#fileSession);
      },
    });
    this.#fileSession = this.#begin(this.#file);
  }

  /** Puts the cable of the device file in again. */
  plug(): void {
    if (this.#file === undefined || this.plugged) return;
    this.#fileSession = this.#begin(this.#file);
    this.ingest();
  }

  /** Closes the port: new connections are refused, open ones go on. The cable of the device file is out. */
  refuse(): void {
    this.#server?.close();
    this.#server = undefined;
    if (this.#fileSession !== undefined) this.#drop(this.#fileSession);
  }

  /** Resets every connection. */
  dropConnections(): void {
    for (const session of this.#sessions.values()) this.#drop(session);
  }

  #drop(session: Session): void {
    if (session === this.#fileSession) this.#lost += session.inboxBytes;
    session.inbox.length = 0;
    session.inboxBytes = 0;
    session.line.reset();
    this.#gone(session);
    // The device file goes on being read, for what is sent into nothing must not wait there.
    if (this.#fileSession === undefined) this.#file?.resume();
  }

  /** Resets the connection that carries the `count`-th byte from now. */
  dropAfter(count: number): void {
    this.#dropAfter = count;
  }

  /** Resets the connection that carries the byte at which `watch` says so; null: no more. */
  dropWhen(watch: ((byte: number) => boolean) | null): void {
    this.#dropWhen = watch;
  }

  /** Sends an answer; lost when the connection is gone or the cable out. */
  send(connection: number, bytes: readonly number[]): void {
    const session = this.#sessions.get(connection);
    if (session === undefined || this.behaviour.halfOpen) return;
    session.line.send(Uint8Array.from(bytes));
  }

  /** Takes in what may be taken in now. Called when there is room, when time has passed, when behaviour changed. */
  ingest(): void {
    if (this.#ingesting) return;
    this.#ingesting = true;
    try {
      for (const session of this.#sessions.values()) this.#ingestFrom(session);
    } finally {
      this.#ingesting = false;
    }
  }

  /** Stops listening and drops everything. */
  close(): void {
    this.refuse();
    this.#cancelSlice?.();
    this.dropConnections();
    this.#file?.close();
    this.#file = undefined;
  }

  #accept(socket: Socket): void {
    socket.on('error', () => {
      // A reset by the sender; 'close' follows and tells the rest.
    });
    if (this.#oneSession && this.#sessions.size > 0) {
      this.#events.emit({ type: 'connection', connection: this.#nextId++, accepted: false });
      socket.resetAndDestroy();
      return;
    }
    let session: Session | undefined;
    const line = socketLine(socket, {
      data: (bytes) => {
        if (session !== undefined) this.#arrived(session, bytes);
      },
      end: () => {
        if (session !== undefined) this.#ended(session);
      },
    });
    session = this.#begin(line);
    if (this.behaviour.halfOpen) socket.pause();
  }

  #begin(line: Line): Session {
    const session: Session = {
      id: this.#nextId++,
      line,
      inbox: [],
      inboxBytes: 0,
      taken: 0,
      printBytes: 0,
      jobStarted: false,
      ended: false,
      gone: false,
      announcedAt: -Infinity,
      cancelAnnounce: undefined,
    };
    this.#sessions.set(session.id, session);
    this.#latest = session;
    this.#events.emit({ type: 'connection', connection: session.id, accepted: true });
    this.#device?.connected(session.id);
    return session;
  }

  #arrived(session: Session, bytes: Uint8Array): void {
    if (session.gone) return;
    session.inbox.push(bytes);
    session.inboxBytes += bytes.length;
    this.ingest();
  }

  #ended(session: Session): void {
    session.ended = true;
    if (this.behaviour.loseUnread) {
      session.inbox.length = 0;
      session.inboxBytes = 0;
    }
    this.ingest();
  }

  #gone(session: Session): void {
    if (session.gone) return;
    session.gone = true;
    session.cancelAnnounce?.();
    this.#sessions.delete(session.id);
    if (session === this.#fileSession) this.#fileSession = undefined;
    session.line.end();
    this.#device?.disconnected(session.id);
    this.#events.emit({ type: 'disconnect', connection: session.id, bytes: session.taken });
  }

  #ingestFrom(session: Session): void {
    const device = this.#device;
    if (device === undefined) return;
    while (session.inboxBytes > 0 && device.room > 0 && !this.behaviour.halfOpen && !session.gone) {
      const watched = this.#dropWhen === null ? Infinity : 1;
      const allowed = Math.min(device.room, this.#allowance(), this.#dropAfter, watched);
      if (allowed <= 0) break;
      const chunk = session.inbox[0];
      if (chunk === undefined) break;
      const piece = chunk.subarray(0, allowed);
      if (piece.length === chunk.length) session.inbox.shift();
      else session.inbox[0] = chunk.subarray(piece.length);
      session.inboxBytes -= piece.length;
      this.#take(session, device, piece);
    }
    if (session.gone) return;
    if (session.ended && session.inboxBytes === 0) return this.#gone(session);
    // Back-pressure: what is not taken in stays with the sender.
    const readAhead = this.behaviour.loseUnread && session.inboxBytes < READ_AHEAD;
    if (this.behaviour.halfOpen || (session.inboxBytes > 0 && !readAhead)) session.line.pause();
    else session.line.resume();
  }

  /** Bytes that the configured rate lets in now; sets a timer for the rest. */
  #allowance(): number {
    const rate = this.behaviour.bytesPerSecond;
    if (!Number.isFinite(rate)) return Infinity;
    const now = this.#clock.now();
    if (now < this.#sliceDue) {
      this.#cancelSlice ??= this.#clock.after(this.#sliceDue - now, () => {
        this.#cancelSlice = undefined;
        this.ingest();
      });
      return 0;
    }
    const slice = Math.max(1, Math.round(rate / 100));
    // A late timer is made up for, idle time is not.
    this.#sliceDue = Math.max(this.#sliceDue, now - 50) + (slice / rate) * 1000;
    return slice;
  }

  #take(session: Session, device: Device, piece: Uint8Array): void {
    session.taken += piece.length;
    this.#received += piece.length;
    this.#dropAfter -= piece.length;
    const { printBytes, sawReset } = device.receive(session.id, piece);
    session.printBytes = Math.max(0, session.printBytes + printBytes);
    const first = session.printBytes > 0 && !session.jobStarted && (sawReset || session.printBytes === printBytes);
    if (first) session.jobStarted = true;
    this.#announce(session, first);
    const seen = this.#dropWhen?.(piece[0] ?? 0) === true;
    if (this.#dropAfter > 0 && !seen) return;
    this.#dropAfter = Infinity;
    this.#dropWhen = null;
    this.#drop(session);
  }

  #announce(session: Session, first: boolean): void {
    const emit = (isFirst: boolean): void => {
      session.announcedAt = this.#clock.now();
      this.#events.emit({ type: 'bytes', connection: session.id, jobBytes: session.taken, first: isFirst });
    };
    const wait = session.announcedAt + BYTES_EVENT_MS - this.#clock.now();
    if (first || wait <= 0) {
      session.cancelAnnounce?.();
      session.cancelAnnounce = undefined;
      emit(first);
      return;
    }
    session.cancelAnnounce ??= this.#clock.after(wait, () => {
      session.cancelAnnounce = undefined;
      emit(false);
    });
  }
}
