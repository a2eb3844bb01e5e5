import { create as createQr } from 'qrcode';
import type { Printable } from '../ports.ts';
import { codePages, pageHas } from './code-pages.ts';
import type { PaperOp, TextRun } from './paper-ops.ts';
import { type Block, composePaper, type ListItem, type PapersPart } from './paper-model.ts';
import type { TicketTemplate } from './template.ts';
import { balanceText, inPage, wrapText } from './text-wrap.ts';

/**
 * A paper in the printer's own type: a few hundred bytes instead of some ten thousand, for lines of a serial cable. It is
 * for one code page; what that page cannot say is drawn instead (`ticket.ts`), never printed as «?».
 */

export interface TextPaper {
  /** The name of the page that the printer was seen to have, as in code-pages.ts. */
  page: string;
  /** Dots a row. */
  width: number;
}

/** Dots of a character of the printer's usual type. */
const CHARACTER = 12;
/** How far type is enlarged at most. */
const LARGEST = 8;
/** The time on a slip is smaller than a number: its day stands beside it. */
const LARGEST_TIME = 6;
/** Lines of papers to bring; more make a ticket as long as an arm. */
const PAPER_LINES = 16;
/** Dots of a code's side at least (20 mm), of its quiet zone in modules, and of a module. */
const CODE = { side: 160, quiet: 4, module: 4, largeModule: 6 };

/** A character that the page does not have. */
class NotInPage extends Error {}

interface Setting {
  columns: number;
  width: number;
  /** The same text in characters of the page. @throws NotInPage */
  say: (text: string) => string;
  mark: string;
}

type Style = Omit<TextRun, 'text'>;
const BOLD: Style = { bold: true };
const PLAIN: Style = {};

const line = (text: string, style: Style, align: 'left' | 'center' = 'left'): PaperOp => ({
  op: 'line',
  runs: [{ text, ...style }],
  align,
});
const feed = (dots: number): PaperOp => ({ op: 'feed', dots });

const centred = ({ columns, say }: Setting, text: string, style: Style = PLAIN): PaperOp[] =>
  balanceText(say(text), columns).map((one) => line(one, style, 'center'));

/** White on black over the whole width. */
const bar = ({ columns, say }: Setting, text: string): PaperOp[] =>
  balanceText(say(text), columns - 2).map((one) => {
    const before = Math.floor((columns - one.length) / 2);
    return line(one.padStart(one.length + before).padEnd(columns), { bold: true, inverse: true });
  });

/** `mark`, then lines that stand behind it. */
const hanging = ({ columns, say }: Setting, mark: string, text: string, style: Style = PLAIN): PaperOp[] =>
  wrapText(say(text), columns - mark.length).map((one, i) =>
    line(`${i === 0 ? mark : ' '.repeat(mark.length)}${one}`, style),
  );

/**
 * A number as large as the paper is wide, on two lines where it is of three parts; twice as high as wide at most, since
 * narrower letters are read badly. The space between its parts is half as wide as a letter.
 */
const large = ({ columns, say }: Setting, number: string, most = LARGEST): PaperOp[] => {
  const words = say(number)
    .trim()
    .split(/[\s\u00a0]+/);
  const lines = words.length > 2 ? [words.slice(0, -1), words.slice(-1)] : [words];
  const widthOf = (parts: readonly string[], wide: number): number =>
    parts.join('').length * wide + (parts.length - 1) * Math.ceil(wide / 2);
  let wide = most;
  while (wide > 1 && lines.some((parts) => widthOf(parts, wide) > columns)) wide -= 1;
  const high = Math.min(most, wide * 2);
  return lines.map((parts): PaperOp => {
    const runs = parts.flatMap((text, i): TextRun[] => {
      const part = { text, bold: true, wide, high };
      return i === 0 ? [part] : [{ text: ' ', bold: true, wide: Math.ceil(wide / 2), high }, part];
    });
    return { op: 'line', runs, align: 'center' };
  });
};

/** A name in type twice as high, unless it is so long that the usual does. */
const title = (setting: Setting, text: string): PaperOp[] => {
  const short = wrapText(setting.say(text), setting.columns).length <= 2;
  return centred(setting, text, short ? { bold: true, high: 2 } : BOLD);
};

const listItem = (setting: Setting, { name, staffName, place }: ListItem, mark: string): PaperOp[] => [
  ...hanging(setting, mark, name, BOLD),
  ...[staffName, place].flatMap((text) => (text === null ? [] : hanging(setting, ' '.repeat(mark.length), text))),
];

const row = (setting: Setting, column: number, [label, value]: readonly [string, string]): PaperOp[] => {
  const { columns, say } = setting;
  const [said, room] = [say(label), columns - column];
  const fits =
    said.length < column &&
    say(value)
      .split(' ')
      .every((word) => word.length <= room);
  if (!fits) return [line(said.slice(0, columns), PLAIN), ...hanging(setting, '  ', value, BOLD)];
  return wrapText(say(value), room).map((text, i) => ({
    op: 'line',
    runs: [{ text: (i === 0 ? said : '').padEnd(column) }, { text, bold: true }],
    align: 'left',
  }));
};

const table = (setting: Setting, rows: readonly (readonly [string, string])[]): PaperOp[] => {
  const widest = Math.max(...rows.map(([label]) => setting.say(label).length)) + 2;
  const column = Math.min(widest, Math.floor(setting.columns / 2));
  return rows.flatMap((one) => row(setting, column, one));
};

const papersList = (setting: Setting, papers: PapersPart): PaperOp[] => {
  const ops = [...hanging(setting, '', papers.heading, BOLD)];
  for (const [i, item] of papers.items.entries()) {
    const lines = hanging(setting, setting.mark, item);
    const room = PAPER_LINES - ops.length - (i < papers.items.length - 1 ? 1 : 0);
    if (i > 0 && lines.length > room) {
      ops.push(...hanging(setting, setting.mark, papers.more(papers.items.length - i), BOLD));
      break;
    }
    ops.push(...lines);
  }
  return ops;
};

/** The code as the printer draws it. @throws NotInPage for one that it could not, or not large enough to be read. */
const code = ({ width }: Setting, qr: string, large: boolean): PaperOp[] => {
  if (!/^[\x20-\x7e]+$/.test(qr)) throw new NotInPage();
  const { size } = createQr(qr, { errorCorrectionLevel: 'M' }).modules;
  const wished = Math.max(large ? CODE.largeModule : CODE.module, Math.ceil(CODE.side / size));
  const moduleDots = Math.min(wished, Math.floor(width / (size + 2 * CODE.quiet)));
  if (moduleDots < CODE.module || moduleDots * size < CODE.side) throw new NotInPage();
  const quiet = feed(CODE.quiet * moduleDots);
  return [quiet, { op: 'qr', text: qr, moduleDots }, quiet];
};

const lay = (setting: Setting, block: Block): PaperOp[] => {
  switch (block.block) {
    case 'copy':
      return [...bar(setting, block.text), feed(8)];
    // The sign of the office is a picture, and pictures are what this is for to avoid.
    case 'logo':
      return [];
    case 'head':
      return [...centred(setting, block.title, BOLD), ...centred(setting, block.subtitle)];
    case 'number':
      return [feed(8), ...centred(setting, block.label), feed(8), ...large(setting, block.number), feed(12)];
    case 'mark': {
      const heading = block.headings.join(' / ');
      const notes = block.notes.flatMap(({ text, bold }) => centred(setting, text, bold ? BOLD : PLAIN));
      return [...(block.strong ? bar(setting, heading) : centred(setting, heading, BOLD)), ...notes, feed(8)];
    }
    case 'service':
      return [...title(setting, block.name), ...(block.staffName === null ? [] : centred(setting, block.staffName))];
    case 'services':
      return [
        ...(block.heading === null ? [] : centred(setting, block.heading)),
        ...block.items.flatMap((item, i) => listItem(setting, item, block.numbered ? `${i + 1}. ` : setting.mark)),
      ];
    case 'when':
      return [
        feed(8),
        ...centred(setting, block.label),
        ...title(setting, block.day),
        ...(block.staffDay === null ? [] : centred(setting, block.staffDay)),
        feed(8),
        ...large(setting, block.time, LARGEST_TIME),
        feed(8),
        ...(block.arriveFrom === null ? [] : centred(setting, block.arriveFrom, BOLD)),
      ];
    case 'text':
      return [feed(8), ...(block.size === 'large' ? title(setting, block.text) : centred(setting, block.text))];
    case 'warning':
      return centred(setting, block.text, BOLD);
    case 'rows':
      return table(setting, block.rows);
    case 'papers': {
      const { papers, stamp } = block;
      return [
        ...(papers ? papersList(setting, papers) : []),
        ...(stamp ? centred(setting, `${stamp.date} ${stamp.time}`) : []),
      ];
    }
    case 'code':
      return [
        ...(block.papers ? papersList(setting, block.papers) : []),
        ...code(setting, block.qr, block.large),
        ...(block.footer === null ? [] : centred(setting, block.footer)),
        ...centred(setting, `${block.stamp.date} ${block.stamp.time}`),
      ];
    default:
      return centred(setting, block.text);
  }
};

/** A line between the head, the table and the foot. */
const zoneOf = ({ block }: Block): 'main' | 'table' | 'foot' => {
  if (block === 'rows' || block === 'warning') return 'table';
  return block === 'papers' || block === 'code' || block === 'footer' ? 'foot' : 'main';
};

/**
 * Sets a paper in characters: lines wrapped at words, the number as large as the paper is wide, the code drawn by the
 * printer. Every character of it is in the page.
 * @returns null when it cannot be said in this page, nobody knows the page, or its code cannot be printed large enough to
 *   be read: draw it then.
 */
export const textTicket = (
  content: Printable,
  template: TicketTemplate,
  { page, width }: TextPaper,
): PaperOp[] | null => {
  const { rtl, blocks } = composePaper(content, template);
  if (rtl || !codePages().includes(page)) return null;
  const say = (text: string): string => {
    const said = inPage(page, text);
    if (said === null) throw new NotInPage();
    return said;
  };
  const columns = Math.floor(width / CHARACTER);
  const setting: Setting = { columns, width, say, mark: pageHas(page, '•') ? '• ' : '* ' };
  try {
    const ops: PaperOp[] = [];
    let zone: ReturnType<typeof zoneOf> = 'main';
    for (const block of blocks) {
      if (zoneOf(block) !== zone) ops.push(line('-'.repeat(columns), PLAIN));
      zone = zoneOf(block);
      ops.push(...lay(setting, block));
    }
    return ops;
  } catch (error) {
    if (error instanceof NotInPage) return null;
    throw error;
  }
};
