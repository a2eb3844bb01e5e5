import type { DeviceRecord, HelpRecord } from '../../../shared/contracts/centre/schemas.ts';
import type { DeskDevice, DeskHelp, DeskOffice } from '../../../shared/contracts/desk.ts';
import { CallFailure } from '../../../shared/contracts/result.ts';
import type { I18nText } from '../../../shared/domain/language.ts';
import type { TicketNumber } from '../../../shared/domain/ticket-number.ts';
import { audit } from '../audit/audit.ts';
import type { CheckinPorts } from '../checkin/checkin.ts';
import { here } from '../checkin/here.ts';
import { json, sql, text, type ReadDb } from '../store/sql.ts';
import { feedVisit, readVisit } from '../store/visits.ts';
import { enqueue, type NewOperation } from '../sync/outbox.ts';
import type { Staff } from '../staff/staff.ts';
import type { Day } from './day.ts';
import { readPending } from './pending.ts';

/** The machines of the office, and who calls for help from them. */

interface OfficePorts extends Pick<CheckinPorts, 'store' | 'moment' | 'stamp' | 'ids' | 'log' | 'committed'> {
  day: Day;
  staff: Staff;
}

/** The centre notes that it has heard of a device only every five minutes. */
const SILENT_MS = 12 * 60_000;
const CLOCK_OFF_MS = 60_000;
const MANY_WAIT = 50;

/** A call for help as it stands: of the centre, with what was done here and is not told yet. */
export interface HelpCall extends HelpRecord {
  id: string;
}

export const readHelp = (db: ReadDb, day: string, now: number): HelpCall[] => {
  const calls = new Map<string, HelpCall>();
  for (const row of db.all(sql`SELECT help_id, data FROM help WHERE business_date = ${day}`))
    calls.set(text(row, 'help_id'), { ...json<HelpRecord>(row, 'data'), id: text(row, 'help_id') });
  const device = db.get(sql`SELECT device_id FROM device`);
  for (const op of readPending(db, now).help) {
    const id = op.payload.help_id;
    const known = calls.get(id);
    if (op.type === 'help.take') {
      if (known?.state === 'open')
        calls.set(id, { ...known, state: 'taken', by: op.actor ?? null, taken_at: op.occurred_at });
    } else if (op.payload.over) {
      if (known) {
        const result = op.payload.result_visit ?? known.result_visit;
        calls.set(id, { ...known, state: 'over', over_at: op.occurred_at, result_visit: result });
      }
    } else if (!known && device) {
      calls.set(id, {
        id,
        business_date: op.business_date,
        device_id: text(device, 'device_id'),
        at: op.occurred_at,
        screen: op.payload.screen,
        reason: op.payload.reason,
        booking_id: op.payload.booking_id,
        visit_id: op.payload.visit_id,
        state: 'open',
        by: null,
        taken_at: null,
        over_at: null,
        result_visit: null,
      });
    }
  }
  return [...calls.values()].sort((a, b) => b.at - a.at);
};

const problemsOf = (d: DeviceRecord, now: number, own: boolean): DeskDevice['problems'] => {
  if (d.revoked) return ['revoked'];
  const kiosk = d.roles.includes('kiosk');
  return [
    // Just enrolled, or never switched on since: not the same as one that has gone quiet.
    ...(!own && d.seen_at === null ? (['never'] as const) : []),
    ...(!own && d.seen_at !== null && now - d.seen_at > SILENT_MS ? (['silent'] as const) : []),
    ...(d.printer.startsWith('blocked') ? (['printer'] as const) : []),
    ...(kiosk && d.camera === 'failing' ? (['camera'] as const) : []),
    ...(kiosk && d.scanner === 'failing' ? (['scanner'] as const) : []),
    ...(d.parked > 0 ? (['parked'] as const) : []),
    ...(d.waiting > MANY_WAIT ? (['waiting'] as const) : []),
    ...(Math.abs(d.clock_offset_ms ?? 0) > CLOCK_OFF_MS ? (['clock'] as const) : []),
    ...(d.paper_low ? (['paper-low'] as const) : []),
    ...(d.order.closed ? (['closed'] as const) : []),
  ];
};

export const createOffice = (ports: OfficePorts) => {
  const { store, moment, stamp, ids, log, committed, day, staff } = ports;

  const devices = (db: ReadDb, now: number): DeskDevice[] => {
    const own = db.get(sql`SELECT device_id FROM device`);
    return db
      .all(sql`SELECT device_id, data FROM office_device`)
      .map((row) => {
        const id = text(row, 'device_id');
        const d = json<DeviceRecord>(row, 'data');
        const mine = own !== undefined && text(own, 'device_id') === id;
        return {
          id,
          own: mine,
          slot: d.slot_no,
          name: d.name,
          roles: d.roles,
          app: d.app,
          seenAt: d.seen_at,
          printer: d.printer,
          paperLow: d.paper_low,
          scanner: d.scanner,
          camera: d.camera,
          waiting: d.waiting,
          parked: d.parked,
          clockOffsetMs: d.clock_offset_ms,
          lastVisitAt: d.last_visit_at,
          closed: d.order.closed,
          message: d.order.message,
          problems: problemsOf(d, now, mine),
        };
      })
      .sort((a, b) => a.slot - b.slot);
  };
  const keyOf = (call: HelpCall): string | null => {
    const [row] = day.rows([{ booking: call.booking_id, visit: call.booking_id === null ? call.visit_id : null }]);
    // A booking of another day or office has a card too.
    return row?.key ?? (call.booking_id === null ? null : `b${call.booking_id}`);
  };
  const tell = (
    about: Pick<NewOperation, 'type' | 'kind' | 'payload'> & {
      entity: string;
      detail: Record<string, string | boolean | null>;
    },
  ): void => {
    const { entity, detail, ...op } = about;
    const actor = staff.anybody();
    const now = moment().at;
    const opId = ids.uuid();
    store.write((db) => {
      enqueue(db, {
        op_id: opId,
        entity_id: entity,
        business_date: here(db, now).day,
        occurred_at: now,
        actor,
        clock: stamp(),
        ...op,
      } as NewOperation);
      audit(db, { at: now, actor, action: op.type, entityId: entity, detail });
    });
    log.info('desk.done', { op: opId, type: op.type });
    committed();
  };
  const call = (id: string): HelpCall => {
    const now = moment().at;
    const found = store.read((db) => readHelp(db, here(db, now).day, now).find((one) => one.id === id));
    if (!found) throw new CallFailure('not-found', 'no such call today');
    return found;
  };

  return {
    office: (): DeskOffice => {
      const now = moment().at;
      const { all, calls } = store.read((db) => ({
        all: devices(db, now),
        calls: readHelp(db, here(db, now).day, now),
      }));
      const byId = new Map(all.map((device) => [device.id, device]));
      return {
        devices: all,
        help: calls.slice(0, 200).map((one): DeskHelp => {
          const device = byId.get(one.device_id);
          return {
            id: one.id,
            device: one.device_id,
            deviceName: device?.name ?? '',
            slot: device?.slot ?? null,
            at: one.at,
            screen: one.screen,
            reason: one.reason,
            state: one.state,
            by: one.by,
            byName: one.by === null ? null : staff.name(one.by),
            key: keyOf(one),
          };
        }),
      };
    },
    takeHelp: (id: string): void => {
      const found = call(id);
      if (found.state === 'over') throw new CallFailure('conflict', 'the call is over');
      if (found.state === 'taken') {
        if (found.by === staff.anybody()) return;
        throw new CallFailure('conflict', 'somebody else has taken it');
      }
      tell({ type: 'help.take', kind: 'fact', entity: id, payload: { help_id: id }, detail: {} });
    },
    endHelp: (id: string, visit: string | null): void => {
      const found = call(id);
      if (found.state === 'over') return;
      tell({
        type: 'help',
        kind: 'fact',
        entity: id,
        payload: {
          help_id: id,
          screen: found.screen,
          reason: found.reason,
          booking_id: found.booking_id,
          visit_id: found.visit_id,
          over: true,
          result_visit: visit,
        },
        detail: { over: true, visit },
      });
    },
    order: (input: {
      device: string;
      order: 'close' | 'open' | 'message' | 'restart';
      message: I18nText | null;
    }): void => {
      const known = store.read((db) =>
        db.get(sql`SELECT 1 AS one FROM office_device WHERE device_id = ${input.device}`),
      );
      if (!known) throw new CallFailure('not-found', 'no such device in this office');
      tell({
        type: 'device.order',
        kind: 'request',
        entity: input.device,
        payload: { device_id: input.device, order: input.order, message: input.message },
        detail: { order: input.order },
      });
    },
  };
};

/** What this device itself is told to do, and what became of the calls that were made at it. */
export const ownOrders = (db: ReadDb): DeviceRecord['order'] | null => {
  const row = db.get(sql`SELECT data FROM office_device WHERE device_id = (SELECT device_id FROM device)`);
  return row ? json<DeviceRecord>(row, 'data').order : null;
};

/** Calls of this device, with the number that staff have got for the visitor. */
export const ownHelp = (
  db: ReadDb,
  day: string,
  now: number,
): { id: string; state: HelpRecord['state']; number: TicketNumber | null }[] => {
  const device = db.get(sql`SELECT device_id FROM device`);
  if (!device) return [];
  const own = text(device, 'device_id');
  return readHelp(db, day, now)
    .filter((one) => one.device_id === own)
    .map(({ id, state, result_visit: visit }) => ({
      id,
      state,
      number: visit === null ? null : ((readVisit(db, visit) ?? feedVisit(db, visit))?.number ?? null),
    }));
};
