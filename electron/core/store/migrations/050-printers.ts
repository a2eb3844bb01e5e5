import type { Migration } from '../migrate.ts';

/** Several printers: who has a paper, what people say became of it, and what each printer has done. */
export const migration: Migration = {
  version: 50,
  name: 'printers',
  sql: `
-- At which window it was asked for: there it is to come out.
ALTER TABLE print_job ADD COLUMN place TEXT NOT NULL DEFAULT 'kiosk' CHECK (place IN ('kiosk', 'desk'));
-- The printer that has it, by its id in the settings. Set by compare and set: no two of them ever have one paper.
ALTER TABLE print_job ADD COLUMN printer_id TEXT;
ALTER TABLE print_job ADD COLUMN blocked_at INTEGER;
-- Length of the paper, in millimetres.
ALTER TABLE print_job ADD COLUMN mm INTEGER;
-- Did it come out? The word of a person, and whose: 'visitor', or the id of a member of staff.
ALTER TABLE print_job ADD COLUMN answer TEXT CHECK (answer IN ('yes', 'no'));
ALTER TABLE print_job ADD COLUMN answered_by TEXT;
-- When staff were told that nobody knows whether it came out.
ALTER TABLE print_job ADD COLUMN desk_told_at INTEGER;

-- Rolls of paper, the one that is in (until IS NULL) and those before it.
CREATE TABLE printer_roll (
  printer_id TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER,
  mm INTEGER NOT NULL DEFAULT 0,
  papers INTEGER NOT NULL DEFAULT 0,
  -- When it was seen to run low, and then to be at its end: what comes after that is another roll.
  low_at INTEGER,
  out_at INTEGER,
  PRIMARY KEY (printer_id, since)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX printer_roll_in ON printer_roll (printer_id) WHERE until IS NULL;

-- What became of papers, by day: a grade, 'said' (a person's word), 'unknown' or 'expired'.
CREATE TABLE printer_tally (
  printer_id TEXT NOT NULL,
  day TEXT NOT NULL,
  outcome TEXT NOT NULL,
  papers INTEGER NOT NULL,
  PRIMARY KEY (printer_id, day, outcome)
) STRICT, WITHOUT ROWID;

-- What was wrong with a printer, from when until when.
CREATE TABLE printer_fault (
  printer_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER,
  PRIMARY KEY (printer_id, kind, since)
) STRICT, WITHOUT ROWID;
`,
};
