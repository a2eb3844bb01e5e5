import Database from 'better-sqlite3';
import { VISITS_SCHEMA } from './db-visits.ts';

/**
 * The centre's store. Every promise that the centre makes to a device (an acknowledged operation, a leased number, a
 * spent enrolment code) is on disk before the answer leaves: WAL with `synchronous = FULL`.
 */
export type Db = Database.Database;

const SCHEMA_VERSION = 4;

const SCHEMA = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Entities as they are now. Their history, as devices see it, stands in change_log.
CREATE TABLE entity (
  collection TEXT NOT NULL CHECK (collection IN
    ('office', 'service_group', 'service', 'setting', 'window', 'slot', 'staff', 'day_numbers')),
  id TEXT NOT NULL,
  -- Office whose devices get it; -1: all.
  audience INTEGER NOT NULL,
  rev INTEGER NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (collection, id, audience)
) STRICT, WITHOUT ROWID;

-- How many a slot takes, where that is not what the windows make of it.
CREATE TABLE slot_capacity (
  office_id INTEGER NOT NULL,
  slot_id TEXT NOT NULL,
  capacity INTEGER NOT NULL,
  PRIMARY KEY (office_id, slot_id)
) STRICT, WITHOUT ROWID;
-- When times can be booked, JSON; an office that is not here has no slots.
CREATE TABLE booking_times (office_id INTEGER PRIMARY KEY, data TEXT NOT NULL) STRICT;

-- Append-only, numbered in commit order: there is one writer. A row is for the devices of one office (-1: of all), or for
-- those of them that are a desk. What was in a row stands in current_row alone, so that what is erased there is gone.
CREATE TABLE change_log (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  audience INTEGER NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('', 'desk')),
  collection TEXT NOT NULL,
  id TEXT NOT NULL,
  rev INTEGER NOT NULL,
  op TEXT NOT NULL CHECK (op IN ('put', 'del', 'evict')),
  purge INTEGER NOT NULL DEFAULT 0 CHECK (purge = 0 OR op = 'evict')
) STRICT;
CREATE TRIGGER change_log_kept BEFORE DELETE ON change_log BEGIN SELECT raise(ABORT, 'change_log is append-only'); END;
CREATE TRIGGER change_log_fixed BEFORE UPDATE ON change_log BEGIN SELECT raise(ABORT, 'change_log is append-only'); END;

-- Of each entity the newest row of the log, as devices get it: the feed, snapshots and digests are read from here.
CREATE TABLE current_row (
  audience INTEGER NOT NULL,
  role TEXT NOT NULL,
  collection TEXT NOT NULL,
  id TEXT NOT NULL,
  rev INTEGER NOT NULL,
  -- Of the newest row, and of the first that there ever was.
  seq INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  op TEXT NOT NULL,
  purge INTEGER NOT NULL,
  data TEXT,
  PRIMARY KEY (audience, role, collection, id),
  CHECK ((op = 'put') = (data IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX current_seq ON current_row (audience, role, seq);
-- Of all puts of a collection: how many, and the XOR of the first 8 bytes of SHA-256(id|rev), hexadecimal.
CREATE TABLE row_digest (
  audience INTEGER NOT NULL,
  role TEXT NOT NULL,
  collection TEXT NOT NULL,
  count INTEGER NOT NULL,
  xor TEXT NOT NULL,
  PRIMARY KEY (audience, role, collection)
) STRICT, WITHOUT ROWID;

-- The business day up to which an office's window was brought, and the first to which it was.
CREATE TABLE office_window (
  office_id INTEGER PRIMARY KEY,
  business_date TEXT NOT NULL,
  since TEXT NOT NULL
) STRICT;

CREATE TABLE device (
  device_id TEXT PRIMARY KEY,
  office_id INTEGER NOT NULL,
  slot_no INTEGER NOT NULL CHECK (slot_no BETWEEN 1 AND 99),
  roles TEXT NOT NULL,
  public_x TEXT NOT NULL,
  app TEXT NOT NULL,
  hardware TEXT NOT NULL,
  enrolled_at INTEGER NOT NULL,
  revoked_at INTEGER,
  -- Two devices say that they are this one: its chain of operations has forked.
  blocked_at INTEGER,
  -- The last of its chain that is known here, and the last that is in a backup.
  acked_seq INTEGER NOT NULL DEFAULT 0,
  durable_seq INTEGER NOT NULL DEFAULT 0,
  -- The history in which it said what numbers it holds.
  hello_epoch TEXT,
  UNIQUE (office_id, slot_no)
) STRICT, WITHOUT ROWID;

-- Codes are kept in clear: they live for a day, are spent once, and the ready line prints them again after a restart.
CREATE TABLE enrolment_code (
  code TEXT PRIMARY KEY,
  office_id INTEGER NOT NULL,
  roles TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  wrong_proofs INTEGER NOT NULL DEFAULT 0,
  used_at INTEGER,
  device_id TEXT REFERENCES device
) STRICT, WITHOUT ROWID;
CREATE TABLE wrong_enrolment (source TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX wrong_enrolment_source ON wrong_enrolment (source, at);

CREATE TABLE access_token (
  token_sha256 TEXT PRIMARY KEY,
  device_id TEXT NOT NULL REFERENCES device,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The chain of a device's operations: the hash of each, also of those that were withheld.
CREATE TABLE chain (
  device_id TEXT NOT NULL REFERENCES device,
  seq INTEGER NOT NULL,
  hash TEXT NOT NULL CHECK (length(hash) = 64),
  op_id TEXT NOT NULL,
  -- The operation itself has not been sent yet.
  withheld INTEGER NOT NULL CHECK (withheld IN (0, 1)),
  PRIMARY KEY (device_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE operation (
  device_id TEXT NOT NULL REFERENCES device,
  op_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  -- Null when it could not be read; the body is kept as it came in either case.
  type TEXT,
  body TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  status TEXT NOT NULL,
  problem_type TEXT,
  -- JSON, all that was answered.
  outcome TEXT NOT NULL,
  PRIMARY KEY (device_id, op_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX operation_seq ON operation (device_id, seq);

-- What devices asked for, for as long as it may be taken back.
CREATE TABLE request (
  device_id TEXT NOT NULL REFERENCES device,
  op_id TEXT NOT NULL,
  type TEXT NOT NULL,
  booking_id TEXT NOT NULL,
  -- The booking before and after; null before a booking was made.
  from_status TEXT,
  from_starts_at INTEGER,
  to_starts_at INTEGER NOT NULL,
  applied_at INTEGER NOT NULL,
  withdrawn_at INTEGER,
  PRIMARY KEY (device_id, op_id)
) STRICT, WITHOUT ROWID;
-- Requests that were taken back, also before they came.
CREATE TABLE withdrawn (
  device_id TEXT NOT NULL REFERENCES device,
  op_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (device_id, op_id)
) STRICT, WITHOUT ROWID;

-- All that was said of calls for help: that somebody calls, that somebody is with him, that it is over.
CREATE TABLE help_word (
  device_id TEXT NOT NULL REFERENCES device,
  op_id TEXT NOT NULL,
  office_id INTEGER NOT NULL,
  help_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('call', 'take', 'over')),
  business_date TEXT NOT NULL,
  at INTEGER NOT NULL,
  -- What decides who was first.
  ranked_at INTEGER NOT NULL,
  actor TEXT,
  screen TEXT NOT NULL,
  reason TEXT,
  booking_id TEXT,
  visit_id TEXT,
  result_visit TEXT,
  PRIMARY KEY (device_id, op_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX help_word_of ON help_word (office_id, help_id);
-- What follows from it. One that is only known to be over, or taken, has not been heard of itself.
CREATE TABLE help_call (
  office_id INTEGER NOT NULL,
  help_id TEXT NOT NULL,
  rev INTEGER NOT NULL,
  device_id TEXT NOT NULL REFERENCES device,
  business_date TEXT NOT NULL,
  screen TEXT NOT NULL,
  reason TEXT,
  called_at INTEGER NOT NULL,
  taken_by TEXT,
  taken_at INTEGER,
  over_at INTEGER,
  -- JSON: the row that devices got last; null: none holds it.
  told TEXT,
  PRIMARY KEY (office_id, help_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX help_told ON help_call (office_id) WHERE told IS NOT NULL;

-- Tickets that are sent instead of printed: tasks for who sends text messages. The phone stays sealed as it came.
CREATE TABLE sms_task (
  device_id TEXT NOT NULL REFERENCES device,
  op_id TEXT NOT NULL,
  office_id INTEGER NOT NULL,
  visit_id TEXT NOT NULL,
  sealed TEXT,
  consent_version TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (device_id, op_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sms_task_visit ON sms_task (visit_id);
-- The codes of the sealed envelopes, in clear: whoever keeps the envelopes writes them down from here.
CREATE TABLE emergency_code (
  staff_id TEXT NOT NULL,
  audience INTEGER NOT NULL,
  code TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  PRIMARY KEY (staff_id, audience)
) STRICT, WITHOUT ROWID;

-- All that was said; of each visit the latest counts.
CREATE TABLE feedback (
  device_id TEXT NOT NULL REFERENCES device,
  op_id TEXT NOT NULL,
  office_id INTEGER NOT NULL,
  visit_id TEXT NOT NULL,
  score INTEGER NOT NULL,
  reasons TEXT NOT NULL,
  sealed TEXT,
  occurred_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  PRIMARY KEY (device_id, op_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX feedback_visit ON feedback (visit_id, occurred_at);

-- Leases keep numbers apart; this index is the alarm for when they did not.
CREATE TABLE ticket (
  visit_id TEXT NOT NULL REFERENCES visit,
  office_id INTEGER NOT NULL,
  business_date TEXT NOT NULL,
  series TEXT NOT NULL,
  number INTEGER NOT NULL,
  UNIQUE (office_id, business_date, series, number)
) STRICT;

CREATE TABLE lease (
  office_id INTEGER NOT NULL,
  business_date TEXT NOT NULL,
  series TEXT NOT NULL,
  number INTEGER NOT NULL,
  -- Null: the centre gave it out itself.
  device_id TEXT REFERENCES device,
  request_id TEXT NOT NULL,
  PRIMARY KEY (office_id, business_date, series, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE lease_request (
  device_id TEXT NOT NULL REFERENCES device,
  request_id TEXT NOT NULL,
  -- The question as it was asked, and the numbers that it was answered with.
  question TEXT NOT NULL,
  numbers TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (device_id, request_id)
) STRICT, WITHOUT ROWID;

-- Reserve numbers that came back unused: others may have them. Their lease tells who had them last.
CREATE TABLE lease_free (
  office_id INTEGER NOT NULL,
  business_date TEXT NOT NULL,
  series TEXT NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (office_id, business_date, series, number)
) STRICT, WITHOUT ROWID;
-- Epochs that follow a restore, and the last day of which numbers may have been given before it.
CREATE TABLE lease_restore (
  epoch TEXT NOT NULL,
  office_id INTEGER NOT NULL,
  last_day TEXT NOT NULL,
  PRIMARY KEY (epoch, office_id)
) STRICT, WITHOUT ROWID;
-- What the counters of such a day begin above.
CREATE TABLE lease_floor (
  epoch TEXT NOT NULL,
  office_id INTEGER NOT NULL,
  business_date TEXT NOT NULL,
  series TEXT NOT NULL,
  kind TEXT NOT NULL,
  floor INTEGER NOT NULL,
  PRIMARY KEY (epoch, office_id, business_date, series, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE signing_key (
  key_id INTEGER PRIMARY KEY CHECK (key_id BETWEEN 0 AND 255),
  public_x TEXT NOT NULL,
  -- Null for keys of an issuer elsewhere: their confirmations are only verified.
  private_d TEXT,
  not_before INTEGER NOT NULL,
  not_after INTEGER,
  revoked_at INTEGER
) STRICT;

-- What devices seal personal data to.
CREATE TABLE sealing_key (kid TEXT PRIMARY KEY, x TEXT NOT NULL, y TEXT NOT NULL, d TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE device_health (
  device_id TEXT PRIMARY KEY REFERENCES device,
  report TEXT NOT NULL,
  received_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- What a desk has ordered of a device.
CREATE TABLE device_order (
  device_id TEXT PRIMARY KEY REFERENCES device,
  closed INTEGER NOT NULL DEFAULT 0 CHECK (closed IN (0, 1)),
  -- JSON.
  message TEXT,
  restart TEXT
) STRICT, WITHOUT ROWID;
-- JSON: the row of a device that the devices of its office got last.
CREATE TABLE device_told (
  device_id TEXT PRIMARY KEY REFERENCES device,
  rev INTEGER NOT NULL,
  told TEXT NOT NULL
) STRICT, WITHOUT ROWID;
${VISITS_SCHEMA}`;

/** The same SQL is asked thousands of times: each text is compiled once. */
const compileOnce = (db: Db): void => {
  const compile = db.prepare.bind(db);
  const known = new Map<string, Database.Statement>();
  const prepare = (sql: string): Database.Statement => {
    let statement = known.get(sql);
    if (!statement) known.set(sql, (statement = compile(sql)));
    return statement;
  };
  db.prepare = prepare as Db['prepare'];
};

/**
 * Opens the store, makes it if there is none.
 * @throws Error when the file is of another version or no database of the centre
 */
export const openDb = (file: string, newEpoch: () => string): Db => {
  const db = new Database(file);
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    db.pragma('trusted_schema = OFF');
    compileOnce(db);
    const version = db.pragma('user_version', { simple: true });
    if (version === 0) {
      db.transaction(() => {
        db.exec(SCHEMA);
        db.prepare(`INSERT INTO meta VALUES ('epoch', ?)`).run(newEpoch());
        db.pragma(`user_version = ${SCHEMA_VERSION}`);
      }).immediate();
    } else if (version !== SCHEMA_VERSION) {
      throw new Error(
        `${file} has schema version ${String(version)}, this centre knows ${SCHEMA_VERSION}: use another file`,
      );
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
};

/** The history that cursors and sequences belong to: a new one begins when the store is restored from a backup. */
export const readEpoch = (db: Db): string => {
  const row = db.prepare<[], { value: string }>(`SELECT value FROM meta WHERE key = 'epoch'`).get();
  if (!row) throw new Error('the database has no epoch: it is damaged, restore it from a backup');
  return row.value;
};

/** From now on it is another history. */
export const writeEpoch = (db: Db, epoch: string): void => {
  db.prepare(`UPDATE meta SET value = ? WHERE key = 'epoch'`).run(epoch);
};
