import { createHash } from 'node:crypto';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { API_PREFIX, COLLECTIONS, DESK_COLLECTIONS, RECORDS } from '../../shared/contracts/centre/schemas.ts';
import { append } from '../centre/change-log.ts';
import { DEMO_OFFICE, OTHER_OFFICE } from '../centre/demo-services.ts';
import type { Centre } from '../centre/index.ts';
import { openCall, type SnapshotLine, type TestDevice } from '../centre/test-device.ts';
import { Replica } from '../centre/test-replica.ts';
import { closeCentres, enrol, event, MINUTE, NOON, start, TODAY } from '../centre/test-stage.ts';

/** What a device gets to begin with, and how it knows that it has the whole. */

afterEach(closeCentres);

/** What a connection that was cut says. */
const CUT = 'terminated';
const NAMES = Object.keys(COLLECTIONS);
const read = async (lines: AsyncIterable<SnapshotLine>): Promise<SnapshotLine[]> => {
  const all: SnapshotLine[] = [];
  for await (const line of lines) all.push(line);
  return all;
};
const rowsOf = (lines: readonly SnapshotLine[]) => lines.flatMap((line) => (line.t === 'row' ? [line] : []));
/** Somebody books, and somebody cancels. */
const disturb = (centre: Centre, n: number): void => {
  const { booking } = centre.control({
    book: { office_id: DEMO_OFFICE, service_id: 101, starts_at: NOON + n * MINUTE },
  });
  if (n % 2 === 0) centre.control({ move: { booking: booking?.id ?? '', office_id: OTHER_OFFICE } });
};
/** What only a desk may see, as the centre would write it. */
const writePersonal = (centre: Centre): void => {
  const id = 'f'.repeat(32);
  centre.context.write(() => {
    append(centre.context, DEMO_OFFICE, 'person', id, 1, 'put', { name: 'Иванов', phone: null, document: null });
    append(centre.context, DEMO_OFFICE, 'setting', 'desk.only', 1, 'put', { value: 1 }, { role: 'desk' });
  });
};

/** Bookings by the thousand. */
const writeMany = (centre: Centre, many: number): void => {
  for (let from = 0; from < many; from += 5_000) {
    centre.context.write(() => {
      for (let n = from; n < from + 5_000; n += 1) {
        const id = createHash('md5').update(String(n)).digest('hex');
        append(centre.context, DEMO_OFFICE, 'booking', id, 1, 'put', {
          office_id: DEMO_OFFICE,
          number: String(n).padStart(8, '0'),
          service_id: 101,
          further_services: [],
          starts_at: NOON + n * MINUTE,
          status: 'booked',
          language: 'ru',
          ticket: null,
          revision: 0,
          masked: 'И. П.',
          factors: [],
          priority: 'none',
          person: createHash('md5').update(`person ${n}`).digest('hex'),
        });
      }
    });
  }
};

describe('a snapshot', () => {
  it('is what a first pull brings, in the order of the contract, each line as the contract says', async () => {
    const centre = await start();
    const device = await enrol(centre);
    centre.control({ counters: { step: 600 } });
    const [pulled, taken] = [new Replica(), new Replica()];
    const told = await pulled.pull(device);
    const lines = await taken.take(device, device.snapshot());
    expect(lines.at(0)).toMatchObject({ t: 'head', epoch: device.epoch });
    const rows = rowsOf(lines);
    expect(lines.at(-1)).toEqual({ t: 'end', rows: rows.length });
    expect(lines).toHaveLength(rows.length + 2);
    expect(taken.rows).toEqual(pulled.rows);
    expect(taken.digests()).toEqual(told);
    expect(rows.length).toBeGreaterThan(1000);

    const order = rows.map(({ c, id }) => [NAMES.indexOf(c), id] as const);
    for (const [i, [name, id]] of order.entries()) {
      const next = order[i + 1];
      if (!next) break;
      expect(name).toBeLessThanOrEqual(next[0]);
      if (name === next[0]) expect(Buffer.from(String(id)) < Buffer.from(String(next[1])) || id < next[1]).toBe(true);
    }
    const bad = rows.filter(
      ({ c, id, data }) =>
        !RECORDS[c as keyof typeof RECORDS].data.safeParse(data).success ||
        !RECORDS[c as keyof typeof RECORDS].id.safeParse(id).success,
    );
    expect(bad).toEqual([]);
    // Nothing has changed since.
    expect(await device.pull()).toEqual([]);
  });

  it('that was cut off anywhere is read on, and is with the changes since the same as a fresh one', async () => {
    const centre = await start();
    // All before the first: each that is enrolled is a row of its own.
    const [device, other, third] = [await enrol(centre), await enrol(centre), await enrol(centre)];
    const replica = new Replica();
    let rows = 0;
    let first: string | null = null;
    let after = {};
    // Cut at the head, within a collection, at its end, between two slices, and near the end.
    for (const cut of [0, 1, 40, 199, 733, 5, 1_000_000]) {
      let left = cut;
      for await (const line of device.snapshot(after)) {
        if (line.t === 'head') first ??= line.cursor;
        if (line.t !== 'row') continue;
        if (left === 0) break;
        left -= 1;
        rows += 1;
        replica.apply({ ...line, op: 'put' });
        after = { after_c: line.c, after_id: line.id };
      }
      disturb(centre, rows);
    }
    device.cursor = first ?? '';
    const told = await replica.pull(device);
    expect(replica.digests()).toEqual(told);
    const fresh = new Replica();
    await fresh.take(other, third.snapshot());
    expect(replica.rows).toEqual(fresh.rows);
  });

  it('brings the collections that were asked for', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const names = async (input: Parameters<TestDevice['snapshot']>[0]) => [
      ...new Set(rowsOf(await read(device.snapshot(input))).map(({ c }) => c)),
    ];
    expect(await names({ collections: 'booking,office' })).toEqual(['office', 'booking']);
    expect(await names({ collections: 'booking,office', after_c: 'slot', after_id: '101-1' })).toEqual(['booking']);
    expect(await names({ collections: 'visit' })).toEqual([]);
    const offices = rowsOf(await read(device.snapshot({ collections: 'office' }))).map(({ id }) => Number(id));
    const behind = { collections: 'office', after_c: 'office', after_id: String(offices[0]) } as const;
    expect(rowsOf(await read(device.snapshot(behind))).map(({ id }) => id)).toEqual(offices.slice(1));
  });

  it.each([
    [{ collections: 'nonsense' }],
    [{ after_c: 'booking' as const }],
    [{ after_id: 'x' }],
    [{ after_c: 'office' as const, after_id: 'x' }],
  ])('is refused for %o', async (input) => {
    const centre = await start();
    const device = await enrol(centre);
    await expect(read(device.snapshot(input))).rejects.toThrow(/HTTP 400 \/problems\/invalid-request/);
  });

  it('ends before its end for a device that is revoked meanwhile', async () => {
    const centre = await start();
    const device = await enrol(centre);
    // More than fits on the way.
    writeMany(centre, 30_000);
    let rows = 0;
    const reading = (async () => {
      for await (const line of device.snapshot()) {
        if (line.t === 'row' && (rows += 1) === 1) centre.control({ revoke: device.id });
      }
    })();
    await expect(reading).rejects.toThrow(CUT);
    expect(rows).toBeLessThan(30_000);
  });

  it('can be held, refused, and cut after some of its lines', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const path = '/sync/snapshot';
    centre.control({ fail: { path, status: 503, times: 1, problem: 'maintenance', retry_after: 7 } });
    await expect(read(device.snapshot())).rejects.toThrow('HTTP 503 /problems/maintenance');
    centre.control({ drop: { path, times: 1, at: 'before' } });
    await expect(read(device.snapshot())).rejects.toThrow('fetch failed');
    centre.control({ drop: { path, times: 1, lines: 301 } });
    const lines: SnapshotLine[] = [];
    const cut = (async () => {
      for await (const line of device.snapshot()) lines.push(line);
    })();
    await expect(cut).rejects.toThrow(CUT);
    expect(lines.length).toBeLessThanOrEqual(301);
    expect(lines.some(({ t }) => t === 'end')).toBe(false);
    const held = event(centre, ({ type }) => type === 'held');
    centre.control({ hold: { path, at: 'after' } });
    const reading = read(device.snapshot());
    expect(await held).toMatchObject({ path, at: 'after' });
    centre.control({ hold: { path, at: 'after', release: true } });
    expect((await reading).at(-1)?.t).toBe('end');
  });
});

describe('what is for desks', () => {
  it('never goes to a device that is none: not in changes, not in a snapshot, not in digests', async () => {
    const centre = await start();
    const [kiosk, desk] = [await enrol(centre), await enrol(centre, DEMO_OFFICE, ['desk'])];
    writePersonal(centre);
    const seen = async (device: TestDevice) => {
      const [pulled, taken] = [new Replica(), new Replica()];
      const told = await pulled.pull(device);
      await taken.take(device, device.snapshot({ collections: NAMES.join(',') }));
      expect(taken.digests()).toEqual(told);
      expect(pulled.digests()).toEqual(told);
      const names = told.filter(({ count }) => count > 0).map(({ c }) => c);
      return { names, setting: pulled.of('setting').has('desk.only') };
    };
    const forDesk = await seen(desk);
    expect(forDesk.names).toContain('person');
    expect(forDesk.setting).toBe(true);
    const forKiosk = await seen(kiosk);
    expect(forKiosk.names.filter((c) => DESK_COLLECTIONS.some((name) => name === c))).toEqual([]);
    expect(forKiosk.setting).toBe(false);
    const text = await (await openCall(kiosk.url, 'snapshot', {}, { token: kiosk.token })).text();
    expect(text).not.toContain('Иванов');
    // Nor does it wake one up.
    const waiting = kiosk.ask('changes', { cursor: kiosk.cursor, wait: 1 });
    writePersonal(centre);
    expect(await waiting).toMatchObject({ body: { changes: [] } });
  });
});

describe('digests', () => {
  it('come with the last page when they are asked for, and are exact at its cursor', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const first = await device.call('changes', { cursor: '', limit: 100, digests: 1 });
    expect(first.digests).toBeUndefined();
    const replica = new Replica();
    expect(await replica.pull(device)).toEqual(replica.digests());
    for (let n = 0; n < 6; n += 1) disturb(centre, n);
    await device.lease('A', 'online', 1, TODAY);
    await device.push(device.walkIn({ businessDate: TODAY, number: 1 }));
    const told = await replica.pull(device, 3);
    expect(replica.digests()).toEqual(told);
    expect(told.find(({ c }) => c === 'visit')).toMatchObject({ count: 1 });
    // A row that got lost on the way is noticed.
    replica.of('visit').clear();
    expect(replica.digests()).not.toEqual(told);
    expect((await device.call('changes', { cursor: device.cursor })).digests).toBeUndefined();
  });
});

describe('a hundred thousand bookings', () => {
  const BOOKINGS = 100_000;

  it('stream in bounded memory, also to a reader that takes its time', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const begun = performance.now();
    writeMany(centre, BOOKINGS);
    const written = performance.now() - begun;

    /** How much more memory there is at its highest, while it is read. */
    const measure = async (headers: Record<string, string>, slow: boolean) => {
      const base = process.memoryUsage().rss;
      let peak = base;
      let bytes = 0;
      let rows = 0;
      const at = performance.now();
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const agent = new Agent();
        httpRequest(`${centre.url}${API_PREFIX}/sync/snapshot?collections=booking`, {
          agent,
          headers: { authorization: `Bearer ${device.token}`, ...headers },
        })
          .on('response', resolve)
          .on('error', reject)
          .end();
      });
      const packed = response.headers['content-encoding'] === 'gzip';
      response.on('data', (part: Buffer) => (bytes += part.length));
      response.pause();
      for await (const part of packed ? response.pipe(createGunzip()) : response) {
        for (const byte of part as Buffer) if (byte === 10) rows += 1;
        peak = Math.max(peak, process.memoryUsage().rss);
        if (slow && rows < 5_000) {
          // Who does not read lets the centre wait: meanwhile it answers others.
          await device.call('time', {});
        }
      }
      const seconds = (performance.now() - at) / 1000;
      return { rows: rows - 2, bytes, seconds, peakMb: Math.round((peak - base) / 2 ** 20), packed };
    };
    const plain = await measure({}, true);
    const gzip = await measure({ 'accept-encoding': 'gzip' }, false);
    for (const { rows, bytes, seconds, peakMb, packed } of [plain, gzip]) {
      const rate = Math.round(rows / seconds);
      process.stdout.write(
        `snapshot ${packed ? 'gzip ' : 'plain'}: ${rows} rows, ${rate}/s, ${Math.round(bytes / rows)} bytes a row, +${peakMb} MB\n`,
      );
    }
    process.stdout.write(`written: ${Math.round(BOOKINGS / (written / 1000))} rows/s\n`);
    expect([plain.packed, gzip.packed]).toEqual([false, true]);
    expect(plain.rows).toBeGreaterThan(BOOKINGS);
    expect(gzip.rows).toBe(plain.rows);
    expect(gzip.bytes).toBeLessThan(plain.bytes / 2);
    // The whole is so much text.
    expect(plain.bytes).toBeGreaterThan(25 * 2 ** 20);
    // Less than the text itself, of which no more than a slice is there at a time.
    expect(plain.peakMb).toBeLessThan(32);
  });
});
