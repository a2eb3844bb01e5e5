import { z } from 'zod';
import {
  change as changeSchema,
  COLLECTIONS,
  DESK_COLLECTIONS,
  RECORDS,
  type CollectionDigest,
  type CollectionName,
} from '../../shared/contracts/centre/schemas.ts';
import { digestOf } from './crypto.ts';
import { askAs, callAs, mustRefuse, type Device } from './device.ts';
import { must, skip, type Check } from './suite.ts';
import { addDays, addWalkIn, businessDay, isCollection, readFeed, rowsOf, type Feed, type World } from './world.ts';

/** The change feed. */

type Raw = Awaited<ReturnType<typeof callAs<'changes'>>>['changes'][number];
const idOf = (row: Raw): string => `${row.c} ${String(row['id'])}`;

/** Whether what is held is the same, by identity and revision. */
export const differences = (a: Feed, b: Feed): string[] =>
  [...new Set([...a.rows.keys(), ...b.rows.keys()])].filter((key) => a.rows.get(key)?.rev !== b.rows.get(key)?.rev);

/** What the centre's digest of a collection ought to be. */
export const wrongDigests = (feed: Feed, told: readonly CollectionDigest[]): string[] =>
  (Object.keys(COLLECTIONS) as CollectionName[]).flatMap((c) => {
    const mine = digestOf([...feed.rows.values()].filter((row) => row.c === c));
    const centre = told.find((d) => d.c === c) ?? { count: 0, xor: '0'.repeat(16) };
    return mine.count === centre.count && mine.xor === centre.xor
      ? []
      : [`${c}: the feed has ${mine.count} rows (${mine.xor}), the digest says ${centre.count} (${centre.xor})`];
  });

/** Whoever else uses the centre meanwhile must not make a check fail: it is tried again on a quiet moment. */
const QUIET_TRIES = 4;

/** Both must see the same state: reads until nothing came in between. */
const quiet = async <T>(world: World, read: (device: Device) => Promise<T>): Promise<T> => {
  const device = await world.device();
  for (let i = 0; i < QUIET_TRIES; i += 1) {
    const before = (await readFeed(device)).feed;
    const result = await read(device);
    if ((await readFeed(device, before)).changes.length === 0) return result;
  }
  return skip('the centre is not quiet for a moment: run it on one that nobody uses');
};

/** Names that tell who somebody is. */
const PERSONAL = /name|phone|mobile|mail|document|passport|snils|inn|birth|patient|address|surname/i;

const rowsMustRead = (changes: readonly Raw[]): void => {
  for (const row of changes) {
    if (!isCollection(row.c)) continue;
    const read = changeSchema.safeParse(row);
    if (read.success) continue;
    const data = row.op === 'put' ? RECORDS[row.c].data.safeParse(row['data']) : null;
    const why = z.prettifyError(data?.error ?? read.error).replaceAll('\n', ' ');
    must(false, `the row ${idOf(row)} cannot be read: ${why.slice(0, 300)}`);
  }
};

/** A bad cursor is of no use: the device has to be told that it is to begin anew. */
const GARBAGE = ['garbage', 'AAAA', Buffer.from('another-epoch.17').toString('base64url')];

export const feedChecks: readonly Check[] = [
  {
    id: 'changes.rows',
    about: 'every row of a known collection is as the contract says',
    run: async (world) => rowsMustRead((await readFeed(await world.device())).changes),
  },
  {
    id: 'changes.office',
    about: "the feed has the device's own office, and the services of its bookings",
    run: async (world) => {
      const device = await world.device();
      const feed = await world.feed();
      must(
        rowsOf(feed, 'office').some(({ id }) => id === device.office_id),
        `there is no row of office ${device.office_id}: a device knows neither its day nor its languages without`,
      );
      const services = new Set(rowsOf(feed, 'service').map(({ id }) => id));
      const groups = new Set(rowsOf(feed, 'service_group').map(({ id }) => id));
      const lost = rowsOf(feed, 'booking').find(
        ({ data }) => data.status === 'booked' && !services.has(data.service_id),
      );
      must(
        !lost,
        `booking ${String(lost?.id)} is for service ${lost?.data.service_id ?? ''}, which is not in the feed`,
      );
      const loose = rowsOf(feed, 'service').find(({ data }) => !groups.has(data.group_id));
      must(!loose, `service ${String(loose?.id)} is in group ${loose?.data.group_id ?? ''}, which is not in the feed`);
    },
  },
  {
    id: 'changes.window',
    about: "bookings are those of the device's office, business day -1 to +7",
    run: async (world) => {
      const device = await world.device();
      const { business_date: today } = await world.moment();
      const office = rowsOf(await world.feed(), 'office').find(({ id }) => id === device.office_id)?.data;
      for (const { id, data } of rowsOf(await world.feed(), 'booking')) {
        must(
          data.office_id === device.office_id,
          `booking ${id} is of office ${data.office_id}: it is no business of this device`,
        );
        const day = businessDay(data.starts_at, office?.time_zone ?? 'UTC', office?.day_change_minutes ?? 0);
        must(
          day >= addDays(today, -1) && day <= addDays(today, 7),
          `booking ${id} is of ${day}: outside of ${addDays(today, -1)} to ${addDays(today, 7)} it must be evicted`,
        );
      }
    },
  },
  {
    id: 'changes.order',
    about: 'rows come in the order of seq, over all pages',
    run: async (world) => {
      const { changes } = await readFeed(await world.device(), null, { limit: 50 });
      changes.forEach((row, i) => {
        const before = changes[i - 1];
        must(
          !before || before.seq < row.seq,
          `row ${idOf(row)} (seq ${row.seq}) comes behind seq ${before?.seq ?? 0}: number rows in the order of their commits`,
        );
      });
    },
  },
  {
    id: 'changes.newest',
    about: 'of each entity only the newest row, and from the start nothing that is gone',
    run: async (world) => {
      const { changes } = await quiet(world, async (device) => readFeed(device));
      const seen = new Set<string>();
      for (const row of changes) {
        must(!seen.has(idOf(row)), `${idOf(row)} comes twice in one reading: send the newest row only`);
        must(row.op === 'put', `${idOf(row)} comes as ${row.op} to a device that never had it`);
        seen.add(idOf(row));
      }
    },
  },
  {
    id: 'changes.limit',
    about: 'a page has no more rows than were asked for',
    run: async (world) => {
      const page = await callAs(await world.device(), 'changes', { limit: 3 });
      must(page.changes.length <= 3, `${page.changes.length} rows came for limit=3`);
    },
  },
  {
    id: 'changes.pages',
    about: 'small pages bring the same as large ones',
    run: async (world) => {
      const { small, large } = await quiet(world, async (device) => ({
        small: await readFeed(device, null, { limit: 7 }),
        large: await readFeed(device, null, { limit: 1000 }),
      }));
      const [lost] = differences(small.feed, large.feed);
      must(
        lost === undefined,
        `${lost ?? ''} differs between pages of 7 and of 1000 rows: the cursor of a page must be that of its last row`,
      );
      must(
        large.changes.length <= 7 || small.pages.slice(0, -1).every(({ has_more }) => has_more),
        'has_more is false on a page that is not the last',
      );
    },
  },
  {
    id: 'changes.again',
    about: 'the same cursor can be asked for again: the answer before may have been lost',
    run: async (world) => {
      const first = await quiet(world, async (device) => [
        await callAs(device, 'changes', { limit: 5 }),
        await callAs(device, 'changes', { limit: 5 }),
      ]);
      const [one, two] = first.map(({ changes }) => JSON.stringify(changes.map((row) => [idOf(row), row['rev']])));
      must(one === two, 'the same cursor brings other rows the second time: keep no place on behalf of the device');
      const { feed } = await readFeed(await world.device());
      const again = await quiet(world, async (device) => {
        await callAs(device, 'changes', { cursor: feed.cursor });
        return readFeed(device, feed);
      });
      must(again.pages.length > 0, 'the cursor of the last page is not good any more');
    },
  },
  {
    id: 'changes.complete',
    about: 'what changes reaches who asks from his cursor on, as it reaches who begins anew',
    run: async (world) => {
      const device = await world.device();
      const before = (await readFeed(device)).feed;
      const visit = await addWalkIn(world, device);
      const { followed, anew } = await quiet(world, async () => ({
        followed: (await readFeed(device, before)).feed,
        anew: (await readFeed(device)).feed,
      }));
      must(
        followed.rows.has(`visit ${visit}`),
        `the visit of a walk-in (${visit}) does not come to the device that told of it, nor to its neighbours: put it in the feed`,
      );
      const [lost] = differences(followed, anew);
      must(
        lost === undefined,
        `${lost ?? ''} is not the same for who followed the feed and who begins anew: a change was left out`,
      );
    },
  },
  {
    id: 'changes.cursor',
    about: 'a cursor that the centre does not know is 410 cursor-expired',
    run: async (world) => {
      const device = await world.device();
      for (const cursor of GARBAGE) {
        const answer = await askAs(device, 'changes', { cursor });
        mustRefuse(
          answer,
          410,
          'cursor-expired',
          `the cursor "${cursor}" is taken: a device of another history would miss rows for ever`,
        );
      }
    },
  },
  {
    id: 'changes.digests',
    about: 'digests=1 brings a digest of every collection, exact at the cursor of the answer',
    run: async (world) => {
      const { feed } = await quiet(world, async (device) => readFeed(device, null, { digests: true }));
      must(feed.digests !== null, 'digests=1 brings no digests on the last page: devices could not notice a lost row');
      const [wrong] = wrongDigests(feed, feed.digests);
      must(wrong === undefined, wrong ?? '');
    },
  },
  {
    id: 'changes.digests-last',
    about: 'digests come with the last page only',
    run: async (world) => {
      const { pages } = await readFeed(await world.device(), null, { limit: 5, digests: true });
      must(
        pages.slice(0, -1).every(({ digests }) => digests === undefined),
        'digests come with a page that is not the last: the device does not hold the rest yet and would repair what is right',
      );
    },
  },
  {
    id: 'roles.kiosk',
    about: 'a kiosk gets nothing of what is for desks, in no way',
    run: async (world) => {
      const kiosk = await world.kiosk();
      const { changes, feed } = await readFeed(kiosk, null, { digests: true });
      const names: readonly string[] = DESK_COLLECTIONS;
      const leaked = changes.find(({ c }) => names.includes(c));
      must(!leaked, `${leaked ? idOf(leaked) : ''} goes to a kiosk: names and phones go to desks alone`);
      const counted = feed.digests?.find(({ c, count }) => names.includes(c) && count > 0);
      must(
        !counted,
        `the digest of ${counted?.c ?? ''} counts ${counted?.count ?? 0} rows for a kiosk that must not have any`,
      );
      const answer = await askAs(kiosk, 'snapshot', { collections: DESK_COLLECTIONS.join(',') });
      if (answer.status >= 400) return;
      must(
        !answer.text.includes('"t":"row"'),
        'a kiosk that asks for the collections of desks in a snapshot gets them',
      );
    },
  },
  {
    id: 'roles.fields',
    about: 'nothing in the rows of a kiosk tells who somebody is',
    run: async (world) => {
      const { changes } = await readFeed(await world.kiosk());
      for (const row of changes) {
        if ((row.c !== 'booking' && row.c !== 'visit') || row.op !== 'put') continue;
        const data = row['data'] as object;
        const known = Object.keys(RECORDS[row.c].data.shape);
        const personal = Object.keys(data).find((name) => !known.includes(name) && PERSONAL.test(name));
        must(
          personal === undefined,
          `${idOf(row)} has the field ${personal ?? ''}: the kiosk's feed holds initials and verifiers at most`,
        );
      }
      const booking = rowsOf((await readFeed(await world.kiosk())).feed, 'booking').find(
        ({ data }) => /\p{L}{4,}/u.test(data.masked ?? '') || /\d{4,}/.test(data.masked ?? ''),
      );
      must(
        !booking,
        `booking ${String(booking?.id)} shows "${booking?.data.masked ?? ''}": masked is initials, it stands on a screen in a lobby`,
      );
    },
  },
  {
    id: 'roles.desk',
    about: 'a desk gets who booked',
    run: async (world) => {
      const { feed } = await readFeed(await world.desk());
      const open = rowsOf(feed, 'booking').filter(({ data }) => data.status === 'booked');
      if (open.length === 0) skip('there is no open booking in the window');
      must(
        rowsOf(feed, 'person').length > 0,
        `there are ${open.length} open bookings and no person: send the rows of \`person\` to devices with the role desk`,
      );
    },
  },
];
