import type {
  FindView,
  PrinterLinkView,
  PrinterProfileView,
  PrinterSet,
  ProbeView,
} from '../../../shared/contracts/printers-setup.ts';
import { readAddresses } from './addresses.ts';

/** A printer while it is being set up: what follows from what was found, and from what somebody has seen on paper. */

/** What it will say of a ticket: A, B, C, E, and D through a queue. */
export type Confirms = 'each' | 'after' | 'state' | 'mute' | 'queue';
export type Verdict = Confirms | 'unreachable' | 'blocked';

const isQueue = (link: PrinterLinkView): boolean => link.kind === 'cups' || link.kind === 'winspool';

/** @returns null: nobody has asked it yet */
export const confirmsOf = ({ link, answers }: Pick<PrinterSet, 'link' | 'answers'>): Confirms | null => {
  if (isQueue(link)) return 'queue';
  if (answers === null) return null;
  if (answers.processId) return 'each';
  if (answers.fence) return 'after';
  return answers.questions.length > 0 ? 'state' : 'mute';
};

export const verdictOf = (probe: ProbeView, link: PrinterLinkView): Verdict => {
  if (probe.found === 'unreachable') return 'unreachable';
  if (probe.condition?.blocked) return 'blocked';
  if (probe.found === 'mute') return 'mute';
  return confirmsOf({ link, answers: probe.answers }) ?? 'state';
};

/** Of a model that nobody knows yet. */
const FIRST_PROFILE = { epson: 'epson', generic: 'generic', star: 'star', custom: 'custom' } as const;
const LONGEST_NAME = 60;

const freeId = (taken: readonly string[]): string => {
  for (let n = 1; ; n += 1) {
    const id = n === 1 ? 'printer' : `printer-${n}`;
    if (!taken.includes(id)) return id;
  }
};

export const newDraft = (link: PrinterLinkView, name: string, taken: readonly string[]): PrinterSet => ({
  id: freeId(taken),
  name: name.slice(0, LONGEST_NAME).trim(),
  roles: ['kiosk', 'desk', 'copy'],
  link,
  profile: 'generic',
  mode: 'auto',
  width: 576,
  codePage: null,
  answers: null,
  speedMmPerS: 150,
});

/** @returns the printer as it is by what it has answered; one that could not answer keeps what was known of it */
export const withProbe = (draft: PrinterSet, probe: ProbeView, profiles: readonly PrinterProfileView[]): PrinterSet => {
  if (!probe.complete || probe.found === 'unreachable' || probe.found === 'queue') return draft;
  const { dialect, answers } = probe;
  const speaks = profiles.find(({ id }) => id === draft.profile)?.dialect;
  if (dialect === null || speaks === dialect) return { ...draft, answers };
  return withProfile({ ...draft, answers }, FIRST_PROFILE[dialect], profiles);
};

/** Numbers of pages are another model's then: whoever has chosen a line has to look again. */
export const withProfile = (
  draft: PrinterSet,
  profile: string,
  profiles: readonly PrinterProfileView[],
): PrinterSet => {
  const widths = profiles.find(({ id }) => id === profile)?.widths ?? [];
  const width = widths.includes(draft.width) ? draft.width : (widths[0] ?? draft.width);
  return { ...draft, profile, width, codePage: profile === draft.profile ? draft.codePage : null };
};

/** The width that was seen. A model that is never so wide gives way to one that speaks alike and is. */
export const withWidth = (draft: PrinterSet, width: number, profiles: readonly PrinterProfileView[]): PrinterSet => {
  const own = profiles.find(({ id }) => id === draft.profile);
  if (!own || own.widths.includes(width)) return { ...draft, width };
  // General models come last, and those are what is known of an unknown one.
  const other = profiles.findLast(({ dialect, widths }) => dialect === own.dialect && widths.includes(width));
  return { ...draft, width, profile: other?.id ?? draft.profile };
};

/** The address of a printer in the network as it is typed; empty for one that has none. */
export const addressOf = ({ link }: Pick<PrinterSet, 'link'>): string => {
  if (link.kind !== 'tcp') return '';
  return `${link.host.includes(':') ? `[${link.host}]` : link.host}:${link.port}`;
};

/** @returns the printer at another address, where nobody has asked it yet; null: that is no address */
export const withAddress = (draft: PrinterSet, typed: string): PrinterSet | null => {
  if (draft.link.kind !== 'tcp' || typed.trim() === addressOf(draft)) return draft;
  const { addresses } = readAddresses(typed);
  const [address] = addresses;
  return address && addresses.length === 1 ? { ...draft, answers: null, link: { kind: 'tcp', ...address } } : null;
};

/** One line, whatever it is set to: a port that is asked at another speed is the same port. */
const lineOf = (link: PrinterLinkView): string => {
  switch (link.kind) {
    case 'tcp':
      return addressOf({ link });
    case 'device':
    case 'serial':
      return link.path;
    case 'cups':
      return `${link.queue} ${link.host} ${link.port}`;
    default:
      return link.queue;
  }
};
/** @returns the one of them that has this line */
export const printerAt = (all: readonly PrinterSet[], link: PrinterLinkView): PrinterSet | null =>
  all.find((one) => one.link.kind === link.kind && lineOf(one.link) === lineOf(link)) ?? null;

/** What somebody has typed, found and begun: whoever goes back and comes again goes on from there. */
export interface PrinterSearch {
  typed: string;
  view: FindView | null;
  /** Begun and not kept, by where they were found. */
  drafts: Readonly<Record<string, PrinterSet>>;
}
export type ChangeSearch = (change: (now: PrinterSearch) => PrinterSearch) => void;
export const NO_SEARCH: PrinterSearch = { typed: '', view: null, drafts: {} };
export type FoundPrinter = FindView['found'][number];

/** @returns the printer to go on with: as it is set, as it was begun, or a new one */
export const draftOf = (
  { link, label }: Pick<FoundPrinter, 'link' | 'label'>,
  set: readonly PrinterSet[],
  drafts: PrinterSearch['drafts'],
): PrinterSet => {
  const known = printerAt(set, link);
  if (known) return known;
  const taken = set.map(({ id }) => id);
  const begun = drafts[lineOf(link)];
  // Another one may have been kept under its id since.
  if (begun) return taken.includes(begun.id) ? { ...begun, id: freeId(taken) } : begun;
  // What stands in brackets is where it is: a name for people is without it.
  return newDraft(link, link.kind === 'tcp' ? '' : label.replace(/\s*\([^)]*\)$/, ''), taken);
};

/** @param found where it was found, also when it was given another address since */
export const withDraft = (search: PrinterSearch, found: PrinterLinkView, draft: PrinterSet): PrinterSearch => ({
  ...search,
  drafts: { ...search.drafts, [lineOf(found)]: draft },
});
export const withoutDraft = (search: PrinterSearch, found: PrinterLinkView): PrinterSearch => {
  const { [lineOf(found)]: _kept, ...drafts } = search.drafts;
  return { ...search, drafts };
};

/** @returns all of them with this one, in its place where it has one */
export const withPrinter = (all: readonly PrinterSet[], one: PrinterSet): PrinterSet[] =>
  all.some(({ id }) => id === one.id) ? all.map((other) => (other.id === one.id ? one : other)) : [...all, one];

/** Millimetres of paper that so many dots are printed on. */
export const paperMm = (width: number): 58 | 80 => (width <= 384 ? 58 : 80);
