import { hostname } from 'node:os';
import {
  appContract,
  type AppContract,
  type OfficeView,
  type PrinterState,
  type SystemState,
} from '../../shared/contracts/app.ts';
import type { Role } from '../../shared/contracts/define.ts';
import { CallFailure, type Result } from '../../shared/contracts/result.ts';
import { businessDate } from '../../shared/domain/business-day.ts';
import { LANGUAGES, type Language } from '../../shared/domain/language.ts';
import { createCheckin } from './checkin/checkin.ts';
import { createDispatcher, type Handlers } from './dispatch.ts';
import type { CorePorts, TicketContent } from './ports.ts';
import { getJob, listJobs } from './printing/jobs.ts';
import { createSpool } from './printing/spool.ts';
import { mergeSettings, type Settings } from './settings/settings.ts';
import { countServices, readDevice, readOffice } from './store/registry.ts';
import { json, sql, text } from './store/sql.ts';
import { openStore } from './store/store.ts';
import { jobsOfTicket, listVisits, ticketContent, visitView } from './store/visits.ts';
import { createSync } from './sync/engine.ts';
import { enrol } from './sync/enrol.ts';
import { dropOldNumbers } from './tickets/numbers.ts';

export interface CoreOptions {
  /** Name and version, told to the centre. */
  app: string;
  /** The device's own layer of settings. */
  deviceSettings: Parameters<typeof mergeSettings>[1];
  pid: number;
  /** Told once, when the database is open and the centre's layer is known; a later change of it takes effect at the next start. */
  onSettings?: (settings: Settings) => void;
}

export interface Core {
  /** Never rejects: every failure is a `Result`. */
  call(role: Role, method: string, params: unknown): Promise<Result<unknown>>;
  /** @returns stops listening */
  onEvent(listener: (event: string, payload: unknown) => void): () => void;
  /** Begins to print and to sync. */
  start(): Promise<void>;
  /** Finishes what is in hand, closes the database. */
  stop(): Promise<void>;
}

const WORDS = { ru: 'Талон' };
const WARM_UP: TicketContent = {
  office: WORDS,
  officeSubtitle: WORDS,
  number: 'А 000',
  service: WORDS,
  startsAt: 0,
  printedAt: 0,
  timeZone: 'UTC',
  place: WORDS,
  papers: [WORDS],
  qr: 'EV1',
  copy: 0,
  provisional: false,
  language: 'ru',
};

const HOUSEKEEPING_MS = 60 * 60_000;
const ENROL_AGAIN_MS = 5_000;

/**
 * The core: everything a device knows and does, with its ports handed in.
 * @throws CallFailure store-* when the database cannot be used
 */
export const createCore = (ports: CorePorts, options: CoreOptions): Core => {
  const { clock, ids, log } = ports;
  const store = openStore(ports.openStore, log);
  const listeners = new Set<(event: string, payload: unknown) => void>();
  const emit = (event: keyof AppContract['events'], payload: unknown): void => {
    const spec = appContract.events[event];
    const checked = spec.payload.safeParse(payload);
    if (!checked.success) {
      log.error('core.invalid-event', { event, why: checked.error.message });
      return;
    }
    for (const listener of listeners) listener(event, checked.data);
  };

  const settings = (): Settings => {
    const rows = store.read((db) => db.all(sql`SELECT key, value FROM centre_setting`));
    return mergeSettings(
      new Map(rows.map((row) => [text(row, 'key'), json<unknown>(row, 'value')])),
      options.deviceSettings,
      (key, why) => log.warn('settings.ignored', { setting: key, why }),
    );
  };
  const current = settings();
  options.onSettings?.(current);

  const device = () => {
    const found = store.read(readDevice);
    if (!found) throw new CallFailure('not-enrolled', 'this device belongs to no office yet: enrol it');
    return found;
  };

  let printer: PrinterState = { state: 'unknown', reason: null, paperLow: false, since: clock.now() };
  let sent = '';
  let announced = false;
  /** At most one event for all that changed in one turn. */
  const changed = (): void => {
    if (announced) return;
    announced = true;
    queueMicrotask(() => {
      announced = false;
      const state = systemState();
      const { now: _now, ...rest } = state;
      const { lastContactAt: _at, ...sync } = rest.sync;
      const key = JSON.stringify({ ...rest, sync });
      if (key === sent) return;
      sent = key;
      emit('system.changed', state);
    });
  };

  const spool = createSpool({
    store,
    clock,
    log,
    printer: ports.printer,
    renderer: ports.render,
    content: (db, jobId) => ticketContent(db, device(), jobId, clock.now()),
    width: current.get('printer.width'),
    speedMmPerS: current.get('printer.speedMmPerS'),
    onJob: (view) => emit('print.changed', view),
    onPrinter: (state) => {
      printer = state;
      changed();
    },
  });
  const sync = createSync({
    store,
    clock,
    ids,
    log,
    fetch: ports.fetch,
    secrets: ports.secrets,
    app: options.app,
    printer: () => [printer.state, printer.reason].filter(Boolean).join(' '),
    onChange: changed,
  });
  const checkin = createCheckin({
    store,
    clock,
    ids,
    log,
    lease: sync.lease,
    refreshKeys: sync.refreshKeys,
    committed: () => {
      spool.kick();
      sync.kick();
      changed();
    },
  });

  const officeView = (): OfficeView | null => {
    const enrolled = store.read(readDevice);
    const office = enrolled && store.read((db) => readOffice(db, enrolled.officeId));
    if (!office) return null;
    const known = office.languages.filter((l): l is Language => LANGUAGES.some((x) => x === l));
    return {
      id: office.id,
      name: office.name,
      subtitle: office.subtitle,
      timeZone: office.time_zone,
      languages: known.length > 0 ? known : ['ru'],
    };
  };

  const systemState = (): SystemState => {
    const enrolled = store.read(readDevice) !== null;
    const office = officeView();
    const served = office !== null && store.read(countServices) > 0;
    return {
      now: clock.now(),
      enrolled,
      office,
      printer,
      sync: sync.state(),
      ready: served,
      notReady: served ? null : enrolled ? 'no-data' : 'not-enrolled',
    };
  };

  const enrolHere = async (about: { url: string; code: string }) => {
    const made = await enrol(
      { store, clock, log, fetch: ports.fetch, secrets: ports.secrets },
      { ...about, app: options.app, hardware: `${hostname()} ${process.platform} ${process.arch}`.slice(0, 200) },
    );
    sync.start();
    changed();
    return { device: made.deviceId, office: made.officeId };
  };

  const handlers: Handlers<AppContract> = {
    'core.ping': () => ({ now: clock.now(), pid: options.pid }),
    'system.state': systemState,
    'checkin.scan': (input) => checkin.scan(input),
    'ticket.copy': ({ attempt, visit }) => checkin.copy(attempt, visit),
    'print.job': ({ job }) => {
      const found = store.read((db) => getJob(db, job));
      if (!found) throw new CallFailure('not-found', 'no such print job');
      return found;
    },
    'print.list': ({ limit }) => store.read((db) => listJobs(db, limit)),
    'device.enrol': enrolHere,
    'settings.list': () => settings().list(),
    'sync.now': () => sync.now(),
    'visit.list': ({ limit }) =>
      store.read((db) =>
        listVisits(db, limit).map((visit) => ({
          visit: visitView(db, visit),
          booking: visit.bookingId,
          job: jobsOfTicket(db, visit.ticketId).at(-1) ?? null,
        })),
      ),
  };
  const dispatch = createDispatcher(appContract, handlers, log);

  const housekeeping = (): void => {
    const enrolled = store.read(readDevice);
    const office = enrolled && store.read((db) => readOffice(db, enrolled.officeId));
    if (office) {
      const today = businessDate(clock.now(), office.time_zone, office.day_change_minutes);
      store.write((db) => dropOldNumbers(db, today));
    }
    stopHousekeeping = clock.after(HOUSEKEEPING_MS, housekeeping);
  };
  const warmUp = (): void => {
    try {
      ports.render.draw(WARM_UP, current.get('printer.width'));
    } catch (error) {
      // Each job will say so itself (`blocked`, reason `render`).
      log.error('print.cannot-draw', { why: error instanceof Error ? error.message : String(error) });
    }
  };
  let stopHousekeeping = (): void => undefined;
  let stopped = false;

  /** A device that knows where it belongs (settings) enrols by itself, and tries again until the centre answers. */
  const enrolBySettings = async (): Promise<void> => {
    const url = current.get('centre.url');
    const code = current.get('centre.enrolmentCode');
    while (!stopped && url !== null && code !== null && store.read(readDevice) === null) {
      try {
        await enrolHere({ url, code });
      } catch (error) {
        const refused = error instanceof CallFailure && error.error.code === 'centre-refused';
        log.error('device.enrol-failed', { why: error instanceof Error ? error.message : String(error) });
        // A code that was refused will be refused again: somebody must enter a new one.
        if (refused) return;
        await new Promise<void>((resolve) => {
          clock.after(ENROL_AGAIN_MS, resolve);
        });
      }
    }
  };

  return {
    call: dispatch,
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start: async () => {
      housekeeping();
      await spool.start();
      sync.start();
      // The first drawing loads the typeface and the drawing library: not while a visitor waits.
      clock.after(0, warmUp);
      void enrolBySettings();
      log.info('core.started', { app: options.app });
      changed();
    },
    stop: async () => {
      stopped = true;
      stopHousekeeping();
      await Promise.all([spool.stop(), sync.stop()]);
      log.info('core.stopped');
      store.close();
    },
  };
};
