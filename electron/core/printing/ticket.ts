import { createCanvas } from '@napi-rs/canvas';
import type { TicketRenderer } from '../ports.ts';
import { toBitmap } from './bitmap.ts';
import { loadFonts, missingGlyphs, pickDrawable } from './fonts.ts';
import { ticketLabels } from './labels.ts';
import { putCodePart, putFooter, putPapersAlone } from './paper-foot.ts';
import { type Block, composePaper } from './paper-model.ts';
import {
  putCopyBar,
  putHead,
  putLogoAlone,
  putMark,
  putNumber,
  putRows,
  putService,
  putServices,
  putText,
  putWarning,
  putWhen,
} from './paper-parts.ts';
import { NARROW, Sheet, WIDE } from './sheet.ts';
import { DEFAULT_TEMPLATE } from './template.ts';

/**
 * A paper as a picture of 203 dpi (8 dots to the millimetre): everything a visitor needs in the order they need it, the
 * number first and 18 mm high. Drawn in two passes, since its length is only known once everything has been laid out.
 */

const put = (sheet: Sheet, block: Block): void => {
  switch (block.block) {
    case 'copy':
      return putCopyBar(sheet, block);
    case 'head':
      return putHead(sheet, block);
    case 'logo':
      return putLogoAlone(sheet, block);
    case 'number':
      return putNumber(sheet, block);
    case 'mark':
      return putMark(sheet, block);
    case 'service':
      return putService(sheet, block);
    case 'services':
      return putServices(sheet, block);
    case 'when':
      return putWhen(sheet, block);
    case 'text':
      return putText(sheet, block);
    case 'warning':
      return putWarning(sheet, block);
    case 'rows':
      return putRows(sheet, block);
    case 'papers':
      return putPapersAlone(sheet, block);
    case 'code':
      return putCodePart(sheet, block);
    case 'footer':
      return putFooter(sheet, block.text);
  }
};

/** What is parted by a dashed line: the head with the number, the table, the foot. */
type Zone = 'bar' | 'main' | 'table' | 'foot';
const zoneOf = ({ block }: Block): Zone => {
  if (block === 'copy') return 'bar';
  if (block === 'rows' || block === 'warning') return 'table';
  return block === 'papers' || block === 'code' || block === 'footer' ? 'foot' : 'main';
};

/** White above and below inside a zone, dots; of two neighbours the larger counts. */
type Whites = Partial<Record<Block['block'], number>>;
const ABOVE: Whites = {
  head: 12,
  logo: 8,
  number: 12,
  mark: 14,
  service: 8,
  services: 8,
  text: 12,
  papers: 12,
  footer: 12,
};
const BELOW: Whites = { head: 14, logo: 8, number: 20, text: 8, warning: 10, papers: 12 };
const above = ({ block }: Block): number => ABOVE[block] ?? 0;
const below = (block: Block): number => (block.block === 'mark' ? (block.strong ? 16 : 4) : (BELOW[block.block] ?? 0));

const lay = (sheet: Sheet, blocks: readonly Block[]): void => {
  if (blocks[0]?.block !== 'copy') sheet.space(6);
  let last: Block | null = null;
  for (const block of blocks) {
    const [before, zone] = [last && zoneOf(last), zoneOf(block)];
    if (!last || before === 'bar') sheet.space(0);
    else if (before === zone) sheet.space(Math.max(below(last), above(block)));
    // The code brings its own white, and so does the last line of a table.
    else sheet.rule(before === 'main' && zone === 'table' ? 16 : 12, block.block === 'code' ? 0 : 12);
    put(sheet, block);
    last = block;
  }
};

const MIN_WIDTH = 384;
const MAX_WIDTH = 832;
/** From here on paper is taken to be 80 mm wide. */
const WIDE_FROM = 512;

/**
 * @param fontFiles TTF files of the ticket's typeface, as `bundledFonts()` gives them.
 * @returns the renderer of tickets and slips. Its `draw` takes widths from 384 up that are multiples of 8 (576, 512 or 640
 *   for 80 mm paper, 384 for 58 mm), and throws RangeError for others and for a code text that finds no room.
 * @throws Error when a font file is missing or broken.
 */
export const createTicketRenderer = (fontFiles: readonly string[]): TicketRenderer => {
  loadFonts(fontFiles);
  return {
    draw: (content, width, template = DEFAULT_TEMPLATE) => {
      if (!Number.isInteger(width) || width < MIN_WIDTH || width > MAX_WIDTH || width % 8 !== 0) {
        throw new RangeError(
          `a ticket is ${MIN_WIDTH} to ${MAX_WIDTH} dots wide, in steps of 8 (576 or 384 as a rule), not ${width}`,
        );
      }
      // Where the type of a script is missing from the installation, the paper is in the language of the staff.
      const spoken = missingGlyphs(ticketLabels(content.language).yourNumber).length === 0;
      const speaking = spoken ? content : { ...content, language: content.staffLanguage };
      const { rtl, blocks } = composePaper(speaking, template, pickDrawable);
      const sheet = new Sheet(width, width >= WIDE_FROM ? WIDE : NARROW, rtl);
      lay(sheet, blocks);
      sheet.space(8);
      const height = Math.ceil(sheet.y);
      const canvas = createCanvas(width, height);
      const ctx = canvas.getContext('2d');
      ctx.fillStyle = '#fff';
      ctx.fillRect(0, 0, width, height);
      ctx.fillStyle = '#000';
      sheet.draw(ctx);
      return toBitmap(canvas.data(), width, height);
    },
  };
};

export { bundledFonts } from './fonts.ts';
