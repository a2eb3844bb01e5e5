import { GENESIS_HASH } from '../../../shared/contracts/centre/schemas.ts';
import { SERIES } from '../../../shared/domain/ticket-number.ts';
import { readDevice } from '../store/registry.ts';
import { readRequest } from '../store/requests.ts';
import { int, oneOf, orNull, sql, text, type ReadDb, type WriteDb } from '../store/sql.ts';
import { readVisit } from '../store/visits.ts';
import { chainEnd, operationsAfter, type ChainEnd, type OutboxRow } from '../sync/outbox.ts';
import { readStopped } from '../sync/stopped.ts';
import type { HeadItem, Item, OpItem, PaperNote } from './lines.ts';

/** What a transaction wrote that the journal has to know, read from the database before it is committed. */

/** Up to where the journal has a device's operations. */
export interface Written extends ChainEnd {
  /** Empty while the device is not enrolled. */
  deviceId: string;
}

/**
 * What changes without an operation is noted by triggers of this connection alone: they are not in the file, and cost
 * nothing where nothing of the kind happens.
 */
export const watchTables = (db: WriteDb): void => {
  for (const text of [
    `PRAGMA temp_store = MEMORY`,
    `CREATE TEMP TABLE vault_note (what TEXT NOT NULL, id TEXT NOT NULL, series TEXT, number INTEGER)`,
    `CREATE TEMP TRIGGER vault_reserve AFTER INSERT ON main.reserve BEGIN
      INSERT INTO vault_note VALUES ('reserve', NEW.business_date, NEW.series, NEW.number); END`,
    `CREATE TEMP TRIGGER vault_request AFTER INSERT ON main.request BEGIN
      INSERT INTO vault_note VALUES ('request', NEW.request_id, NULL, NULL); END`,
    `CREATE TEMP TRIGGER vault_request_state AFTER UPDATE OF state ON main.request BEGIN
      INSERT INTO vault_note VALUES ('request', NEW.request_id, NULL, NULL); END`,
    `CREATE TEMP TRIGGER vault_slip AFTER INSERT ON main.print_job WHEN NEW.request_id IS NOT NULL BEGIN
      INSERT INTO vault_note VALUES ('request', NEW.request_id, NULL, NULL); END`,
    `CREATE TEMP TRIGGER vault_stopped AFTER UPDATE OF stopped ON main.sync WHEN NEW.stopped IS NOT NULL BEGIN
      INSERT INTO vault_note VALUES ('stopped', NEW.stopped, NULL, NULL); END`,
  ]) {
    db.run({ text, params: [] });
  }
};

/** Where the chain ends, and whose it is. */
export const writtenIn = (db: ReadDb): Written => ({ ...chainEnd(db), deviceId: readDevice(db)?.deviceId ?? '' });

/** @param at the chain's end before what follows the head */
export const headOf = (db: ReadDb, at: ChainEnd): HeadItem => {
  const device = readDevice(db);
  const row = db.get(sql`SELECT enrolled_at FROM device`);
  const sync = db.get(sql`SELECT epoch FROM sync`);
  return {
    t: 'head',
    device: device && row ? { ...device, enrolledAt: int(row, 'enrolled_at') } : null,
    epoch: sync ? text(sync, 'epoch') : '',
    seq: at.seq,
    hash: at.hash,
  };
};

const noteOf = (row: Parameters<typeof text>[0]): PaperNote => ({
  jobId: text(row, 'job_id'),
  copy: int(row, 'copy'),
  attemptId: orNull(row, 'attempt_id', text),
  queuedAt: int(row, 'queued_at'),
  expiresAt: int(row, 'expires_at'),
});
const papersOfVisit = (db: ReadDb, visitId: string): PaperNote[] =>
  db
    .all(sql`SELECT print_job.* FROM print_job JOIN ticket USING (ticket_id) WHERE visit_id = ${visitId} ORDER BY copy`)
    .map(noteOf);

const itemOf = (db: ReadDb, { op, hash }: OutboxRow, prev: string): OpItem => {
  const item: OpItem = { t: 'op', prev, hash, op };
  if (op.type === 'checkin' || op.type === 'walkin') {
    const visit = readVisit(db, op.entity_id);
    if (visit) return { ...item, visit, papers: papersOfVisit(db, op.entity_id) };
  }
  if (op.type === 'ticket.reprint') {
    const { copy } = op.payload;
    return { ...item, papers: papersOfVisit(db, op.entity_id).filter((paper) => paper.copy === copy) };
  }
  return item;
};

const PIECE = 500;

/** The operations behind `after` as the journal has them, no more than `limit`. */
export const opItems = (db: ReadDb, after: ChainEnd, limit = Number.MAX_SAFE_INTEGER): OpItem[] => {
  const items: OpItem[] = [];
  let { seq, hash } = after;
  while (items.length < limit) {
    const rows = operationsAfter(db, seq, Math.min(PIECE, limit - items.length));
    for (const row of rows) {
      items.push(itemOf(db, row, hash));
      ({ seq, hash } = row);
    }
    if (rows.length === 0) break;
  }
  return items;
};

const requestItem = (db: ReadDb, requestId: string): Item[] => {
  const row = readRequest(db, requestId);
  if (!row) return [];
  const { bookingNumber: _number, token: _token, ...rest } = row;
  const papers = db.all(sql`SELECT * FROM print_job WHERE request_id = ${requestId} ORDER BY copy`).map(noteOf);
  return [{ t: 'request', row: rest, papers }];
};

/** What the triggers noted, in the order of its happening; the notes are gone afterwards. */
const notedItems = (db: WriteDb): Item[] => {
  const items: Item[] = [];
  const reserves = new Map<string, number[]>();
  const requests = new Set<string>();
  for (const row of db.all(sql`SELECT * FROM vault_note ORDER BY rowid`)) {
    const id = text(row, 'id');
    switch (text(row, 'what')) {
      case 'reserve': {
        const series = oneOf(SERIES, text(row, 'series'), 'series');
        const key = `${id} ${series}`;
        const numbers = reserves.get(key) ?? [];
        if (numbers.length === 0) {
          reserves.set(key, numbers);
          items.push({ t: 'reserve', date: id, series, numbers });
        }
        numbers.push(int(row, 'number'));
        break;
      }
      case 'request':
        requests.add(id);
        break;
      default:
        items.push({ t: 'stopped', why: id });
    }
  }
  for (const id of requests) items.push(...requestItem(db, id));
  db.run(sql`DELETE FROM vault_note`);
  return items;
};

/** The reserve, the requests and the state of a device as they are now, for a journal that has lost what it knew of them. */
export const standingItems = (db: ReadDb): Item[] => {
  const reserves = new Map<string, Item & { t: 'reserve' }>();
  for (const row of db.all(sql`SELECT * FROM reserve ORDER BY business_date, series, number`)) {
    const date = text(row, 'business_date');
    const series = oneOf(SERIES, text(row, 'series'), 'series');
    const key = `${date} ${series}`;
    const item = reserves.get(key) ?? { t: 'reserve', date, series, numbers: [] };
    item.numbers.push(int(row, 'number'));
    reserves.set(key, item);
  }
  const requests = db
    .all(sql`SELECT request_id FROM request`)
    .flatMap((row) => requestItem(db, text(row, 'request_id')));
  const why = readStopped(db);
  return [...reserves.values(), ...requests, ...(why ? [{ t: 'stopped' as const, why }] : [])];
};

export interface Gathered {
  written: Written;
  /** The last operation before those in `items`. */
  before: ChainEnd;
  items: Item[];
  /** The device was enrolled, as another one than before. */
  enrolled: boolean;
}

/** @returns null when the transaction wrote nothing that the journal has to know: nearly always, and told by two reads */
export const gather = (db: WriteDb, last: Written): Gathered | null => {
  const written = writtenIn(db);
  const enrolled = written.deviceId !== last.deviceId;
  const noted = db.get(sql`SELECT 1 AS one FROM vault_note LIMIT 1`) !== undefined;
  if (!enrolled && !noted && written.seq === last.seq) return null;
  const dropped = db.get(sql`SELECT seq, hash FROM outbox_dropped`);
  const before: ChainEnd = !enrolled
    ? { seq: last.seq, hash: last.hash }
    : dropped
      ? { seq: int(dropped, 'seq'), hash: text(dropped, 'hash') }
      : { seq: 0, hash: GENESIS_HASH };
  const items: Item[] = [
    ...(enrolled ? [headOf(db, before)] : []),
    ...opItems(db, before),
    ...(noted ? notedItems(db) : []),
  ];
  return { written, before, items, enrolled };
};

/** Whether rows of people were purged: no copy of them may stay behind. */
export const isPurge = (item: Item): boolean => item.t === 'op' && item.op.type === 'purge.done';
