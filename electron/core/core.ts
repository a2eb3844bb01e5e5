import { hostname } from 'node:os';
import type { z } from 'zod';
import { appContract, type AppContract, type SystemState } from '../../shared/contracts/app.ts';
import type { PartState } from '../../shared/contracts/centre/schemas.ts';
import type { Role } from '../../shared/contracts/define.ts';
import { CallFailure, type Result } from '../../shared/contracts/result.ts';
import { businessDate } from '../../shared/domain/business-day.ts';
import { openSpans } from '../../shared/domain/hours.ts';
import { createCases } from './checkin/cases.ts';
import { createCheckin, createTurns } from './checkin/checkin.ts';
import { createRequests } from './checkin/requests.ts';
import { createVoice } from './checkin/voice.ts';
import { createWalkIn } from './checkin/walk-in.ts';
import { createFront, deskHandlers } from './desk/front.ts';
import { createOrders } from './desk/orders.ts';
import { createPrinterTools } from './desk/printers-setup.ts';
import { createSetup } from './desk/setup.ts';
import { createDispatcher, type Handlers } from './dispatch.ts';
import type { CorePorts } from './ports.ts';
import { getJob, type Job, listJobs } from './printing/jobs.ts';
import { createPrinters, healthOf } from './printing/printers.ts';
import { printersOf } from './printing/route-setup.ts';
import { WARM_UP } from './printing/sample.ts';
import { VISITOR } from './printing/spool-rules.ts';
import { createCatalogue } from './queue/catalogue.ts';
import { createQueue } from './queue/queue.ts';
import type { SettingKey } from './settings/schema.ts';
import { mergeSettings, type Settings } from './settings/settings.ts';
import { countServices, readDevice, readOffice, type Office } from './store/registry.ts';
import { dropOldRequests } from './store/requests.ts';
import { int, json, sql, text } from './store/sql.ts';
import { openStore } from './store/store.ts';
import { officeView, printable, visitView } from './store/views.ts';
import { jobsOfTicket, listVisits, readVisitOfTicket } from './store/visits.ts';
import { createSync } from './sync/engine.ts';
import { enrol } from './sync/enrol.ts';
import { wipeRest } from './sync/stopped.ts';
import { createPrecedence } from './sync/turns.ts';
import { createCorrections, readConflicts } from './staff/corrections.ts';
import { dropOldNumbers } from './tickets/numbers.ts';
import { createTimeKeeper } from './time.ts';

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

const HOUSEKEEPING_MS = 60_000;
/** The queue goes on by itself: what the first screen says about it is worked out again this often. */
const QUEUE_EVERY_MS = 20_000;
const ENROL_AGAIN_MS = 5_000;

/** Whether the office has closed for the business day, and not only for lunch or the night before. */
const isOver = (office: Office, now: number, day: string): boolean => {
  if (!office.hours) return false;
  const spans = openSpans(office.hours, day, office.time_zone);
  const last = spans.at(-1);
  return last !== undefined && now >= last.until;
};

/**
 * The core: everything a device knows and does, with its ports handed in.
 * @throws CallFailure store-* when the database cannot be used
 */
export const createCore = (ports: CorePorts, options: CoreOptions): Core => {
  const { ids, log } = ports;
  const vault = ports.openVault?.({ clock: ports.clock, ids, log }) ?? null;
  const store = vault?.store ?? openStore(ports.openStore, log);
  const savedClock = store.read((db) => {
    const row = db.get(sql`SELECT seen_at, offset_ms FROM clock`);
    return row ? { seenAt: int(row, 'seen_at'), offset: Number(row['offset_ms']) } : null;
  });
  const time = createTimeKeeper(ports.clock, savedClock, log);
  const { clock } = time;
  const people = createPrecedence(clock);
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

  const setups = printersOf(current, {
    renderer: ports.render,
    main: ports.printer,
    way: ports.printerWay,
    problem: (why) => log.error('printer.set-up', { why }),
  });
  const printers = createPrinters({
    store,
    clock,
    log,
    printers: setups,
    content: (db, jobId) => printable(db, device(), jobId, clock.now()),
    onJob: (view) => emit('print.changed', view),
    onPrinters: () => {
      changed();
      sync.report();
    },
    tellDesk: (job) => tellDesk(job),
  });
  /** How the window's own parts are, as it has told. */
  let parts: { scanner: PartState; camera: PartState } = { scanner: 'unknown', camera: 'unknown' };
  let staffRows = false;
  const newSync = () =>
    createSync({
      store,
      clock,
      ids,
      log,
      fetch: ports.fetch,
      secrets: ports.secrets,
      random: ports.random ?? Math.random,
      app: options.app,
      health: () => ({
        printer: healthOf(printers.list()),
        paper_low: printers.list().some(({ paperLow }) => paperLow),
        ...parts,
        last_visit_at: store.read((db) => listVisits(db, 1)[0]?.arrivedAt ?? null),
      }),
      heardTime: (centre, sent, received) => {
        const save = time.heard(centre, sent, received);
        if (!save) return;
        try {
          store.write((db) =>
            db.run(sql`INSERT INTO clock (only_row, seen_at, offset_ms) VALUES (1, ${save.seenAt}, ${save.offset})
            ON CONFLICT (only_row) DO UPDATE SET seen_at = excluded.seen_at, offset_ms = excluded.offset_ms`),
          );
        } catch (error) {
          // A full disk is no reason to take the centre for unreachable: the answer that brought the time is good.
          log.warn('clock.not-kept', { why: error instanceof Error ? error.message : String(error) });
        }
      },
      clockOffset: () => time.stamp().offset_ms,
      turn: () => people.turn(),
      onChange: changed,
      onRow: (collection) => {
        if (collection === 'staff' || collection === 'setting') staffRows = true;
      },
      onRows: () => {
        queue.changed();
        front.changed(true);
        if (staffRows) front.staffChanged();
        staffRows = false;
        orders.look();
        changed();
      },
      onStopped: (why) => {
        log.error('device.stopped', { why });
        // What was wiped is not to be found in older copies either.
        void vault?.backup(true);
        queue.changed();
        front.changed(true);
        front.staffChanged();
      },
    });
  /** Another one after the device was enrolled anew: what it knew was of another device. */
  let sync = newSync();
  const queue = createQueue({ store, clock, log, heardAt: () => sync.heardAt() });
  const inTurn = createTurns();
  const visitors = {
    store,
    clock,
    moment: time.moment,
    stamp: time.stamp,
    ids,
    log,
    cases: createCases(clock, ids),
    queue,
    lease: async (...of: Parameters<typeof sync.leases.lease>) => sync.leases.lease(...of),
    prefetch: (...of: Parameters<typeof sync.leases.prefetch>) => sync.leases.prefetch(...of),
    refreshKeys: async () => sync.refreshKeys(),
    online: () => sync.online(),
    settled: async (...of: Parameters<typeof sync.settled>) => sync.settled(...of),
    committed: () => {
      queue.changed();
      printers.kick();
      sync.kick();
      front.changed(false);
      orders.look();
      changed();
    },
  };
  const checkin = createCheckin(visitors, inTurn);
  const walkIn = createWalkIn(visitors, inTurn);
  const requests = createRequests(visitors, inTurn);
  const voice = createVoice(visitors);
  /** At a desk of this machine it stands among what is to be decided; where there is none, the desks are called. */
  const tellDesk = (job: Job): void => {
    front.changed(false);
    const enrolled = store.read(readDevice);
    if (job.place === 'desk' || !enrolled || enrolled.roles.includes('desk') || sync.stopped()) return;
    const visit = store.read((db) => readVisitOfTicket(db, job.paperId)?.visitId ?? null);
    const reason = job.answer === 'no' ? 'paper-not-out' : 'paper-unknown';
    // The job's own id: told again it is the same call.
    voice.call(job.jobId, 'done', reason, { booking: null, visit }).catch((error: unknown) => {
      log.error('print.desk-not-told', {
        jobId: job.jobId,
        why: error instanceof Error ? error.message : String(error),
      });
    });
  };
  const catalogue = createCatalogue(visitors);
  const corrections = createCorrections(visitors);
  const save = (key: SettingKey, value: z.core.util.JSONType | undefined): void => {
    if (!ports.saveSetting) throw new CallFailure('conflict', 'settings of this device cannot be changed here');
    ports.saveSetting(key, value);
  };
  const printerTools = createPrinterTools({
    store,
    clock,
    log,
    settings: () => current,
    renderer: ports.render,
    find: ports.findPrinters,
    way: ports.printerWay,
    lend: (...of) => printers.lend(...of),
  });
  const setup = createSetup({
    isSetUp: () => store.read(readDevice) !== null && sync.stopped() === null,
    enrol: (about) => enrolHere(about),
    tools: printerTools,
    settings: () => current,
    now: () => clock.now(),
    save,
    restart: () => emit('device.restart', {}),
  });
  const newFront = () =>
    createFront({
      ...visitors,
      secrets: ports.secrets,
      checkin,
      walkIn,
      requests,
      corrections,
      catalogue,
      settings: () => current,
      turn: () => people.turn(),
      retryParked: () => sync.retryParked(),
      saveDeviceSettings: save,
      printerTools,
      renderer: ports.render,
      restart: () => emit('device.restart', {}),
      onStaff: (state) => {
        if (state.phase !== 'signed-out') setup.over();
        emit('staff.changed', state);
      },
      onDesk: () => emit('desk.changed', {}),
    });
  /** Another one after the device was enrolled anew: what was sealed before was sealed with another key. */
  let front = newFront();
  const orders = createOrders({
    store,
    clock,
    log,
    onHelp: (call) => emit('help.changed', call),
    onRestart: () => emit('device.restart', {}),
  });

  const systemState = (): SystemState => {
    const stopped = sync.stopped();
    const enrolled = store.read(readDevice) !== null && stopped === null;
    const now = clock.now();
    const office = store.read((db) => officeView(db, now));
    const served = enrolled && office !== null && store.read(countServices) > 0;
    const order = served ? orders.current() : null;
    return {
      now,
      enrolled,
      office,
      printer: printers.at('kiosk'),
      printers: printers.list(),
      sync: sync.state(),
      queue: served && office.open ? queue.summary() : null,
      ready: served && order?.closed !== true,
      notReady: served
        ? order?.closed === true
          ? 'closed'
          : null
        : (stopped ?? (enrolled ? 'no-data' : 'not-enrolled')),
      notice: order?.message ?? null,
      recovered: vault?.recovered?.at ?? null,
    };
  };

  const enrolHere = async (about: { url: string; code: string }) => {
    const made = await enrol(
      { store, clock, log, fetch: ports.fetch, secrets: ports.secrets },
      { ...about, app: options.app, hardware: `${hostname()} ${process.platform} ${process.arch}`.slice(0, 200) },
    );
    await sync.stop();
    front.stop();
    sync = newSync();
    front = newFront();
    sync.start();
    changed();
    return { device: made.deviceId, office: made.officeId };
  };

  const handlers: Handlers<AppContract> = {
    ...deskHandlers(() => front),
    ...setup.handlers,
    'core.ping': () => ({ now: clock.now(), pid: options.pid }),
    'system.state': systemState,
    'checkin.scan': (input) => checkin.scan(input),
    'checkin.number': (input) => checkin.number(input),
    'checkin.booking': (input) => checkin.booking(input),
    'walkin.catalogue': () => catalogue.catalogue(),
    'walkin.prepare': ({ services }) => {
      walkIn.prepare(services);
      return {};
    },
    'walkin.take': (input) => walkIn.take(input),
    'slots.list': ({ services }) => catalogue.slots(services),
    'booking.create': (input) => requests.create(input),
    'booking.reschedule': (input) => requests.reschedule(input),
    'booking.cancel': (input) => requests.cancel(input),
    'help.call': (input) =>
      voice.call(input.attempt, input.screen, input.reason, {
        booking: input.case === null ? null : visitors.cases.only(input.case),
        visit: input.visit,
      }),
    'device.report': ({ camera, scanner }) => {
      if (parts.camera !== camera || parts.scanner !== scanner) {
        parts = { camera, scanner };
        sync.report();
      }
      return {};
    },
    'device.machine': () => ({ camera: current.get('scan.camera'), inches: current.get('screen.inches') }),
    'help.over': ({ attempt }) => {
      voice.over(attempt);
      return {};
    },
    'feedback.send': async (input) => {
      await voice.feedback(input);
      return {};
    },
    'ticket.copy': ({ attempt, visit }) => checkin.copy(attempt, visit),
    'print.job': ({ job }) => {
      const found = store.read((db) => getJob(db, job));
      if (!found) throw new CallFailure('not-found', 'no such print job');
      return found;
    },
    'print.list': ({ limit }) => store.read((db) => listJobs(db, limit)),
    'print.answer': ({ job, out }) => printers.answer(job, out, VISITOR),
    'printers.history': () => printers.history(),
    'printers.newRoll': ({ printer }) => {
      printers.newRoll(printer);
      return {};
    },
    'device.enrol': enrolHere,
    'settings.list': () => settings().list(),
    'sync.now': () => sync.now(),
    'visit.undo': ({ visit }) => ({ op: corrections.undo('staff', visit) }),
    'visit.edit': ({ visit, note, priority }) => ({
      op: corrections.edit('staff', visit, {
        ...(note === undefined ? {} : { note }),
        ...(priority === undefined ? {} : { priority }),
      }),
    }),
    'conflict.list': ({ limit }) =>
      store.read((db) =>
        readConflicts(db, limit).map((c) => ({
          id: c.id,
          type: c.type,
          day: c.business_date,
          at: c.at,
          visit: c.visit_id,
          other: c.other_visit_id,
          booking: c.booking_id,
          service: c.service_id,
          since: c.since,
          open: c.open,
        })),
      ),
    'conflict.resolve': ({ conflict, how }) => ({ op: corrections.resolve('staff', conflict, how) }),
    'visit.list': ({ limit }) =>
      store.read((db) =>
        listVisits(db, limit).map((visit) => ({
          visit: visitView(db, readOffice(db, device().officeId), visit),
          booking: visit.bookingId,
          job: jobsOfTicket(db, visit.ticketId).at(-1) ?? null,
        })),
      ),
  };
  const dispatch = createDispatcher(appContract, handlers, log, (role, method) => {
    if (role === 'desk') front.guard(method);
  });

  let tidied = '';
  let returned = '';
  const housekeeping = (): void => {
    try {
      keepHouse();
    } catch (error) {
      // A full disk ends no program, and keeps none from starting: who checks in is told so.
      log.error('core.housekeeping-failed', { why: error instanceof Error ? error.message : String(error) });
    }
    stopHousekeeping = clock.after(HOUSEKEEPING_MS, housekeeping);
  };
  const keepHouse = (): void => {
    if (sync.stopped()) wipeRest(store);
    const enrolled = store.read(readDevice);
    const office = enrolled && store.read((db) => readOffice(db, enrolled.officeId));
    if (office && !sync.stopped()) {
      const now = clock.now();
      const today = businessDate(now, office.time_zone, office.day_change_minutes);
      if (today !== tidied) {
        store.write((db) => {
          dropOldNumbers(db, today);
          dropOldRequests(db, today);
        });
        tidied = today;
      }
      requests.sweep();
      // After the last hour of the day nobody comes any more: the numbers set aside for it go back.
      if (isOver(office, now, today) && returned !== today) {
        const given = store.write((db) => sync.leases.giveBack(db, today));
        if (given.length > 0) log.info('numbers.returned', { day: today, series: given.length });
        returned = today;
        sync.kick();
      }
    }
  };
  const warmUp = (): void => {
    try {
      for (const { paper } of setups) paper(WARM_UP);
    } catch (error) {
      // Each job will say so itself (`blocked`, reason `render`).
      log.error('print.cannot-draw', { why: error instanceof Error ? error.message : String(error) });
    }
  };
  let stopHousekeeping = (): void => undefined;
  let stopWatching = (): void => undefined;
  const watchQueue = (): void => {
    changed();
    stopWatching = clock.after(QUEUE_EVERY_MS, watchQueue);
  };
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
    call: (role, method, params) => people.during(() => dispatch(role, method, params)),
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start: async () => {
      housekeeping();
      vault?.start();
      await printers.start();
      sync.start();
      stopWatching = clock.after(QUEUE_EVERY_MS, watchQueue);
      // The first drawing loads the typeface and the drawing library: not while a visitor waits.
      clock.after(0, warmUp);
      void enrolBySettings();
      log.info('core.started', { app: options.app });
      changed();
    },
    stop: async () => {
      stopped = true;
      stopHousekeeping();
      stopWatching();
      front.stop();
      await Promise.all([printers.stop(), sync.stop(), vault?.stop()]);
      log.info('core.stopped');
      store.close();
    },
  };
};
