import type { z } from 'zod';
import {
  healthReport,
  type DeviceRecord,
  type HealthReport,
  type Operation,
} from '../../shared/contracts/centre/schemas.ts';
import { i18nText } from '../../shared/domain/model.ts';
import { append } from './change-log.ts';
import type { Context } from './context.ts';
import { applied, rejected, type Outcome } from './outcome.ts';

/** The machines of an office as all of its devices see them: what each reported last, and what it is told to do. */

/** A device that reports the same again changes its row this often: only to say that it is still there. */
const SEEN_MS = 5 * 60_000;
/** A clock that goes as it did before is a little off each time. */
const CLOCK_MS = 1000;

interface Row {
  office_id: number;
  slot_no: number;
  roles: string;
  app: string;
  hardware: string;
  ended: number;
  report: string | null;
  received_at: number | null;
  closed: number | null;
  message: string | null;
  restart: string | null;
  rev: number | null;
  told: string | null;
}

const rowOf = ({ db }: Context, deviceId: string): Row | undefined =>
  db
    .prepare<[string], Row>(
      `SELECT office_id, slot_no, roles, app, hardware, coalesce(revoked_at, blocked_at) IS NOT NULL AS ended,
         report, received_at, closed, message, restart, rev, told
       FROM device LEFT JOIN device_health USING (device_id) LEFT JOIN device_order USING (device_id)
       LEFT JOIN device_told USING (device_id) WHERE device_id = ?`,
    )
    .get(deviceId);

const recordOf = (row: Row): DeviceRecord => {
  const report: HealthReport | null = row.report === null ? null : healthReport.parse(JSON.parse(row.report));
  return {
    slot_no: row.slot_no,
    name: row.hardware,
    roles: JSON.parse(row.roles) as DeviceRecord['roles'],
    app: report?.app ?? row.app,
    seen_at: row.received_at,
    printer: report?.printer ?? 'unknown',
    paper_low: report?.paper_low ?? false,
    scanner: report?.scanner ?? 'unknown',
    camera: report?.camera ?? 'unknown',
    waiting: report?.waiting ?? 0,
    parked: report?.parked ?? 0,
    clock_offset_ms: report?.clock_offset_ms ?? null,
    last_visit_at: report?.last_visit_at ?? null,
    revoked: row.ended === 1,
    order: {
      closed: row.closed === 1,
      message: row.message === null ? null : i18nText.parse(JSON.parse(row.message)),
      restart: row.restart,
    },
  };
};

/** Whether anybody has to hear of it: the time of a report and the drift of a clock alone are no news for some minutes. */
const isNews = (before: DeviceRecord, after: DeviceRecord): boolean => {
  const [was, is] = [before.clock_offset_ms, after.clock_offset_ms];
  const clock = was === null || is === null ? was !== is : Math.abs(was - is) >= CLOCK_MS;
  const seen =
    (after.seen_at ?? 0) - (before.seen_at ?? 0) >= SEEN_MS || (before.seen_at === null) !== (after.seen_at === null);
  const rest = (record: DeviceRecord): string => JSON.stringify({ ...record, seen_at: null, clock_offset_ms: null });
  return clock || seen || rest(before) !== rest(after);
};

/** To be called after each change of a device. @returns the revision of its row; null for one that is not there */
export const publishDevice = (context: Context, deviceId: string): number | null => {
  const { db } = context;
  const row = rowOf(context, deviceId);
  if (!row) return null;
  const record = recordOf(row);
  if (row.told !== null && !isNews(JSON.parse(row.told) as DeviceRecord, record)) return row.rev;
  const rev = (row.rev ?? 0) + 1;
  db.prepare(
    'INSERT INTO device_told VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET rev = excluded.rev, told = excluded.told',
  ).run(deviceId, rev, JSON.stringify(record));
  append(context, row.office_id, 'device', deviceId, rev, 'put', record);
  context.tell({ type: 'visit' });
  return rev;
};

/** The devices of an office by their slots, as their rows tell. */
export const devicesOf = ({ db }: Context, officeId: number): DeviceRecord[] =>
  db
    .prepare<[number], { told: string }>(
      'SELECT told FROM device_told JOIN device USING (device_id) WHERE office_id = ? ORDER BY slot_no',
    )
    .all(officeId)
    .map(({ told }) => JSON.parse(told) as DeviceRecord);

/** The last report of a device counts. */
export const takeHealth = (context: Context, deviceId: string, report: z.output<typeof healthReport>): void => {
  context.write(() => {
    context.db
      .prepare(
        `INSERT INTO device_health VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET report = excluded.report, received_at = excluded.received_at`,
      )
      .run(deviceId, JSON.stringify(report), context.now());
    publishDevice(context, deviceId);
  });
};

/** A desk tells a device of its office what to do; the device does it when it has its row. */
export const orderDevice = (
  context: Context,
  desk: { officeId: number; roles: readonly string[] },
  op: Extract<Operation, { type: 'device.order' }>,
): Outcome => {
  if (!desk.roles.includes('desk')) return rejected('not-allowed', 'Only a desk orders devices about');
  const id = op.payload.device_id.toLowerCase();
  const row = rowOf(context, id);
  if (row?.office_id !== desk.officeId || row.ended === 1) {
    return rejected('not-found', 'There is no such device in this office');
  }
  const { db } = context;
  db.prepare('INSERT INTO device_order (device_id) VALUES (?) ON CONFLICT DO NOTHING').run(id);
  switch (op.payload.order) {
    case 'close':
    case 'open':
      db.prepare('UPDATE device_order SET closed = ? WHERE device_id = ?').run(
        op.payload.order === 'close' ? 1 : 0,
        id,
      );
      break;
    case 'message': {
      const message = op.payload.message && JSON.stringify(op.payload.message);
      db.prepare('UPDATE device_order SET message = ? WHERE device_id = ?').run(message, id);
      break;
    }
    case 'restart':
      db.prepare('UPDATE device_order SET restart = ? WHERE device_id = ?').run(op.op_id.toLowerCase(), id);
      break;
  }
  const rev = publishDevice(context, id);
  return { ...applied, ...(rev === null ? {} : { rev }) };
};
