/**
 * How a name sounds, whichever alphabet and whichever rules of writing Russian in Latin letters (passports, ГОСТ, the
 * English way, the German way): «Щербаков», Shcherbakov and Scherbakov are one, and so are «Юлия», Yulia, Iuliia, Julija.
 * It is coarse on purpose: vowels lose what softens them, double consonants are one. It orders nothing and is shown to nobody.
 */

const LATIN_OF: Readonly<Record<string, string>> = {
  а: 'a',
  б: 'b',
  в: 'v',
  г: 'g',
  д: 'd',
  е: 'e',
  ж: 'zh',
  з: 'z',
  и: 'i',
  к: 'k',
  л: 'l',
  м: 'm',
  н: 'n',
  о: 'o',
  п: 'p',
  р: 'r',
  с: 's',
  т: 't',
  у: 'u',
  ф: 'f',
  х: 'kh',
  ц: 'ts',
  ч: 'ch',
  ш: 'sh',
  щ: 'shch',
  ъ: '',
  ы: 'y',
  ь: '',
  э: 'e',
  ю: 'yu',
  я: 'ya',
};

/** Letters that together are one sound, the longest first; capitals stand for sounds that have no letter of their own. */
const SOUNDS: readonly (readonly [RegExp, string])[] = [
  [/shch|szcz|sch|shh|sh/g, 'S'],
  [/tsch|tch|ch|cz/g, 'C'],
  [/dzh|zh/g, 'Z'],
  [/kh/g, 'h'],
  [/ts|tz/g, 'T'],
  [/ph/g, 'f'],
  [/ck|q/g, 'k'],
  [/c(?=[eiy])/g, 'T'],
  [/c/g, 'k'],
  [/x/g, 'ks'],
  [/w/g, 'v'],
  // «ё» is written with an o by some, and with an e by all others.
  [/[iyj]+o|(?<=[SCZ])o/g, 'e'],
  // What only softens the vowel behind it.
  [/[iyj]+(?=[aeu])/g, ''],
  [/[iyj]+/g, 'i'],
  // Of consonants alone: «Майя» is still being typed after its first «а».
  [/([^aeiou])\1+/g, '$1'],
];

const inLatin = (word: string): string => {
  let latin = '';
  for (const letter of word) latin += LATIN_OF[letter] ?? letter;
  return latin;
};

const soundsIn = (latin: string): string =>
  SOUNDS.reduce((sounds, [pattern, sound]) => sounds.replaceAll(pattern, sound), latin);

/** @param word as `wordsOf` gives it */
export const soundOf = (word: string): string => soundsIn(inLatin(word));

export interface TypedSound {
  /** Words that sound like it, or begin so. */
  sound: string;
  /** What is typed may end within a sound: words that begin with `stem` and go on with one of `next` do fit too. */
  stem: string;
  next: string;
}

/** Endings that the next letter would make another sound of. */
const OPEN: readonly (readonly [RegExp, string])[] = [
  [/(?:shc|szc|sc|sz|s)$/, 'S'],
  [/(?:tsc|tc|ts|t)$/, 'TC'],
  [/c$/, 'CTk'],
  [/(?:dz|z|d)$/, 'Z'],
  [/k$/, 'h'],
  [/p$/, 'f'],
  [/[iyj]+$/, 'aeu'],
];

const typedSound = (latin: string): TypedSound => {
  const sound = soundsIn(latin);
  for (const [pattern, next] of OPEN) {
    if (pattern.test(latin)) return { sound, stem: soundsIn(latin.replace(pattern, '')), next };
  }
  return { sound, stem: sound, next: '' };
};

/** What a typed word may sound like; a j is «й» to some and «ж» or «дж» to others. */
export const typedSounds = (word: string): TypedSound[] => {
  const latin = inLatin(word);
  return latin.includes('j') ? [typedSound(latin), typedSound(latin.replaceAll('j', 'zh'))] : [typedSound(latin)];
};

/** @returns whether it has a letter of the Latin alphabet */
export const isLatin = (word: string): boolean => /[a-z]/.test(word);
