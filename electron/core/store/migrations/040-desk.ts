import type { Migration } from '../migrate.ts';

/** The desk: who works there, the office's machines, calls for help, and the numbers of past days. */
export const migration: Migration = {
  version: 40,
  name: 'desk',
  sql: `
-- Members of staff with what shows that it is they. Sealed (AES-256-GCM) with a key that is not in this file.
CREATE TABLE staff (
  staff_id TEXT PRIMARY KEY,
  rev INTEGER NOT NULL,
  sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Wrong tries at the door. They are counted here, so that neither a restart nor a wrong clock gives more of them.
CREATE TABLE staff_door (
  staff_id TEXT PRIMARY KEY,
  wrong INTEGER NOT NULL,
  -- When the last one was, by the trusted clock, and what is still to be waited, which a clock that jumps does not shorten.
  at INTEGER NOT NULL,
  wait_ms INTEGER NOT NULL,
  -- The last time step of which a code was taken (RFC 6238, 5.2: each code once).
  totp_step INTEGER NOT NULL DEFAULT 0,
  -- Of a sealed envelope: the revision whose code was used.
  used_rev INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE office_device (
  device_id TEXT PRIMARY KEY,
  rev INTEGER NOT NULL,
  data TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE help (
  help_id TEXT PRIMARY KEY,
  rev INTEGER NOT NULL,
  business_date TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'taken', 'over')),
  data TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE day_numbers (
  business_date TEXT PRIMARY KEY,
  rev INTEGER NOT NULL,
  data TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What staff at this desk have decided about what only it knows of: a request that was refused, a paper nobody saw.
CREATE TABLE decided (
  task TEXT PRIMARY KEY,
  how TEXT NOT NULL,
  by TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the last person at this desk left for the next one. Sealed.
CREATE TABLE handover (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  at INTEGER NOT NULL,
  by TEXT NOT NULL,
  sealed BLOB NOT NULL
) STRICT;

-- The last restart that this device was told to make and has made.
CREATE TABLE done_order (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  restart TEXT NOT NULL
) STRICT;

-- The same papers, now also copies for a visit that another device of the office made: its printer may be out of paper.
CREATE TABLE print_job_40 (
  job_id TEXT PRIMARY KEY,
  ticket_id TEXT REFERENCES ticket (ticket_id),
  request_id TEXT REFERENCES request (request_id),
  elsewhere_id TEXT,
  copy INTEGER NOT NULL CHECK (copy >= 0),
  attempt_id TEXT UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('queued', 'blocked', 'sending', 'sent', 'printed', 'unknown', 'expired')),
  reason TEXT,
  grade TEXT CHECK (grade IN ('A', 'B', 'C', 'D', 'E')),
  process_id TEXT,
  queued_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  first_byte_at INTEGER,
  sent_at INTEGER,
  finished_at INTEGER,
  CHECK ((ticket_id IS NOT NULL) + (request_id IS NOT NULL) + (elsewhere_id IS NOT NULL) = 1)
) STRICT, WITHOUT ROWID;
INSERT INTO print_job_40 (job_id, ticket_id, request_id, copy, attempt_id, state, reason, grade, process_id, queued_at,
    expires_at, first_byte_at, sent_at, finished_at)
  SELECT job_id, ticket_id, request_id, copy, attempt_id, state, reason, grade, process_id, queued_at, expires_at,
    first_byte_at, sent_at, finished_at FROM print_job;
DROP TABLE print_job;
ALTER TABLE print_job_40 RENAME TO print_job;
CREATE UNIQUE INDEX print_job_once ON print_job (ticket_id, copy) WHERE ticket_id IS NOT NULL;
CREATE UNIQUE INDEX print_job_slip_once ON print_job (request_id, copy) WHERE request_id IS NOT NULL;
CREATE UNIQUE INDEX print_job_elsewhere_once ON print_job (elsewhere_id, copy) WHERE elsewhere_id IS NOT NULL;
CREATE INDEX print_job_open ON print_job (state, queued_at) WHERE state IN ('queued', 'blocked', 'sending', 'sent');
CREATE INDEX print_job_unknown ON print_job (finished_at) WHERE state = 'unknown';

ALTER TABLE queue_visit ADD COLUMN via TEXT NOT NULL DEFAULT 'kiosk';

-- The log is read from its end, and for one thing or person.
CREATE INDEX audit_entity ON audit (entity_id, seq);
CREATE INDEX audit_actor ON audit (actor, seq);

-- Read from the start: the program before this one left out what it had no tables for.
UPDATE sync SET cursor = '';
`,
};
