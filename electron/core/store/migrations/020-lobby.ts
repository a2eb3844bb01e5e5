import type { Migration } from '../migrate.ts';

/**
 * The rules of the lobby: walk-ins, several services in a visit, second factors, free times, the queue as the centre
 * tells it, requests that wait for the centre's yes, slips. Columns that are configuration of many fields (`rules`) are
 * the centre's record as JSON, read through its schema.
 */
export const migration: Migration = {
  version: 20,
  name: 'lobby',
  sql: `
ALTER TABLE office ADD COLUMN rules TEXT NOT NULL DEFAULT '{}';
ALTER TABLE service ADD COLUMN rules TEXT NOT NULL DEFAULT '{}';

ALTER TABLE booking ADD COLUMN further_services TEXT NOT NULL DEFAULT '[]';
ALTER TABLE booking ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE booking ADD COLUMN masked TEXT;
ALTER TABLE booking ADD COLUMN factors TEXT NOT NULL DEFAULT '[]';
ALTER TABLE booking ADD COLUMN priority TEXT NOT NULL DEFAULT 'none';
-- The same for all bookings of one person; says nothing about who that is.
ALTER TABLE booking ADD COLUMN person TEXT;
CREATE INDEX booking_by_person ON booking (person, starts_at) WHERE person IS NOT NULL;
-- Who is still expected is read from the index alone: in a large office there are thousands, and it is asked all the time.
CREATE INDEX booking_expected ON booking (office_id, starts_at, status, service_id)
  WHERE status IN ('booked', 'rescheduled');

CREATE TABLE service_window (
  window_id INTEGER PRIMARY KEY,
  rev INTEGER NOT NULL,
  name TEXT NOT NULL,
  service_ids TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'break', 'closed')),
  until INTEGER
) STRICT;

CREATE TABLE slot (
  slot_id TEXT PRIMARY KEY,
  rev INTEGER NOT NULL,
  service_id INTEGER NOT NULL,
  starts_at INTEGER NOT NULL,
  free INTEGER NOT NULL CHECK (free >= 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX slot_free ON slot (service_id, starts_at) WHERE free > 0;

-- The queue of the whole office as the centre tells it. What this device did itself stands in visit.
CREATE TABLE queue_visit (
  visit_id TEXT PRIMARY KEY,
  rev INTEGER NOT NULL,
  business_date TEXT NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('booking', 'walk-in')),
  -- The first of its services: the one that it counts for.
  service_id INTEGER NOT NULL,
  series TEXT NOT NULL,
  number INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'called', 'serving', 'done', 'left')),
  priority TEXT NOT NULL CHECK (priority IN ('none', 'first', 'out-of-turn')),
  arrived_at INTEGER NOT NULL,
  order_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_visit_by_state ON queue_visit (business_date, state);
CREATE INDEX queue_visit_by_service ON queue_visit (business_date, service_id, origin);

CREATE TABLE queue_stage (
  visit_id TEXT NOT NULL REFERENCES queue_visit (visit_id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  business_date TEXT NOT NULL,
  service_id INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'called', 'serving', 'done', 'skipped')),
  window_id INTEGER,
  called_at INTEGER,
  serving_at INTEGER,
  done_at INTEGER,
  PRIMARY KEY (visit_id, position)
) STRICT, WITHOUT ROWID;
-- How long serving takes today is read from the index alone.
CREATE INDEX queue_stage_times ON queue_stage (business_date, service_id, serving_at, done_at);

ALTER TABLE visit ADD COLUMN further_services TEXT NOT NULL DEFAULT '[]';
-- What the visitor claims; what counts is the centre's word, which the desk gives.
ALTER TABLE visit ADD COLUMN claim TEXT;
ALTER TABLE visit ADD COLUMN priority TEXT NOT NULL DEFAULT 'none';
ALTER TABLE visit ADD COLUMN late INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1));
ALTER TABLE visit ADD COLUMN flags TEXT NOT NULL DEFAULT '[]';
-- What was told about the wait when the number was given; null: nothing.
ALTER TABLE visit ADD COLUMN told_ahead INTEGER;
ALTER TABLE visit ADD COLUMN told_from INTEGER;
ALTER TABLE visit ADD COLUMN told_to INTEGER;
-- Walk-ins of this device, for the limit on tickets in a row and the contingents.
CREATE INDEX visit_walk_in ON visit (business_date, arrived_at) WHERE origin = 'walk-in';

-- What needs the centre's consent: a row stands here as long as its paper may be printed again.
CREATE TABLE request (
  request_id TEXT PRIMARY KEY,
  attempt_id TEXT NOT NULL UNIQUE,
  op_id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('create', 'reschedule', 'cancel')),
  booking_id TEXT NOT NULL,
  service_ids TEXT NOT NULL,
  starts_at INTEGER NOT NULL,
  language TEXT NOT NULL,
  business_date TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  -- waiting -> confirmed | rejected by the centre; unconfirmed: the visitor has a paper that says so; withdrawn: he was
  -- told that it did not work.
  state TEXT NOT NULL CHECK (state IN ('waiting', 'confirmed', 'rejected', 'unconfirmed', 'withdrawn')),
  problem TEXT,
  booking_number TEXT,
  token TEXT
) STRICT, WITHOUT ROWID;

-- The same papers, now of a ticket or of a request's slip.
CREATE TABLE print_job_20 (
  job_id TEXT PRIMARY KEY,
  ticket_id TEXT REFERENCES ticket (ticket_id),
  request_id TEXT REFERENCES request (request_id),
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
  finished_at INTEGER,
  CHECK ((ticket_id IS NULL) <> (request_id IS NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO print_job_20 (job_id, ticket_id, request_id, copy, attempt_id, state, reason, grade, process_id, queued_at,
    expires_at, first_byte_at, sent_at, finished_at)
  SELECT job_id, ticket_id, NULL, copy, attempt_id, state, reason, grade, process_id, queued_at, expires_at,
    first_byte_at, sent_at, finished_at FROM print_job;
DROP TABLE print_job;
ALTER TABLE print_job_20 RENAME TO print_job;
CREATE UNIQUE INDEX print_job_once ON print_job (ticket_id, copy) WHERE ticket_id IS NOT NULL;
CREATE UNIQUE INDEX print_job_slip_once ON print_job (request_id, copy) WHERE request_id IS NOT NULL;
CREATE INDEX print_job_open ON print_job (state, queued_at) WHERE state IN ('queued', 'blocked', 'sending', 'sent');

ALTER TABLE outbox ADD COLUMN clock TEXT;

-- Wrong second factors. number_hash is of what was typed, which may be nobody's number.
CREATE TABLE wrong_try (
  at INTEGER NOT NULL,
  number_hash TEXT NOT NULL
) STRICT;
CREATE INDEX wrong_try_at ON wrong_try (at);
-- Manual entry is locked until then: for the device ('device') or for a number (its hash).
CREATE TABLE entry_lock (
  what TEXT PRIMARY KEY,
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How far the device's clock is off the centre's, as it was seen last.
CREATE TABLE clock (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  -- The centre's time, and what had to be added to the device's to get it.
  seen_at INTEGER NOT NULL,
  offset_ms REAL NOT NULL
) STRICT;

-- The key that personal data for the centre is sealed to.
CREATE TABLE sealing_key (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  jwk TEXT NOT NULL
) STRICT;

-- Calls of the page that make neither visit nor request: the same call again does nothing more.
CREATE TABLE done_attempt (
  attempt_id TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  op_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The feed is read again from the start: the program before this one left out what it had no tables for.
UPDATE sync SET cursor = '';
`,
};
