import type { Migration } from '../migrate.ts';

/**
 * The first schema: what the centre told us (office, service_group, service, booking, signing_key), what happened here
 * (visit, ticket, print_job, audit), what we owe the centre (outbox) and what we hold of it (reserve).
 *
 * Times are epoch milliseconds. `business_date` is YYYY-MM-DD. Texts in several languages are JSON objects by language.
 */
export const migration: Migration = {
  version: 10,
  name: 'first',
  sql: `
CREATE TABLE device (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  device_id TEXT NOT NULL,
  office_id INTEGER NOT NULL,
  slot_no INTEGER NOT NULL CHECK (slot_no BETWEEN 1 AND 99),
  roles TEXT NOT NULL,
  centre_url TEXT NOT NULL,
  enrolled_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sync (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  epoch TEXT NOT NULL,
  cursor TEXT NOT NULL,
  last_contact_at INTEGER,
  revoked INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE office (
  office_id INTEGER PRIMARY KEY,
  rev INTEGER NOT NULL,
  name TEXT NOT NULL,
  subtitle TEXT NOT NULL,
  address TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  day_change_minutes INTEGER NOT NULL,
  languages TEXT NOT NULL
) STRICT;

CREATE TABLE service_group (
  group_id INTEGER PRIMARY KEY,
  rev INTEGER NOT NULL,
  name TEXT NOT NULL,
  series TEXT NOT NULL,
  icon TEXT NOT NULL,
  position INTEGER NOT NULL
) STRICT;

-- No foreign key to service_group: the feed may bring a service before its group.
CREATE TABLE service (
  service_id INTEGER PRIMARY KEY,
  rev INTEGER NOT NULL,
  group_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  hint TEXT,
  papers TEXT NOT NULL,
  icon TEXT NOT NULL,
  place TEXT,
  duration_minutes REAL NOT NULL,
  duration_spread_minutes REAL NOT NULL,
  position INTEGER NOT NULL
) STRICT;

CREATE TABLE booking (
  booking_id TEXT PRIMARY KEY,
  rev INTEGER NOT NULL,
  office_id INTEGER NOT NULL,
  number TEXT NOT NULL,
  service_id INTEGER NOT NULL,
  starts_at INTEGER NOT NULL,
  status TEXT NOT NULL,
  language TEXT,
  ticket_series TEXT,
  ticket_number INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX booking_by_number ON booking (number);
CREATE INDEX booking_by_start ON booking (starts_at);

CREATE TABLE signing_key (
  key_id INTEGER NOT NULL CHECK (key_id BETWEEN 0 AND 255),
  public_key BLOB NOT NULL CHECK (length(public_key) = 32),
  not_before INTEGER NOT NULL,
  not_after INTEGER,
  revoked_at INTEGER,
  PRIMARY KEY (key_id, public_key)
) STRICT, WITHOUT ROWID;

-- One person's stay. booking_id is not a foreign key: a signed confirmation may be unknown here (provisional), and the
-- booking's row may leave the window before the visit does.
CREATE TABLE visit (
  visit_id TEXT PRIMARY KEY,
  business_date TEXT NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('booking', 'walk-in')),
  booking_id TEXT,
  service_id INTEGER NOT NULL,
  starts_at INTEGER,
  arrived_at INTEGER NOT NULL,
  provisional INTEGER NOT NULL CHECK (provisional IN (0, 1)),
  language TEXT NOT NULL,
  CHECK ((origin = 'booking') = (booking_id IS NOT NULL))
) STRICT, WITHOUT ROWID;
-- One visit for one booking in one day, whatever happens above.
CREATE UNIQUE INDEX visit_once_per_booking ON visit (booking_id, business_date) WHERE booking_id IS NOT NULL;
CREATE INDEX visit_by_day ON visit (business_date, arrived_at);

CREATE TABLE ticket (
  ticket_id TEXT PRIMARY KEY,
  visit_id TEXT NOT NULL UNIQUE REFERENCES visit (visit_id),
  business_date TEXT NOT NULL,
  series TEXT NOT NULL,
  number INTEGER NOT NULL,
  issued_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- The alarm, not the way: numbers are unique because they are leased.
CREATE UNIQUE INDEX ticket_number_once ON ticket (business_date, series, number);

-- Numbers 700-999 that the centre set aside for this device, for when it does not answer. A used one leaves this table
-- in the transaction that makes its ticket.
CREATE TABLE reserve (
  business_date TEXT NOT NULL,
  series TEXT NOT NULL,
  number INTEGER NOT NULL CHECK (number BETWEEN 700 AND 999),
  PRIMARY KEY (business_date, series, number)
) STRICT, WITHOUT ROWID;

-- Counters of five-digit numbers, which need nobody's leave: the device's slot number makes them unique.
CREATE TABLE overflow (
  business_date TEXT NOT NULL,
  series TEXT NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (business_date, series)
) STRICT, WITHOUT ROWID;

CREATE TABLE print_job (
  job_id TEXT PRIMARY KEY,
  ticket_id TEXT NOT NULL REFERENCES ticket (ticket_id),
  copy INTEGER NOT NULL CHECK (copy >= 0),
  -- The call that asked for it. The same call, sent again after a crash, finds what it made.
  attempt_id TEXT UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('queued', 'blocked', 'sending', 'sent', 'printed', 'unknown', 'expired')),
  reason TEXT,
  grade TEXT CHECK (grade IN ('A', 'B', 'C', 'D', 'E')),
  -- Four printable characters that the printer is asked to answer with.
  process_id TEXT,
  queued_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  first_byte_at INTEGER,
  sent_at INTEGER,
  finished_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX print_job_once ON print_job (ticket_id, copy);
CREATE INDEX print_job_open ON print_job (state, queued_at) WHERE state IN ('queued', 'blocked', 'sending', 'sent');

-- The centre's layer of the settings (build < centre < device); values are JSON.
CREATE TABLE centre_setting (
  key TEXT PRIMARY KEY,
  rev INTEGER NOT NULL,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY,
  op_id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('fact', 'request')),
  entity_id TEXT NOT NULL,
  business_date TEXT NOT NULL,
  occurred_at INTEGER NOT NULL,
  payload TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'acked', 'parked')),
  status TEXT,
  problem TEXT,
  acked_at INTEGER
) STRICT;
-- Most rows are acknowledged ones that are kept; these find the others.
CREATE INDEX outbox_pending ON outbox (seq) WHERE state = 'pending';
CREATE INDEX outbox_parked ON outbox (seq) WHERE state = 'parked';

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  detail TEXT NOT NULL,
  prev_hash TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
`,
};
