import { setImmediate as turnOf } from 'node:timers/promises';
import type { AppContract } from '../../../shared/contracts/app.ts';
import type { StaffState } from '../../../shared/contracts/desk.ts';
import type { printersSetupMethods } from '../../../shared/contracts/printers-setup.ts';
import type { ticketTemplateMethods } from '../../../shared/contracts/ticket-template.ts';
import { formatBookingNumber } from '../../../shared/domain/booking-number.ts';
import { formatTicketNumber } from '../../../shared/domain/ticket-number.ts';
import type { z } from 'zod';
import type { Checkin, CheckinPorts } from '../checkin/checkin.ts';
import type { createRequests } from '../checkin/requests.ts';
import type { createWalkIn } from '../checkin/walk-in.ts';
import type { Handlers } from '../dispatch.ts';
import type { Secrets, TicketRenderer } from '../ports.ts';
import type { createCatalogue } from '../queue/catalogue.ts';
import { createSearch } from '../search/search.ts';
import type { SettingKey } from '../settings/schema.ts';
import type { Settings } from '../settings/settings.ts';
import type { Corrections } from '../staff/corrections.ts';
import { createStaff } from '../staff/staff.ts';
import { readBooking } from '../store/bookings.ts';
import { createSealer } from '../store/seal.ts';
import type { ReadDb } from '../store/sql.ts';
import { feedVisit, readVisit } from '../store/visits.ts';
import { createActions } from './actions.ts';
import { createAuditLog } from './audit-log.ts';
import { createDay } from './day.ts';
import { createDesk } from './desk.ts';
import { createHall } from './hall.ts';
import { createHandover } from './handover.ts';
import { createNumbers } from './numbers.ts';
import { createOffice } from './office.ts';
import { createTicketTemplate } from './ticket-template.ts';
import { createPrintersSetup, type PrinterTools } from './printers-setup.ts';
import { guardDesk } from './rights-table.ts';
import { createSettingsView } from './settings-view.ts';
import { createTasks } from './tasks.ts';

/** The desk's part of the core, put together: who is signed in, the day, the search, and what may be done. */

export interface FrontPorts extends CheckinPorts {
  secrets: Secrets;
  checkin: Checkin;
  walkIn: ReturnType<typeof createWalkIn>;
  requests: ReturnType<typeof createRequests>;
  corrections: Corrections;
  catalogue: ReturnType<typeof createCatalogue>;
  settings: () => Settings;
  /** To be awaited between two slices of background work. */
  turn: () => Promise<void>;
  stamp: () => NonNullable<ReturnType<CheckinPorts['stamp']>>;
  retryParked: () => void;
  /** @throws Error when the file of this device cannot be written */
  saveDeviceSettings: (key: SettingKey, value: z.core.util.JSONType | undefined) => void;
  printerTools: PrinterTools;
  /** Draws a ticket. */
  renderer: TicketRenderer;
  restart: () => void;
  onStaff: (state: StaffState) => void;
  onDesk: () => void;
}

type DeskMethods = Extract<
  keyof AppContract['methods'],
  | `desk.${string}`
  | `staff.${string}`
  | `audit.${string}`
  | `settings.${'view' | 'set'}`
  | `numbers.${string}`
  | keyof typeof printersSetupMethods
  | keyof typeof ticketTemplateMethods
>;
type FrontHandlers = Pick<Handlers<AppContract>, DeskMethods>;

const MOST_FOUND = 100;

/** What people call a thing of the audit log: the number of a ticket or a booking. */
const entityName = (db: ReadDb, id: string): string | null => {
  const visit = readVisit(db, id) ?? feedVisit(db, id);
  if (visit) return formatTicketNumber(visit.number, 'cyrl');
  const booking = readBooking(db, id);
  return booking ? formatBookingNumber(booking.number) : null;
};

export const createFront = (ports: FrontPorts) => {
  const { store, clock, moment, stamp, ids, log, committed, settings } = ports;
  const sealer = createSealer(ports.secrets);
  const secondFor = (): readonly string[] => settings().get('desk.secondPersonFor');
  const limits = () => ({
    warnMinutes: settings().get('desk.warnMinutes'),
    limitMinutes: settings().get('desk.limitMinutes'),
  });
  const day = createDay({ store, sealer, moment, log, secondFor, limits });
  const search = createSearch({ store, sealer, clock, turn: ports.turn, log });
  let building: AbortController | null = null;

  const leave = (): void => {
    building?.abort();
    building = null;
    search.forget();
    day.changed();
  };
  const staff = createStaff({
    store,
    sealer,
    clock,
    moment,
    stamp,
    ids,
    log,
    lockMinutes: () => settings().get('desk.lockMinutes'),
    onChange: (state) => {
      // Names are opened for the search only while somebody may look for them.
      if (state.phase === 'signed-in' && state.rights.includes('list')) begin();
      ports.onStaff(state);
    },
    onLeft: leave,
    committed,
  });
  const begin = (): void => {
    if (building) return;
    const mine = new AbortController();
    building = mine;
    // The list comes first.
    void turnOf()
      .then(() => search.build(mine.signal))
      .catch((error: unknown) => {
        log.error('search.not-built', { why: error instanceof Error ? error.message : String(error) });
        if (building === mine) building = null;
      });
  };

  const desk = createDesk({
    store,
    day,
    moment,
    actor: staff.anybody,
    find: (text) =>
      search
        .find(text, { day: day.bounds(), limit: MOST_FOUND })
        .map(({ bookingId, visitId }) => ({ booking: bookingId, visit: visitId })),
  });
  const shared = { store, moment, stamp, ids, log, committed, day, staff };
  const actions = createActions({ ...shared, ...pickActions(ports), secondFor });
  const hall = createHall({ store, day, estimates: () => ports.queue.everyService(), limits });
  const office = createOffice(shared);
  const tasks = createTasks({
    ...shared,
    corrections: ports.corrections,
    checkin: ports.checkin,
    retryParked: ports.retryParked,
  });
  const handover = createHandover({ store, sealer, moment });
  const numbers = createNumbers({ store, moment, actor: staff.require, limits });
  const auditLog = createAuditLog({
    store,
    moment,
    actor: staff.require,
    names: { staff: staff.name, entity: entityName },
  });
  const settingsView = createSettingsView({
    store,
    moment,
    settings,
    actor: staff.require,
    saveDeviceSettings: ports.saveDeviceSettings,
  });
  const { printerTools } = ports;
  const ticketTemplate = createTicketTemplate({
    store,
    clock,
    settings,
    settingsView,
    renderer: ports.renderer,
    actor: () => staff.require('settings'),
  });
  const printersSetup = createPrintersSetup({
    store,
    settings,
    settingsView,
    actor: () => staff.require('settings'),
    restart: ports.restart,
  });

  const handlers: FrontHandlers = {
    'staff.state': () => staff.state(),
    'staff.signIn': (input) => staff.signIn(input),
    'staff.emergency': ({ code }) => staff.emergency(code),
    'staff.lock': () => staff.lock(),
    'staff.unlock': ({ pin }) => staff.unlock(pin),
    'staff.signOut': ({ handover: said }) => {
      const { phase, person } = staff.state();
      if (phase === 'signed-in' && person) handover.leave(person.name, said);
      return staff.signOut();
    },
    'staff.touch': () => {
      staff.touch();
      return {};
    },
    'staff.handover': () => handover.read(),
    'desk.list': ({ filter, from, count }) => day.list(filter, from, count),
    'desk.card': ({ key }) => desk.card(key),
    'desk.find': ({ text }) => desk.find(text),
    'desk.scan': ({ text }) => desk.scan(text),
    'desk.checkIn': (input) => actions.checkIn(input),
    'desk.undo': ({ visit }) => {
      actions.undo(visit);
      return {};
    },
    'desk.catalogue': () => ports.catalogue.catalogue(),
    'desk.walkIn': (input) => actions.walkIn(input),
    'desk.edit': ({ visit, set }) => {
      actions.edit(visit, set);
      return {};
    },
    'desk.slots': ({ services }) => ports.catalogue.slots(services),
    'desk.book': (input) => actions.book(input),
    'desk.reschedule': (input) => actions.reschedule(input),
    'desk.cancel': (input) => actions.cancel(input),
    'desk.noShow': ({ booking }) => {
      actions.noShow(booking);
      return {};
    },
    'desk.copy': ({ attempt, visit }) => actions.copy(attempt, visit),
    'desk.send': async ({ visit, contact }) => {
      await actions.send(visit, contact);
      return {};
    },
    'desk.queue': () => hall.queue(),
    'desk.stage': (input) => {
      actions.stage(input);
      return {};
    },
    'desk.office': () => office.office(),
    'desk.order': (input) => {
      office.order(input);
      return {};
    },
    'desk.takeHelp': ({ help }) => {
      office.takeHelp(help);
      return {};
    },
    'desk.endHelp': ({ help, visit }) => {
      office.endHelp(help, visit);
      return {};
    },
    'desk.tasks': () => tasks.list(),
    'desk.decide': async ({ task, how }) => {
      await tasks.decide(task, how);
      return {};
    },
    'numbers.days': () => numbers.days(),
    'numbers.get': (input) => numbers.get(input),
    'numbers.csv': (input) => numbers.csv(input),
    'audit.list': (input) => auditLog.list(input),
    'audit.verify': (input) => auditLog.verify(input),
    'audit.csv': (input) => auditLog.csv(input),
    'settings.view': () => settingsView.list(),
    'settings.set': (input) => settingsView.set(input),
    'ticket.template': () => ticketTemplate.view(),
    'ticket.preview': (input) => ticketTemplate.preview(input),
    'ticket.read': ({ json: pasted }) => ticketTemplate.read(pasted),
    'ticket.save': ({ template }) => ticketTemplate.save(template),
    'printers.list': () => printersSetup.list(),
    'printers.find': ({ addresses }) => printerTools.find(addresses),
    'printers.probe': ({ link }) => printerTools.probe(link),
    'printers.testPage': ({ printer, kind }) => printerTools.test(printer, kind),
    'printers.save': ({ printers }) => printersSetup.save(printers),
    'printers.undo': () => printersSetup.undo(),
    'printers.restart': () => {
      printersSetup.restart();
      return {};
    },
  };

  let told = false;
  return {
    handlers,
    /** @throws CallFailure forbidden when whoever is at the desk may not call the method */
    guard: (method: string): void => guardDesk(staff, method),
    /** Rows came, or something was done at this device. */
    changed: (rows: boolean): void => {
      day.changed();
      if (rows) search.changed();
      // Many rows come in one turn.
      if (told) return;
      told = true;
      queueMicrotask(() => {
        told = false;
        ports.onDesk();
      });
    },
    /** Staff or their rights may be others now. */
    staffChanged: (): void => staff.changed(),
    stop: (): void => {
      leave();
      staff.stop();
    },
  };
};
export type Front = ReturnType<typeof createFront>;

/** The desk's handlers of whatever front there is now. */
export const deskHandlers = (front: () => Front): FrontHandlers => {
  const names = Object.keys(front().handlers) as DeskMethods[];
  return Object.fromEntries(
    names.map((name) => [name, (params: never) => (front().handlers[name] as (params: never) => unknown)(params)]),
  ) as unknown as FrontHandlers;
};

const pickActions = ({ checkin, walkIn, requests, corrections }: FrontPorts) => ({
  checkin,
  walkIn,
  requests,
  corrections,
});
