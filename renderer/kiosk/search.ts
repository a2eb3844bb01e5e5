import type { ServiceView } from '../../shared/contracts/app.ts';
import type { Language } from '../../shared/domain/language.ts';

/**
 * Finding a service by what people type (pure): names, hints and keywords in the visitor's language and in Russian, by
 * the beginnings of words, whatever the case, «ё» as «е», with one slip in longer words.
 */

/** From so many letters on a word may have one wrong, missing, swapped or needless letter. */
const SLIP_FROM = 5;
/** From so many letters on a match may be inside of a word: «загранпаспорт» is a «паспорт» too. */
const INSIDE_FROM = 4;

/** Lower is better; Infinity: no match. */
const NAME = 0;
const KEYWORD = 1;
const HINT = 2;
const SLIP = 4;
const INSIDE = 3;

const wordsOf = (text: string): string[] =>
  text
    .toLowerCase()
    .replaceAll('ё', 'е')
    .normalize('NFC')
    .match(/[\p{L}\p{N}]+/gu) ?? [];

/** @returns whether `a` becomes `b` with one letter changed, left out, put in, or two neighbours swapped (or none) */
const oneSlip = (a: string, b: string): boolean => {
  if (Math.abs(a.length - b.length) > 1) return false;
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i += 1;
  const rest = (x: string, from: number): string => x.slice(from);
  if (a.length > b.length) return rest(a, i + 1) === rest(b, i);
  if (a.length < b.length) return rest(a, i) === rest(b, i + 1);
  if (rest(a, i + 1) === rest(b, i + 1)) return true;
  return a[i] === b[i + 1] && a[i + 1] === b[i] && rest(a, i + 2) === rest(b, i + 2);
};

const matchWord = (typed: string, word: string): number => {
  if (word.startsWith(typed)) return 0;
  if (typed.length >= INSIDE_FROM && word.includes(typed)) return INSIDE;
  if (typed.length >= SLIP_FROM) {
    for (const length of [typed.length, typed.length - 1, typed.length + 1]) {
      if (length <= word.length && oneSlip(typed, word.slice(0, length))) return SLIP;
    }
  }
  return Infinity;
};

const score = (typed: string, service: ServiceView, languages: readonly string[]): number => {
  let best = Infinity;
  for (const [texts, weight] of [
    [service.name, NAME],
    [service.keywords, KEYWORD],
    [service.hint, HINT],
  ] as const) {
    for (const language of languages) {
      for (const word of wordsOf(texts?.[language] ?? '')) best = Math.min(best, weight + matchWord(typed, word));
    }
  }
  return best;
};

/**
 * @param query as typed; nothing but spaces finds everything
 * @returns services in which every word of the query is found, the better matches first, else in their own order.
 *   Words of one or two letters («на», «по») do not exclude anything beside longer ones.
 */
export const searchServices = (
  services: readonly ServiceView[],
  query: string,
  language: Language,
): readonly ServiceView[] => {
  const typed = wordsOf(query);
  if (typed.length === 0) return services;
  const long = typed.filter((word) => word.length > 2);
  const wanted = long.length > 0 ? long : typed;
  const languages = [...new Set([language, 'ru'])];
  return services
    .map((service) => ({ service, rank: wanted.reduce((sum, word) => sum + score(word, service, languages), 0) }))
    .filter(({ rank }) => rank < Infinity)
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ service }) => service);
};
