/**
 * Tables of bookings and visits, and of what contradicts what; part of the store's schema (see db.ts). `booking`, `visit`
 * and `stage` stand here, with their indexes: what a check-in means depends on all of them.
 *
 * What was said (by the portal, by staff, by devices) and what follows from it are kept apart: the one is written once, the
 * other is worked out anew whenever something comes in, so that it does not matter what comes first (see settle.ts).
 */
export const VISITS_SCHEMA = `
CREATE TABLE booking (
  booking_id TEXT PRIMARY KEY CHECK (length(booking_id) = 32),
  rev INTEGER NOT NULL,
  office_id INTEGER NOT NULL,
  number TEXT NOT NULL CHECK (length(number) = 8),
  service_id INTEGER NOT NULL,
  -- JSON list: what comes after it in the same visit.
  further_services TEXT NOT NULL DEFAULT '[]',
  starts_at INTEGER NOT NULL,
  -- What was said of it, without its visits and cancellations; and when nobody had come in time.
  said TEXT NOT NULL,
  said_series TEXT,
  said_number INTEGER,
  no_show_at INTEGER,
  -- What follows from that.
  status TEXT NOT NULL,
  ticket_series TEXT,
  ticket_number INTEGER,
  revision INTEGER NOT NULL DEFAULT 0,
  language TEXT,
  masked TEXT,
  -- JSON list of verifiers; what they verify is not kept.
  factors TEXT NOT NULL DEFAULT '[]',
  priority TEXT NOT NULL DEFAULT 'none',
  person TEXT,
  -- JSON, sealed as it came from a device; null for all others.
  contact TEXT,
  -- Office whose devices hold it; null when it is outside their window.
  visible_to INTEGER,
  CHECK ((said_series IS NULL) = (said_number IS NULL)),
  CHECK ((ticket_series IS NULL) = (ticket_number IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX booking_time ON booking (office_id, starts_at);
CREATE INDEX booking_slot ON booking (office_id, service_id, starts_at);
CREATE INDEX booking_number ON booking (number);
CREATE INDEX booking_visible ON booking (visible_to);

-- All that were asked for, also those that came to nothing: which of them hold depends on who had come by then.
CREATE TABLE cancellation (
  booking_id TEXT NOT NULL,
  -- Null, both: by the centre itself.
  device_id TEXT REFERENCES device,
  op_id TEXT,
  -- 0: before anything that is known.
  at INTEGER NOT NULL,
  withdrawn_at INTEGER
) STRICT;
CREATE INDEX cancellation_booking ON cancellation (booking_id);
CREATE INDEX cancellation_op ON cancellation (device_id, op_id);

-- What desks said: he did not come. What was said of a time that the booking has no more is withdrawn.
CREATE TABLE no_show (
  booking_id TEXT NOT NULL,
  device_id TEXT NOT NULL REFERENCES device,
  op_id TEXT NOT NULL,
  office_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  withdrawn_at INTEGER,
  PRIMARY KEY (booking_id, device_id, op_id)
) STRICT, WITHOUT ROWID;

-- Who booked, in clear: for desks alone. Of a booking, or of one that was asked for and refused.
CREATE TABLE person (
  booking_id TEXT PRIMARY KEY,
  rev INTEGER NOT NULL DEFAULT 0,
  office_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  phone TEXT,
  document TEXT,
  kept_since INTEGER NOT NULL,
  -- Office whose desks hold it.
  visible_to INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE visit (
  visit_id TEXT PRIMARY KEY,
  rev INTEGER NOT NULL,
  office_id INTEGER NOT NULL,
  -- Null: given out by the centre itself, for a screen that is no device of ours.
  device_id TEXT REFERENCES device,
  op_id TEXT,
  seq INTEGER NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('booking', 'walk-in')),
  booking_id TEXT,
  service_id INTEGER NOT NULL,
  -- JSON list, in their order, as they were told.
  services TEXT NOT NULL,
  series TEXT NOT NULL,
  number INTEGER NOT NULL,
  business_date TEXT NOT NULL,
  -- The day in whose queue it stands; null: it came so late that it is kept for statistics alone.
  queue_date TEXT,
  -- By the device's clock; what counts in the queue: never after it was received; and what decides who was first.
  occurred_at INTEGER NOT NULL,
  arrived_at INTEGER NOT NULL,
  ranked_at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  language TEXT,
  -- JSON, sealed as it came, and the phone in it, blinded.
  contact TEXT,
  contact_hash TEXT,
  -- As the device said it: JSON list for staff, whether he was late, and for what time.
  flags TEXT NOT NULL,
  said_late INTEGER NOT NULL CHECK (said_late IN (0, 1)),
  said_starts_at INTEGER,
  said_priority TEXT NOT NULL,
  claim TEXT,
  claim_level TEXT,
  via TEXT NOT NULL CHECK (via IN ('kiosk', 'desk')),
  -- Staff let him in against the rules.
  override INTEGER NOT NULL CHECK (override IN (0, 1)),
  -- Its service was not to be had any more when he came, and where he may go instead.
  redirect INTEGER NOT NULL CHECK (redirect IN (0, 1)),
  redirect_to INTEGER,

  -- What staff made of it, and the revision in which each part was changed last (JSON, by its name).
  edits TEXT NOT NULL DEFAULT '{}',
  state TEXT NOT NULL CHECK (state IN ('waiting', 'called', 'serving', 'done', 'left')),
  claim_confirmed INTEGER NOT NULL DEFAULT 0 CHECK (claim_confirmed IN (0, 1)),
  claim_document TEXT,
  set_priority TEXT,
  note TEXT,
  people INTEGER NOT NULL DEFAULT 1,
  companion INTEGER NOT NULL DEFAULT 0 CHECK (companion IN (0, 1)),

  -- What follows: see settle.ts.
  role TEXT NOT NULL DEFAULT 'visit' CHECK (role IN ('visit', 'also', 'return', 'undone')),
  main_visit TEXT,
  split INTEGER NOT NULL DEFAULT 0 CHECK (split IN (0, 1)),
  provisional INTEGER NOT NULL DEFAULT 0 CHECK (provisional IN (0, 1)),
  order_at INTEGER NOT NULL,
  late INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1)),
  priority TEXT NOT NULL DEFAULT 'none',
  -- JSON: what it collides with.
  collision TEXT,

  -- JSON: the rows that devices got of it last. The office's devices hold it.
  told TEXT,
  shown INTEGER NOT NULL DEFAULT 0 CHECK (shown IN (0, 1)),
  CHECK ((origin = 'booking') = (booking_id IS NOT NULL)),
  CHECK ((device_id IS NULL) = (op_id IS NULL)),
  CHECK ((role IN ('also', 'return')) = (main_visit IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX visit_booking ON visit (booking_id);
CREATE INDEX visit_day ON visit (office_id, business_date);
CREATE INDEX visit_queue ON visit (office_id, queue_date);
CREATE INDEX visit_shown ON visit (office_id) WHERE shown = 1;
CREATE INDEX visit_main ON visit (main_visit) WHERE main_visit IS NOT NULL;
CREATE INDEX visit_op ON visit (op_id);
CREATE INDEX visit_number ON visit (office_id, business_date, series, number);
CREATE INDEX visit_contact ON visit (contact_hash) WHERE contact_hash IS NOT NULL;

CREATE TABLE stage (
  visit_id TEXT NOT NULL REFERENCES visit,
  position INTEGER NOT NULL,
  service_id INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'called', 'serving', 'done', 'skipped')),
  window_id INTEGER,
  called_at INTEGER,
  -- How often he was called to come.
  calls INTEGER NOT NULL DEFAULT 0,
  serving_at INTEGER,
  done_at INTEGER,
  PRIMARY KEY (visit_id, position)
) STRICT, WITHOUT ROWID;

-- What desks told of the serving of visits that have not been heard of yet.
CREATE TABLE stage_waiting (
  device_id TEXT NOT NULL REFERENCES device,
  op_id TEXT NOT NULL,
  office_id INTEGER NOT NULL,
  visit_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  step TEXT NOT NULL,
  window_id INTEGER,
  at INTEGER NOT NULL,
  ranked_at INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (device_id, op_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX stage_waiting_visit ON stage_waiting (visit_id);

-- What was told of visits, also of those that have not been heard of yet.
CREATE TABLE visit_undo (visit_id TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE visit_copies (visit_id TEXT PRIMARY KEY, copies INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- What contradicts what, by the operation that it comes of; absent: it did, and does so no more.
CREATE TABLE conflict (
  conflict_id TEXT PRIMARY KEY,
  rev INTEGER NOT NULL,
  office_id INTEGER NOT NULL,
  type TEXT NOT NULL,
  business_date TEXT NOT NULL,
  at INTEGER NOT NULL,
  visit_id TEXT,
  other_visit_id TEXT,
  booking_id TEXT,
  service_id INTEGER,
  since INTEGER,
  open INTEGER NOT NULL CHECK (open IN (0, 1)),
  absent INTEGER NOT NULL CHECK (absent IN (0, 1)),
  shown INTEGER NOT NULL DEFAULT 0 CHECK (shown IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX conflict_day ON conflict (office_id, business_date);
CREATE INDEX conflict_shown ON conflict (office_id) WHERE shown = 1;
CREATE INDEX conflict_booking ON conflict (booking_id);
-- What desks decided.
CREATE TABLE resolution (
  conflict_id TEXT NOT NULL,
  office_id INTEGER NOT NULL,
  device_id TEXT NOT NULL REFERENCES device,
  op_id TEXT NOT NULL,
  how TEXT NOT NULL CHECK (how IN ('seen', 'split')),
  at INTEGER NOT NULL,
  PRIMARY KEY (conflict_id, device_id, op_id)
) STRICT, WITHOUT ROWID;

-- JSON: what an office has decided otherwise than offices do (see rules.ts).
CREATE TABLE office_rules (office_id INTEGER PRIMARY KEY, data TEXT NOT NULL) STRICT;

-- What was erased, and which devices have not said yet that it is gone from them too.
CREATE TABLE purge_log (
  at INTEGER NOT NULL,
  collection TEXT NOT NULL,
  id TEXT NOT NULL,
  why TEXT NOT NULL CHECK (why IN ('retention', 'request'))
) STRICT;
CREATE TABLE purge_open (
  device_id TEXT NOT NULL REFERENCES device,
  collection TEXT NOT NULL,
  id TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  PRIMARY KEY (device_id, collection, id)
) STRICT, WITHOUT ROWID;
`;
