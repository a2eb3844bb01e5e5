import Database from 'better-sqlite3';

/**
 * The centre's store. Every promise that the centre makes to a device (an acknowledged operation, a leased number, a
 * spent enrolment code) is on disk before the answer leaves: WAL with `synchronous = FULL`.
 */
export type Db = Database.Database;

const SCHEMA_VERSION = 1;

const SCHEMA = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Entities as they are now. Their history, as devices see it, stands in change_log.
CREATE TABLE entity (
  collection TEXT NOT NULL CHECK (collection IN ('office', 'service_group', 'service', 'setting')),
  id TEXT NOT NULL,
  -- Office whose devices get it; -1: all.
  audience INTEGER NOT NULL,
  rev INTEGER NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (collection, id, audience)
) STRICT, WITHOUT ROWID;

CREATE TABLE booking (
  booking_id TEXT PRIMARY KEY CHECK (length(booking_id) = 32),
  rev INTEGER NOT NULL,
  office_id INTEGER NOT NULL,
  number TEXT NOT NULL CHECK (length(number) = 8),
  service_id INTEGER NOT NULL,
  starts_at INTEGER NOT NULL,
  status TEXT NOT NULL,
  language TEXT,
  ticket_series TEXT,
  ticket_number INTEGER,
  -- Office whose devices hold it; null when it is outside their window.
  visible_to INTEGER,
  CHECK ((ticket_series IS NULL) = (ticket_number IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX booking_time ON booking (office_id, starts_at);
CREATE INDEX booking_number ON booking (number);

-- Append-only, numbered in commit order: there is one writer. A row is for the devices of one office (-1: of all).
CREATE TABLE change_log (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  audience INTEGER NOT NULL,
  collection TEXT NOT NULL,
  id TEXT NOT NULL,
  rev INTEGER NOT NULL,
  op TEXT NOT NULL CHECK (op IN ('put', 'del', 'evict')),
  data TEXT,
  CHECK ((op = 'put') = (data IS NOT NULL))
) STRICT;
CREATE INDEX change_entity ON change_log (audience, collection, id, seq);
CREATE TRIGGER change_log_kept BEFORE DELETE ON change_log BEGIN SELECT raise(ABORT, 'change_log is append-only'); END;
CREATE TRIGGER change_log_fixed BEFORE UPDATE ON change_log BEGIN SELECT raise(ABORT, 'change_log is append-only'); END;

-- The business day up to which an office's window was brought.
CREATE TABLE office_window (office_id INTEGER PRIMARY KEY, business_date TEXT NOT NULL) STRICT;

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
  acked_seq INTEGER NOT NULL DEFAULT 0,
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
  problem_title TEXT,
  PRIMARY KEY (device_id, op_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX operation_seq ON operation (device_id, seq);

CREATE TABLE visit (
  visit_id TEXT PRIMARY KEY,
  office_id INTEGER NOT NULL,
  device_id TEXT NOT NULL REFERENCES device,
  op_id TEXT NOT NULL,
  booking_id TEXT NOT NULL,
  service_id INTEGER NOT NULL,
  series TEXT NOT NULL,
  number INTEGER NOT NULL,
  business_date TEXT NOT NULL,
  provisional INTEGER NOT NULL CHECK (provisional IN (0, 1)),
  occurred_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  copies INTEGER NOT NULL DEFAULT 0,
  -- Why it needs a decision at the desk.
  conflict TEXT,
  -- The visit that it collides with.
  linked_visit TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX visit_booking ON visit (booking_id);
CREATE INDEX visit_day ON visit (office_id, business_date);

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
  device_id TEXT NOT NULL REFERENCES device,
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

CREATE TABLE signing_key (
  key_id INTEGER PRIMARY KEY CHECK (key_id BETWEEN 0 AND 255),
  public_x TEXT NOT NULL,
  -- Null for keys of an issuer elsewhere: their confirmations are only verified.
  private_d TEXT,
  not_before INTEGER NOT NULL,
  not_after INTEGER,
  revoked_at INTEGER
) STRICT;

CREATE TABLE device_health (
  device_id TEXT PRIMARY KEY REFERENCES device,
  report TEXT NOT NULL,
  received_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

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
