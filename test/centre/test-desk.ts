import { v7 as uuidv7 } from 'uuid';
import { change, keysAnswer, type Change, type Operation } from '../../shared/contracts/centre/schemas.ts';
import { putEntity, readEntity } from './change-log.ts';
import { DEMO_OFFICE } from './demo-services.ts';
import type { Centre } from './index.ts';
import { sealFor, type TestDevice } from './test-device.ts';
import { enrol, MINUTE, NOON, start, TODAY } from './test-stage.ts';

/** For tests of what contradicts what: devices that were offline, the desk, and what it holds in the end. */

type Put<C extends Change['c']> = Extract<Change, { c: C; op: 'put' }>;

export interface Holding {
  /** Pulls what is new. */
  refresh(): Promise<Holding>;
  /** The rows of a collection, by their ids. */
  all<C extends Change['c']>(collection: C): Map<string, Put<C>['data']>;
  row<C extends Change['c']>(collection: C, id: string): Put<C>['data'] | undefined;
  rev(collection: Change['c'], id: string): number;
  /** Rows that were to be erased, as `collection id`. */
  readonly purged: string[];
}

export const holdingOf = (device: TestDevice): Holding => {
  const rows = new Map<string, Extract<Change, { op: 'put' }>>();
  const purged: string[] = [];
  const holding: Holding = {
    purged,
    refresh: async () => {
      for (const row of (await device.pull()).map((one) => change.parse(one))) {
        const key = `${row.c} ${row.id}`;
        if (row.op === 'put') rows.set(key, row);
        else rows.delete(key);
        if (row.op !== 'put' && row.purge) purged.push(key);
      }
      return holding;
    },
    all: <C extends Change['c']>(collection: C) =>
      new Map(
        [...rows.values()]
          .filter((row) => row.c === collection)
          .map((row) => [String(row.id), row.data as Put<C>['data']] as const),
      ),
    row: <C extends Change['c']>(collection: C, id: string) =>
      rows.get(`${collection} ${id}`)?.data as Put<C>['data'] | undefined,
    rev: (collection, id) => rows.get(`${collection} ${id}`)?.rev ?? 0,
  };
  return holding;
};

export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const clockOf = (src: 'server' | 'rtc' | 'none', err = 20): NonNullable<Operation['clock']> => ({
  offset_ms: 0,
  err_ms: err,
  src,
});

/** A centre with two kiosks that were offline and a desk, and a booking that all of them know. */
export const stage = async (startsAt = NOON + 30 * MINUTE, now: () => number = () => NOON) => {
  const centre = await start({ now });
  const [a, b] = [await enrol(centre), await enrol(centre)];
  const desk = await enrol(centre, DEMO_OFFICE, ['kiosk', 'desk']);
  const id = book(centre, startsAt);
  return { centre, a, b, desk, id, seen: await holdingOf(desk).refresh() };
};
export const book = (centre: Centre, startsAt: number, serviceId = 101): string =>
  centre.control({ book: { office_id: DEMO_OFFICE, service_id: serviceId, starts_at: startsAt } }).booking?.id ?? '';

export const checkin = (device: TestDevice, bookingId: string, number: number, occurredAt: number, more = {}) =>
  device.checkin({ bookingId, businessDate: TODAY, number, occurredAt, ...more });
export const cancel = (device: TestDevice, id: string, at: number) =>
  device.op('booking.cancel', TODAY, { booking_id: id }, at);
export const undo = (device: TestDevice, visit: string, at: number) =>
  device.op('checkin.undo', TODAY, { visit_id: visit }, at);
export const resolve = (device: TestDevice, id: string, how: 'seen' | 'split') =>
  device.op('conflict.resolve', TODAY, { conflict_id: id, how }, NOON);
export const create = (device: TestDevice, startsAt: number, contact: unknown = null) =>
  device.op(
    'booking.create',
    TODAY,
    {
      booking_id: uuidv7().replaceAll('-', ''),
      service_id: 101,
      further_services: [],
      starts_at: startsAt,
      language: 'ru',
      contact: contact as null,
    },
    NOON - HOUR,
  );
export const edit = (
  device: TestDevice,
  visit: string,
  rev: number,
  set: { note?: string; priority?: 'first' | 'none' },
) => ({
  ...device.op('visit.edit', TODAY, { visit_id: visit, set }, NOON),
  base_rev: rev,
});
export const results = async (device: TestDevice, ...ops: Parameters<TestDevice['push']>) =>
  (await device.push(...ops)).results.map(({ status, problem }) => [status, problem?.type]);
/** The visits of today that stand for themselves, by ticket number; those of the demo's hall are none. */
export const queue = (seen: Holding) =>
  [...seen.all('visit').entries()]
    .map(([id, v]) => ({ id, number: v.ticket.number, also: v.also.map(({ number }) => number), ...pickState(v) }))
    .toSorted((x, y) => x.number - y.number);
const pickState = ({ state, order_at, origin }: { state: string; order_at: number; origin: string }) => ({
  state,
  order_at,
  origin,
});
export const sealed = async (device: TestDevice, phone: string) => {
  const { sealing } = keysAnswer.parse(await device.call('keys', {}));
  if (!sealing) throw new Error('the centre has no sealing key');
  return { sealed: await sealFor(sealing, { phone }), consent_version: '1', consent_at: NOON };
};
export const setService = (centre: Centre, id: number, more: object): void => {
  const service = readEntity(centre.context, 'service', String(id)) as { policy: object };
  putEntity(centre.context, 'service', id, { ...service, ...more });
};
export const setPolicy = (centre: Centre, id: number, policy: object): void => {
  const service = readEntity(centre.context, 'service', String(id)) as { policy: object };
  setService(centre, id, { policy: { ...service.policy, ...policy } });
};
