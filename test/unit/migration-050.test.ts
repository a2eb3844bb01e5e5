import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SqlDriver } from '../../electron/core/ports.ts';
import { recoverAfterCrash, waitingJobs } from '../../electron/core/printing/jobs.ts';
import { readHistory } from '../../electron/core/printing/printer-history.ts';
import { connection } from '../../electron/core/store/sql.ts';
import { createDb, explain, getTableData, updateToVersion } from '../fixtures/sqlite.ts';

let db: SqlDriver;
beforeEach(() => {
  db = createDb();
  db.exec('PRAGMA foreign_keys = ON');
  updateToVersion(db, 40);
});
afterEach(() => db.close());

const id = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const addJob = (n: number, state: string, rest: { reason?: string; firstByteAt?: number }): void => {
  db.exec(`
    INSERT INTO visit (visit_id, business_date, origin, service_id, further_services, arrived_at, provisional, language,
        priority, late, flags)
      VALUES ('${id(n)}', '2026-11-23', 'walk-in', 1, '[]', 5, 0, 'ru', 'none', 0, '[]');
    INSERT INTO ticket VALUES ('${id(100 + n)}', '${id(n)}', '2026-11-23', 'A', ${n}, 5);
    INSERT INTO print_job (job_id, ticket_id, copy, state, reason, queued_at, expires_at, first_byte_at)
      VALUES ('${id(200 + n)}', '${id(100 + n)}', 0, '${state}', ${rest.reason ? `'${rest.reason}'` : 'NULL'}, 5, 900,
        ${rest.firstByteAt ?? 'NULL'})`);
};

describe('migration 050 (printers)', () => {
  it('keeps every paper; those that waited are printed, those on their way are not known, as before', () => {
    addJob(1, 'queued', {});
    addJob(2, 'blocked', { reason: 'paper-out' });
    addJob(3, 'sending', { firstByteAt: 6 });
    const before = getTableData(db, 'print_job');
    updateToVersion(db, 50);
    const added = { printer_id: null, blocked_at: null, mm: null, answer: null, answered_by: null, desk_told_at: null };
    expect(getTableData(db, 'print_job')).toEqual(before.map((row) => ({ ...row, place: 'kiosk', ...added })));
    const open = connection(db);
    expect(waitingJobs(open, 10).map((job) => [job.jobId, job.place, job.printer])).toEqual([
      [id(201), 'kiosk', null],
      [id(202), 'kiosk', null],
    ]);
    expect(recoverAfterCrash(open, 10).map((job) => job.jobId)).toEqual([id(203)]);
    // Nobody knows which printer had it: it is counted for none.
    expect(getTableData(db, 'printer_tally')).toEqual([]);
    expect(readHistory(open, 'main')).toEqual({ rolls: [], days: [], faults: [] });
  });

  it('takes only windows and answers that there are, and one roll at a time in a printer', () => {
    updateToVersion(db, 50);
    addJob(1, 'queued', {});
    expect(() => db.exec(`UPDATE print_job SET place = 'street'`)).toThrow(/CHECK/);
    expect(() => db.exec(`UPDATE print_job SET answer = 'maybe'`)).toThrow(/CHECK/);
    db.exec(`INSERT INTO printer_roll (printer_id, since) VALUES ('main', 1)`);
    expect(() => db.exec(`INSERT INTO printer_roll (printer_id, since) VALUES ('main', 2)`)).toThrow(/UNIQUE/);
    db.exec(`UPDATE printer_roll SET until = 2; INSERT INTO printer_roll (printer_id, since) VALUES ('main', 2)`);
  });

  it('has the spool read open papers only, however many there were', () => {
    updateToVersion(db, 50);
    const plan = explain(
      db,
      `SELECT * FROM print_job WHERE state IN ('queued', 'blocked', 'sending', 'sent') AND state IN ('queued', 'blocked')
        AND first_byte_at IS NULL AND expires_at > 5 ORDER BY queued_at, job_id LIMIT 500`,
    );
    expect(plan.join('\n')).toContain('print_job_open');
    const later = explain(
      db,
      `SELECT * FROM print_job WHERE (ticket_id = 't' OR request_id = 't' OR elsewhere_id = 't') AND copy > 0
        ORDER BY copy DESC LIMIT 1`,
    );
    expect(later.join('\n')).not.toContain('SCAN print_job');
  });
});
