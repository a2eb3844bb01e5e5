import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backupName, isBackupDue, keptBackups, readBackupName } from '../../electron/core/vault/backups.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-23T10:00:00Z');
const file = (n: number, at: number) => {
  const b = { n, seq: n * 10, at };
  return { ...b, name: backupName(b) };
};

describe('when a backup is made', () => {
  it('at once when there is none; else hourly, and only when something changed', () => {
    expect(isBackupDue(NOW, null, false)).toBe(true);
    expect(isBackupDue(NOW, NOW - HOUR, true)).toBe(true);
    expect(isBackupDue(NOW, NOW - HOUR, false)).toBe(false);
    expect(isBackupDue(NOW, NOW - HOUR + 1, true)).toBe(false);
  });
  it('also when the newest one is of the future: the clock was set back', () => {
    expect(isBackupDue(NOW, NOW + 1, true)).toBe(true);
  });
});

describe('which backups stay', () => {
  it('the last three, and the last of each of three days', () => {
    const hourly = Array.from({ length: 24 * 6 }, (_, n) => file(n + 1, NOW - (24 * 6 - n) * HOUR));
    expect(keptBackups(hourly).map((b) => new Date(b.at).toISOString().slice(5, 13))).toEqual([
      '11-23T09',
      '11-23T08',
      '11-23T07',
      '11-22T23',
      '11-21T23',
    ]);
  });

  it('never none of some, always the newest by its number, never more than five, whatever the clock did', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 * 24 }), { minLength: 1, maxLength: 60 }), (hours) => {
        const all = hours.map((hour, n) => file(n + 1, NOW + hour * HOUR));
        const kept = keptBackups(all);
        expect(kept.length).toBeGreaterThanOrEqual(Math.min(3, all.length));
        expect(kept.length).toBeLessThanOrEqual(5);
        expect(kept).toEqual(expect.arrayContaining(all.slice(-3)));
        // What was let go once is not wanted back.
        expect(keptBackups(kept)).toEqual(kept);
      }),
    );
  });
});

describe('the name of a backup', () => {
  it('says its number, its last operation and when it was made', () => {
    const b = file(12, NOW);
    expect(b.name).toBe('000012-00000120-20261123T100000Z.db');
    expect(readBackupName(b.name)).toEqual(b);
    for (const other of ['next.part', '000012-00000120-20261123T100000Z.db-wal', 'talon.db', '']) {
      expect(readBackupName(other)).toBeNull();
    }
  });
});
