import type { Operation } from '../../../shared/contracts/centre/schemas.ts';
import { addDays } from '../../../shared/domain/business-day.ts';
import { overflowNumber, SERIES } from '../../../shared/domain/ticket-number.ts';
import { audit } from '../audit/audit.ts';
import type { Clock, Ids, Log } from '../ports.ts';
import { readDevice } from '../store/registry.ts';
import { insertRequest, readRequest, type RequestState } from '../store/requests.ts';
import { int, orNull, sql, text, type ReadDb, type WriteDb } from '../store/sql.ts';
import { insertVisit, readVisit, type VisitRow } from '../store/visits.ts';
import { opHash } from '../sync/chain.ts';
import { chainEnd, enqueue, insertOperation } from '../sync/outbox.ts';
import type { Ledger } from './ledger.ts';
import type { OpItem, PaperNote } from './lines.ts';

/** Brings what the journal knows and the database does not into the database. All inside one transaction. */

export interface ReplayPorts {
  clock: Clock;
  ids: Ids;
  log: Log;
}

export interface Replayed {
  /** Operations that the database did not have. */
  operations: number;
  /** Operations that nobody has any more: their line was damaged. Their places in the chain are kept. */
  lost: number;
  /** Bodies in the outbox that had been changed. */
  mended: number;
}

/** Rows that the outbox knows, and up to where older ones were dropped. */
const outboxState = (db: ReadDb, from: number) => {
  const dropped = db.get(sql`SELECT seq FROM outbox_dropped`);
  return {
    dropped: dropped ? int(dropped, 'seq') : 0,
    rows: new Map(
      db
        .all(sql`SELECT seq, hash, body FROM outbox WHERE seq > ${from}`)
        .map((row) => [int(row, 'seq'), { hash: text(row, 'hash'), body: text(row, 'body') }]),
    ),
  };
};

const knowsOperation = (db: ReadDb, opId: string): boolean =>
  db.get(sql`SELECT 1 AS one FROM outbox WHERE op_id = ${opId}`) !== undefined;

/** A paper of which nobody knows whether it came out: it is never printed by itself again. */
const insertPaper = (
  db: WriteDb,
  of: { ticket: string | null; request: string | null },
  paper: PaperNote,
  now: number,
): void => {
  db.run(sql`INSERT OR IGNORE INTO print_job (job_id, ticket_id, request_id, copy, attempt_id, state, queued_at, expires_at,
      finished_at)
    VALUES (${paper.jobId}, ${of.ticket}, ${of.request}, ${paper.copy}, ${paper.attemptId}, 'unknown', ${paper.queuedAt},
      ${paper.expiresAt}, ${now})`);
};

/** @returns what stands in the way of a visit: nothing, unless the database went on without its journal */
const clashOf = (db: ReadDb, v: VisitRow): string | null => {
  const ticket = db.get(sql`SELECT 1 AS one FROM ticket WHERE ticket_id = ${v.ticketId} OR
    (business_date = ${v.businessDate} AND series = ${v.number.series} AND number = ${v.number.number})`);
  if (ticket) return 'its number is given';
  const visit = db.get(sql`SELECT 1 AS one FROM visit WHERE booking_id = ${v.bookingId}
    AND business_date = ${v.businessDate} AND undone_at IS NULL`);
  return visit ? 'its booking has a visit' : null;
};

/** What an operation did to the other tables. */
const redo = (db: WriteDb, item: OpItem, { clock, log }: ReplayPorts): void => {
  const { op, visit, papers = [] } = item;
  const now = clock.now();
  if (visit && !readVisit(db, visit.visitId)) {
    const clash = clashOf(db, visit);
    if (clash) log.error('vault.visit-not-restored', { visit: visit.visitId, why: clash });
    else insertVisit(db, visit);
  }
  if (papers.length > 0) {
    const ticket = readVisit(db, op.entity_id)?.ticketId;
    if (ticket !== undefined) for (const paper of papers) insertPaper(db, { ticket, request: null }, paper, now);
  }
  if (op.type === 'checkin.undo') {
    db.run(sql`UPDATE visit SET undone_at = ${op.occurred_at}
      WHERE visit_id = ${op.payload.visit_id} AND undone_at IS NULL`);
  }
  audit(db, {
    at: now,
    actor: 'system',
    action: 'fact.replayed',
    entityId: op.entity_id,
    detail: { seq: op.seq, type: op.type },
  });
};

/** When something happened of which no more is known than what it stands beside. */
type Near = Pick<Operation, 'business_date' | 'occurred_at'>;

/**
 * The place of an operation that is lost. The chain goes on over its hash, which the operation behind it tells; before
 * the centre it counts as withheld, and to staff as what it is: something that could not be delivered.
 */
const insertLost = (
  db: WriteDb,
  { seq, hash, known, near }: { seq: number; hash: string | null; known: boolean; near: Near },
  ids: Ids,
): void => {
  const opId = ids.uuid();
  const body = {
    op_id: opId,
    seq,
    type: 'lost',
    kind: 'fact',
    entity_id: opId,
    business_date: near.business_date,
    occurred_at: near.occurred_at,
    payload: {},
  } as unknown as Operation;
  const end = chainEnd(db);
  insertOperation(db, body, hash ?? opHash(end.hash, body));
  db.run(
    known
      ? sql`UPDATE outbox SET state = 'acked', status = 'lost', acked_at = ${near.occurred_at} WHERE seq = ${seq}`
      : sql`UPDATE outbox SET state = 'parked', withheld = 1, problem = 'lost: its record was damaged' WHERE seq = ${seq}`,
  );
};

/**
 * The journal begins behind the end of the database's chain: what was between them has been told to the centre long ago,
 * and was in backups that are gone.
 */
const reachJournal = (db: WriteDb, { from }: Ledger, ids: Ids): void => {
  const end = chainEnd(db).seq;
  if (end >= from.seq) return;
  const last = db.get(sql`SELECT business_date, occurred_at FROM outbox ORDER BY seq DESC LIMIT 1`);
  if (!last) {
    db.run(sql`DELETE FROM outbox_dropped`);
    db.run(sql`INSERT INTO outbox_dropped (only_row, seq, hash) VALUES (1, ${from.seq}, ${from.hash})`);
    return;
  }
  const near = { business_date: text(last, 'business_date'), occurred_at: int(last, 'occurred_at') };
  for (let seq = end + 1; seq <= from.seq; seq += 1) {
    insertLost(db, { seq, hash: seq === from.seq ? from.hash : null, known: true, near }, ids);
  }
};

/** A transaction of the journal is the truth about what was committed; a row that differs in the database wins over it. */
const replayOperations = (db: WriteDb, ledger: Ledger, ports: ReplayPorts): Replayed & { ids: Set<string> } => {
  const { log, ids } = ports;
  const done = { operations: 0, lost: 0, mended: 0, ids: new Set<string>() };
  const items = [...ledger.ops.values()].toSorted((a, b) => a.op.seq - b.op.seq);
  const first = items[0];
  const before = (first?.op.seq ?? 1) - 1;
  reachJournal(db, ledger, ids);
  const { dropped, rows } = outboxState(db, before);
  const strays: OpItem[] = [];
  let apart = false;
  for (const item of items) {
    const { op, prev, hash } = item;
    if (op.seq <= dropped) continue;
    const row = rows.get(op.seq);
    if (row?.hash === hash) {
      const body = JSON.stringify(op);
      if (row.body !== body && opHash(prev, op) === hash) {
        db.run(sql`UPDATE outbox SET body = ${body} WHERE seq = ${op.seq}`);
        log.error('vault.operation-mended', { op: op.op_id, seq: op.seq });
        done.mended += 1;
      }
      continue;
    }
    const end = chainEnd(db);
    apart ||= op.seq === end.seq + 1 && end.hash !== prev;
    // A row that is missing between others has its place; one that is there with another hash keeps it.
    if (apart || row || knowsOperation(db, op.op_id)) {
      strays.push(item);
      continue;
    }
    for (let seq = end.seq + 1; seq < op.seq; seq += 1) {
      const known = seq <= ledger.told;
      insertLost(db, { seq, hash: seq === op.seq - 1 ? prev : null, known, near: op }, ids);
      if (!known) done.lost += 1;
    }
    insertOperation(db, op, hash);
    redo(db, item, ports);
    done.ids.add(op.op_id);
    done.operations += 1;
  }
  for (const item of strays) {
    const { seq: _, ...op } = item.op;
    log.error('vault.operation-differs', { op: item.op.op_id, seq: item.op.seq });
    if (knowsOperation(db, item.op.op_id)) continue;
    // The database went on without it: what happened is told at the end of its chain.
    enqueue(db, op);
    redo(db, item, ports);
    done.ids.add(item.op.op_id);
    done.operations += 1;
  }
  return done;
};

/** How far a request is: what is told of it never goes back. */
const STAGE: Record<RequestState, number> = { waiting: 0, unconfirmed: 1, confirmed: 2, rejected: 2, withdrawn: 2 };

/** Requests stand as the journal has them: each change of one is in it before it is committed. */
const replayRequests = (db: WriteDb, ledger: Ledger, isMissing: (opId: string) => boolean, now: number): void => {
  for (const { row, papers } of ledger.requests.values()) {
    const here = readRequest(db, row.requestId);
    if (!here) {
      const clash = db.get(
        sql`SELECT 1 AS one FROM request WHERE attempt_id = ${row.attemptId} OR op_id = ${row.opId}`,
      );
      if (clash || !isMissing(row.opId)) continue;
      insertRequest(db, { ...row, bookingNumber: null, token: null });
    } else if (STAGE[row.state] > STAGE[here.state]) {
      db.run(
        sql`UPDATE request SET state = ${row.state}, problem = ${row.problem} WHERE request_id = ${row.requestId}`,
      );
    }
    for (const paper of papers) insertPaper(db, { ticket: null, request: row.requestId }, paper, now);
  }
};

/**
 * The reserve of a restored database: all numbers that came, without those on papers and those of days that were given
 * back. Numbers of days long gone are taken away by the housekeeping.
 */
const restoreReserve = (db: WriteDb, ledger: Ledger): void => {
  for (const { date, series, numbers } of ledger.reserve) {
    for (const number of numbers) {
      db.run(sql`INSERT OR IGNORE INTO reserve (business_date, series, number) VALUES (${date}, ${series}, ${number})`);
    }
  }
  db.run(
    sql`DELETE FROM reserve WHERE business_date IN (SELECT business_date FROM outbox WHERE type = 'lease.return')`,
  );
};

/** A number that is on a paper is not there to be given. */
const dropGiven = (db: WriteDb): number =>
  db.run(sql`DELETE FROM reserve WHERE EXISTS (SELECT 1 FROM ticket WHERE ticket.business_date = reserve.business_date
    AND ticket.series = reserve.series AND ticket.number = reserve.number)`);

/**
 * Papers may be in people's hands that nothing here knows of: no number that could be on one of them is given again. The
 * reserve is let go (the centre gives another), and the five-digit counters jump over as many as there may have been.
 */
const skipDoubtful = (db: WriteDb, jump: number): void => {
  db.run(sql`DELETE FROM reserve`);
  const device = readDevice(db);
  const newest = db.get(sql`SELECT max(day) AS day FROM (SELECT max(business_date) AS day FROM ticket
    UNION ALL SELECT max(business_date) FROM outbox UNION ALL SELECT max(business_date) FROM overflow)`);
  const day = newest ? orNull(newest, 'day', text) : null;
  if (!device || day === null) return;
  // A day may have begun since the last thing that is known.
  for (const date of [day, addDays(day, 1)]) {
    for (const series of SERIES) {
      const first = overflowNumber(device.slotNo, 1);
      const paper =
        db.get(sql`SELECT max(number) AS last FROM ticket WHERE business_date = ${date} AND series = ${series}
        AND number BETWEEN ${first} AND ${overflowNumber(device.slotNo, 999)}`);
      const given = (paper ? (orNull(paper, 'last', int) ?? first - 1) : first - 1) - first + 1;
      db.run(sql`INSERT INTO overflow (business_date, series, last) VALUES (${date}, ${series}, ${given + jump})
        ON CONFLICT (business_date, series) DO UPDATE SET last = max(excluded.last, overflow.last + ${jump})`);
    }
  }
};

/** A line of the journal that tells of a ticket is never shorter. */
const LEAST_LINE = 400;
/** Without a journal nobody knows how many numbers were given since the backup. */
const UNKNOWN_JUMP = 300;
/** More are not to be had of one letter in a day. */
const MOST_JUMP = 900;

export interface ReplayAbout {
  /** The database is a backup, or a new one: what the journal knows beyond operations counts too. */
  restored: boolean;
  /** Of the journal. */
  damagedBytes: number;
}

/** @param ledger null when there is no journal that could be read */
export const replay = (db: WriteDb, ledger: Ledger | null, about: ReplayAbout, ports: ReplayPorts): Replayed => {
  const now = ports.clock.now();
  const { ids, ...done } = ledger
    ? replayOperations(db, ledger, ports)
    : { operations: 0, lost: 0, mended: 0, ids: new Set<string>() };
  const { restored, damagedBytes } = about;
  // A request that is not here may have been forgotten with its day: only one that was lost comes back.
  if (ledger) replayRequests(db, ledger, (opId) => restored || ids.has(opId), now);
  if (restored) {
    // They were printed or given up since.
    db.run(sql`UPDATE print_job SET state = 'unknown', finished_at = ${now}
      WHERE state IN ('queued', 'blocked', 'sending') OR (state = 'sent' AND finished_at IS NULL)`);
    if (ledger) restoreReserve(db, ledger);
    const doubtful = ledger === null || damagedBytes > 0 || done.lost > 0;
    const jump = ledger === null ? UNKNOWN_JUMP : Math.ceil(damagedBytes / LEAST_LINE) + done.lost;
    if (doubtful) skipDoubtful(db, Math.min(jump, MOST_JUMP));
    if (ledger?.stopped != null) {
      db.run(sql`DELETE FROM reserve`);
      db.run(sql`UPDATE sync SET stopped = ${ledger.stopped} WHERE stopped IS NULL`);
    }
  }
  dropGiven(db);
  if (done.lost > 0) ports.log.error('vault.operations-lost', { operations: done.lost });
  if (done.operations > 0) {
    ports.log.warn('vault.replayed', { operations: done.operations });
    audit(db, {
      at: now,
      actor: 'system',
      action: 'journal.replayed',
      entityId: '',
      detail: { operations: done.operations, lost: done.lost },
    });
  }
  return done;
};
