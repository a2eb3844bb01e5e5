import type { Grade } from '../../../shared/domain/model.ts';

/**
 * What is tried: every fault on every way to a printer with every grade of confirmation that can be had there. Pure.
 */

export const LINKS = ['tcp', 'tcp6', 'serial', 'device', 'cups'] as const;
export type Link = (typeof LINKS)[number];

/** A printer as it stands there: how it is reached, and how much it says. */
export interface Setup {
  id: string;
  link: Link;
  /** The best that it can confirm with. */
  grade: Grade;
  /** Of the virtual printer. */
  make: 'epson' | 'clone' | 'star' | 'custom' | 'mute';
  /** A key of the product's profiles. */
  profile: string;
  /** As the probe would have found it; null: what the profile says. */
  answers: { questions: number[]; processId: boolean; fence: boolean } | null;
  /**
   * It confirms with what only counts (a fence, a Star's counter), which after a job whose end is not known is not believed
   * for ten seconds: until then its status must do, which is grade C.
   */
  counts?: true;
}

const A = { grade: 'A', make: 'epson', profile: 'epson', answers: null } as const;
const B = { grade: 'B', make: 'clone', profile: 'rongta-rp80', answers: null, counts: true } as const;
const C = {
  grade: 'C',
  make: 'clone',
  profile: 'rongta-rp80',
  answers: { questions: [1, 2, 3, 4], processId: false, fence: false },
} as const;
const E = {
  grade: 'E',
  make: 'mute',
  profile: 'rongta-rp80',
  answers: { questions: [], processId: false, fence: false },
} as const;
const STAR = { grade: 'A', make: 'star', profile: 'star', answers: null, counts: true } as const;
const CUSTOM = { grade: 'B', make: 'custom', profile: 'custom', answers: null, counts: true } as const;

const on = (link: Link, kind: Omit<Setup, 'id' | 'link' | 'answers'> & { answers: unknown }, more = ''): Setup => ({
  ...(kind as Omit<Setup, 'id' | 'link'>),
  link,
  id: `${link} ${kind.grade}${more}`,
});

/** D is what a queue of the operating system gives, and nothing else. */
export const SETUPS: readonly Setup[] = [
  ...(['tcp', 'tcp6', 'serial', 'device'] as const).flatMap((link) => [A, B, C, E].map((kind) => on(link, kind))),
  on('tcp', STAR, ' star'),
  on('serial', STAR, ' star'),
  on('tcp', CUSTOM, ' custom'),
  { ...on('cups', { ...A, grade: 'D' }), answers: null },
];

/** Points of a job, as its bytes arrive at the printer. */
export const DROP_AT = [
  'question',
  'first-byte',
  'first-command',
  'raster-header',
  'raster-data',
  'in-cut',
  'after-cut',
  'in-confirm',
  'after-confirm',
] as const;

export const FAULTS = [
  'none',
  'paper-before',
  'paper-mid',
  'paper-mid-buffer-lost',
  'paper-after',
  'paper-until-expiry',
  'cover-before',
  'cover-mid',
  'head-mid',
  'cutter-before',
  'cutter-at-cut',
  ...DROP_AT.map((at) => `drop-${at}` as const),
  'drop-printing',
  'half-open-before',
  'half-open-mid',
  'stall',
  'mute-before',
  'mute-mid',
  'power-off-before',
  'power-cycle-mid',
  'power-cycle-after-cut',
  'kill-core-waiting',
  'kill-core-sending',
  'kill-core-printing',
  'kill-core-unconfirmed',
  'kill-printer-printing',
  'kill-printer-unconfirmed',
  'kill-both-sending',
  'kill-both-printing',
] as const;
export type Fault = (typeof FAULTS)[number];

/** Where a fault cannot happen at all. */
const IMPOSSIBLE: readonly ((fault: Fault, setup: Setup) => boolean)[] = [
  // CUPS asks nothing and is told nothing.
  (fault, { link }) => link === 'cups' && ['drop-question', 'drop-in-confirm', 'drop-after-confirm'].includes(fault),
  (fault, { grade }) => (grade === 'C' || grade === 'E') && ['drop-in-confirm', 'drop-after-confirm'].includes(fault),
  // A Star's request is one byte.
  (fault, { make }) => make === 'star' && fault === 'drop-in-confirm',
  // There is no answer that could be held back.
  (fault, { grade }) => !['A', 'B'].includes(grade) && fault.endsWith('-unconfirmed'),
  (fault, { make }) => make === 'mute' && fault.startsWith('mute-'),
  // One of each kind of route: it takes the two minutes after which a visitor has gone.
  (fault, { id }) => fault === 'paper-until-expiry' && !['tcp A', 'device B', 'cups D'].includes(id),
];

export interface Trial {
  fault: Fault;
  setup: Setup;
}

export interface Selection {
  faults: readonly string[];
  setups: readonly string[];
}

const named = (name: string, wanted: readonly string[]): boolean =>
  wanted.length === 0 || wanted.some((one) => name === one || name.startsWith(`${one}-`) || name.startsWith(`${one} `));

/** What can happen, of what is asked for; an empty list asks for all. In the order of the setups, then of the faults. */
export const trialsOf = ({ faults, setups }: Selection): Trial[] =>
  SETUPS.filter(({ id }) => named(id, setups)).flatMap((setup) =>
    FAULTS.filter((fault) => named(fault, faults))
      .filter((fault) => !IMPOSSIBLE.some((rule) => rule(fault, setup)))
      .map((fault) => ({ fault, setup })),
  );

/** For every change of the program: each kind of fault and each route once, in about a minute. */
export const QUICK: Selection = {
  setups: ['tcp A', 'device B', 'cups D'],
  faults: [
    'none',
    'paper-before',
    'paper-mid',
    'cutter-at-cut',
    'drop-first-byte',
    'drop-raster-data',
    'drop-after-cut',
    'power-cycle-mid',
    'kill-core-printing',
    'kill-printer-printing',
    'kill-both-printing',
  ],
};
