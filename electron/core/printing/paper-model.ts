import { inLanguage, type I18nText } from '../../../shared/domain/language.ts';
import type { Printable, SlipContent, TicketContent } from '../ports.ts';
import { wallOf } from './dates.ts';
import { forBoth, type PaperWords, paperWords, type TicketLabels } from './labels.ts';
import type { TemplateSection, TicketLogo, TicketTemplate } from './template.ts';

/**
 * What stands on a paper, from top to bottom, as plain words: the template applied to its content. Both renderings, the
 * drawn one and the one in the printer's own type, are made from this and decide nothing but the look.
 */

/** What stands in a frame under its heading. */
export interface Note {
  text: string;
  bold: boolean;
}

/** A service in a list. */
export interface ListItem {
  name: string;
  /** The name in the language of the staff, small, where that is another text. */
  staffName: string | null;
  place: string | null;
}

export interface PapersPart {
  heading: string;
  items: readonly string[];
  more: (count: number) => string;
}

export interface Stamp {
  date: string;
  time: string;
}

export type Block =
  /** The bar that tells a copy from the first paper, so that nobody can use both. */
  | { block: 'copy'; text: string }
  | { block: 'head'; logo: TicketLogo | null; title: string; subtitle: string }
  | { block: 'logo'; logo: TicketLogo }
  | { block: 'number'; label: string; number: string }
  /** `strong`: to be seen from across a desk. */
  | { block: 'mark'; headings: readonly string[]; notes: readonly Note[]; strong: boolean }
  | { block: 'service'; name: string; staffName: string | null }
  | { block: 'services'; heading: string | null; items: readonly ListItem[]; numbered: boolean }
  | { block: 'when'; label: string; day: string; staffDay: string | null; time: string; arriveFrom: string | null }
  | { block: 'text'; text: string; size: 'small' | 'normal' | 'large' }
  | { block: 'warning'; text: string }
  | { block: 'rows'; rows: readonly (readonly [label: string, value: string])[] }
  | { block: 'papers'; papers: PapersPart | null; stamp: Stamp | null }
  /** `large`: dense, and read on another day by another machine. */
  | { block: 'code'; qr: string; large: boolean; papers: PapersPart | null; stamp: Stamp; footer: string | null }
  | { block: 'footer'; text: string };

export interface Paper {
  rtl: boolean;
  blocks: readonly Block[];
}

/** Chooses the words of a text in a language: the drawn rendering passes over words it has no letters for. */
export type Pick = (text: I18nText, language: string) => string;

interface Speech {
  words: PaperWords;
  own: (text: I18nText) => string;
  /** What staff read where it is another text, else null. */
  staff: (text: I18nText) => string | null;
  /** For marks that staff must be able to read. */
  both: (text: I18nText) => string[];
}

const speechOf = (content: Printable, { bilingual }: TicketTemplate, pick: Pick): Speech => {
  const own = (text: I18nText): string => pick(text, content.language);
  const staff = (text: I18nText): string => pick(text, content.staffLanguage);
  return {
    words: paperWords(content),
    own,
    staff: (text) => (bilingual && staff(text) !== own(text) ? staff(text) : null),
    both: (text) => [...new Set([own(text), staff(text)])],
  };
};

const stampOf = ({ printedAt, timeZone }: Printable, labels: TicketLabels): Stamp => {
  const wall = wallOf(printedAt, timeZone);
  return { date: labels.date(wall), time: wall.time };
};

const copyBar = (content: Printable, { words }: Speech): Block[] => {
  if (content.copy === 0) return [];
  const { time } = wallOf(content.printedAt, content.timeZone);
  return [{ block: 'copy', text: `${forBoth(words, (l) => l.copy).join(' / ')} №\u00a0${content.copy} · ${time}` }];
};

const papersOf = (content: Printable, { words, own }: Speech): PapersPart | null => {
  const items = content.papers.map(own).filter((text) => text.trim() !== '');
  return items.length === 0 ? null : { heading: words.own.bring, items, more: words.own.more };
};

const notConfirmed = ({ words }: Speech, note: string, strong: boolean): Block => ({
  block: 'mark',
  headings: forBoth(words, (labels) => labels.notConfirmed),
  notes: [{ text: note, bold: false }],
  strong,
});

/** The mark that lets somebody go before others, with what it rests on, and what the desk has yet to see. */
const priorityMark = ({ priority }: TicketContent, { words, both }: Speech): Block[] => {
  if (!priority) return [];
  const notes: Note[] = both(priority.name).map((text, i) => ({ text, bold: i === 0 }));
  if (!priority.confirmed) {
    const show = words.own.showDocument;
    const documents = priority.document ? both(priority.document).join('\u00a0/ ') : '';
    const stop = words.own.language === 'zh' ? '。' : '.';
    notes.push({ text: documents === '' ? `${show}${stop}` : `${show}: ${documents}`, bold: false });
  }
  const headings = forBoth(words, (labels) => labels.priority[priority.level]);
  return [{ block: 'mark', headings, notes, strong: true }];
};

/** Where all services are at one place it is said once, as if there were one service. */
const onePlace = ({ stations }: TicketContent, { own }: Speech): string | null => {
  const places = new Set(stations.map(({ place }) => place && own(place)));
  return places.size === 1 ? ([...places][0] ?? null) : null;
};

/** One service large; several in their order, each with where to go, since one ticket serves for all. */
const serviceBlocks = (content: TicketContent, speech: Speech, places: boolean): Block[] => {
  const { stations } = content;
  const [first] = stations;
  if (!first) return [];
  const { own, staff, words } = speech;
  if (stations.length === 1) return [{ block: 'service', name: own(first.service), staffName: staff(first.service) }];
  const apart = places && onePlace(content, speech) === null;
  const items = stations.map(({ service, place }) => ({
    name: own(service),
    staffName: staff(service),
    place: place && apart ? own(place) : null,
  }));
  return [{ block: 'services', heading: words.own.inOrder, items, numbered: true }];
};

type Row = readonly [string, string];

const timeRow = ({ startsAt, printedAt, timeZone }: TicketContent, { words: { own } }: Speech): Row[] => {
  if (startsAt === null) return [];
  const [booked, printed] = [wallOf(startsAt, timeZone), wallOf(printedAt, timeZone)];
  const date = own.date(booked);
  return [[own.bookedFor, date === own.date(printed) ? booked.time : `${date}, ${booked.time}`]];
};

const windowRow = (content: TicketContent, speech: Speech): Row[] => {
  const place = onePlace(content, speech);
  return place === null ? [] : [[speech.words.own.place, place]];
};

const aheadRows = ({ wait, copy }: TicketContent, { words: { own } }: Speech): Row[] => {
  // On a copy it would be old news.
  if (!wait || copy > 0) return [];
  return [
    [own.ahead, own.people(wait.ahead)],
    [own.wait, own.minutes(wait.fromMinutes, wait.toMinutes)],
  ];
};

const ROWS = new Set<TemplateSection['section']>(['time', 'window', 'ahead']);

/** Tables that stand under each other are one. */
const joined = (blocks: readonly Block[]): Block[] => {
  const all: Block[] = [];
  for (const block of blocks) {
    const last = all.at(-1);
    if (block.block === 'rows' && last?.block === 'rows') {
      all[all.length - 1] = { block: 'rows', rows: [...last.rows, ...block.rows] };
    } else all.push(block);
  }
  return all;
};

const ticketBlocks = (content: TicketContent, template: TicketTemplate, speech: Speech): Block[] => {
  const { sections, logo } = template;
  const { own } = speech.words;
  const has = (kind: TemplateSection['section']): boolean => sections.some((s) => s.section === kind);
  // What the staff must see has its place whatever the template leaves out.
  const notConfirmedAfter = has('services') ? 'services' : 'number';
  const lateBefore = sections.findIndex((s) => ROWS.has(s.section));
  const late: Block[] = content.late ? [{ block: 'warning', text: own.late }] : [];
  const row = (rows: Row[]): Block[] => (rows.length === 0 ? [] : [{ block: 'rows', rows }]);
  return sections.flatMap((part, i): Block[] => {
    const before = sections[i - 1]?.section;
    const next = sections[i + 1];
    const build = (): Block[] => {
      switch (part.section) {
        case 'logo':
          return next?.section === 'office' ? [] : [{ block: 'logo', logo }];
        case 'office': {
          const [title, subtitle] = [speech.own(content.office), speech.own(content.officeSubtitle)];
          return [{ block: 'head', logo: before === 'logo' ? logo : null, title, subtitle }];
        }
        case 'number': {
          const label = part.label ? speech.own(part.label) : own.yourNumber;
          return [{ block: 'number', label, number: content.number }];
        }
        case 'priority':
          return priorityMark(content, speech);
        case 'services':
          return serviceBlocks(content, speech, has('window'));
        case 'time':
          return row(timeRow(content, speech));
        case 'window':
          return row(windowRow(content, speech));
        case 'ahead':
          return row(aheadRows(content, speech));
        case 'papers': {
          if (next?.section === 'qr') return [];
          const papers = papersOf(content, speech);
          return papers ? [{ block: 'papers', papers, stamp: null }] : [];
        }
        case 'qr': {
          const papers = before === 'papers' ? papersOf(content, speech) : null;
          const footer = next?.section === 'footer' ? (next.text ? speech.own(next.text) : own.footer) : null;
          return [{ block: 'code', qr: content.qr, large: false, papers, stamp: stampOf(content, own), footer }];
        }
        case 'footer':
          return before === 'qr' ? [] : [{ block: 'footer', text: part.text ? speech.own(part.text) : own.footer }];
        default:
          return [{ block: 'text', text: speech.own(part.text), size: part.size }];
      }
    };
    const after: Block[] = [];
    if (part.section === notConfirmedAfter) {
      if (content.provisional) after.push(notConfirmed(speech, own.notConfirmedNote, false));
      if (lateBefore < 0) after.push(...late);
    }
    return [...(i === lateBefore ? late : []), ...build(), ...after];
  });
};

/** The day and the time are the largest things on a slip; while the centre has not said yes it says so first. */
const slipBlocks = (content: SlipContent, { logo, bilingual }: TicketTemplate, speech: Speech): Block[] => {
  const { own, words } = { own: speech.words.own, words: speech.words };
  const wall = wallOf(content.startsAt, content.timeZone);
  const [day, staffDay] = forBoth(words, (labels) => labels.day(wall));
  const services = content.services.map((service) => ({
    name: speech.own(service),
    staffName: speech.staff(service),
    place: null,
  }));
  const [first] = services;
  const rows: Row[] = [];
  if (content.bookingNumber !== null) rows.push([own.bookingNumber, content.bookingNumber]);
  rows.push([own.address, speech.own(content.address)]);
  const [papers, stamp] = [papersOf(content, speech), stampOf(content, own)];
  const blocks: Block[] = [
    { block: 'head', logo, title: speech.own(content.office), subtitle: speech.own(content.officeSubtitle) },
  ];
  if (!content.confirmed) blocks.push(notConfirmed(speech, own.slipNotConfirmedNote, true));
  blocks.push({
    block: 'when',
    label: content.confirmed ? own.booked : own.askedFor,
    day: day ?? '',
    staffDay: bilingual ? (staffDay ?? null) : null,
    time: wall.time,
    arriveFrom: content.confirmed ? own.arriveFrom(wallOf(content.arriveFrom, content.timeZone).time) : null,
  });
  if (first && services.length === 1) blocks.push({ block: 'service', name: first.name, staffName: first.staffName });
  else if (first) blocks.push({ block: 'services', heading: null, items: services, numbered: false });
  blocks.push({ block: 'rows', rows });
  blocks.push(
    content.qr === null
      ? { block: 'papers', papers, stamp }
      : { block: 'code', qr: content.qr, large: true, papers, stamp, footer: own.slipFooter },
  );
  return blocks;
};

/** @throws RangeError for a time zone or a time that there is not. */
export const composePaper = (content: Printable, template: TicketTemplate, pick: Pick = inLanguage): Paper => {
  const speech = speechOf(content, template, pick);
  const blocks =
    content.kind === 'ticket' ? ticketBlocks(content, template, speech) : slipBlocks(content, template, speech);
  return { rtl: speech.words.own.rtl, blocks: [...copyBar(content, speech), ...joined(blocks)] };
};
