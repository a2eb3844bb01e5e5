import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Clock } from './clock.ts';
import type { Device } from './device.ts';
import type { EventHub } from './events.ts';

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
  readonly socket: Socket;
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

/** The raw port (9100 on a real printer): sessions, intake at the configured rate, back-pressure, faults. */
export class PrintServer {
  readonly behaviour: LinkBehaviour;
  readonly #clock: Clock;
  readonly #events: EventHub;
  readonly #oneSession: boolean;
  readonly #sessions = new Map<number, Session>();
  readonly #host: string;
  #device: Device | undefined;
  #server: Server | undefined;
  #port = 0;
  #nextId = 1;
  #latest: Session | undefined;
  #dropAfter = Infinity;
  #received = 0;
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

  /** Bytes taken in since the start. */
  get received(): number {
    return this.#received;
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

  /** Closes the port: new connections are refused, open ones go on. */
  refuse(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  /** Resets every connection. */
  dropConnections(): void {
    for (const session of this.#sessions.values()) {
      session.inbox.length = 0;
      session.inboxBytes = 0;
      session.socket.resetAndDestroy();
      this.#gone(session);
    }
  }

  /** Resets the connection that carries the `count`-th byte from now. */
  dropAfter(count: number): void {
    this.#dropAfter = count;
  }

  /** Sends an answer; lost when the connection is gone or the cable out. */
  send(connection: number, bytes: readonly number[]): void {
    const session = this.#sessions.get(connection);
    if (session === undefined || this.behaviour.halfOpen || !session.socket.writable) return;
    session.socket.write(Uint8Array.from(bytes));
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
  }

  #accept(socket: Socket): void {
    const id = this.#nextId++;
    socket.on('error', () => {
      // A reset by the sender; 'close' follows and tells the rest.
    });
    if (this.#oneSession && this.#sessions.size > 0) {
      this.#events.emit({ type: 'connection', connection: id, accepted: false });
      socket.resetAndDestroy();
      return;
    }
    const session: Session = {
      id,
      socket,
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
    this.#sessions.set(id, session);
    this.#latest = session;
    this.#events.emit({ type: 'connection', connection: id, accepted: true });
    socket.on('data', (chunk: Uint8Array) => {
      session.inbox.push(chunk);
      session.inboxBytes += chunk.length;
      this.ingest();
    });
    socket.on('end', () => this.#ended(session));
    socket.on('close', () => this.#ended(session));
    if (this.behaviour.halfOpen) socket.pause();
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
    session.socket.end();
    this.#device?.disconnected(session.id);
    this.#events.emit({ type: 'disconnect', connection: session.id, bytes: session.taken });
  }

  #ingestFrom(session: Session): void {
    const device = this.#device;
    if (device === undefined) return;
    while (session.inboxBytes > 0 && device.room > 0 && !this.behaviour.halfOpen && !session.gone) {
      const allowed = Math.min(device.room, this.#allowance(), this.#dropAfter);
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
    if (this.behaviour.halfOpen || (session.inboxBytes > 0 && !readAhead)) session.socket.pause();
    else session.socket.resume();
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
    if (this.#dropAfter > 0) return;
    this.#dropAfter = Infinity;
    session.inbox.length = 0;
    session.inboxBytes = 0;
    session.socket.resetAndDestroy();
    this.#gone(session);
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
