import { change, type Change } from '../../shared/contracts/centre/schemas.ts';
import type { ControlEvent } from './control.ts';
import type { DemoBooking, DemoKind } from './demo-list.ts';
import { DEMO_OFFICE } from './demo-services.ts';
import { startCentre, type Centre, type CentreOptions } from './index.ts';
import { TestDevice } from './test-device.ts';

/** Centres for tests: the demo at noon of a Monday, in memory, with its knobs. */

export const NOON = Date.parse('2026-03-16T12:00:00+03:00');
export const TODAY = '2026-03-16';
export const TOMORROW = '2026-03-17';
export const MINUTE = 60_000;

const centres: Centre[] = [];

export const start = async (options: Partial<CentreOptions> = {}): Promise<Centre> => {
  const centre = await startCentre({
    db: ':memory:',
    seed: 'demo',
    control: true,
    now: () => NOON,
    log: () => undefined,
    ...options,
  });
  centres.push(centre);
  return centre;
};

/** To be called after each test. */
export const closeCentres = async (): Promise<void> => {
  await Promise.all(centres.splice(0).map((centre) => centre.close()));
};

export const enrol = async (
  centre: Centre,
  officeId = DEMO_OFFICE,
  roles: readonly ('kiosk' | 'desk')[] = ['kiosk'],
): Promise<TestDevice> => TestDevice.enrol(centre.url, centre.createCode(officeId, roles));

export const demo = async (centre: Centre): Promise<DemoBooking[]> =>
  (await (await fetch(`${centre.url}/demo/bookings.json`)).json()) as DemoBooking[];

export const ofKind = async (centre: Centre, kind: DemoKind, n = 0): Promise<DemoBooking> => {
  const found = (await demo(centre)).filter((booking) => booking.kind === kind)[n];
  if (!found) throw new Error(`the demo has no booking of kind ${kind}`);
  return found;
};

/** What the pages get, `visits.json` or `hall.json`. */
export const office = async <T>(centre: Centre, file: string): Promise<T> =>
  (await (await fetch(`${centre.url}/office/${file}`)).json()) as T;

/** The first event of the gate that fits, from now on. */
export const event = async (centre: Centre, fits: (event: ControlEvent) => boolean): Promise<ControlEvent> =>
  new Promise((resolve) => {
    const stop = centre.gate.listen((happened) => {
      if (!fits(happened)) return;
      stop();
      resolve(happened);
    });
  });

type RowOf<C extends Change['c']> = Extract<Change, { c: C }>;

/** Pulls, and gives the rows of one collection. */
export const pullOf = async <C extends Change['c']>(device: TestDevice, collection: C): Promise<RowOf<C>[]> =>
  (await device.pull()).map((row) => change.parse(row)).filter((row): row is RowOf<C> => row.c === collection);
