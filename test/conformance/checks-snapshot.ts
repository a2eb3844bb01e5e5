import { COLLECTIONS, snapshotLine, type Change, type CollectionName } from '../../shared/contracts/centre/schemas.ts';
import { digestOf } from './crypto.ts';
import { askAs, told, type Device } from './device.ts';
import { differences } from './checks-feed.ts';
import { must, skip, type Check } from './suite.ts';
import { applyRows, isCollection, readFeed, type Feed, type World } from './world.ts';

/** Snapshots. */

interface RowLine {
  c: string;
  id: string | number;
  rev: number;
  data: unknown;
}
interface Snapshot {
  epoch: string;
  cursor: string;
  rows: RowLine[];
  encoding: string | undefined;
  bytes: number;
}

const readSnapshot = async (
  device: Device,
  query: Record<string, string> = {},
  headers: Record<string, string> = {},
): Promise<Snapshot> => {
  const answer = await askAs(device, 'snapshot', query, { headers });
  must(answer.status === 200, `snapshot is refused with ${told(answer)}`);
  const type = answer.headers['content-type'] ?? '';
  must(type.startsWith('application/x-ndjson'), `a snapshot is ${type}: it must be application/x-ndjson`);
  must(answer.text.endsWith('\n'), 'the last line of a snapshot has no line feed');
  const lines = answer.text
    .slice(0, -1)
    .split('\n')
    .map((text, i) => {
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch {
        value = null;
      }
      const read = snapshotLine.safeParse(value);
      must(read.success, `line ${i + 1} of the snapshot is none of head, row and end: ${text.slice(0, 80)}`);
      return read.data;
    });
  const [head] = lines;
  must(head?.t === 'head', 'the first line of a snapshot must be its head');
  const end = lines.at(-1);
  must(end?.t === 'end', 'the last line of a snapshot must be its end: without it a device takes it for cut off');
  const rows = lines.slice(1, -1).map((line, i): RowLine => {
    must(line.t === 'row', `line ${i + 2} of the snapshot is a second ${line.t}`);
    return line;
  });
  must(end.rows === rows.length, `the end of the snapshot counts ${end.rows} rows, ${rows.length} came`);
  return {
    epoch: head.epoch,
    cursor: head.cursor,
    rows,
    encoding: answer.headers['content-encoding'],
    bytes: answer.raw.length,
  };
};

const held = (rows: readonly RowLine[], cursor: string): Feed => {
  const feed: Feed = { cursor, rows: new Map(), digests: null };
  applyRows(
    feed,
    rows.map((row) => ({ ...row, seq: 0, op: 'put' })),
  );
  return feed;
};

const NAMES = Object.keys(COLLECTIONS) as CollectionName[];
const place = ({ c, id }: RowLine): string => `${c} ${String(id)}`;

/** Whether `b` may stand behind `a`. */
const inOrder = (a: RowLine, b: RowLine): boolean => {
  if (!isCollection(a.c) || !isCollection(b.c)) return true;
  if (a.c !== b.c) return NAMES.indexOf(a.c) < NAMES.indexOf(b.c);
  if (COLLECTIONS[a.c] === 'number') return Number(a.id) < Number(b.id);
  return Buffer.compare(Buffer.from(String(a.id)), Buffer.from(String(b.id))) < 0;
};

/** The snapshot that most of these look at. */
const whole = async (world: World): Promise<Snapshot> => {
  const snapshot = await readSnapshot(await world.device());
  if (snapshot.rows.length < 3) skip('the snapshot has fewer than three rows');
  return snapshot;
};

export const snapshotChecks: readonly Check[] = [
  {
    id: 'snapshot.form',
    about: 'NDJSON: a head, rows, an end that counts them',
    run: async (world) => {
      const { epoch } = await readSnapshot(await world.device());
      const device = await world.device();
      must(epoch === device.epoch, `the head names the epoch ${epoch}, the enrolment ${device.epoch}`);
    },
  },
  {
    id: 'snapshot.order',
    about: 'rows stand in the order of the collections, and there of their ids',
    run: async (world) => {
      const { rows } = await whole(world);
      rows.forEach((row, i) => {
        const before = rows[i - 1];
        must(
          !before || inOrder(before, row),
          `${place(row)} stands behind ${before ? place(before) : ''}: numbers by value, texts by their bytes, or it cannot be resumed`,
        );
      });
    },
  },
  {
    id: 'snapshot.whole',
    about: 'a snapshot and the changes from its cursor on are the same as the feed',
    run: async (world) => {
      const device = await world.device();
      const { rows, cursor } = await whole(world);
      const { feed } = await readFeed(device, held(rows, cursor), { digests: true });
      const { feed: anew } = await readFeed(device);
      const [other] = differences(feed, anew);
      must(other === undefined, `${other ?? ''} is not the same in the snapshot and in the feed`);
      const visits = [...feed.rows.values()].filter((row: Change) => row.c === 'visit');
      const told = feed.digests?.find(({ c }) => c === 'visit');
      must(!told || told.xor === digestOf(visits).xor, 'the digest is not that of the snapshot with its changes');
    },
  },
  {
    id: 'snapshot.resume',
    about: 'it goes on behind the row that was read last',
    run: async (world) => {
      const { rows } = await whole(world);
      const at = Math.floor(rows.length / 2);
      const last = rows[at];
      if (!last) return;
      const rest = await readSnapshot(await world.device(), { after_c: last.c, after_id: String(last.id) });
      const expected = rows.slice(at + 1).map(place);
      const came = new Set(rest.rows.map(place));
      must(!came.has(place(last)), `after_c and after_id of ${place(last)} bring that row again: go on behind it`);
      const lost = expected.find((row) => !came.has(row));
      must(lost === undefined, `${lost ?? ''} is left out when a snapshot goes on behind ${place(last)}`);
      const [first] = rest.rows;
      must(
        !first || inOrder(last, first),
        `behind ${place(last)} the snapshot goes on with ${first ? place(first) : ''}, which stands before it`,
      );
    },
  },
  {
    id: 'snapshot.collections',
    about: 'only the collections that were asked for',
    run: async (world) => {
      const { rows } = await readSnapshot(await world.device(), { collections: 'service,service_group' });
      const other = rows.find(({ c }) => c !== 'service' && c !== 'service_group');
      must(!other, `collections=service,service_group brings ${other ? place(other) : ''}`);
      must(rows.length > 0, 'collections=service,service_group brings nothing');
    },
  },
  {
    id: 'snapshot.gzip',
    about: 'it is packed for who accepts gzip, and for nobody else',
    run: async (world) => {
      const device = await world.device();
      const plain = await readSnapshot(device);
      must(
        plain.encoding === undefined || plain.encoding === 'identity',
        `who accepts no gzip gets ${String(plain.encoding)}`,
      );
      const packed = await readSnapshot(device, {}, { 'accept-encoding': 'gzip' });
      must(
        packed.encoding === 'gzip',
        'who accepts gzip gets it unpacked: a hundred thousand bookings are tens of megabytes',
      );
      must(packed.bytes < plain.bytes, 'the packed snapshot is larger than the plain one');
    },
  },
];
