import {
  COLLECTIONS,
  DESK_COLLECTIONS,
  snapshotLine,
  type CollectionName,
} from '../../../shared/contracts/centre/schemas.ts';
import type { Clock, Log } from '../ports.ts';
import { dropIndexes, makeIndex, missingIndexes } from '../store/booking-indexes.ts';
import { dropBetween, forgetUnread, type RowId } from '../store/collections.ts';
import { int, orNull, sql, text, totalChanges, type ReadDb, type WriteDb } from '../store/sql.ts';
import type { Store } from '../store/store.ts';
import { CentreError, type CentreClient } from './client.ts';
import type { Intake } from './intake.ts';
import { readLines } from './lines.ts';
import type { RawRow } from './rows.ts';

/**
 * Everything that the device is to hold, read as one stream and taken in piece by piece: what comes in the order of ids
 * replaces what is here between the last id and the next, so there is never a moment when the cache is empty, and a
 * snapshot that was cut off goes on where it ended, also after a restart.
 */

const SILENT_MS = 30_000;
const BEGIN_MS = 30_000;
const MAX_LINE = 1024 * 1024;
/** A piece is to take about this long: a visitor who checks in meanwhile waits for one, and for its transaction to end. */
const PIECE_MS = 5;
const PIECE_ROWS = { first: 50, least: 20, most: 200, bare: 2_000 } as const;
/**
 * So many changed rows are one transaction. Fewer would write the pages of the indexes again and again; more would make a
 * visitor wait for all of them. Without indexes there is less to write.
 */
const TRANSACTION_ROWS = { indexed: 100, bare: 2_500 } as const;

const NAMES = Object.keys(COLLECTIONS) as CollectionName[];

interface Progress {
  epoch: string;
  /** Where the feed goes on afterwards. */
  cursor: string;
  /** Empty: all. */
  collections: readonly CollectionName[];
  after: { c: CollectionName; id: RowId } | null;
  rows: number;
}

const isName = (name: string): name is CollectionName => Object.hasOwn(COLLECTIONS, name);

/** The snapshot that is under way, or null. */
export const readProgress = (db: ReadDb): Progress | null => {
  const row = db.get(sql`SELECT * FROM snapshot`);
  if (!row) return null;
  const c = orNull(row, 'after_c', text);
  const id = orNull(row, 'after_id', text) ?? '';
  return {
    epoch: text(row, 'epoch'),
    cursor: text(row, 'cursor'),
    collections: text(row, 'collections').split(',').filter(isName),
    after: c !== null && isName(c) ? { c, id: COLLECTIONS[c] === 'number' ? Number(id) : id } : null,
    rows: int(row, 'rows'),
  };
};

const writeProgress = (db: WriteDb, p: Progress): void => {
  const after = p.after;
  db.run(sql`INSERT INTO snapshot (only_row, epoch, cursor, collections, after_c, after_id, rows)
    VALUES (1, ${p.epoch}, ${p.cursor}, ${p.collections.join(',')}, ${after?.c ?? null}, ${after ? String(after.id) : null}, ${p.rows})
    ON CONFLICT (only_row) DO UPDATE SET epoch = excluded.epoch, cursor = excluded.cursor,
      collections = excluded.collections, after_c = excluded.after_c, after_id = excluded.after_id, rows = excluded.rows`);
};

/** Rows of what was asked for are wanted from the start. @param collections empty: all */
export const beginSnapshot = (db: WriteDb, collections: readonly CollectionName[]): void => {
  writeProgress(db, { epoch: '', cursor: '', collections, after: null, rows: 0 });
};

export interface SnapshotPorts {
  store: Store;
  clock: Clock;
  log: Log;
  intake: Intake;
  /** Awaited between two pieces: visitors come first. */
  turn: () => Promise<void>;
  /** Told how many rows are here by now. */
  onProgress: (rows: number) => void;
}

export const createSnapshot = ({ store, clock, log, intake, turn, onProgress }: SnapshotPorts) => {
  let pieceRows: number = PIECE_ROWS.first;
  let unwritten = 0;
  /** The indexes of bookings are made at the end. */
  let bare = false;

  /** Deletes what stands between the last row and a next one, or the end of all; takes the rows in; notes how far it is. */
  const takePiece = (progress: Progress, rows: readonly RawRow[], end: boolean): Progress => {
    const wanted = progress.collections.length > 0 ? progress.collections : NAMES;
    const started = clock.monotonic();
    let changed = 0;
    const next = store.writeBulk((db): Progress => {
      const before = totalChanges(db);
      let after = progress.after;
      const drop = (c: CollectionName, until: RowId | null, kept: readonly RowId[]): void => {
        dropBetween(db, c, after?.c === c ? after.id : null, until, kept);
      };
      /** What is left of the collections before `c` is not at the centre any more; null: of all. */
      const finishBefore = (c: CollectionName | null): void => {
        const begin = after === null ? 0 : wanted.indexOf(after.c);
        const stop = c === null ? wanted.length : wanted.indexOf(c);
        for (const name of wanted.slice(begin, Math.max(begin, stop))) {
          drop(name, null, []);
          if (after?.c !== name) forgetUnread(db, name, null);
        }
      };
      for (let from = 0; from < rows.length;) {
        const c = rows[from]?.c ?? '';
        let to = from;
        while (to < rows.length && rows[to]?.c === c) to += 1;
        const ids = rows.slice(from, to).map(({ id }) => id as RowId);
        const last = ids.at(-1);
        if (isName(c) && last !== undefined) {
          finishBefore(c);
          drop(c, last, ids);
          after = { c, id: last };
        }
        from = to;
      }
      intake.take(db, rows, true);
      if (end) finishBefore(null);
      const done = { ...progress, after, rows: progress.rows + rows.length };
      if (end) finish(db, done);
      else writeProgress(db, done);
      // What is here already is not written again, and counts for nothing.
      changed = totalChanges(db) - before;
      return done;
    });
    const took = clock.monotonic() - started;
    unwritten += changed;
    if (end || unwritten >= (bare ? TRANSACTION_ROWS.bare : TRANSACTION_ROWS.indexed)) {
      store.flushBulk();
      unwritten = 0;
    }
    if (took > 0 && rows.length > 0) {
      const fit = (rows.length * PIECE_MS) / took;
      const most = bare ? PIECE_ROWS.bare : PIECE_ROWS.most;
      // Slowly up, at once down.
      pieceRows = Math.round(Math.max(PIECE_ROWS.least, Math.min(most, fit, (pieceRows + fit) / 2)));
    }
    onProgress(next.rows);
    return next;
  };

  /** One after the other: a visitor waits for one of them at the most. */
  const makeIndexes = async (): Promise<void> => {
    for (const name of store.read(missingIndexes)) {
      store.write((db) => makeIndex(db, name));
      await turn();
    }
    bare = false;
  };

  const finish = (db: WriteDb, done: Progress): void => {
    db.run(sql`DELETE FROM snapshot`);
    // A repair of some collections leaves the feed where it was: what it brings again changes nothing.
    if (done.collections.length === 0) db.run(sql`UPDATE sync SET cursor = ${done.cursor}, epoch = ${done.epoch}`);
  };

  /**
   * Reads the snapshot that was begun, to its end.
   * @returns how many rows came
   * @throws CentreError when it was cut off: call again, it goes on
   */
  const run = async (client: CentreClient, signal: AbortSignal): Promise<number> => {
    let progress = store.read(readProgress);
    if (!progress) return 0;
    const all = progress.collections.length === 0;
    const began = clock.monotonic();
    bare = all && progress.rows === 0 ? store.write(dropIndexes) : store.read(missingIndexes).length > 0;
    const { after, collections } = progress;
    const response = await client.open(
      'snapshot',
      {
        collections: collections.join(','),
        ...(after ? { after_c: after.c, after_id: String(after.id) } : {}),
      },
      { timeoutMs: BEGIN_MS, signal },
    );
    if (!response.body) throw new CentreError('unreachable', 'snapshot: the answer is empty');
    let head = false;
    let ended = false;
    let count = 0;
    let piece: RawRow[] = [];
    pieceRows = PIECE_ROWS.first;
    const cut = (why: string): CentreError => new CentreError('unreachable', `snapshot: ${why}`);
    try {
      for await (const lines of readLines(response.body, { clock, silentMs: SILENT_MS, maxLine: MAX_LINE })) {
        for (const line of lines) {
          signal.throwIfAborted();
          const read = readLine(line);
          if (!read || ended) throw cut('a line that is none of a snapshot');
          if (read.t === 'head') {
            if (head) throw cut('a second head');
            head = true;
            if (progress.epoch !== '' && progress.epoch !== read.epoch) {
              // Another history than the one that it was begun in: from the start.
              store.write((db) => beginSnapshot(db, collections));
              throw cut('the centre has begun another history');
            }
            if (progress.epoch === '') {
              const begun: Progress = { ...progress, epoch: read.epoch, cursor: read.cursor };
              store.write((db) => writeProgress(db, begun));
              progress = begun;
            }
            continue;
          }
          if (!head) throw cut('rows before the head');
          if (read.t === 'end') {
            if (read.rows !== count) throw cut(`${count} rows came of ${read.rows}`);
            ended = true;
            continue;
          }
          count += 1;
          piece.push({ c: read.c, id: read.id, rev: read.rev, op: 'put', data: read.data });
          if (piece.length >= pieceRows) {
            progress = takePiece(progress, piece, false);
            piece = [];
            await turn();
          }
        }
      }
    } catch (error) {
      store.flushBulk();
      if (error instanceof CentreError || signal.aborted) throw error;
      if (isStoreFailure(error)) throw error;
      throw cut(error instanceof Error ? error.message : String(error));
    }
    if (!ended) throw cut('it was cut off');
    progress = takePiece(progress, piece, true);
    await makeIndexes();
    const ms = Math.round(clock.monotonic() - began);
    log.info('sync.snapshot', { rows: progress.rows, ms, collections: collections.join(',') || 'all' });
    return progress.rows;
  };
  return { run, makeIndexes };
};

const isStoreFailure = (error: unknown): boolean => error instanceof Error && error.name === 'CallFailure';

/** Rows are checked one by one as they are taken in; here only the form of the line. */
const readLine = (line: string): ReturnType<typeof snapshotLine.parse> | null => {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  // Tens of thousands of lines are rows: their form is checked by hand, and what is in them by their collection's schema.
  if (isRow(value)) return value;
  const read = snapshotLine.safeParse(value);
  return read.success ? read.data : null;
};
type RowLine = Extract<ReturnType<typeof snapshotLine.parse>, { t: 'row' }>;
const isRow = (value: unknown): value is RowLine =>
  typeof value === 'object' &&
  value !== null &&
  't' in value &&
  value.t === 'row' &&
  'c' in value &&
  typeof value.c === 'string' &&
  'id' in value &&
  (typeof value.id === 'string' || typeof value.id === 'number') &&
  'rev' in value &&
  typeof value.rev === 'number' &&
  'data' in value;

/** Collections that a device of these roles compares with the centre. */
export const collectionsOf = (roles: readonly string[]): CollectionName[] =>
  roles.includes('desk') ? NAMES : NAMES.filter((name) => !DESK_COLLECTIONS.includes(name));
