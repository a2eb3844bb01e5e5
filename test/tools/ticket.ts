import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Printable } from '../../electron/core/ports.ts';
import { bundledFonts, missingGlyphs } from '../../electron/core/printing/fonts.ts';
import { PAPER_LANGUAGES } from '../../electron/core/printing/labels.ts';
import { PRINTER_WIDTHS } from '../../electron/core/printing/printer-config.ts';
import { PROFILES } from '../../electron/core/printing/profiles.ts';
import { DEFAULT_TEMPLATE, readTemplate, type TicketTemplate } from '../../electron/core/printing/template.ts';
import { createTicketRenderer } from '../../electron/core/printing/ticket.ts';
import { bitmapPng } from './one-bit-png.ts';
import { jobBytes, profileNamed, rasterJob, textJob } from './ticket-bytes.ts';
import { writeGoldens } from './ticket-goldens.ts';
import { SAMPLES } from './ticket-samples.ts';
import { printedPaper } from './ticket-printed.ts';

/** `npm run ticket`: the bytes of a ticket as they would go to a printer, and a picture of what it would print. */

const MODES = ['raster', 'text'] as const;

const USAGE = `Writes the bytes of a ticket, ready for a printer, and a picture of what comes out:

  npm run ticket -- --lang tt --width 576 --out ticket.bin --png ticket.png

  --sample    ${Object.keys(SAMPLES).join(' | ')} (booking)
  --data      JSON file with what is to be different from the sample (see Printable in electron/core/ports.ts)
  --template  JSON file with the template of the office (as the setting ticket.template)
  --lang      ${PAPER_LANGUAGES.join(' | ')} (as the sample has it)
  --copy      number of the copy: its bar says «ПОВТОР»
  --width     ${PRINTER_WIDTHS.join(' | ')} dots: 384 is paper of 58 mm (576)
  --mode      ${MODES.join(' | ')} (raster)
  --profile   ${Object.keys(PROFILES).join(' | ')} (epson)
  --page      code page of the text (the first of the profile that has all its characters)
  --out       file for the bytes; try it with: nc PRINTER 9100 < ticket.bin
  --png       file for a picture: as drawn, or, in text, as the virtual printer prints these very bytes
  --goldens   draws the pictures that the tests compare with anew: look at each before you commit them
  --help`;

const oneOf = <T extends string>(option: string, value: string, allowed: readonly T[]): T => {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new RangeError(`--${option} ${value} is not known; it may be ${allowed.join(', ')}`);
  return found;
};

const write = (file: string, bytes: Uint8Array): void => {
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeFileSync(file, bytes);
};

const templateIn = (file: string | undefined): TicketTemplate => {
  if (file === undefined) return DEFAULT_TEMPLATE;
  const read = readTemplate(JSON.parse(readFileSync(file, 'utf8')));
  if (read.ok) return read.template;
  throw new RangeError([file, ...read.problems.map(({ ru }) => `  ${ru}`)].join('\n'));
};

interface Wish {
  sample: string;
  data?: string | undefined;
  lang?: string | undefined;
  copy?: string | undefined;
}

const contentOf = ({ sample, data, lang, copy }: Wish): Printable => {
  const given = data === undefined ? {} : (JSON.parse(readFileSync(data, 'utf8')) as Partial<Printable>);
  const content = { ...SAMPLES[oneOf('sample', sample, Object.keys(SAMPLES))], ...given } as Printable;
  if (lang !== undefined) content.language = oneOf('lang', lang, PAPER_LANGUAGES);
  if (copy !== undefined) {
    if (!/^\d{1,3}$/.test(copy)) throw new RangeError(`--copy ${copy}: a number from 0 to 999`);
    content.copy = Number(copy);
  }
  return content;
};

const main = async (args: string[]): Promise<void> => {
  const { values } = parseArgs({
    args,
    options: {
      sample: { type: 'string', default: 'booking' },
      data: { type: 'string' },
      template: { type: 'string' },
      lang: { type: 'string' },
      copy: { type: 'string' },
      width: { type: 'string', default: '576' },
      mode: { type: 'string', default: 'raster' },
      profile: { type: 'string', default: 'epson' },
      page: { type: 'string' },
      out: { type: 'string' },
      png: { type: 'string' },
      goldens: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const renderer = createTicketRenderer(bundledFonts());
  if (values.goldens) {
    for (const file of writeGoldens(renderer)) console.log(path.relative(process.cwd(), file));
    return;
  }
  const content = contentOf(values);
  const template = templateIn(values.template);
  const width = Number(oneOf('width', values.width, PRINTER_WIDTHS.map(String)));
  const profile = profileNamed(values.profile);
  const mode = oneOf('mode', values.mode, MODES);
  if (values.out === undefined && values.png === undefined)
    throw new RangeError('say where to write: --out FILE or --png FILE');
  const missing = missingGlyphs(JSON.stringify(content));
  if (missing.length > 0) console.error(`no type of ours has: ${missing.join(' ')}`);
  const job =
    mode === 'text'
      ? textJob(content, template, { profile, width, page: values.page ?? null })
      : rasterJob(renderer, content, template, width);
  const bytes = jobBytes(profile, job);
  if (values.out !== undefined) write(values.out, bytes);
  const [first] = job.ops;
  const drawn = first?.op === 'raster' ? bitmapPng(first.bitmap) : null;
  const picture = drawn ?? (await printedPaper(bytes, profile, width)).png;
  if (values.png !== undefined) write(values.png, picture);
  const page = job.page ? ` in ${job.page.page}, which is page ${job.page.number} there` : '';
  const mm = picture.readUInt32BE(20) / 8;
  console.log(
    `${values.sample} for ${profile.name}: ${bytes.length} bytes${page}, ${mm.toFixed(1)} mm at ${width} dots`,
  );
};

if (import.meta.main) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error(`\n${USAGE}`);
    process.exitCode = 2;
  }
}
