import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { AuditChain, AuditFilter, AuditLine, AuditPage } from '../../../shared/contracts/audit.ts';
import { parseBookingNumber } from '../../../shared/domain/booking-number.ts';
import { localTime } from '../../../shared/domain/business-day.ts';
import { toCsv } from '../../../shared/domain/csv.ts';
import type { Moment } from '../../../shared/domain/decide.ts';
import { parseTicketNumber } from '../../../shared/domain/ticket-number.ts';
import { audit, type AuditEntry } from '../audit/audit.ts';
import { readBookingByNumber } from '../store/bookings.ts';
import { readDevice, readOffice } from '../store/registry.ts';
import { int, sql, text, type ReadDb } from '../store/sql.ts';
import type { SqlRow } from '../ports.ts';
import type { Store } from '../store/store.ts';

/**
 * The audit log for whoever may look at it. Who looks stands in it too. However long it has become, the core answers
 * others in between: it is read and checked in pieces.
 */

export interface AuditLogPorts {
  store: Store;
  moment: () => Moment;
  /** Who is signed in, as the audit log names him. @throws CallFailure forbidden */
  actor: (right: 'audit') => string;
  names: {
    /** @returns null of whoever is no member of staff, or not known */
    staff: (id: string) => string | null;
    /** What people call a thing: the number of a ticket or a booking. */
    entity: (db: ReadDb, id: string) => string | null;
  };
}

interface AuditQuery {
  filter: AuditFilter;
  before: number | null;
  limit: number;
}

/** What one turn reads of the log at most: some milliseconds. */
const BLOCK = 4096;
const CHECKED_AT_ONCE = 1000;
/** Lines of one table, the newest; more is for a narrower filter. */
const MOST_EXPORTED = 50_000;
/** Names are looked up for so many lines in one turn. */
const NAMED_AT_ONCE = 500;
/** Things that one text may stand for: a ticket number comes again every day. */
const MOST_THINGS = 200;
/** The end of the year 9999. */
const LAST_TIME = 253_402_300_799_999;
const NOTHING_YET = '0'.repeat(64);

/** What a block of the log holds: its actions, and the first and the last time of each. The log only grows, so it stays true. */
type Held = Map<string, { first: number; last: number }>;

const firstOf = (block: number): number => block * BLOCK + 1;
const blockOf = (seq: number): number => Math.floor((seq - 1) / BLOCK);

const lastSeq = (db: ReadDb): number => {
  const row = db.get(sql`SELECT seq FROM audit ORDER BY seq DESC LIMIT 1`);
  return row ? int(row, 'seq') : 0;
};

const mayHave = (held: Held, { action, from, until }: AuditFilter): boolean =>
  [...held].some(
    ([name, { first, last }]) =>
      (action === undefined || name === action) &&
      (from === undefined || last >= from) &&
      (until === undefined || first < until),
  );

/** The hash that an entry must have, by what stands in its row; null when that is no entry. */
const hashOf = (row: SqlRow, prev: string): string | null => {
  try {
    const entry: unknown = JSON.parse(text(row, 'detail'));
    const of = [int(row, 'seq'), int(row, 'at'), text(row, 'actor'), text(row, 'action'), text(row, 'entity_id')];
    return createHash('sha256')
      .update(JSON.stringify([prev, ...of, entry]))
      .digest('hex');
  } catch {
    return null;
  }
};

/** Entries of a thing, the newest first. A thing has few, so these need no pieces. */
const ofThings = (db: ReadDb, things: readonly string[], filter: AuditFilter, below: number, count: number): SqlRow[] =>
  db.all(sql`SELECT * FROM audit INDEXED BY audit_entity
    WHERE entity_id IN (SELECT value FROM json_each(${JSON.stringify(things)})) AND seq < ${below}
      AND at >= ${filter.from ?? Number.MIN_SAFE_INTEGER} AND at < ${filter.until ?? Number.MAX_SAFE_INTEGER}
      AND (${filter.action ?? null} IS NULL OR action = ${filter.action ?? null})
      AND (${filter.actor ?? null} IS NULL OR actor = ${filter.actor ?? null})
    ORDER BY seq DESC LIMIT ${count}`);

const ofBlock = (db: ReadDb, block: number, filter: AuditFilter, below: number, count: number): SqlRow[] => {
  const from = firstOf(block);
  const until = Math.min(below, from + BLOCK);
  return filter.actor === undefined
    ? db.all(sql`SELECT * FROM audit WHERE seq >= ${from} AND seq < ${until}
        AND at >= ${filter.from ?? Number.MIN_SAFE_INTEGER} AND at < ${filter.until ?? Number.MAX_SAFE_INTEGER}
        AND (${filter.action ?? null} IS NULL OR action = ${filter.action ?? null})
        ORDER BY seq DESC LIMIT ${count}`)
    : db.all(sql`SELECT * FROM audit INDEXED BY audit_actor
        WHERE actor = ${filter.actor} AND seq >= ${from} AND seq < ${until}
        AND at >= ${filter.from ?? Number.MIN_SAFE_INTEGER} AND at < ${filter.until ?? Number.MAX_SAFE_INTEGER}
        AND (${filter.action ?? null} IS NULL OR action = ${filter.action ?? null})
        ORDER BY seq DESC LIMIT ${count}`);
};

/** Goes from one actor to the next in the index instead of through all entries. */
const actorsOf = (db: ReadDb): string[] =>
  db
    .all(
      sql`WITH RECURSIVE one (actor) AS (
        SELECT min(actor) FROM audit
        UNION ALL
        SELECT (SELECT min(audit.actor) FROM audit WHERE audit.actor > one.actor) FROM one WHERE one.actor IS NOT NULL
      ) SELECT actor FROM one WHERE actor IS NOT NULL`,
    )
    .map((row) => text(row, 'actor'));

/** @returns the log's names of what somebody may have meant: the text itself, and the booking or visits of that number */
const thingsOf = (db: ReadDb, typed: string, now: number): string[] => {
  const things = new Set([typed]);
  const booking = parseBookingNumber(typed);
  const bookingId = booking.ok ? readBookingByNumber(db, booking.number, now)?.bookingId : undefined;
  if (bookingId !== undefined) {
    things.add(bookingId);
    for (const row of db.all(sql`SELECT visit_id FROM visit WHERE booking_id = ${bookingId}`))
      things.add(text(row, 'visit_id'));
  }
  const ticket = parseTicketNumber(typed);
  if (ticket !== null) {
    const { series, number } = ticket;
    const rows = db.all(sql`SELECT visit_id FROM ticket WHERE series = ${series} AND number = ${number}
      UNION SELECT visit_id FROM queue_visit WHERE series = ${series} AND number = ${number} LIMIT ${MOST_THINGS}`);
    for (const row of rows) things.add(text(row, 'visit_id'));
  }
  return [...things];
};

/** A log that was tampered with is looked at all the more: what cannot be read of it is shown as it stands. */
const detailOf = (row: SqlRow): AuditLine['detail'] => {
  const raw = text(row, 'detail');
  try {
    const value: unknown = JSON.parse(raw);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return { unreadable: raw };
    const plain = (v: unknown): v is AuditLine['detail'][string] => v === null || typeof v !== 'object';
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v) ? v : JSON.stringify(v)]));
  } catch {
    return { unreadable: raw };
  }
};

/** A time that can be shown, also where the row was tampered with. */
const timeOf = (row: SqlRow): number => Math.min(Math.max(0, int(row, 'at')), LAST_TIME);

const HEADINGS: Record<'ru' | 'en', readonly string[]> = {
  ru: ['№', 'Время', 'Кто (код)', 'Кто', 'Действие', 'О чём (код)', 'О чём', 'Подробности', 'Отпечаток'],
  en: ['No.', 'Time', 'Who (code)', 'Who', 'Action', 'About (code)', 'About', 'Details', 'Fingerprint'],
};

const two = (n: number): string => String(n).padStart(2, '0');

export const createAuditLog = ({ store, moment, actor, names }: AuditLogPorts) => {
  const blocks: Held[] = [];
  /** The last entry that was found to fit, and its hash: from there on the next check goes on. */
  let mark = { seq: 0, hash: NOTHING_YET };
  /** The same when the whole chain was found to fit: that entry must never change again. */
  let whole = mark;
  let checking: { full: boolean; run: Promise<AuditChain> } | null = null;

  /** Looks through the blocks that have become full since the last time. */
  const survey = async (): Promise<void> => {
    const last = store.read(lastSeq);
    while ((blocks.length + 1) * BLOCK <= last) {
      const from = firstOf(blocks.length);
      const rows = store.read((db) =>
        db.all(sql`SELECT action, min(at) AS first, max(at) AS last FROM audit
          WHERE seq >= ${from} AND seq < ${from + BLOCK} GROUP BY action`),
      );
      blocks.push(new Map(rows.map((r) => [text(r, 'action'), { first: int(r, 'first'), last: int(r, 'last') }])));
      await turn();
    }
  };

  /** @returns what fits, the newest first, `count` at most */
  const pick = async (filter: AuditFilter, things: string[] | null, below: number, count: number) => {
    if (things !== null) return store.read((db) => ofThings(db, things, filter, below, count));
    if (filter.action !== undefined || filter.from !== undefined || filter.until !== undefined) await survey();
    const found: SqlRow[] = [];
    for (let block = blockOf(below - 1); block >= 0 && found.length < count; block -= 1) {
      const held = blocks[block];
      if (held && !mayHave(held, filter)) continue;
      found.push(...store.read((db) => ofBlock(db, block, filter, below, count - found.length)));
      if (found.length < count) await turn();
    }
    return found;
  };

  const resolve = ({ entity = '' }: AuditFilter): string[] | null =>
    entity.trim() === '' ? null : store.read((db) => thingsOf(db, entity.trim(), moment().at));

  /**
   * What was asked for, for the log. What was typed is there only as the thing that it stands for: somebody may have
   * typed a name.
   */
  const asked = ({ entity, ...rest }: AuditFilter, things: string[] | null, found: number): AuditEntry['detail'] => {
    const thing = things?.[1] ?? (found > 0 ? entity : undefined) ?? (things ? 'unknown' : undefined);
    return Object.fromEntries(
      Object.entries({ ...rest, thing }).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])),
    );
  };
  const note = (who: string, action: string, detail: AuditEntry['detail']): void =>
    store.write((db) => audit(db, { at: moment().at, actor: who, action, entityId: '', detail }));

  const linesOf = (rows: readonly SqlRow[]): AuditLine[] =>
    store.read((db) => {
      const called = new Map<string, string | null>();
      const nameOf = (id: string): string | null => {
        const known = called.get(id);
        if (known !== undefined) return known;
        const name = id === '' ? null : (names.entity(db, id) ?? names.staff(id));
        called.set(id, name);
        return name;
      };
      return rows.map((row) => ({
        seq: int(row, 'seq'),
        at: timeOf(row),
        actor: text(row, 'actor'),
        actorName: names.staff(text(row, 'actor')),
        action: text(row, 'action'),
        entity: text(row, 'entity_id'),
        entityName: nameOf(text(row, 'entity_id')),
        detail: detailOf(row),
      }));
    });

  const hashAt = (seq: number): string | null => {
    if (seq === 0) return NOTHING_YET;
    const row = store.read((db) => db.get(sql`SELECT hash FROM audit WHERE seq = ${seq}`));
    return row ? text(row, 'hash') : null;
  };
  const walk = async (full: boolean): Promise<AuditChain> => {
    // What fitted when it was looked at last is not what stands there now: all of it is to be checked.
    if (full || hashAt(mark.seq) !== mark.hash) mark = { seq: 0, hash: NOTHING_YET };
    for (;;) {
      const rows = store.read((db) =>
        db.all(sql`SELECT * FROM audit WHERE seq > ${mark.seq} ORDER BY seq LIMIT ${CHECKED_AT_ONCE}`),
      );
      for (const row of rows) {
        const seq = mark.seq + 1;
        const hash = hashOf(row, mark.hash);
        const fits = int(row, 'seq') === seq && text(row, 'prev_hash') === mark.hash && text(row, 'hash') === hash;
        if (!fits || hash === null) return { entries: store.read(lastSeq), brokenAt: seq, head: mark.hash };
        mark = { seq, hash };
      }
      if (rows.length < CHECKED_AT_ONCE) break;
      await turn();
    }
    const { seq: entries, hash: head } = mark;
    // It fits in itself, and yet it is not what it was: cut off at its end, or written anew.
    if (hashAt(whole.seq) !== whole.hash) return { entries, brokenAt: Math.min(whole.seq, entries + 1), head };
    whole = mark;
    return { entries, brokenAt: null, head };
  };

  return {
    /**
     * @param before the `seq` below which to go on, or null for the newest, which is an opening and stands in the log
     * @throws CallFailure forbidden
     */
    list: async ({ filter, before, limit }: AuditQuery): Promise<AuditPage> => {
      const who = actor('audit');
      const things = resolve(filter);
      const below = before ?? store.read(lastSeq) + 1;
      const rows = await pick(filter, things, below, limit + 1);
      const entries = linesOf(rows.slice(0, limit));
      const more = rows.length > limit;
      if (before !== null) return { entries, more, actors: [], actions: [] };
      await survey();
      const rest = store.read((db) =>
        db.all(sql`SELECT DISTINCT action FROM audit WHERE seq >= ${firstOf(blocks.length)}`),
      );
      const actions = new Set([...blocks.flatMap((held) => [...held.keys()]), ...rest.map((r) => text(r, 'action'))]);
      const actors = store.read(actorsOf).map((id) => ({ id, name: names.staff(id) }));
      note(who, 'audit.seen', asked(filter, things, entries.length));
      return { entries, more, actors, actions: [...actions].sort() };
    },
    /**
     * @param full everything again, instead of what is new since the last time
     * @throws CallFailure forbidden
     */
    verify: async ({ full }: { full: boolean }): Promise<AuditChain> => {
      actor('audit');
      // Who asks for all of it waits for a smaller check that is under way, and joins another of all.
      while (checking && full && !checking.full) await checking.run;
      checking ??= {
        full,
        run: walk(full).finally(() => {
          checking = null;
        }),
      };
      return checking.run;
    },
    /** @throws CallFailure forbidden */
    csv: async ({ filter, language }: { filter: AuditFilter; language: 'ru' | 'en' }) => {
      const who = actor('audit');
      const things = resolve(filter);
      const found = await pick(filter, things, store.read(lastSeq) + 1, MOST_EXPORTED + 1);
      const more = found.length > MOST_EXPORTED;
      const zone = store.read((db) => {
        const device = readDevice(db);
        return (device && readOffice(db, device.officeId)?.time_zone) ?? 'UTC';
      });
      const wall = (at: number): string => {
        const { date, hour, minute } = localTime(at, zone);
        return `${date} ${two(hour)}:${two(minute)}:${two(Math.floor(at / 1000) % 60)}`;
      };
      const rows: (string | number | null)[][] = [[...HEADINGS[language]]];
      for (let from = 0; from < Math.min(found.length, MOST_EXPORTED); from += NAMED_AT_ONCE) {
        const part = found.slice(from, Math.min(from + NAMED_AT_ONCE, MOST_EXPORTED));
        linesOf(part).forEach((line, n) => {
          const { seq, at, actor: id, actorName, action, entity, entityName } = line;
          const row = part[n];
          if (row)
            rows.push([
              seq,
              wall(at),
              id,
              actorName,
              action,
              entity,
              entityName,
              text(row, 'detail'),
              text(row, 'hash'),
            ]);
        });
        await turn();
      }
      note(who, 'audit.exported', { ...asked(filter, things, found.length), rows: rows.length - 1 });
      const name = `talon-audit-${localTime(moment().at, zone).date}.csv`;
      return { name, text: toCsv(rows, language), rows: rows.length - 1, more };
    },
  };
};
export type AuditLog = ReturnType<typeof createAuditLog>;
