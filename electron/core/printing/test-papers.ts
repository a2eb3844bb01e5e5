import type { TicketBitmap, TicketContent } from '../ports.ts';
import { encodeIn } from './code-pages.ts';
import type { Dialect } from './dialect.ts';
import type { PaperOp } from './paper-ops.ts';
import { PRINTER_WIDTHS, type PrinterConfig } from './printer-config.ts';
import { PROFILES } from './profiles.ts';

/** Papers for whoever sets a printer up: what he sees on them is what the printer is then set to. */

// --- code pages ---

/** What must be read on the right line; every page for Russian has all of it. */
const SAMPLE = 'АБВ абв ёЁ №';
/** Letters that tell a page from its nearest relative, which has the same Russian ones. */
const OWN_LETTERS: Readonly<Record<string, string>> = { kz1048: ' ҚқҢң', cp1125: ' ЇїЄє' };
/** What a printer is tried with where nothing is known of it: the likeliest first. */
const PAGE_ORDER = ['cp866', 'cp1251', 'kz1048', 'cp1125', 'cp855'];

export interface CodePageLine {
  /** As it stands before the line, from 1. */
  n: number;
  page: string;
  number: number;
}

const isFor = (dialect: Dialect['id'], other: Dialect['id']): boolean => (dialect === 'star') === (other === 'star');

/**
 * @returns every number under which a make that speaks like this one keeps a page for Russian, those of its own profile
 *   first
 */
export const codePageLines = (profileId: string): CodePageLine[] => {
  const own = PROFILES[profileId];
  const dialect = own?.dialect ?? 'generic';
  const profiles = [...(own ? [own] : []), ...Object.values(PROFILES).filter((one) => isFor(one.dialect, dialect))];
  const pairs = new Map<string, { page: string; number: number }>();
  for (const { codePages } of profiles)
    for (const page of PAGE_ORDER) {
      const number = codePages[page];
      if (number !== undefined && encodeIn(page, SAMPLE)) pairs.set(`${page} ${number}`, { page, number });
    }
  return [...pairs.values()].map((pair, i) => ({ n: i + 1, ...pair }));
};

/** `ESC @`, which takes a page back that the line before has set: a number that is not known must not go on with it. */
const RESET = [0x1b, 0x40];
/** Leaves the Chinese mode of clones; see dialects/generic.ts. */
const NO_CHINESE = [0x1c, 0x2e];

/** Each of the lines in its own page: no job says so, since a ticket has one page only. */
export const codePageBytes = (dialect: Dialect['id'], lines: readonly CodePageLine[]): Uint8Array =>
  Buffer.concat(
    lines.map(({ n, page, number }) => {
      const select = dialect === 'star' ? [0x1b, 0x1d, 0x74, number] : [...NO_CHINESE, 0x1b, 0x74, number];
      const text = encodeIn(page, `${SAMPLE}${OWN_LETTERS[page] ?? ''}`);
      // The number itself in ASCII: it is read on every line.
      const ascii = Buffer.from(`${String(n).padStart(2)})  `, 'latin1');
      return Buffer.concat([Buffer.from(RESET), Buffer.from(select), ascii, text ?? Buffer.of(), Buffer.of(0x0a)]);
    }),
  );

// --- width ---

const RULER_ROWS = 48;
const DOTS_PER_MM = 8;
const END_DOTS = 16;
const TICK_MM = 5;

/** A line over the whole width, marks every 5 mm, longer ones every 10, and a block at either end. */
const ruler = (width: number): TicketBitmap => {
  const rowBytes = width / 8;
  const bits = new Uint8Array(rowBytes * RULER_ROWS);
  const black = (x: number, y: number): void => {
    bits[y * rowBytes + (x >> 3)] = (bits[y * rowBytes + (x >> 3)] ?? 0) | (0x80 >> (x & 7));
  };
  for (let y = 0; y < RULER_ROWS; y += 1)
    for (let x = 0; x < width; x += 1) {
      const end = x < END_DOTS || x >= width - END_DOTS;
      const mm = x / DOTS_PER_MM;
      const tick = x % DOTS_PER_MM < 2 && Math.floor(mm) % TICK_MM === 0;
      const long = Math.floor(mm) % (2 * TICK_MM) === 0;
      if (end || y >= RULER_ROWS - 4 || (tick && y >= (long ? RULER_ROWS / 3 : (RULER_ROWS * 2) / 3))) black(x, y);
    }
  return { width, height: RULER_ROWS, bits };
};

/** The rulers, the shortest first: each a paper of its own width, to be printed one behind the other. */
export const widthRulers = (): { width: PrinterConfig['width']; ops: PaperOp[] }[] =>
  [...PRINTER_WIDTHS]
    .sort((a, b) => a - b)
    .map((width) => ({
      width,
      ops: [
        { op: 'line', runs: [{ text: `|<  ${width}  >|`, bold: true }], align: 'left' },
        { op: 'raster', bitmap: ruler(width) },
      ],
    }));

// --- a ticket ---

/** Nobody's: it says so, and its code leads nowhere. */
export const sampleTicket = (now: number, timeZone: string): TicketContent => ({
  kind: 'ticket',
  office: { ru: 'Пробная печать', en: 'Test print' },
  officeSubtitle: {
    ru: 'Это не талон посетителя',
    en: 'This is nobody\u2019s ticket',
  },
  number: 'А\u00a0000',
  stations: [
    {
      service: {
        ru: 'Съешь ещё этих мягких французских булок',
        en: 'The quick brown fox jumps over the lazy dog',
      },
      place: { ru: 'окно 7', en: 'window 7' },
    },
  ],
  startsAt: null,
  printedAt: now,
  timeZone,
  wait: { ahead: 2, fromMinutes: 5, toMinutes: 10 },
  priority: null,
  late: false,
  papers: [],
  qr: 'TALON TEST PRINT',
  copy: 0,
  provisional: false,
  language: 'ru',
  staffLanguage: 'ru',
});
