import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { GlobalFonts } from '@napi-rs/canvas';

/** The family name that tickets are drawn with. Not the typeface's own, so that no other version on the machine gets in. */
const FAMILY = 'Talon Ticket';

const BUNDLED = ['400Regular', '500Medium', '700Bold', '800ExtraBold', '900Black'] as const;

/**
 * Golos Text, the typeface of the Russian state services, as the package of that name ships it.
 * @returns the paths of its TTF files; from inside an asar archive they can be read with Node's `fs` only.
 */
export const bundledFonts = (): string[] => {
  const { resolve } = createRequire(import.meta.url);
  return BUNDLED.map((weight) => resolve(`@expo-google-fonts/golos-text/${weight}/GolosText_${weight}.ttf`));
};

const loaded = new Set<string>();

/**
 * Makes the files known to the drawing library, once each.
 * @throws Error naming the file that is missing or not a font: a ticket in a chance font might not fit its paper.
 */
export const loadFonts = (files: readonly string[]): void => {
  if (files.length === 0)
    throw new Error('no fonts were given for drawing tickets: hand in the files of bundledFonts()');
  for (const file of files) {
    if (loaded.has(file)) continue;
    let bytes: Buffer;
    try {
      bytes = readFileSync(file);
    } catch (error) {
      throw new Error(`the ticket font ${file} cannot be read: reinstall the program`, { cause: error });
    }
    if (!GlobalFonts.register(bytes, FAMILY)) throw new Error(`the ticket font ${file} is not a font file`);
    loaded.add(file);
  }
};

/** @returns a CSS font. What the family lacks (other scripts) is taken from the machine's fonts. */
export const font = (weight: number, size: number): string => `${weight} ${size}px "${FAMILY}", sans-serif`;
