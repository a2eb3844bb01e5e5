import { GENESIS_HASH } from '../../../../shared/contracts/centre/schemas.ts';
import { opHash } from '../../sync/chain.ts';
import { int, text } from '../sql.ts';
import type { Migration } from '../migrate.ts';

/**
 * Sync: operations as they go over the wire, chained by their hashes; how far the centre has them; a snapshot that is
 * under way; what only a desk holds.
 */
export const migration: Migration = {
  version: 30,
  name: 'sync',
  sql: `
CREATE TABLE outbox_30 (
  seq INTEGER PRIMARY KEY,
  op_id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('fact', 'request')),
  entity_id TEXT NOT NULL,
  business_date TEXT NOT NULL,
  occurred_at INTEGER NOT NULL,
  -- The operation as it is sent, as JSON: it is never put together a second time, its hash would be another.
  body TEXT NOT NULL,
  -- Of the chain up to it.
  hash TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'acked', 'parked')),
  -- Parked because the centre failed with it each time: its place in the chain is taken by its hash.
  withheld INTEGER NOT NULL DEFAULT 0 CHECK (withheld IN (0, 1)),
  status TEXT,
  problem TEXT,
  acked_at INTEGER
) STRICT;
INSERT INTO outbox_30 (seq, op_id, type, kind, entity_id, business_date, occurred_at, body, hash, state, status, problem,
    acked_at)
  SELECT seq, op_id, type, kind, entity_id, business_date, occurred_at,
    CASE WHEN clock IS NULL
      THEN json_object('op_id', op_id, 'seq', seq, 'type', type, 'kind', kind, 'entity_id', entity_id,
        'business_date', business_date, 'occurred_at', occurred_at, 'payload', json(payload))
      ELSE json_object('op_id', op_id, 'seq', seq, 'type', type, 'kind', kind, 'entity_id', entity_id,
        'business_date', business_date, 'occurred_at', occurred_at, 'clock', json(clock), 'payload', json(payload))
    END, '', state, status, problem, acked_at FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_30 RENAME TO outbox;
-- Most rows are acknowledged ones that are kept; these find the others.
CREATE INDEX outbox_pending ON outbox (seq) WHERE state = 'pending';
CREATE INDEX outbox_parked ON outbox (seq) WHERE state = 'parked';
CREATE INDEX outbox_acked ON outbox (acked_at) WHERE state = 'acked';
CREATE INDEX outbox_entity ON outbox (entity_id);

-- The last operation whose row was dropped, so that the chain goes on behind it: it was durable and old.
CREATE TABLE outbox_dropped (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  seq INTEGER NOT NULL,
  hash TEXT NOT NULL
) STRICT;

-- All operations up to it are in the centre's off-site backup.
ALTER TABLE sync ADD COLUMN durable_seq INTEGER NOT NULL DEFAULT 0;
-- Why this device does nothing more: 'revoked', or 'fork' when its sequence is at work elsewhere.
ALTER TABLE sync ADD COLUMN stopped TEXT CHECK (stopped IN ('revoked', 'fork'));
UPDATE sync SET stopped = 'revoked' WHERE revoked = 1;
ALTER TABLE sync DROP COLUMN revoked;

-- A snapshot that is under way: where it goes on, and the cursor that the feed goes on from afterwards.
CREATE TABLE snapshot (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  epoch TEXT NOT NULL,
  cursor TEXT NOT NULL,
  -- Names separated by commas: what is read, empty for all.
  collections TEXT NOT NULL,
  after_c TEXT,
  after_id TEXT,
  rows INTEGER NOT NULL
) STRICT;

-- Nothing is asked by the start alone; every index costs as much as the rows when they come by the thousand.
DROP INDEX booking_by_start;

-- What the centre answered to a request about a booking, until the feed has it: a page that was read before must not
-- bring the old time back to the screen.
CREATE TABLE booking_told (
  booking_id TEXT PRIMARY KEY,
  rev INTEGER NOT NULL,
  status TEXT NOT NULL,
  starts_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Rows of the feed that this program cannot read: they count when both ends compare what they hold.
CREATE TABLE unread_row (
  c TEXT NOT NULL,
  id TEXT NOT NULL,
  rev INTEGER NOT NULL,
  PRIMARY KEY (c, id)
) STRICT, WITHOUT ROWID;

-- Taken back at the desk: the number is used up, but whoever it was may check in again.
ALTER TABLE visit ADD COLUMN undone_at INTEGER;
DROP INDEX visit_once_per_booking;
CREATE UNIQUE INDEX visit_once_per_booking ON visit (booking_id, business_date)
  WHERE booking_id IS NOT NULL AND undone_at IS NULL;

ALTER TABLE queue_visit ADD COLUMN also TEXT NOT NULL DEFAULT '[]';

-- Of a desk: who people are. Sealed (AES-256-GCM) with a key that is not in this file.
CREATE TABLE person (
  booking_id TEXT PRIMARY KEY,
  rev INTEGER NOT NULL,
  sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE visit_detail (
  visit_id TEXT PRIMARY KEY,
  rev INTEGER NOT NULL,
  business_date TEXT NOT NULL,
  sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE conflict (
  conflict_id TEXT PRIMARY KEY,
  rev INTEGER NOT NULL,
  business_date TEXT NOT NULL,
  open INTEGER NOT NULL CHECK (open IN (0, 1)),
  data TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX conflict_open ON conflict (business_date) WHERE open = 1;

-- Read from the start: the program before this one left out what it had no tables for.
UPDATE sync SET cursor = '';
`,
  /** The chain of what is there: SQLite has no SHA-256. */
  run: (driver) => {
    let prev = GENESIS_HASH;
    const set = driver.prepare('UPDATE outbox SET hash = ? WHERE seq = ?');
    for (const row of driver.prepare('SELECT seq, body FROM outbox ORDER BY seq').all()) {
      prev = opHash(prev, JSON.parse(text(row, 'body')));
      set.run(prev, int(row, 'seq'));
    }
  },
};
