import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * What is in the memory of a process is asked of the engine itself: all strings of its heap, in a process of its own, so
 * that nothing but the search knows the names. They are put together from numbers, the program's text has none of them.
 */
const PROGRAM = `
import { getHeapSnapshot } from 'node:v8';
import { text } from 'node:stream/consumers';
import { createSearch } from './electron/core/search/search.ts';
import { createSealer } from './electron/core/store/seal.ts';
import { openStore } from './electron/core/store/store.ts';
import { createDb, memoryLog } from './test/fixtures/sqlite.ts';

const syllable = (n) => 'bcdfgklmnprstv'.charAt(n % 14) + 'aeou'.charAt(n % 4);
const word = (n) => ['q', 'q', ...[n, Math.floor(n / 14), Math.floor(n / 196)].map(syllable)].join('') + 'zvq';
const sealer = createSealer({ get: () => Buffer.alloc(32, 7).toString('base64'), set: () => undefined });
const store = openStore(() => createDb(), memoryLog());
const fill = () =>
  store.write((db) => {
    for (let n = 0; n < 300; n += 1) {
      const id = String(n).padStart(32, 'a');
      const sealed = sealer.seal('person ' + id, { name: word(n) + ' ' + word(n + 300), phone: '+7' + String(9_000_000_000 + n) });
      db.run({ text: 'INSERT INTO person (booking_id, rev, sealed) VALUES (?, 1, ?)', params: [id, sealed] });
    }
  });
fill();
let turns = 0;
let at = () => undefined;
const search = createSearch({
  store, sealer, log: memoryLog(),
  clock: { now: () => 0, monotonic: () => performance.now(), after: () => () => undefined },
  turn: async () => { turns += 1; await new Promise(setImmediate); await at(); },
});
const day = { date: '2026-11-23', from: 0, until: 1 };
/** How many words of people are in the heap. */
const held = async () => {
  await new Promise(setImmediate);
  gc();
  const all = await text(getHeapSnapshot());
  return (all.match(/qq[a-z]{6}zvq/g) ?? []).length;
};
/** What is left when the turns that were in hand have ended. */
const left = async () => {
  let found = await held();
  for (let n = 0; n < 10 && found > 2; n += 1) found = await held();
  return found;
};
const before = await held();
await search.build();
search.find('qqbade', { day, limit: 5 });
const built = await held();
search.forget();
const forgotten = await left();
// Let go of while it waits for its turn.
let let_go = false;
at = () => {
  if (let_go || search.find('qq', { day, limit: 1 }).length === 0) return;
  search.forget();
  let_go = true;
};
await search.build();
// The slice that was in hand ends by itself.
const waiting = let_go ? await left() : -1;
console.log(JSON.stringify({ before, built, forgotten, waiting }));
`;

describe('forgetting', () => {
  it('leaves no word of anybody in the memory of the process, also while it is being built', () => {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--expose-gc', '--no-warnings', '--input-type=module-typescript', '-e', PROGRAM],
      { cwd: resolve(import.meta.dirname, '../..'), encoding: 'utf8', timeout: 60_000 },
    );
    expect([status, stderr]).toEqual([0, '']);
    const { before, built, forgotten, waiting } = JSON.parse(stdout) as Record<string, number>;
    expect(built).toBeGreaterThan(500);
    // The engine keeps the last text that a regular expression was used on.
    expect(before).toBeLessThan(3);
    expect(forgotten).toBeLessThan(3);
    expect(waiting).toBeLessThan(3);
    expect(waiting).toBeGreaterThanOrEqual(0);
  }, 60_000);
});
