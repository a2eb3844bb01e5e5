import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSearch, type Search } from '../../electron/core/search/search.ts';
import { applyChange } from '../../electron/core/store/apply.ts';
import { createSealer } from '../../electron/core/store/seal.ts';
import { sql } from '../../electron/core/store/sql.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import { putOf } from '../fixtures/lobby.ts';
import { createDb, memoryLog } from '../fixtures/sqlite.ts';

const DAY = 86_400_000;
const FROM = Date.parse('2026-11-23T01:00:00Z');
const day = { date: '2026-11-23', from: FROM, until: FROM + DAY };
const idOf = (n: number): string => createHash('sha256').update(`search ${n}`).digest('hex').slice(0, 32);
const sealer = createSealer({ get: () => Buffer.alloc(32, 5).toString('base64'), set: () => undefined });

const searchOf = (store: Store): Search => {
  let mono = 0;
  return createSearch({
    store,
    sealer,
    log: memoryLog(),
    // A timer never waits: what is due is due at once.
    clock: { now: () => FROM, monotonic: () => (mono += 20_000), after: () => () => undefined },
    turn: async () => Promise.resolve(),
  });
};
const settled = async (search: Search): Promise<void> => {
  while (search.pending()) await new Promise(setImmediate);
};
const put = (store: Store, n: number, name: string, phone: string | null, at: number): void =>
  store.write((db) => {
    const number = String(n).padStart(8, '0');
    const booking = {
      office_id: 1,
      number,
      service_id: 1,
      starts_at: at,
      status: 'booked',
      language: 'ru',
      ticket: null,
    };
    applyChange(db, putOf('booking', idOf(n), booking));
    applyChange(db, putOf('person', idOf(n), { name, phone }), { sealer });
  });
/** A database with these people, each test's own, thrown away with it. */
const using = async (run: (store: Store) => Promise<void>): Promise<void> => {
  const store = openStore(() => createDb(), memoryLog());
  try {
    await run(store);
  } finally {
    store.close();
  }
};
const idsOf = (search: Search, text: string): (string | null)[] =>
  search.find(text, { day, limit: 200 }).map(({ bookingId }) => bookingId);

/** None ends with a letter that an h behind it makes another of: кх and х are both kh to some. */
const SYLLABLES =
  'ша ще жу чи ба бё вя гор дю зой ий кон лью мён най пе ри сы то хан цы ов ев ин ская щур ьев элл юр ям ян ах мед дин'.split(
    ' ',
  );
const word = fc
  .array(fc.constantFrom(...SYLLABLES), { minLength: 2, maxLength: 5 })
  .map((syllables) => syllables.join('').replace(/^[ьъы]/, 'и'))
  .map((letters) => letters.charAt(0).toUpperCase() + letters.slice(1));
const name = fc
  .tuple(word, word, fc.boolean(), fc.option(word))
  .map(
    ([first, second, double, third]) => `${first}${double ? '-' : ' '}${second}${third === null ? '' : ` ${third}`}`,
  );
const phone = fc.option(fc.integer({ min: 0, max: 9_999_999_999 }).map((n) => `+7${String(n).padStart(10, '0')}`));
const person = fc.record({ name, phone, at: fc.integer({ min: FROM - 3 * DAY, max: FROM + 3 * DAY }) });

const RUSSIAN = 'ёйцукенгшщзхъфывапролджэячсмитьбю';
const ENGLISH = "`qwertyuiop[]asdfghjkl;'zxcvbnm,.";
const wrongKeyboard = (text: string): string =>
  Array.from(text.toLowerCase(), (c) => ENGLISH.charAt(RUSSIAN.indexOf(c)) || c).join('');

const tableOf = (pairs: string): Record<string, string> =>
  Object.fromEntries(pairs.split(' ').map((pair) => pair.split(':')));
const COMMON = 'а:a б:b в:v г:g д:d е:e ж:zh з:z и:i к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f ц:ts ч:ch ш:sh ь:';
/** Ways of writing Russian in Latin letters: of passports, English maps, and libraries. */
const WAYS: Record<string, Record<string, string>> = {
  passport: tableOf(`${COMMON} ё:e й:i х:kh щ:shch ы:y э:e ю:iu я:ia`),
  maps: tableOf(`${COMMON} ё:yo й:y х:kh щ:shch ы:y э:e ю:yu я:ya`),
  short: tableOf(`${COMMON} ё:e й:j х:h щ:sch ы:y э:e ю:ju я:ja`),
};
const inLatin = (text: string, way: Record<string, string>): string =>
  Array.from(text.toLowerCase(), (c) => way[c] ?? c).join('');

describe('whoever is there', () => {
  it('is found by any of his words, their beginnings and parts, in any case, on the other keyboard and in Latin letters', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(person, { minLength: 1, maxLength: 12 }),
        fc.nat(),
        fc.nat(),
        async (people, which, cut) => {
          await using(async (store) => {
            for (const [n, one] of people.entries()) put(store, n, one.name, one.phone, one.at);
            const search = searchOf(store);
            await search.build();
            const n = which % people.length;
            const one = people[n];
            const words = one?.name.split(/[ -]/) ?? [];
            const typed = words.flatMap((letters) => {
              const some = letters.slice(0, 2 + (cut % (letters.length - 1)));
              const part = letters.slice(cut % (letters.length - 1));
              return [
                letters,
                letters.toUpperCase(),
                letters.replaceAll('ё', 'е').replaceAll('й', 'и'),
                some,
                part,
                wrongKeyboard(letters),
                wrongKeyboard(some),
                ...Object.values(WAYS).flatMap((way) => [inLatin(letters, way), inLatin(some, way)]),
              ];
            });
            typed.push(one?.name ?? '', words.toReversed().join(' '), wrongKeyboard(one?.name ?? ''));
            if (one?.phone) typed.push(one.phone, one.phone.slice(-4), one.phone.slice(-7), `8${one.phone.slice(2)}`);
            for (const text of typed) expect([text, idsOf(search, text).includes(idOf(n))]).toEqual([text, true]);
            search.forget();
          });
        },
      ),
      { numRuns: 120 },
    );
  });

  it('is found with one slip in a word of five letters, wherever nothing better is found', async () => {
    await fc.assert(
      fc.asyncProperty(
        word,
        fc.nat(),
        fc.constantFrom(...Array.from(RUSSIAN)),
        fc.nat(3),
        async (letters, place, other, kind) => {
          fc.pre(letters.length >= 6);
          const at = place % (letters.length - 1);
          const typed = [
            letters.slice(0, at) + letters.slice(at + 1),
            letters.slice(0, at) + other + letters.slice(at),
            letters.slice(0, at) + other + letters.slice(at + 1),
            letters.slice(0, at) + letters.charAt(at + 1) + letters.charAt(at) + letters.slice(at + 2),
          ][kind];
          await using(async (store) => {
            put(store, 0, `${letters} Анна`, null, FROM);
            const search = searchOf(store);
            await search.build();
            expect(idsOf(search, typed ?? '')).toEqual([idOf(0)]);
            search.forget();
          });
        },
      ),
      { numRuns: 100 },
    );
  });
});

type Step =
  | { do: 'put'; n: number; name: string; phone: string | null; at: number; said: boolean }
  | { do: 'remove'; n: number; said: boolean }
  | { do: 'wipe' }
  | { do: 'settle' };
const N = 8;
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: person.chain((one) =>
      fc
        .record({ do: fc.constant('put' as const), n: fc.nat(N), said: fc.boolean() })
        .map((rest) => ({ ...one, ...rest })),
    ),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), n: fc.nat(N), said: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ do: 'wipe' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'settle' as const }) },
);

describe('after any changes', () => {
  it('all is as if it were built anew, and whoever was removed is not found', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        await using(async (store) => {
          const search = searchOf(store);
          await search.build();
          const names = new Map<number, string>();
          const gone = new Map<number, string>();
          for (const one of steps) {
            if (one.do === 'settle') await settled(search);
            else if (one.do === 'wipe') {
              store.write((db) => db.run(sql`DELETE FROM person`));
              for (const [n, was] of names) gone.set(n, was);
              names.clear();
              search.changed();
            } else {
              const was = names.get(one.n);
              if (was !== undefined) gone.set(one.n, was);
              if (one.do === 'put') {
                put(store, one.n, one.name, one.phone, one.at);
                names.set(one.n, one.name);
              } else {
                store.write((db) =>
                  applyChange(db, { seq: 1, c: 'person', id: idOf(one.n), rev: 2, op: 'del', purge: false }),
                );
                names.delete(one.n);
              }
              if (one.said) search.changed('person', idOf(one.n));
              else search.changed('person');
            }
          }
          await settled(search);
          const anew = searchOf(store);
          await anew.build();
          for (const text of [...names.values(), ...gone.values(), ...SYLLABLES, '+7', '0000', 'а']) {
            for (const typed of [text, ...text.split(/[ -]/), inLatin(text, WAYS['maps'] ?? {}), wrongKeyboard(text)])
              expect(search.find(typed, { day, limit: 5 })).toEqual(anew.find(typed, { day, limit: 5 }));
          }
          for (const [n, was] of gone) {
            if (!names.has(n)) expect(idsOf(search, was)).not.toContain(idOf(n));
          }
          search.forget();
          anew.forget();
        });
      }),
      { numRuns: 60 },
    );
  });
});

describe('any text', () => {
  it('is answered, with no more than was asked for', async () => {
    await using(async (store) => {
      for (let n = 0; n < 30; n += 1) put(store, n, `Иванова-Щедрина Мария ${n}`, '+79123456789', FROM);
      const search = searchOf(store);
      await search.build();
      const text = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.string({ unit: fc.constantFrom(...Array.from('ивa -\'.,9\ud800\udc00\u0301А\t%_"\\')), maxLength: 60 }),
        fc.string({ unit: 'grapheme-composite', maxLength: 60 }),
      );
      fc.assert(
        fc.property(text, fc.integer({ min: -2, max: 300 }), (typed, limit) => {
          const hits = search.find(typed, { day, limit });
          expect(hits.length).toBeLessThanOrEqual(Math.min(200, Math.max(0, limit)));
          for (const { bookingId, visitId } of hits) expect(bookingId ?? visitId).not.toBeNull();
        }),
        { numRuns: 2_000 },
      );
      search.forget();
    });
  });
});
