import { isLatin, soundOf, typedSounds } from './sound.ts';
import { isSlipOf } from './text.ts';

/**
 * Every word of all names, once. A hundred thousand people share some ten thousand words, so a word that is typed is
 * compared with all of them, and people are found by the numbers of their words. Which letters a word has is kept as bits:
 * most words are passed over without being looked at.
 */

/** How a word was found, the best first; they add up and so are distances, too. */
export const FIT = {
  exact: 0,
  beginning: 1,
  part: 2,
  /** In the other alphabet, on the other keyboard, or as it sounds. */
  other: 3,
  otherBeginning: 4,
  otherPart: 5,
  slip: 6,
  otherSlip: 7,
} as const;
/** Not at all. */
export const NO_FIT = 255;

const PART_FROM = 2;
const SLIP_FROM = 5;
/** What is typed in Cyrillic is compared by its sound from here on: two letters sound like too much. */
const SOUND_FROM = 4;
const SOUND_PART_FROM = 4;

const lettersOf = (word: string): number => {
  let letters = 0;
  for (let i = 0; i < word.length; i += 1) letters |= 1 << (word.charCodeAt(i) & 31);
  return letters;
};

/** @returns whether at most one bit is set */
const isOneAtMost = (bits: number): boolean => (bits & (bits - 1)) === 0;

const grown = (values: Int32Array): Int32Array<ArrayBuffer> => {
  const more = new Int32Array(values.length * 2);
  more.set(values);
  return more;
};

export const createWords = () => {
  const idOf = new Map<string, number>();
  /** By id; '' is a free one. */
  const words: string[] = [];
  const sounds: string[] = [];
  const free: number[] = [];
  let uses = new Int32Array(1024);
  let letters = new Int32Array(1024);
  let soundLetters = new Int32Array(1024);

  /** A word as it is written. */
  const spelled = (typed: string, penalty: number, slips: boolean, fits: Uint8Array): void => {
    const wanted = lettersOf(typed);
    const parts = typed.length >= PART_FROM;
    const slip = slips && typed.length >= SLIP_FROM;
    const slipFit = penalty === 0 ? FIT.slip : FIT.otherSlip;
    for (let id = 0; id < words.length; id += 1) {
      const missing = wanted & ~(letters[id] ?? 0);
      if (missing !== 0 && !(slip && isOneAtMost(missing))) continue;
      const word = words[id] ?? '';
      let fit: number = NO_FIT;
      if (missing === 0) {
        const at = parts ? word.indexOf(typed) : word.startsWith(typed) ? 0 : -1;
        if (at > 0) fit = FIT.part + penalty;
        else if (at === 0) fit = (word.length === typed.length ? FIT.exact : FIT.beginning) + penalty;
      }
      if (fit === NO_FIT && slip && word !== '' && isSlipOf(typed, word)) fit = slipFit;
      if (fit < (fits[id] ?? 0)) fits[id] = fit;
    }
  };

  /** A word as it sounds. */
  const sounding = (typed: string, penalty: number, slips: boolean, fits: Uint8Array): void => {
    const latin = isLatin(typed);
    for (const { sound, stem, next } of typedSounds(typed)) {
      const beginnings = latin || sound.length >= SOUND_FROM;
      const slip = slips && typed.length >= SLIP_FROM && sound.length >= SLIP_FROM;
      const wanted = lettersOf(sound);
      const wantedStem = lettersOf(stem);
      for (let id = 0; id < words.length; id += 1) {
        const has = soundLetters[id] ?? 0;
        const missing = wanted & ~has;
        const stemFits = next !== '' && beginnings && (wantedStem & ~has) === 0;
        if (missing !== 0 && !stemFits && !(slip && isOneAtMost(missing))) continue;
        const word = sounds[id] ?? '';
        if (word === '') continue;
        let fit: number = NO_FIT;
        if (sound !== '' && missing === 0) {
          if (word === sound) fit = FIT.other + penalty;
          else if (beginnings && word.startsWith(sound)) fit = FIT.otherBeginning + penalty;
          else if (latin && sound.length >= SOUND_PART_FROM && word.includes(sound)) fit = FIT.otherPart + penalty;
        }
        if (fit > FIT.otherBeginning + penalty && stemFits) {
          if (word.length > stem.length && next.includes(word.charAt(stem.length)) && word.startsWith(stem))
            fit = FIT.otherBeginning + penalty;
        }
        if (fit === NO_FIT && slip && isSlipOf(sound, word)) fit = FIT.otherSlip;
        if (fit < (fits[id] ?? 0)) fits[id] = fit;
      }
    }
  };

  return {
    /** Takes a word in, or counts one more use of it. @returns its number */
    add: (word: string): number => {
      const known = idOf.get(word);
      if (known !== undefined) {
        uses[known] = (uses[known] ?? 0) + 1;
        return known;
      }
      const id = free.pop() ?? words.length;
      if (id >= uses.length) [uses, letters, soundLetters] = [grown(uses), grown(letters), grown(soundLetters)];
      const sound = soundOf(word);
      idOf.set(word, id);
      words[id] = word;
      sounds[id] = sound === word ? word : sound;
      uses[id] = 1;
      letters[id] = lettersOf(word);
      soundLetters[id] = lettersOf(sound);
      return id;
    },
    /** One use less: a word that nobody has is forgotten. */
    remove: (id: number): void => {
      const left = (uses[id] ?? 0) - 1;
      uses[id] = left;
      if (left > 0) return;
      idOf.delete(words[id] ?? '');
      words[id] = '';
      sounds[id] = '';
      letters[id] = 0;
      soundLetters[id] = 0;
      free.push(id);
    },
    /**
     * How each word fits what was typed.
     * @param other typed on the other keyboard
     * @param slips one wrong letter is forgiven
     * @param found what another way of reading it gave, to be made better
     * @returns a value of FIT for each number of a word, or NO_FIT
     */
    fits: (
      typed: string,
      { other, slips }: { other: boolean; slips: boolean },
      found: Uint8Array = new Uint8Array(words.length).fill(NO_FIT),
    ): Uint8Array => {
      spelled(typed, other ? FIT.other : 0, slips, found);
      sounding(typed, other ? 1 : 0, slips && !other, found);
      return found;
    },
  };
};
export type Words = ReturnType<typeof createWords>;
