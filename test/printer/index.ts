import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from './clock.ts';
import { parseControl, type PrinterControl } from './control.ts';
import { Device } from './device.ts';
import { type Dialect, EPSON } from './dialect.ts';
import { EventHub } from './events.ts';
import { PrinterPage } from './http.ts';
import type { Bitmap } from './paper.ts';
import { PrintServer } from './server.ts';
import type { Sensors } from './status.ts';
import { type Ticket, TicketStore } from './tickets.ts';

export type { PrinterControl } from './control.ts';
export type { Ticket } from './tickets.ts';

/** How a virtual printer is made; everything has a default. */
export interface VirtualPrinterOptions {
  /** TCP port for print data, 0 (default) for any free one. */
  readonly port?: number;
  /** Port of the page and the controls, 0 (default) for any free one, null for none. */
  readonly httpPort?: number | null;
  readonly host?: string;
  readonly dialect?: Dialect;
  /** Printable dots per row, a multiple of 8: 576 (80 mm, default) or 384 (58 mm). */
  readonly widthDots?: number;
  /** From the head to the cutter, 15 mm by default; 0 cuts where it printed. */
  readonly cutterMm?: number;
  readonly bufferBytes?: number;
  /** Millimetres per second (250 by default), `max` for no delay. */
  readonly speed?: number | 'max';
  readonly paper?: Sensors['paper'];
  readonly mute?: boolean;
  readonly gsH?: boolean;
  readonly bytesPerSecond?: number;
  readonly oneSession?: boolean;
  /** See DeviceMake.resyncOnDisconnect; true by default. */
  readonly resyncOnDisconnect?: boolean;
  /** Pictures kept in memory, 500 by default. */
  readonly keepPictures?: number;
  /** Writes `ticket-N.png` and `ticket-N.txt` here on every cut. */
  readonly out?: string;
  readonly clock?: Clock;
}

/** The state at one moment, as `GET /state` gives it. */
export interface PrinterState {
  readonly paper: Sensors['paper'];
  readonly cover: Sensors['cover'];
  readonly cutter: Sensors['cutter'];
  readonly online: boolean;
  readonly listening: boolean;
  readonly connections: number;
  readonly bytesReceived: number;
  readonly jobBytes: number;
  readonly queuedBytes: number;
  readonly tickets: number;
  readonly heldConfirmations: number;
  readonly pending: { readonly lengthMm: number; readonly text: string; readonly bytes: number } | null;
  readonly mute: boolean;
  readonly gsH: boolean;
  readonly stallStatus: boolean;
  readonly holdConfirm: boolean;
  readonly halfOpen: boolean;
}

/** A running virtual printer. */
export interface VirtualPrinter {
  readonly port: number;
  /** 0 when there is no page. */
  readonly httpPort: number;
  /** Every ticket cut so far. */
  readonly tickets: readonly Ticket[];
  readonly events: EventHub;
  state(): PrinterState;
  /** Changes its behaviour. Rejects with a RangeError that names the field, or when the port cannot be reopened. */
  control(change: PrinterControl): Promise<PrinterState>;
  /** The picture of a ticket; undefined when there is none or it is no longer kept. */
  png(n: number): Promise<Buffer> | undefined;
  bitmap(n: number): Bitmap | undefined;
  /** Resolves when at least `count` tickets have been cut; rejects after `timeoutMs` (10 s). */
  waitForTickets(count: number, timeoutMs?: number): Promise<readonly Ticket[]>;
  /** Resolves when the files of all tickets cut so far are written (`out`); rejects if one could not be. */
  written(): Promise<void>;
  close(): Promise<void>;
}

const rate = (value: number | 'max' | null | undefined, fallback: number): number =>
  value === 'max' || value === null ? Infinity : (value ?? fallback);

/** Starts a virtual Epson-like printer. Rejects when a port is taken or the width is impossible. */
export async function startVirtualPrinter(options: VirtualPrinterOptions = {}): Promise<VirtualPrinter> {
  const widthDots = options.widthDots ?? 576;
  if (!Number.isInteger(widthDots) || widthDots < 64 || widthDots > 4096 || widthDots % 8 !== 0) {
    throw new RangeError(`widthDots ${widthDots}: expected a multiple of 8 from 64 to 4096`);
  }
  const clock = options.clock ?? systemClock;
  const host = options.host ?? '127.0.0.1';
  const events = new EventHub();
  const store = new TicketStore(options.keepPictures ?? 500);
  const server = new PrintServer({
    clock,
    events,
    host,
    oneSession: options.oneSession ?? false,
    behaviour: { bytesPerSecond: rate(options.bytesPerSecond, Infinity), loseUnread: false, halfOpen: false },
  });
  const device = new Device(
    {
      dialect: options.dialect ?? EPSON,
      widthDots,
      cutterMm: options.cutterMm ?? 15,
      bufferBytes: options.bufferBytes ?? 65_536,
      resyncOnDisconnect: options.resyncOnDisconnect ?? true,
    },
    {
      speed: rate(options.speed, 250),
      mute: options.mute ?? false,
      gsH: options.gsH ?? true,
      stallStatus: false,
      holdConfirm: false,
    },
    {
      clock,
      events,
      tickets: store,
      send: (connection, bytes) => server.send(connection, bytes),
      connections: () => server.connections(),
      roomMade: () => server.ingest(),
    },
  );
  server.attach(device);
  if (options.paper !== undefined) device.sense({ paper: options.paper });

  let writing: Promise<void> = Promise.resolve();
  const { out } = options;
  if (out !== undefined) {
    await mkdir(out, { recursive: true });
    events.subscribe((event) => {
      if (event.type !== 'ticket') return;
      writing = writing.then(() => writeTicket(out, event.ticket, store));
      // Told by written() and close(); not an unhandled rejection meanwhile.
      writing.catch(() => undefined);
    });
  }

  const state = (): PrinterState => ({
    ...device.sensors,
    online: device.online,
    listening: server.listening,
    connections: server.connections().length,
    bytesReceived: server.received,
    jobBytes: server.jobBytes,
    queuedBytes: device.queuedBytes,
    tickets: store.list.length,
    heldConfirmations: device.heldConfirmations,
    pending: device.pending,
    mute: device.behaviour.mute,
    gsH: device.behaviour.gsH,
    stallStatus: device.behaviour.stallStatus,
    holdConfirm: device.behaviour.holdConfirm,
    halfOpen: server.behaviour.halfOpen,
  });
  const control = async (change: PrinterControl): Promise<PrinterState> => {
    await applyControl(parseControl(change), device, server);
    return state();
  };

  await server.listen(options.port ?? 0);
  let page: PrinterPage | undefined;
  if (options.httpPort !== null) {
    page = new PrinterPage({ events, tickets: store, state, control });
    try {
      await page.listen(options.httpPort ?? 0, host);
    } catch (error) {
      server.close();
      throw error;
    }
  }

  return {
    port: server.port,
    httpPort: page?.port ?? 0,
    tickets: store.list,
    events,
    state,
    control,
    png: (n) => store.png(n),
    bitmap: (n) => store.bitmap(n),
    waitForTickets: async (count, timeoutMs = 10_000) => {
      const enough = (ticket: Ticket): boolean => ticket.n >= count;
      if (store.list.length < count) {
        await events.next('ticket', { match: (event) => enough(event.ticket), timeoutMs });
      }
      return store.list;
    },
    written: () => writing,
    close: async () => {
      server.close();
      device.close();
      await page?.close();
      await writing;
    },
  };
}

async function applyControl(change: PrinterControl, device: Device, server: PrintServer): Promise<void> {
  const { behaviour } = device;
  // Silence first, so that a control that also changes a sensor is already told with it.
  if (change.mute !== undefined) behaviour.mute = change.mute;
  if (change.gsH !== undefined) behaviour.gsH = change.gsH;
  if (change.stallStatus !== undefined) behaviour.stallStatus = change.stallStatus;
  if (change.speed !== undefined) behaviour.speed = rate(change.speed, 250);
  if (change.bytesPerSecond !== undefined) server.behaviour.bytesPerSecond = rate(change.bytesPerSecond, Infinity);
  if (change.loseUnread !== undefined) server.behaviour.loseUnread = change.loseUnread;
  if (change.halfOpen !== undefined) server.behaviour.halfOpen = change.halfOpen;
  if (change.dropAfterBytes !== undefined) server.dropAfter(change.dropAfterBytes);
  if (change.runOutAfterMm !== undefined) device.runOutAfter(change.runOutAfterMm);
  if (change.holdConfirm !== undefined) {
    behaviour.holdConfirm = change.holdConfirm;
    if (!change.holdConfirm) device.releaseConfirmations();
  }
  if (change.powerCycle === true) {
    device.powerCycle();
    server.dropConnections();
  }
  if (change.tear === true) device.tear();
  const { paper, cover, cutter } = change;
  device.sense({
    ...(paper === undefined ? {} : { paper }),
    ...(cover === undefined ? {} : { cover }),
    ...(cutter === undefined ? {} : { cutter }),
  });
  if (change.refuse === true) server.refuse();
  if (change.refuse === false) await server.listen();
  server.ingest();
}

/** The picture and the text of a ticket, each complete as soon as its name is there. */
async function writeTicket(out: string, ticket: Ticket, store: TicketStore): Promise<void> {
  const picture = await store.png(ticket.n);
  if (picture !== undefined) await writeWhole(join(out, `ticket-${ticket.n}.png`), picture);
  const codes = ticket.qr.map((code) => `QR: ${code}\n`).join('');
  await writeWhole(join(out, `ticket-${ticket.n}.txt`), `${ticket.text}\n${codes}`);
}

async function writeWhole(path: string, content: Buffer | string): Promise<void> {
  const part = `${path}.part`;
  await writeFile(part, content);
  await rename(part, path);
}
