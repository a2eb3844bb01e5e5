import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from './clock.ts';
import { parseControl, type PrinterControl } from './control.ts';
import { Counter, type PrinterCounts } from './counts.ts';
import { Device } from './device.ts';
import type { Dialect } from './dialect.ts';
import { dropWatch } from './drop-at.ts';
import { EventHub } from './events.ts';
import { PrinterPage } from './http.ts';
import type { Bitmap } from './paper.ts';
import { type ProfileName, PROFILES } from './profiles.ts';
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
  /** The make it is: `epson` (default), `clone`, `star`, `custom`, `mute`. */
  readonly profile?: ProfileName;
  /** A make of its own in place of the profile's. */
  readonly dialect?: Dialect;
  /** A device file to serve beside the port: one end of a pair of pseudo-terminals, or a FIFO. */
  readonly pty?: string;
  /** Printable dots per row, a multiple of 8: 576, 512, 640 (80 mm, default 576) or 384 (58 mm). */
  readonly widthDots?: number;
  /** From the head to the cutter, 15 mm by default; 0 cuts where it printed. */
  readonly cutterMm?: number;
  readonly bufferBytes?: number;
  /** Millimetres per second (250 by default), `max` for no delay. */
  readonly speed?: number | 'max';
  readonly paper?: Sensors['paper'];
  readonly mute?: boolean;
  readonly gsH?: boolean;
  /** Tells of changes by itself from power-on, as by a switch inside; false by default. */
  readonly asb?: boolean;
  /** Out of paper it throws away all it has and all it is sent; false by default. */
  readonly loseBuffer?: boolean;
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
  readonly profile: string;
  readonly power: 'on' | 'off';
  readonly paper: Sensors['paper'];
  readonly cover: Sensors['cover'];
  readonly cutter: Sensors['cutter'];
  readonly head: Sensors['head'];
  readonly exit: Sensors['exit'];
  /** Paper left on the roll, in mm. */
  readonly leftMm: number;
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
  readonly asb: boolean;
  readonly stallStatus: boolean;
  readonly holdConfirm: boolean;
  readonly stall: boolean;
  readonly loseBuffer: boolean;
  readonly jamAtCut: boolean;
  readonly leaveTickets: boolean;
  readonly halfOpen: boolean;
  /** The cable of the device file is in. */
  readonly plugged: boolean;
  /** Bytes that were sent while it was out, and went nowhere. */
  readonly lostBytes: number;
  /** Intake in bytes per second, null without a limit. */
  readonly bytesPerSecond: number | null;
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
  /** How many papers came out for each ticket and copy; reads the codes on their pictures. */
  counts(): Promise<PrinterCounts>;
  /** Resolves when at least `count` tickets have been cut; rejects after `timeoutMs` (10 s). */
  waitForTickets(count: number, timeoutMs?: number): Promise<readonly Ticket[]>;
  /** Resolves when the files of all tickets cut so far are written (`out`); rejects if one could not be. */
  written(): Promise<void>;
  close(): Promise<void>;
}

/** Who turns its knobs is on this machine. */
const LOOPBACK = '127.0.0.1';

const rate = (value: number | 'max' | null | undefined, fallback: number): number =>
  value === 'max' || value === null ? Infinity : (value ?? fallback);

/** Starts a virtual printer. Rejects when a port is taken, a device file cannot be opened or the width is impossible. */
export async function startVirtualPrinter(options: VirtualPrinterOptions = {}): Promise<VirtualPrinter> {
  const widthDots = options.widthDots ?? 576;
  if (!Number.isInteger(widthDots) || widthDots < 64 || widthDots > 4096 || widthDots % 8 !== 0) {
    throw new RangeError(`widthDots ${widthDots}: expected a multiple of 8 from 64 to 4096`);
  }
  const clock = options.clock ?? systemClock;
  const host = options.host ?? LOOPBACK;
  const events = new EventHub();
  const store = new TicketStore(options.keepPictures ?? 500);
  const counter = new Counter(store);
  const profileName = options.profile ?? 'epson';
  const profile = PROFILES[profileName];
  const server = new PrintServer({
    clock,
    events,
    host,
    oneSession: options.oneSession ?? false,
    behaviour: { bytesPerSecond: rate(options.bytesPerSecond, Infinity), loseUnread: false, halfOpen: false },
  });
  const device = new Device(
    {
      dialect: options.dialect ?? profile.dialect,
      widthDots,
      cutterMm: options.cutterMm ?? 15,
      bufferBytes: options.bufferBytes ?? 65_536,
      resyncOnDisconnect: options.resyncOnDisconnect ?? true,
    },
    {
      speed: rate(options.speed, 250),
      mute: options.mute ?? profile.mute,
      gsH: options.gsH ?? profile.gsH,
      asb: options.asb ?? false,
      stallStatus: false,
      holdConfirm: false,
      stall: false,
      loseBuffer: options.loseBuffer ?? false,
      jamAtCut: false,
      leaveTickets: false,
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

  const power = { on: true };
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

  const { behaviour } = device;
  const state = (): PrinterState => ({
    profile: profileName,
    power: power.on ? 'on' : 'off',
    ...device.sensors,
    leftMm: Math.round(device.leftMm),
    online: device.online,
    listening: server.listening,
    connections: server.connections().length,
    bytesReceived: server.received,
    jobBytes: server.jobBytes,
    queuedBytes: device.queuedBytes,
    tickets: store.list.length,
    heldConfirmations: device.heldConfirmations,
    pending: device.pending,
    mute: behaviour.mute,
    gsH: behaviour.gsH,
    asb: behaviour.asb,
    stallStatus: behaviour.stallStatus,
    holdConfirm: behaviour.holdConfirm,
    stall: behaviour.stall,
    loseBuffer: behaviour.loseBuffer,
    jamAtCut: behaviour.jamAtCut,
    leaveTickets: behaviour.leaveTickets,
    halfOpen: server.behaviour.halfOpen,
    plugged: server.plugged,
    lostBytes: server.lost,
    bytesPerSecond: Number.isFinite(server.behaviour.bytesPerSecond) ? server.behaviour.bytesPerSecond : null,
  });
  const control = async (change: PrinterControl): Promise<PrinterState> => {
    await applyControl(parseControl(change), { device, server, power });
    return state();
  };

  await server.listen(options.port ?? 0);
  let page: PrinterPage | undefined;
  try {
    if (options.pty !== undefined) server.openFile(options.pty);
    if (options.httpPort !== null) {
      page = new PrinterPage({ events, tickets: store, state, counts: () => counter.counts(), control });
      await page.listen(options.httpPort ?? 0, LOOPBACK);
    }
  } catch (error) {
    server.close();
    throw error;
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
    counts: () => counter.counts(),
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

interface Parts {
  readonly device: Device;
  readonly server: PrintServer;
  readonly power: { on: boolean };
}

/** What is simply set: names that a control, a behaviour of the device and the state have in common. */
const SWITCHES = ['mute', 'gsH', 'asb', 'stallStatus', 'stall', 'loseBuffer', 'jamAtCut', 'leaveTickets'] as const;

async function applyControl(change: PrinterControl, { device, server, power }: Parts): Promise<void> {
  const { behaviour } = device;
  // Silence first, so that a control that also changes a sensor is already told with it.
  for (const name of SWITCHES) behaviour[name] = change[name] ?? behaviour[name];
  if (change.speed !== undefined) behaviour.speed = rate(change.speed, 250);
  if (change.bytesPerSecond !== undefined) server.behaviour.bytesPerSecond = rate(change.bytesPerSecond, Infinity);
  if (change.loseUnread !== undefined) server.behaviour.loseUnread = change.loseUnread;
  if (change.halfOpen !== undefined) server.behaviour.halfOpen = change.halfOpen;
  if (change.dropAfterBytes !== undefined) server.dropAfter(change.dropAfterBytes);
  if (change.dropAt !== undefined) {
    server.dropWhen(change.dropAt === null ? null : dropWatch(device.dialect, change.dropAt));
  }
  if (change.drop === true) server.dropConnections();
  if (change.runOutAfterMm !== undefined) device.runOutAfter(change.runOutAfterMm);
  if (change.holdConfirm !== undefined) {
    behaviour.holdConfirm = change.holdConfirm;
    if (!change.holdConfirm) device.releaseConfirmations();
  }
  if (change.powerCycle === true || change.power === 'off') {
    device.powerCycle();
    server.dropConnections();
    if (power.on) server.plug();
  }
  if (change.tear === true) device.tear();
  const { paper, cover, cutter, head } = change;
  device.sense({
    ...(paper === undefined ? {} : { paper }),
    ...(cover === undefined ? {} : { cover }),
    ...(cutter === undefined ? {} : { cutter }),
    ...(head === undefined ? {} : { head }),
    ...(change.take === true ? { exit: 'free' } : {}),
  });
  if (change.power !== undefined) power.on = change.power === 'on';
  if (change.refuse === true || change.power === 'off') server.refuse();
  if (change.refuse === false || change.power === 'on') await server.listen();
  if (change.plug === true) server.plug();
  server.ingest();
  device.pump();
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
