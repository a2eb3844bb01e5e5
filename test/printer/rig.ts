import { ManualClock } from './clock.ts';
import { Device, type DeviceMake } from './device.ts';
import { EventHub } from './events.ts';
import { EPSON } from './profiles.ts';
import { type Ticket, TicketStore } from './tickets.ts';
import type { Behaviour } from './voice.ts';

/** A printer without a network, whose time moves only when told to; an Epson unless its make says otherwise. */
export class Rig {
  readonly clock = new ManualClock();
  readonly events = new EventHub();
  readonly store = new TicketStore(10);
  readonly sent: { connection: number; bytes: number[] }[] = [];
  readonly device: Device;

  constructor(behaviour: Partial<Behaviour> = {}, make: Partial<DeviceMake> = {}) {
    this.device = new Device(
      { dialect: EPSON, widthDots: 576, cutterMm: 15, bufferBytes: 65_536, resyncOnDisconnect: true, ...make },
      {
        speed: 250,
        mute: false,
        gsH: true,
        asb: false,
        stallStatus: false,
        holdConfirm: false,
        stall: false,
        loseBuffer: false,
        jamAtCut: false,
        leaveTickets: false,
        ...behaviour,
      },
      {
        clock: this.clock,
        events: this.events,
        tickets: this.store,
        send: (connection, data) => this.sent.push({ connection, bytes: [...data] }),
        connections: () => [1],
        roomMade: () => undefined,
      },
    );
  }

  /** Gives the bytes to the device and lets `ms` pass. */
  print(data: Uint8Array, ms = 60_000): void {
    this.device.receive(1, data);
    this.clock.advance(ms);
  }

  /** What it answered so far, in hex. */
  get answers(): string[] {
    return this.sent.map(({ bytes }) => Buffer.from(bytes).toString('hex'));
  }

  ticket(n = 1): Ticket {
    const ticket = this.store.list[n - 1];
    if (ticket === undefined) throw new Error(`ticket ${n} has not been cut`);
    return ticket;
  }
}
