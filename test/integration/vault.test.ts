import { appendFileSync, copyFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { forgetDevice, readDevice, writeDevice } from '../../electron/core/store/registry.ts';
import { insertRequest, readRequest, setRequestState, type RequestRow } from '../../electron/core/store/requests.ts';
import { int, sql, text } from '../../electron/core/store/sql.ts';
import { clearOutbox, enqueue } from '../../electron/core/sync/outbox.ts';
import { addReserve, dropReserve, reserveCounts } from '../../electron/core/tickets/numbers.ts';
import type { BackupDriver } from '../../electron/core/vault/backups.ts';
import { nodeFiles, type Files } from '../../electron/core/vault/files.ts';
import { CallFailure } from '../../shared/contracts/result.ts';
import { openBetterSqlite3 } from '../../electron/core/store/better-sqlite3.ts';
import { openStore } from '../../electron/core/store/store.ts';
import { memoryLog } from '../fixtures/sqlite.ts';
import { seedRegistry } from '../fixtures/registry.ts';
import {
  backupFiles,
  closeStages,
  copyOf,
  cutPower,
  DAY,
  facts,
  fault,
  garbage,
  handClock,
  journalFiles,
  newDir,
  openStage,
  overwrite,
  quarantined,
  START,
  undo,
  visit,
  type Stage,
  type StageOptions,
} from '../fixtures/vault.ts';

/** Files of a device are lost in every way; what was committed is there again, and no number is given a second time. */

afterEach(closeStages);

const codeOf = (run: () => unknown): string => {
  try {
    run();
    return 'nothing thrown';
  } catch (error) {
    return error instanceof CallFailure ? error.error.code : String(error);
  }
};
const failing = (code: string): Error => Object.assign(new Error(`${code}: as if`), { code });

/** An enrolled device with a reserve of 700-709. */
const enrolled = (dir = newDir(), options: StageOptions = {}): Stage => {
  const stage = openStage(dir, options);
  seedRegistry(stage.store, { now: START });
  const reserve = Array.from({ length: 10 }, (_, n) => 700 + n);
  stage.store.write((db) => addReserve(db, DAY, 'A', reserve));
  return stage;
};

/** What a device has committed. */
interface History {
  facts: string[];
  visits: string[];
  numbers: string[];
}
/** Visitors with leased numbers, of the reserve, and beyond it; a copy; one that is taken back. */
const work = (stage: Stage, history: History, from: number): void => {
  const note = (made: ReturnType<typeof visit>): void => {
    history.facts.push(made.opId);
    history.visits.push(made.visitId);
    history.numbers.push(made.number);
  };
  note(visit(stage, { leased: from }));
  note(visit(stage, { booking: String(from).padStart(32, '0') }));
  note(visit(stage, { series: 'B' }));
  history.facts.push(copyOf(stage, history.visits.at(-1) ?? ''));
  note(visit(stage));
  history.facts.push(undo(stage, history.visits.at(-3) ?? ''));
  note(visit(stage, { booking: String(from).padStart(32, '0') }));
};

/** A device with a backup in the middle of its work, closed. */
const worked = async (): Promise<{ dir: string; history: History }> => {
  const stage = enrolled();
  const history: History = { facts: [], visits: [], numbers: [] };
  work(stage, history, 1);
  expect(await stage.vault.backup()).toBe(true);
  work(stage, history, 2);
  stage.close();
  return { dir: stage.dir, history };
};

/** Every fact once, in order; nothing contradicts itself; and the next numbers are new ones. */
const expectWhole = (stage: Stage, history: History): void => {
  expect(facts(stage.store)).toEqual(history.facts);
  expect(fault(stage.store)).toBeNull();
  work(stage, history, 50);
  for (let n = 0; n < 8; n += 1) {
    const made = visit(stage);
    history.facts.push(made.opId);
    history.numbers.push(made.number);
  }
  expect(new Set(history.numbers).size).toBe(history.numbers.length);
  expect(facts(stage.store)).toEqual(history.facts);
  expect(fault(stage.store)).toBeNull();
};

const audited = ({ store }: Stage, action: string): Record<string, unknown>[] =>
  store.read((db) =>
    db.all(sql`SELECT detail FROM audit WHERE action = ${action}`).map((row) => JSON.parse(text(row, 'detail'))),
  );

describe('a database that is damaged or gone while the device was off', () => {
  const ways: Record<string, (file: string) => void> = {
    'is overwritten with garbage': (file) => overwrite(file, (bytes) => garbage(bytes.length)),
    'has garbage in its middle': (file) =>
      overwrite(file, (bytes) => {
        garbage(4096 * 6).copy(bytes, 4096 * 12);
        return bytes;
      }),
    'has a page of zeros': (file) => overwrite(file, (bytes) => bytes.fill(0, 4096 * 8, 4096 * 9)),
    'has lost its first page': (file) => overwrite(file, (bytes) => bytes.fill(0, 0, 4096)),
    'is cut to half': (file) => overwrite(file, (bytes) => bytes.subarray(0, bytes.length / 2)),
    'is cut in the middle of a page': (file) => truncateSync(file, 4096 * 7 + 100),
    'is empty': (file) => truncateSync(file, 0),
    'is gone': (file) => rmSync(file),
    'is a text': (file) => writeFileSync(file, 'no database at all'),
  };
  for (const [how, damage] of Object.entries(ways)) {
    it(`that ${how}: restored, with every fact`, async () => {
      const { dir, history } = await worked();
      damage(join(dir, 'talon.db'));
      const stage = openStage(dir);
      expect(stage.vault.recovered).toMatchObject({ journal: true, lost: 0, replayed: 7, at: START });
      expect(stage.vault.recovered?.backup).toMatch(/^000001-/);
      expect(audited(stage, 'store.recovered')).toHaveLength(1);
      expect(audited(stage, 'fact.replayed')).toHaveLength(7);
      expectWhole(stage, history);
      // The next start has nothing to do.
      stage.close();
      const next = openStage(dir);
      expect(next.vault.recovered).toBeNull();
      expect(facts(next.store)).toEqual(history.facts);
    });

    it(`that ${how}, and all backups with it: a new one, from the journal alone`, async () => {
      const { dir, history } = await worked();
      damage(join(dir, 'talon.db'));
      for (const file of backupFiles(dir)) damage(file);
      const stage = openStage(dir);
      expect(stage.vault.recovered).toMatchObject({ backup: null, journal: true, lost: 0, replayed: 14 });
      expect(stage.store.read(readDevice)).toMatchObject({ deviceId: expect.any(String), slotNo: 7 });
      expect(stage.store.read((db) => db.get(sql`SELECT epoch, cursor FROM sync`))).toMatchObject({ cursor: '' });
      expect(backupFiles(dir)).toEqual([]);
      expectWhole(stage, history);
    });
  }

  it('keeps what was damaged, three of it', async () => {
    const { dir } = await worked();
    for (let n = 0; n < 5; n += 1) {
      writeFileSync(join(dir, 'talon.db'), `damage ${n}`);
      openStage(dir).close();
    }
    expect(quarantined(dir)).toHaveLength(3);
    const last = join(dir, 'vault', 'quarantine', quarantined(dir).at(-1) ?? '');
    expect(readFileSync(join(last, 'talon.db'), 'utf8')).toBe('damage 4');
  });

  it('with the write-ahead log of another device beside it: ours again', async () => {
    const { dir, history } = await worked();
    const other = enrolled(newDir(), { clock: handClock(START - 86_400_000) });
    other.store.write((db) => db.run(sql`UPDATE device SET device_id = 'another', enrolled_at = 1`));
    const left = cutPower(other);
    copyFileSync(join(left, 'talon.db-wal'), join(dir, 'talon.db-wal'));
    const stage = openStage(dir);
    expect(stage.vault.recovered).not.toBeNull();
    expectWhole(stage, history);
  });

  it('in its write-ahead log, which the power cut left: every fact all the same', async () => {
    const before = enrolled();
    const history: History = { facts: [], visits: [], numbers: [] };
    work(before, history, 1);
    const dir = cutPower(before);
    overwrite(join(dir, 'talon.db-wal'), (bytes) => {
      garbage(2000).copy(bytes, Math.floor(bytes.length / 2));
      return bytes;
    });
    const stage = openStage(dir);
    expectWhole(stage, history);
  });

  it('takes an older backup when the newest is damaged, and sets that one aside', async () => {
    const stage = enrolled();
    const history: History = { facts: [], visits: [], numbers: [] };
    for (let n = 1; n <= 3; n += 1) {
      work(stage, history, n);
      await stage.vault.backup();
    }
    work(stage, history, 4);
    stage.close();
    const [, second = '', third = ''] = backupFiles(stage.dir);
    overwrite(third, (bytes) => bytes.fill(0xaa, 4096 * 3, 4096 * 20));
    rmSync(stage.file);
    const next = openStage(stage.dir);
    expect(next.vault.recovered).toMatchObject({ backup: basename(second), replayed: 14 });
    expect(backupFiles(stage.dir)).toHaveLength(2);
    expectWhole(next, history);
  });

  it('says so when there is nothing to restore it from, and touches nothing', async () => {
    const { dir } = await worked();
    rmSync(join(dir, 'vault'), { recursive: true });
    writeFileSync(join(dir, 'talon.db'), 'garbage');
    expect(codeOf(() => openStage(dir))).toBe('store-corrupt');
    expect(codeOf(() => openStage(dir))).toBe('store-corrupt');
    expect(readFileSync(join(dir, 'talon.db'), 'utf8')).toBe('garbage');
  });

  it('is not taken for a new device because all that is left of it is unreadable', async () => {
    const { dir } = await worked();
    rmSync(join(dir, 'talon.db'));
    for (const file of [...backupFiles(dir), ...journalFiles(dir)]) writeFileSync(file, garbage(5000));
    // Garbage without an end of line could be a line that was never finished.
    for (const file of journalFiles(dir)) appendFileSync(file, '\n');
    expect(codeOf(() => openStage(dir))).toBe('store-corrupt');
    expect(codeOf(() => openStage(dir))).toBe('store-corrupt');
    expect(existsSync(join(dir, 'talon.db'))).toBe(false);
  });

  it('of a newer program is not touched', async () => {
    const { dir } = await worked();
    const stage = openStage(dir);
    stage.store.read((db) => db.get(sql`PRAGMA user_version`));
    stage.close();
    const driver = openBetterSqlite3(join(dir, 'talon.db'));
    driver.exec('PRAGMA user_version = 99990');
    driver.close();
    expect(codeOf(() => openStage(dir))).toBe('store-newer');
    expect(existsSync(join(dir, 'vault', 'quarantine'))).toBe(false);
    expect(existsSync(join(dir, 'talon.db'))).toBe(true);
  });

  it('begins a first device with nothing of the kind', () => {
    const stage = openStage(newDir());
    expect(stage.vault.recovered).toBeNull();
    expect(stage.store.read(readDevice)).toBeNull();
  });
});

describe('a journal that is damaged', () => {
  it('by a line that was never finished: dropped, and the next one stands on its own', async () => {
    const { dir, history } = await worked();
    appendFileSync(journalFiles(dir).at(-1) ?? '', '512 0123456789abcdef {"d":"half a li');
    const stage = openStage(dir);
    expect(stage.log.lines.map((line) => line.event)).toContain('vault.journal-torn');
    work(stage, history, 3);
    stage.close();
    rmSync(join(dir, 'talon.db'));
    for (const file of backupFiles(dir)) rmSync(file);
    expectWhole(openStage(dir), history);
  });

  it('in its middle, with a database that is whole: written again, so that it is whole too', async () => {
    const { dir, history } = await worked();
    for (const file of journalFiles(dir)) overwrite(file, (bytes) => bytes.fill(0x58, 1500, 4000));
    const stage = openStage(dir);
    expect(stage.log.lines.map((line) => line.event)).toContain('vault.journal-damaged');
    expect(stage.log.lines.map((line) => line.event)).toContain('vault.journal-completed');
    stage.close();
    rmSync(join(dir, 'talon.db'));
    for (const file of backupFiles(dir)) rmSync(file);
    const next = openStage(dir);
    expect(next.vault.recovered).toMatchObject({ lost: 0, backup: null });
    expectWhole(next, history);
  });

  it('twice, the second time at the end of a file that is not the last: written again each time', () => {
    const stage = enrolled();
    const history: History = { facts: [], visits: [], numbers: [] };
    const come = (at: Stage): void => {
      const made = visit(at);
      history.facts.push(made.opId);
      history.visits.push(made.visitId);
      history.numbers.push(made.number);
    };
    come(stage);
    stage.close();
    const [first] = journalFiles(stage.dir);
    // Who it is, and where it began.
    overwrite(first ?? '', (bytes) => {
      garbage(296).copy(bytes);
      return bytes;
    });
    const mended = openStage(stage.dir);
    come(mended);
    mended.close();
    expect(journalFiles(stage.dir)).toHaveLength(2);
    // The line of the first visit, with its end: that it was whole once only the file behind it says.
    overwrite(first ?? '', (bytes) => bytes.fill(0x58, bytes.length - 200));
    openStage(stage.dir).close();
    for (const file of backupFiles(stage.dir)) rmSync(file);
    truncateSync(join(stage.dir, 'talon.db'), 0);
    expectWhole(openStage(stage.dir), history);
  });

  it('gone altogether, with a database that is whole: written again', async () => {
    const { dir, history } = await worked();
    rmSync(join(dir, 'vault'), { recursive: true });
    openStage(dir).close();
    rmSync(join(dir, 'talon.db'));
    const next = openStage(dir);
    expect(next.vault.recovered).toMatchObject({ lost: 0, backup: null, replayed: history.facts.length });
    expectWhole(next, history);
  });

  it('and the database too: one operation is lost and said to be, nothing is given twice', async () => {
    const stage = enrolled();
    const history: History = { facts: [], visits: [], numbers: [] };
    work(stage, history, 1);
    await stage.vault.backup();
    work(stage, history, 2);
    stage.close();
    // The line of the last but three: a number of the reserve.
    overwrite(journalFiles(stage.dir).at(-1) ?? '', (bytes) => {
      const place = bytes.indexOf(history.facts.at(-3) ?? '?');
      expect(place).toBeGreaterThan(0);
      bytes[place] = 0x5a;
      return bytes;
    });
    writeFileSync(stage.file, garbage(9999));
    const next = openStage(stage.dir);
    expect(next.vault.recovered).toMatchObject({ lost: 1, replayed: 6 });
    expect(next.log.lines.map((line) => line.event)).toContain('vault.operations-lost');
    const lost = next.store.read((db) => db.all(sql`SELECT * FROM outbox WHERE state = 'parked'`));
    expect(lost).toMatchObject([{ type: 'lost', withheld: 1, seq: 12 }]);
    expect(next.store.read(reserveCounts).size).toBe(0);
    expect(fault(next.store)).toBeNull();
    const kept = history.facts.filter((opId) => opId !== history.facts.at(-3));
    expect(facts(next.store).filter((opId) => history.facts.includes(opId))).toEqual(kept);
    // The number of the lost one is on a paper that nobody knows of.
    for (let n = 0; n < 20; n += 1) history.numbers.push(visit(next).number, visit(next, { series: 'B' }).number);
    expect(new Set(history.numbers).size).toBe(history.numbers.length);
  });

  it('gone with the database: the backup serves, and its reserve is not given', async () => {
    const { dir, history } = await worked();
    rmSync(join(dir, 'vault', 'journal'), { recursive: true });
    rmSync(join(dir, 'talon.db'));
    const stage = openStage(dir);
    expect(stage.vault.recovered).toMatchObject({ journal: false, replayed: 0 });
    expect(facts(stage.store)).toEqual(history.facts.slice(0, 7));
    for (let n = 0; n < 20; n += 1) history.numbers.push(visit(stage).number, visit(stage, { series: 'B' }).number);
    expect(new Set(history.numbers).size).toBe(history.numbers.length);
  });

  it('mends an operation whose row was changed in the database', async () => {
    const { dir, history } = await worked();
    const before = openStage(dir);
    before.store.write((db) => db.run(sql`UPDATE outbox SET body = replace(body, 'ru', 'ro') WHERE seq = 1`));
    expect(fault(before.store)).toMatch(/hash of 1/);
    before.close();
    const stage = openStage(dir);
    expect(stage.log.lines.map((line) => line.event)).toContain('vault.operation-mended');
    expectWhole(stage, history);
  });
});

describe('what comes back with the facts', () => {
  const lose = (stage: Stage): Stage => {
    stage.close();
    writeFileSync(stage.file, garbage(5000));
    return openStage(stage.dir, { clock: stage.clock });
  };

  it('a visit with all that it had, and its paper as one that may have come out', async () => {
    const stage = enrolled();
    await stage.vault.backup();
    const made = visit(stage, { booking: 'ab'.repeat(16), attempt: '01900000-0000-7000-8000-000000000abc' });
    copyOf(stage, made.visitId);
    const row = (s: Stage, table: string) =>
      s.store.read((db) => db.all({ text: `SELECT * FROM ${table}`, params: [] }));
    const before = ['visit', 'ticket'].map((table) => row(stage, table));
    const papers = row(stage, 'print_job');
    const next = lose(stage);
    expect(['visit', 'ticket'].map((table) => row(next, table))).toEqual(before);
    const same = (from: Record<string, unknown>[]) =>
      from.map(({ job_id, ticket_id, copy, attempt_id, queued_at }) => ({
        job_id,
        ticket_id,
        copy,
        attempt_id,
        queued_at,
      }));
    expect(same(row(next, 'print_job'))).toEqual(same(papers));
    expect(row(next, 'print_job').map((job) => job['state'])).toEqual(['unknown', 'unknown']);
  });

  it('papers that waited when the backup was made are not printed now', async () => {
    const stage = enrolled();
    visit(stage);
    await stage.vault.backup();
    const next = lose(stage);
    expect(next.store.read((db) => db.all(sql`SELECT state FROM print_job`))).toEqual([{ state: 'unknown' }]);
  });

  it('the reserve that came since the backup, without what was used and what was given back', async () => {
    const stage = enrolled();
    await stage.vault.backup();
    stage.store.write((db) => {
      addReserve(db, DAY, 'B', [710, 711, 712]);
      addReserve(db, '2026-11-24', 'A', [720, 721]);
      addReserve(db, '2026-11-25', 'A', [730]);
    });
    visit(stage, { series: 'B' });
    stage.store.write((db) => {
      const numbers = dropReserve(db, '2026-11-25').get('A') ?? [];
      enqueue(db, {
        op_id: '01900000-0000-7000-8000-00000000beef',
        type: 'lease.return',
        kind: 'fact',
        entity_id: 'A',
        business_date: '2026-11-25',
        occurred_at: START,
        payload: { series: 'A', numbers },
      });
    });
    const held = stage.store.read((db) => db.all(sql`SELECT * FROM reserve ORDER BY 1, 2, 3`));
    expect(held).toHaveLength(14);
    const next = lose(stage);
    expect(next.store.read((db) => db.all(sql`SELECT * FROM reserve ORDER BY 1, 2, 3`))).toEqual(held);
  });

  it('a request as it stood: one that was answered is not taken back', async () => {
    const stage = enrolled();
    await stage.vault.backup();
    const request = (n: number): RequestRow => ({
      requestId: `01900000-0000-7000-8000-00000000000${n}`,
      attemptId: `attempt ${n}`,
      opId: `01900000-0000-7000-9000-00000000000${n}`,
      kind: 'create',
      bookingId: String(n).repeat(32),
      services: [1],
      startsAt: START,
      language: 'ru',
      businessDate: DAY,
      madeAt: START,
      state: 'waiting',
      problem: null,
      bookingNumber: null,
      token: null,
    });
    for (const n of [1, 2]) {
      const r = request(n);
      stage.store.write((db) => {
        insertRequest(db, r);
        enqueue(db, {
          op_id: r.opId,
          type: 'booking.cancel',
          kind: 'request',
          entity_id: r.bookingId,
          business_date: DAY,
          occurred_at: START,
          payload: { booking_id: r.bookingId },
        });
      });
    }
    stage.store.write((db) => setRequestState(db, request(1).requestId, 'waiting', 'confirmed'));
    const next = lose(stage);
    const stateOf = (n: number) => next.store.read((db) => readRequest(db, request(n).requestId)?.state);
    expect([stateOf(1), stateOf(2)]).toEqual(['confirmed', 'waiting']);
    expect(fault(next.store)).toBeNull();
  });

  it('that a device was put out of service', async () => {
    const stage = enrolled();
    await stage.vault.backup();
    stage.store.write((db) => db.run(sql`UPDATE sync SET stopped = 'revoked'`));
    const next = lose(stage);
    expect(next.store.read((db) => db.get(sql`SELECT stopped FROM sync`))).toEqual({ stopped: 'revoked' });
    expect(next.store.read(reserveCounts).size).toBe(0);
  });

  it('who it is now, when it was enrolled anew: no backup of the device that it was is used', async () => {
    const stage = enrolled();
    visit(stage);
    await stage.vault.backup();
    const made = stage.store.write((db) => {
      const was = readDevice(db);
      forgetDevice(db);
      clearOutbox(db);
      if (!was) throw new Error('it was enrolled');
      writeDevice(db, { ...was, deviceId: 'the new one', slotNo: 9 }, 'epoch 2', START + 1000);
      return was;
    });
    expect(made.slotNo).toBe(7);
    const one = visit(stage, { series: 'B' });
    const next = lose(stage);
    expect(next.store.read(readDevice)).toMatchObject({ deviceId: 'the new one', slotNo: 9 });
    expect(next.vault.recovered?.backup).toBeNull();
    expect(facts(next.store)).toEqual([one.opId]);
    expect(fault(next.store)).toBeNull();
  });
});

describe('a disk that fails', () => {
  /** Files whose next call of a kind fails as often as it is told. */
  const faulty = (): Files & { fail: (call: keyof Files, code: string, times?: number, half?: boolean) => void } => {
    let what: { call: keyof Files; code: string; times: number; half: boolean } | null = null;
    const files = { ...nodeFiles } as Files & Record<string, unknown>;
    for (const call of Object.keys(nodeFiles) as (keyof Files)[]) {
      const real = nodeFiles[call] as (...of: unknown[]) => unknown;
      files[call] = ((...of: unknown[]) => {
        if (what?.call !== call || what.times <= 0) return real(...of);
        what.times -= 1;
        if (what.half && call === 'write') real(of[0], (of[1] as Uint8Array).subarray(0, 100));
        throw failing(what.code);
      }) as never;
    }
    return Object.assign(files, {
      fail: (call: keyof Files, code: string, times = 1, half = false) => {
        what = { call, code, times, half };
      },
    });
  };

  for (const [call, code, expected] of [
    ['write', 'ENOSPC', 'store-full'],
    ['write', 'EDQUOT', 'store-full'],
    ['sync', 'EIO', 'store-readonly'],
    ['sync', 'ENOSPC', 'store-full'],
  ] as const) {
    it(`at ${call} of the journal (${code}): ${expected}, nothing half done, and it goes on when there is room`, () => {
      const files = faulty();
      const stage = enrolled(newDir(), { files });
      const history: History = { facts: [], visits: [], numbers: [] };
      work(stage, history, 1);
      const size = readFileSync(journalFiles(stage.dir).at(-1) ?? '').length;
      files.fail(call, code, 1, true);
      expect(codeOf(() => visit(stage))).toBe(expected);
      expect(facts(stage.store)).toEqual(history.facts);
      expect(readFileSync(journalFiles(stage.dir).at(-1) ?? '').length).toBe(size);
      work(stage, history, 2);
      const next = openStage(cutPower(stage));
      expectWhole(next, history);
    });
  }

  it('and cannot cut the journal back either: what was not committed does not come back', () => {
    const files = faulty();
    const commits = failingCommit();
    const stage = enrolled(newDir(), { files, wrap: commits.wrap });
    const history: History = { facts: [], visits: [], numbers: [] };
    work(stage, history, 1);
    commits.fail('SQLITE_FULL');
    files.fail('truncate', 'EIO');
    expect(codeOf(() => visit(stage))).toBe('store-full');
    work(stage, history, 2);
    expect(journalFiles(stage.dir)).toHaveLength(2);
    stage.close();
    rmSync(stage.file);
    expectWhole(openStage(stage.dir), history);
  });

  /** A driver whose COMMIT fails when it is told to. */
  const failingCommit = () => {
    let code: string | null = null;
    const wrap = (driver: BackupDriver): BackupDriver => ({
      ...driver,
      prepare: (query) => {
        const statement = driver.prepare(query);
        if (query !== 'COMMIT') return statement;
        return {
          ...statement,
          run: (...of) => {
            const now = code;
            code = null;
            if (now) throw failing(now);
            return statement.run(...of);
          },
        };
      },
    });
    return {
      wrap,
      fail: (with_: string) => {
        code = with_;
      },
    };
  };

  it('at COMMIT: nothing half done, in the journal neither', () => {
    const commits = failingCommit();
    const stage = enrolled(newDir(), { wrap: commits.wrap });
    const history: History = { facts: [], visits: [], numbers: [] };
    work(stage, history, 1);
    for (const code of ['SQLITE_FULL', 'SQLITE_IOERR_FSYNC']) {
      commits.fail(code);
      expect(codeOf(() => visit(stage))).toMatch(/^store-(full|readonly)$/);
      expect(facts(stage.store)).toEqual(history.facts);
    }
    const left = cutPower(stage);
    rmSync(join(left, 'talon.db'));
    expectWhole(openStage(left), history);
  });

  it('is really full (a limit of pages): store-full, nothing half done, in the journal neither', () => {
    let driver: BackupDriver | null = null;
    const stage = enrolled(newDir(), { wrap: (d) => (driver = d) });
    const history: History = { facts: [], visits: [], numbers: [] };
    work(stage, history, 1);
    (driver as BackupDriver | null)?.exec('PRAGMA max_page_count = 1');
    let code = 'nothing thrown';
    for (let n = 0; n < 500 && code === 'nothing thrown'; n += 1) {
      code = codeOf(() => {
        const made = visit(stage, { leased: n + 100 });
        history.facts.push(made.opId);
        history.numbers.push(made.number);
      });
    }
    expect(code).toBe('store-full');
    expect(facts(stage.store)).toEqual(history.facts);
    stage.close();
    rmSync(stage.file);
    expectWhole(openStage(stage.dir), history);
  });

  for (const code of ['ENOSPC', 'EIO']) {
    it(`during a recovery (${code}): says so, destroys nothing; the next start brings everything back`, async () => {
      // A backup that cannot be read is one of the things that are lost: then it is the journal's turn.
      for (const call of code === 'EIO' ? (['rename', 'makeDir'] as const) : (['copy', 'rename', 'makeDir'] as const)) {
        const { dir, history } = await worked();
        const broken = garbage(6000);
        writeFileSync(join(dir, 'talon.db'), broken);
        const files = faulty();
        files.fail(call, code, 100);
        expect(codeOf(() => openStage(dir, { files }))).toBe(code === 'ENOSPC' ? 'store-full' : 'store-readonly');
        expect(readFileSync(join(dir, 'talon.db')).equals(broken)).toBe(true);
        expect(backupFiles(dir)).toHaveLength(1);
        expectWhole(openStage(dir), history);
        closeStages();
      }
    });
  }

  it('is full in the database itself during a recovery: says so, destroys nothing', async () => {
    const { dir, history } = await worked();
    writeFileSync(join(dir, 'talon.db'), garbage(6000));
    const wrap = (driver: BackupDriver): BackupDriver => ({
      ...driver,
      prepare: (query) => {
        if (query.startsWith('INSERT INTO audit')) throw failing('SQLITE_FULL');
        return driver.prepare(query);
      },
    });
    expect(codeOf(() => openStage(dir, { wrap }))).toBe('store-full');
    expect(readFileSync(join(dir, 'talon.db')).equals(garbage(6000))).toBe(true);
    expectWhole(openStage(dir), history);
  });

  it('is cut off between the steps of putting the restored database in its place: the next start goes on', async () => {
    let ended = false;
    for (let steps = 0; !ended; steps += 1) {
      const { dir, history } = await worked();
      writeFileSync(join(dir, 'talon.db'), garbage(6000));
      writeFileSync(join(dir, 'talon.db-wal'), garbage(600));
      writeFileSync(join(dir, 'talon.db-shm'), garbage(600));
      let left = steps;
      const dead = (): never => {
        throw new Error('the power is gone');
      };
      const files: Files = {
        ...nodeFiles,
        remove: (path) => (left < 0 ? dead() : nodeFiles.remove(path)),
        rename: (from, to) => {
          left -= 1;
          if (left < 0) dead();
          nodeFiles.rename(from, to);
        },
      };
      const how = codeOf(() => openStage(dir, { files }));
      ended = how === 'nothing thrown';
      if (ended) expect(steps).toBeGreaterThan(1);
      else expect(how).toMatch(/power is gone/);
      if (ended) closeStages();
      else expectWhole(openStage(dir), history);
      closeStages();
    }
  });
});

describe('a core that is killed', () => {
  const child = fileURLToPath(new URL('../fixtures/vault-child.ts', import.meta.url));
  const run = (dir: string, point: string, n: number, limit = '') => {
    const command = `${limit} exec "$0" "$@"`;
    const done = spawnSync('bash', ['-c', command, process.execPath, child, dir, point, String(n)], {
      encoding: 'utf8',
    });
    const lines = done.stdout.split('\n').filter((line) => line !== '');
    const told = lines.filter((line) => !line.startsWith('failed'));
    return {
      signal: done.signal,
      stderr: done.stderr,
      failed: lines.find((line) => line.startsWith('failed')) ?? null,
      told: told.map((line) => line.slice(0, 36)),
      numbers: told.map((line) => line.slice(37)),
    };
  };

  /** The write-ahead log too: there is everything in it otherwise. */
  const destroy = (dir: string): void => {
    writeFileSync(join(dir, 'talon.db'), garbage(10_000));
    writeFileSync(join(dir, 'talon.db-wal'), garbage(10_000));
  };

  it('between the journal and the commit: the visit is there, with a paper that is not printed by itself', () => {
    const dir = newDir();
    const { signal, told, numbers } = run(dir, 'before-commit', 4);
    expect([signal, told.length]).toEqual(['SIGKILL', 3]);
    const stage = openStage(dir);
    expect(stage.vault.recovered).toBeNull();
    const all = facts(stage.store);
    expect(all.slice(0, 3)).toEqual(told);
    expect(all).toHaveLength(4);
    expect(fault(stage.store)).toBeNull();
    const papers = stage.store.read((db) => db.all(sql`SELECT state FROM print_job ORDER BY queued_at, job_id`));
    expect(papers.map((row) => row['state'])).toEqual(['queued', 'queued', 'queued', 'unknown']);
    expect(audited(stage, 'fact.replayed')).toHaveLength(1);
    // The number of the fourth is taken.
    expect(codeOf(() => visit(stage, { leased: 4 }))).toMatch(/UNIQUE/);
    expect(new Set([...numbers, visit(stage, { leased: 5 }).number]).size).toBe(4);
  });

  it('between the commit and the paper: the visit is there once', () => {
    const dir = newDir();
    const { signal, told } = run(dir, 'after-commit', 3);
    expect([signal, told.length]).toEqual(['SIGKILL', 3]);
    const stage = openStage(dir);
    expect(facts(stage.store)).toEqual(told);
    expect(fault(stage.store)).toBeNull();
    expect(audited(stage, 'fact.replayed')).toHaveLength(0);
  });

  it('and its database destroyed: the same', () => {
    const dir = newDir();
    const { told } = run(dir, 'before-commit', 4);
    destroy(dir);
    const stage = openStage(dir);
    expect(facts(stage.store).slice(0, 3)).toEqual(told);
    expect(facts(stage.store)).toHaveLength(4);
    expect(fault(stage.store)).toBeNull();
  });

  it('in the middle of a recovery: the next start goes on', () => {
    for (const n of [1, 2]) {
      const dir = newDir();
      const { told } = run(dir, 'after-commit', 3);
      destroy(dir);
      expect(run(dir, 'before-rename', n).signal).toBe('SIGKILL');
      const stage = openStage(dir);
      expect(facts(stage.store)).toEqual(told);
      expect(fault(stage.store)).toBeNull();
      closeStages();
    }
  });

  it('or that may write no more (a limit of the operating system): told, nothing half done', () => {
    // 512-byte or 1024-byte blocks, as the shell has it: the write-ahead log meets it first.
    const dir = newDir();
    const { failed, told, numbers, signal, stderr } = run(dir, 'never', 500, 'ulimit -f 900;');
    expect([signal, stderr]).toEqual([null, '']);
    expect(failed).toMatch(/^failed store-(full|readonly)$/);
    expect(told.length).toBeGreaterThan(3);
    const stage = openStage(dir);
    expect(facts(stage.store)).toEqual(told);
    expect(fault(stage.store)).toBeNull();
    expect(new Set([...numbers, visit(stage, { leased: 600 }).number]).size).toBe(numbers.length + 1);
  });
});

describe('backups', () => {
  it('are made while visitors come: hourly when something changed, and each is whole', async () => {
    const stage = enrolled();
    const history: History = { facts: [], visits: [], numbers: [] };
    stage.vault.start();
    const settle = async (): Promise<void> => {
      // Waits for the one that is under way, and makes none itself.
      while (backupFiles(stage.dir).some((file) => file.endsWith('.part'))) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const made = (): number => stage.log.lines.filter((line) => line.event === 'vault.backup').length;
    const until = async (n: number): Promise<void> => {
      while (made() < n) await new Promise((resolve) => setImmediate(resolve));
      await settle();
    };
    stage.clock.advance(5_000);
    await until(1);
    work(stage, history, 1);
    stage.clock.advance(60_000);
    expect(made()).toBe(1);
    stage.clock.advance(3_600_000);
    await until(2);
    // Nothing has changed since.
    stage.clock.advance(3_600_000);
    stage.clock.advance(3_600_000);
    expect(made()).toBe(2);
    expect(journalFiles(stage.dir)).toHaveLength(3);
    await stage.vault.stop();
    stage.close();
    rmSync(stage.file);
    const next = openStage(stage.dir, { clock: stage.clock });
    expect(next.vault.recovered).toMatchObject({ replayed: 0, lost: 0 });
    expect(facts(next.store)).toEqual(history.facts);
  });

  it('hold up nobody: what is written while one is made is in it', async () => {
    const stage = enrolled();
    stage.store.write((db) => {
      for (let n = 0; n < 20_000; n += 1)
        db.run(sql`INSERT INTO centre_setting VALUES (${`key ${n}`}, 1, ${'x'.repeat(300)})`);
    });
    const history: History = { facts: [], visits: [], numbers: [] };
    let longest = 0;
    let done = false;
    const backup = stage.vault.backup().finally(() => {
      done = true;
    });
    let last = performance.now();
    for (let n = 1; !done; n += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      const now = performance.now();
      longest = Math.max(longest, now - last);
      if (n % 20 === 0 && history.facts.length < 100) history.facts.push(visit(stage, { series: 'B' }).opId);
      last = performance.now();
    }
    expect(await backup).toBe(true);
    expect(history.facts.length).toBeGreaterThan(3);
    console.log(`backup of 8 MB with visits meanwhile: the longest step held the thread for ${longest.toFixed(1)} ms`);
    const [newest = ''] = backupFiles(stage.dir).slice(-1);
    expect(Number(basename(newest).split('-')[1])).toBeGreaterThan(0);
    stage.close();
    rmSync(stage.file);
    expect(facts(openStage(stage.dir).store)).toEqual(history.facts);
  });

  it('are made while much is written that can be fetched again', async () => {
    const stage = enrolled();
    const made = visit(stage);
    let n = 0;
    const piece = (): void =>
      stage.store.writeBulk((db) => {
        for (let row = 0; row < 50; row += 1) {
          n += 1;
          db.run(sql`INSERT INTO centre_setting VALUES (${`key ${n}`}, 1, ${'x'.repeat(300)})`);
        }
      });
    for (let first = 0; first < 100; first += 1) piece();
    let done = false;
    const backup = stage.vault.backup().finally(() => {
      done = true;
    });
    while (!done) {
      piece();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await backup).toBe(true);
    stage.close();
    rmSync(stage.file);
    const next = openStage(stage.dir);
    expect(next.vault.recovered?.backup).not.toBeNull();
    expect(facts(next.store)).toEqual([made.opId]);
    const held = next.store.read((db) => db.get(sql`SELECT count(*) AS n FROM centre_setting`)) ?? {};
    expect(int(held, 'n')).toBeGreaterThanOrEqual(5_000);
    expect(int(held, 'n') % 50).toBe(0);
  });

  it('that do not fit on the disk are not begun; a copy that is not good does not count, and the database is looked at', async () => {
    let free = 1_000;
    const stage = enrolled(newDir(), { files: { ...nodeFiles, free: () => free } });
    visit(stage);
    expect(await stage.vault.backup()).toBe(false);
    expect(stage.log.lines.map((line) => line.event)).toContain('vault.no-room-for-backup');
    expect(backupFiles(stage.dir)).toEqual([]);
    free = 1e12;
    expect(await stage.vault.backup()).toBe(true);
    stage.close();
    const wrap = (driver: BackupDriver): BackupDriver => ({
      ...driver,
      backup: async (file, pages) => {
        await driver.backup(file, pages);
        overwrite(file, (bytes) => bytes.fill(0xaa, 4096 * 4, 4096 * 9));
      },
    });
    let told = 0;
    const bad = openStage(stage.dir, { wrap, onDamaged: () => (told += 1) });
    expect(await bad.vault.backup()).toBe(false);
    expect(backupFiles(stage.dir)).toHaveLength(1);
    expect(told).toBe(1);
    expect(existsSync(join(stage.dir, 'vault', 'suspect'))).toBe(true);
    bad.close();
    // The next start reads it all through, and finds that it is whole.
    const next = openStage(stage.dir);
    expect(next.vault.recovered).toBeNull();
    expect(existsSync(join(stage.dir, 'vault', 'suspect'))).toBe(false);
  });

  it('are rotated, with the journal behind them: what only it has stays', async () => {
    const stage = enrolled();
    const history: History = { facts: [], visits: [], numbers: [] };
    for (let hour = 0; hour < 7 * 4; hour += 1) {
      const made = visit(stage, { leased: hour + 1 });
      history.facts.push(made.opId);
      history.numbers.push(made.number);
      stage.clock.advance(6 * 3_600_000);
      expect(await stage.vault.backup()).toBe(true);
    }
    expect(backupFiles(stage.dir)).toHaveLength(4);
    // The centre has heard nothing: the journal goes back to the first.
    expect(journalFiles(stage.dir)).toHaveLength(29);
    stage.store.write((db) => db.run(sql`UPDATE outbox SET state = 'acked', acked_at = 1 WHERE seq <= 24`));
    expect(await stage.vault.backup()).toBe(true);
    const left = journalFiles(stage.dir).length;
    expect(left).toBeGreaterThan(12);
    expect(left).toBeLessThan(20);
    stage.close();
    for (const file of [stage.file, ...backupFiles(stage.dir)]) rmSync(file);
    const next = openStage(stage.dir, { clock: stage.clock });
    expect(next.vault.recovered).toMatchObject({ backup: null, lost: 0 });
    const back = facts(next.store);
    expect(back).toEqual(history.facts.slice(-back.length));
    expect(back.length).toBeGreaterThan(12);
    expect(fault(next.store)).toBeNull();
    const chain = next.store.read((db) => db.get(sql`SELECT max(seq) AS last FROM outbox`)) ?? {};
    expect(int(chain, 'last')).toBe(28);
  });

  it('do not keep what was purged, or what a device knew that was put out of service', async () => {
    const stage = enrolled();
    stage.vault.start();
    visit(stage);
    await stage.vault.backup();
    await stage.vault.backup();
    stage.close();
    writeFileSync(stage.file, 'damage');
    const next = openStage(stage.dir, { clock: stage.clock });
    expect(quarantined(stage.dir)).toHaveLength(1);
    next.vault.start();
    const made = (): number => next.log.lines.filter((line) => line.event === 'vault.backup').length;
    const until = async (n: number): Promise<void> => {
      while (made() < n) await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    };
    next.store.write((db) =>
      enqueue(db, {
        op_id: '01900000-0000-7000-8000-00000000feed',
        type: 'purge.done',
        kind: 'fact',
        entity_id: 'x',
        business_date: DAY,
        occurred_at: START,
        payload: { c: 'booking', ids: ['a'] },
      }),
    );
    next.clock.advance(0);
    await until(1);
    expect(backupFiles(next.dir)).toHaveLength(1);
    expect(quarantined(next.dir)).toHaveLength(0);
    next.store.write((db) => {
      db.run(sql`UPDATE sync SET stopped = 'fork'`);
      for (const table of ['print_job', 'ticket', 'visit']) db.run({ text: `DELETE FROM ${table}`, params: [] });
    });
    next.clock.advance(60_000);
    await until(2);
    expect(backupFiles(next.dir)).toHaveLength(1);
    await next.vault.stop();
  });
});

describe('damage that is met while the database is in use', () => {
  it('is told once, and mended by the next start, which reads everything', () => {
    let told = 0;
    let broken = false;
    const wrap = (driver: BackupDriver): BackupDriver => ({
      ...driver,
      prepare: (query) => {
        const statement = driver.prepare(query);
        if (!query.includes('FROM booking')) return statement;
        return {
          ...statement,
          all: (...of) => {
            if (broken) throw failing('SQLITE_CORRUPT_INDEX');
            return statement.all(...of);
          },
        };
      },
    });
    const stage = enrolled(newDir(), { wrap, onDamaged: () => (told += 1) });
    const history: History = { facts: [], visits: [], numbers: [] };
    work(stage, history, 1);
    broken = true;
    for (let n = 0; n < 2; n += 1)
      expect(codeOf(() => stage.store.read((db) => db.all(sql`SELECT * FROM booking`)))).toBe('store-corrupt');
    expect(told).toBe(1);
    stage.close();
    expect(existsSync(join(stage.dir, 'vault', 'suspect'))).toBe(true);
    const next = openStage(stage.dir);
    expect(existsSync(join(stage.dir, 'vault', 'suspect'))).toBe(false);
    expectWhole(next, history);
  });
});

describe('the price of the journal', () => {
  it('is one write and one sync for a visit, and nothing for what is no fact', () => {
    const calls = { write: 0, sync: 0 };
    const files: Files = {
      ...nodeFiles,
      write: (...of) => {
        calls.write += 1;
        nodeFiles.write(...of);
      },
      sync: (...of) => {
        calls.sync += 1;
        nodeFiles.sync(...of);
      },
    };
    const stage = enrolled(newDir(), { files });
    const bare = openStore(() => openBetterSqlite3(join(newDir(), 'bare.db')), memoryLog());
    seedRegistry(bare, { now: START });
    Object.assign(calls, { write: 0, sync: 0 });
    for (let n = 1; n <= 10; n += 1) visit(stage, { leased: n });
    expect(calls).toEqual({ write: 10, sync: 10 });
    for (let n = 0; n < 10; n += 1)
      stage.store.write((db) => db.run(sql`INSERT INTO centre_setting VALUES (${`k${n}`}, 1, 'x')`));
    expect(calls).toEqual({ write: 10, sync: 10 });
    const timed = (run: (n: number) => void): number => {
      const times: number[] = [];
      for (let n = 11; n <= 310; n += 1) {
        const began = performance.now();
        run(n);
        times.push(performance.now() - began);
      }
      return times.sort((a, b) => a - b)[150] ?? 0;
    };
    const cache = (store: Stage['store']) => (n: number) =>
      store.write((db) => db.run(sql`INSERT INTO centre_setting VALUES (${`c${n}`}, 1, 'x')`));
    const [without, with_] = [{ store: bare, clock: stage.clock }, stage].map((to) => ({
      visit: timed((n) => visit(to, { leased: n })),
      cache: timed(cache(to.store)),
    }));
    const ms = (value: number | undefined): string => (value ?? 0).toFixed(3);
    console.log(
      `median of 300: a visit ${ms(without?.visit)} ms without the journal, ${ms(with_?.visit)} ms with it; ` +
        `a transaction without a fact ${ms(without?.cache)} and ${ms(with_?.cache)} ms`,
    );
    bare.close();
  });
});
