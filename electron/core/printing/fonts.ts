import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { GlobalFonts } from '@napi-rs/canvas';
import { type I18nText, inLanguage } from '../../../shared/domain/language.ts';
import { charactersOf } from './font-cmap.ts';

/**
 * The type of tickets: what is shipped and nothing else. The drawing library would take a letter that these fonts lack
 * from the machine, or draw a box; so what cannot be drawn is known before anything is.
 */

/** The family names that tickets are drawn with. Not the typefaces' own, so that no other version on the machine gets in. */
const FAMILY = 'Talon Ticket';

const BUNDLED = ['400Regular', '500Medium', '700Bold', '800ExtraBold', '900Black'] as const;

/**
 * Golos Text, the typeface of the Russian state services, as the package of that name ships it: Cyrillic of all peoples
 * around, and Latin.
 * @returns the paths of its TTF files; from inside an asar archive they can be read with Node's `fs` only.
 */
export const bundledFonts = (): string[] => {
  const { resolve } = createRequire(import.meta.url);
  return BUNDLED.map((weight) => resolve(`@expo-google-fonts/golos-text/${weight}/GolosText_${weight}.ttf`));
};

/** A script that Golos lacks: read when a paper first needs it, since Chinese type is ten megabytes a weight. */
interface Script {
  family: string;
  /** The blocks of Unicode that are its own; everything else is Golos or is not drawn. */
  blocks: RegExp;
  files: () => string[];
  /** null: not read yet; empty: it cannot be read. */
  characters: ReadonlySet<number> | null;
}

/** Regular and bold of the scripts that Golos lacks. */
const WEIGHTS = ['500Medium', '700Bold'] as const;

const SCRIPTS: readonly Script[] = [
  {
    family: `${FAMILY} Arabic`,
    blocks: /[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]/u,
    files: () => {
      const { resolve } = createRequire(import.meta.url);
      return WEIGHTS.map((w) => resolve(`@expo-google-fonts/noto-sans-arabic/${w}/NotoSansArabic_${w}.ttf`));
    },
    characters: null,
  },
  {
    family: `${FAMILY} Han`,
    blocks: /[\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff01-\uffee\u{20000}-\u{2fa1f}]/u,
    files: () => {
      const { resolve } = createRequire(import.meta.url);
      return WEIGHTS.map((w) => resolve(`@expo-google-fonts/noto-sans-sc/${w}/NotoSansSC_${w}.ttf`));
    },
    characters: null,
  },
];

const loaded = new Set<string>();
let golos: ReadonlySet<number> = new Set();

const register = (file: string, family: string): Buffer => {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new Error(`the ticket font ${file} cannot be read: reinstall the program`, { cause: error });
  }
  if (!GlobalFonts.register(bytes, family)) throw new Error(`the ticket font ${file} is not a font file`);
  return bytes;
};

/**
 * Makes the files known to the drawing library, once each.
 * @throws Error naming the file that is missing or not a font: a ticket in a chance font might not fit its paper.
 */
export const loadFonts = (files: readonly string[]): void => {
  if (files.length === 0)
    throw new Error('no fonts were given for drawing tickets: hand in the files of bundledFonts()');
  for (const file of files) {
    if (loaded.has(file)) continue;
    const bytes = register(file, FAMILY);
    if (golos.size === 0) golos = charactersOf(bytes);
    loaded.add(file);
  }
};

const charactersIn = (script: Script): ReadonlySet<number> => {
  if (script.characters) return script.characters;
  let characters: ReadonlySet<number> = new Set();
  try {
    for (const file of script.files()) characters = charactersOf(register(file, script.family));
  } catch {
    // A paper in Russian is better than none: who draws asks `drawable` first.
    characters = new Set();
  }
  script.characters = characters;
  return characters;
};

/** @returns a CSS font; nothing of the machine is named in it. */
export const font = (weight: number, size: number): string =>
  `${weight} ${size}px "${FAMILY}", ${SCRIPTS.map((script) => `"${script.family}"`).join(', ')}`;

const WHITE = /\s/;
/** Marks of direction and of joining that have no ink: bidi is ours to decide, and a line is never broken inside a word. */
const INKLESS = /[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]|\ufe0f/g;

const canDraw = (character: string): boolean => {
  const code = character.codePointAt(0) ?? 0;
  if (golos.has(code) || WHITE.test(character)) return true;
  const script = SCRIPTS.find(({ blocks }) => blocks.test(character));
  return script !== undefined && charactersIn(script).has(code);
};

/** The same words in characters that the type has. */
const prepared = (text: string): string =>
  // The letter of Uzbek looks like this quotation mark, and Golos has only that.
  text.normalize('NFC').replace(INKLESS, '').replaceAll('\u02bb', '\u2018');

/** @returns the characters of `text` that no shipped font has, each once. Reads the fonts of a script when first met. */
export const missingGlyphs = (text: string): string[] => [
  ...new Set(Array.from(prepared(text)).filter((character) => !canDraw(character))),
];

/** @returns what of `text` can be drawn, which is nearly always all of it. */
export const drawable = (text: string): string =>
  Array.from(prepared(text))
    .filter((character) => canDraw(character))
    .join('');

/** The words of `text` in `language`; in Russian where they hold a letter that cannot be drawn; never a box for a letter. */
export const pickDrawable = (text: I18nText, language: string): string => {
  const wished = inLanguage(text, language);
  return drawable(missingGlyphs(wished).length === 0 ? wished : text.ru);
};
