import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Printable, TicketContent, TicketRenderer } from '../../electron/core/ports.ts';
import { PAPER_LANGUAGES } from '../../electron/core/printing/labels.ts';
import { DEFAULT_TEMPLATE, type TicketTemplate } from '../../electron/core/printing/template.ts';
import { bitmapPng } from './one-bit-png.ts';
import { ROOT } from './paths.ts';
import { OWN_TEMPLATE, SAMPLES } from './ticket-samples.ts';

/** The tickets whose pictures are kept: every language on both papers, and what is hard to lay out. */
export interface Golden {
  name: string;
  content: Printable;
  width: number;
  template: TicketTemplate;
}

export const GOLDEN_FOLDER = path.join(ROOT, 'test', 'fixtures', 'golden', 'tickets');

const of = (
  sample: string,
  width: number,
  change: Partial<TicketContent> = {},
  template = DEFAULT_TEMPLATE,
): Golden => {
  const content = SAMPLES[sample];
  if (content?.kind !== 'ticket') throw new Error(`no ticket ${sample}`);
  const language = change.language ?? content.language;
  return { name: `${sample}-${language}-${width}`, content: { ...content, ...change }, width, template };
};

export const GOLDENS: readonly Golden[] = [
  ...PAPER_LANGUAGES.flatMap((language) => [576, 384].map((width) => of('booking', width, { language }))),
  of('copy', 576, { language: 'ar' }),
  of('provisional', 384, { language: 'zh' }),
  of('claim', 576, { language: 'ky' }),
  of('five-digits', 384, { language: 'tg' }),
  of('long-names', 384),
  of('late', 576, { language: 'tt' }),
  of('several', 576, { language: 'en' }),
  { ...of('booking', 512, { language: 'uz' }, OWN_TEMPLATE), name: 'own-template-uz-512' },
];

/** Draws them anew: for after a change of the look, to be looked at one by one before they are committed. */
export const writeGoldens = (renderer: TicketRenderer): string[] => {
  rmSync(GOLDEN_FOLDER, { recursive: true, force: true });
  mkdirSync(GOLDEN_FOLDER, { recursive: true });
  return GOLDENS.map(({ name, content, width, template }) => {
    const file = path.join(GOLDEN_FOLDER, `${name}.png`);
    writeFileSync(file, bitmapPng(renderer.draw(content, width, template)));
    return file;
  });
};
