import { existsSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { addReserve } from '../../electron/core/tickets/numbers.ts';
import { nodeFiles, type Files } from '../../electron/core/vault/files.ts';
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
  START,
  undo,
  visit,
  type Stage,
} from '../fixtures/vault.ts';

/** Whatever happens to a device, in whatever order: what was committed is there, once, and no number comes twice. */

type Step =
  | { do: 'visit'; series: 'A' | 'B'; leased: boolean }
  | { do: 'copy' | 'undo'; of: number }
  | { do: 'reserve' | 'backup' | 'restart' | 'power-cut' }
  | { do: 'full'; call: 'write' | 'sync' }
  | { do: 'lose'; how: 'garbage' | 'zeros' | 'cut' | 'gone'; backups: 'none' | 'newest' | 'all'; at: number }
  | { do: 'harm-journal'; at: number; bytes: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('visit' as const),
      series: fc.constantFrom('A' as const, 'B' as const),
      leased: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('copy' as const, 'undo' as const), of: fc.nat(50) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('reserve' as const, 'backup' as const, 'restart' as const, 'power-cut' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('full' as const),
      call: fc.constantFrom('write' as const, 'sync' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('lose' as const),
      how: fc.constantFrom('garbage' as const, 'zeros' as const, 'cut' as const, 'gone' as const),
      backups: fc.constantFrom('none' as const, 'newest' as const, 'all' as const),
      at: fc.nat(1000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('harm-journal' as const),
      at: fc.nat(1000),
      bytes: fc.integer({ min: 1, max: 3000 }),
    }),
  },
);

const ruin = (file: string, how: Extract<Step, { do: 'lose' }>['how'], at: number): void => {
  if (!existsSync(file)) return;
  if (how === 'gone') rmSync(file);
  else
    overwrite(file, (bytes) => {
      const pages = Math.max(1, Math.floor(bytes.length / 4096));
      // Schema and tables: what lies behind them may be a page that nothing uses.
      const from = 4096 * (at % Math.min(pages, 10));
      if (how === 'cut') return bytes.subarray(0, from);
      if (how === 'zeros') return bytes.fill(0, from, from + 4096);
      return Buffer.concat([bytes.subarray(0, from), garbage(bytes.length - from, at)]);
    });
};

afterEach(closeStages);

describe('a device that loses what it has', () => {
  it(
    'has every fact once after each start, a whole chain, and gives no number twice',
    { timeout: 240_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 22 }), async (steps) => {
          const clock = handClock(START);
          let failAt: string | null = null;
          const files: Files = { ...nodeFiles };
          for (const call of ['write', 'sync'] as const) {
            const real = nodeFiles[call] as (...of: unknown[]) => void;
            files[call] = (...of: unknown[]) => {
              if (failAt !== call) return real(...of);
              failAt = null;
              throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
            };
          }
          let stage: Stage = openStage(newDir(), { clock, files });
          seedRegistry(stage.store, { now: START });
          const committed: string[] = [];
          const visits: string[] = [];
          const numbers = new Set<string>();
          let leased = 0;
          let reserved = 700;
          const come = (about: Parameters<typeof visit>[1]): void => {
            const made = visit(stage, about);
            committed.push(made.opId);
            visits.push(made.visitId);
            expect(numbers).not.toContain(made.number);
            numbers.add(made.number);
          };
          const reopen = (dir: string): void => {
            stage = openStage(dir, { clock, files });
            expect(facts(stage.store)).toEqual(committed);
            expect(fault(stage.store)).toBeNull();
          };
          for (const one of steps) {
            switch (one.do) {
              case 'visit':
                if (one.leased) leased += 1;
                come({ series: one.series, ...(one.leased ? { leased } : {}) });
                break;
              case 'copy':
              case 'undo': {
                const of = visits[one.of % Math.max(1, visits.length)];
                if (of) committed.push((one.do === 'copy' ? copyOf : undo)(stage, of));
                break;
              }
              case 'reserve': {
                const from = reserved;
                reserved += 3;
                stage.store.write((db) => addReserve(db, DAY, from % 2 === 0 ? 'A' : 'B', [from, from + 1, from + 2]));
                break;
              }
              case 'backup':
                expect(await stage.vault.backup()).toBe(true);
                break;
              case 'full':
                failAt = one.call;
                expect(() => visit(stage)).toThrow(/./);
                break;
              case 'restart':
                stage.close();
                reopen(stage.dir);
                break;
              case 'power-cut':
                reopen(cutPower(stage));
                break;
              case 'lose': {
                stage.close();
                const all = backupFiles(stage.dir);
                ruin(stage.file, one.how, one.at);
                const lost = one.backups === 'none' ? [] : one.backups === 'newest' ? all.slice(-1) : all;
                for (const file of lost) ruin(file, one.how, one.at);
                reopen(stage.dir);
                break;
              }
              case 'harm-journal': {
                stage.close();
                const all = journalFiles(stage.dir);
                const file = all[one.at % all.length] ?? '';
                overwrite(file, (bytes) => {
                  garbage(one.bytes, one.at).copy(bytes, Math.floor((bytes.length * one.at) / 1001));
                  return bytes;
                });
                // The database is whole, so the journal is made whole again.
                reopen(stage.dir);
                break;
              }
            }
          }
          stage.close();
          // All but the journal is lost.
          for (const file of backupFiles(stage.dir)) writeFileSync(file, garbage(3000));
          truncateSync(stage.file, 0);
          reopen(stage.dir);
          for (let n = 0; n < 5; n += 1) for (const series of ['A', 'B'] as const) come({ series });
          closeStages();
        }),
        { numRuns: Number(process.env['VAULT_RUNS'] ?? 12) },
      );
    },
  );
});
