import { afterEach, describe, expect, it } from 'vitest';
import { businessDate } from '../../shared/domain/business-day.ts';
import { startCentre, type Centre } from '../centre/index.ts';
import { DEMO_OFFICE } from '../centre/demo-services.ts';
import { closeDevices } from '../fixtures/core-device.ts';
import { densest, storm } from '../fixtures/storm.ts';

/** An office comes back after hours: bench:storm in small. */

const DEVICES = 6;
const CHECKINS = 60;
const AWAY_MS = 2 * 3_600_000;
const MARGIN_MS = 600_000;
/** Of the demo's office. */
const TIME_ZONE = 'Europe/Moscow';
const DAY_CHANGE = 240;

let centre: Centre | null = null;
afterEach(async () => {
  await closeDevices();
  await centre?.close();
  centre = null;
});

describe('an office whose line was cut for hours', () => {
  it(
    'tells everything once and knows everything, with four requests a second for each device',
    { timeout: 180_000 },
    async () => {
      // Whatever time it is here: the hours are of one business day.
      const sameDay = (from: number): boolean =>
        businessDate(from, TIME_ZONE, DAY_CHANGE) === businessDate(from + AWAY_MS + MARGIN_MS, TIME_ZONE, DAY_CHANGE);
      const aheadMs = sameDay(Date.now()) ? 0 : AWAY_MS + MARGIN_MS;
      let ahead = aheadMs;
      const started = await startCentre({
        db: ':memory:',
        seed: 'demo',
        control: true,
        now: () => Date.now() + ahead,
        log: () => undefined,
      });
      centre = started;
      started.control({ counters: 'stop' });
      const now = Date.now() + aheadMs;
      const tokens = Array.from({ length: CHECKINS }, (_, n) => {
        const starts_at = now + Math.floor((n * AWAY_MS) / CHECKINS);
        return (
          started.control({ book: { office_id: DEMO_OFFICE, service_id: 101 + (n % 3), starts_at } }).booking?.token ??
          ''
        );
      });
      const codes = Array.from({ length: DEVICES }, () => started.createCode(DEMO_OFFICE));
      const advance = async (ms: number): Promise<void> => {
        ahead += ms;
      };
      const seen = await storm({ url: started.url, devices: DEVICES, codes, tokens, away: AWAY_MS, aheadMs, advance });
      expect(seen.known).toEqual(Array.from({ length: DEVICES }, () => CHECKINS));
      expect(seen.numbers).toBe(CHECKINS);
      expect(seen.mostPerSecond).toBeLessThanOrEqual(4);
      const { db } = started.context;
      expect(db.prepare('SELECT count(*) AS n FROM visit').get()).toEqual({ n: CHECKINS });
      expect(db.prepare(`SELECT count(*) AS n FROM operation WHERE type = 'checkin'`).get()).toEqual({ n: CHECKINS });
    },
  );

  it('is counted right: the most moments within any second', () => {
    expect(densest([])).toBe(0);
    expect(densest([0, 999, 1_000, 1_500, 1_999])).toBe(3);
    expect(densest([0, 1_000, 2_000])).toBe(1);
  });
});
