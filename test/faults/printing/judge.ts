import type { BlockReason, Grade, JobState } from '../../../shared/domain/model.ts';

/**
 * What was promised of a ticket, asked of what was seen: what the program says, what the desk says, and what lies on the
 * floor before the printer. Pure.
 */

/** A paper that left the printer. */
export interface PaperSeen {
  /** Whose it is; what was torn before its code is nobody's. */
  visits: readonly string[];
  /** It carries «ПОВТОР». */
  copy: boolean;
  /** Cut off by command; false: torn off. */
  whole: boolean;
}

export interface StateSeen {
  state: JobState;
  reason: BlockReason | null;
  grade: Grade | null;
  word: 'visitor' | 'staff' | null;
}

export interface TrialFacts {
  /** The best that the printer can confirm with. */
  grade: Grade;
  /** After a job whose end is not known it may fall back to its status alone, see Setup; so never on the first paper. */
  counts: boolean;
  visit: string;
  /** As told to the kiosk's page, in order. */
  told: readonly StateSeen[];
  /** When nothing moves any more, the fault has gone and nobody was asked yet. */
  settled: StateSeen;
  papers: readonly PaperSeen[];
  /** What an honest visitor said who was asked. */
  answer: 'yes' | 'no' | null;
  answered: StateSeen | null;
  /** After "no": whether the desk has the call. */
  deskCalled: boolean | null;
  /** Another paper, where there was none. */
  copy: StateSeen | null;
  /** What the desk's view of the printer says of the first paper, at the end. */
  desk: JobState | null;
  /** The next visitor's ticket. */
  next: { visit: string; state: StateSeen };
  /** All papers at the very end, those at `papers` among them. */
  papersEnd: readonly PaperSeen[];
}

export interface Verdict {
  violations: string[];
  /** In a word, for the table. */
  outcome: string;
  /** No paper, and the program does not say that there is one; nor could it know. */
  unsure: boolean;
}

const isPrinterWord = (grade: Grade | null): boolean => grade === 'A' || grade === 'B';

const wholeOf = (papers: readonly PaperSeen[], visit: string, copy: boolean): number =>
  papers.filter((one) => one.whole && one.copy === copy && one.visits.includes(visit)).length;

const outcomeOf = (facts: TrialFacts, out: boolean): string => {
  const { settled, told, copy } = facts;
  const waited = told.some(({ state }) => state === 'blocked') ? 'waits, ' : '';
  if (settled.state === 'unknown') return `${waited}asked${out ? ', yes' : copy ? ', copy' : ', no'}`;
  if (settled.state === 'sent') return `${waited}sent${out ? '' : ', NO PAPER'}`;
  return `${waited}${settled.state}`;
};

/** Ended as such a printer can say it of a ticket that came out. */
const isWell = ({ grade, counts }: TrialFacts, { state, grade: by }: StateSeen): boolean =>
  isPrinterWord(grade)
    ? (state === 'printed' && isPrinterWord(by)) || (counts && state === 'sent' && by === 'C')
    : state === 'sent' && by === grade;

export const judge = (facts: TrialFacts): Verdict => {
  const { visit, settled, papers, papersEnd, told } = facts;
  const violations: string[] = [];
  const no = (when: boolean, what: string): void => {
    if (when) violations.push(what);
  };
  const before = wholeOf(papers, visit, false);
  const originals = wholeOf(papersEnd, visit, false);
  const copies = wholeOf(papersEnd, visit, true);
  const out = before > 0;

  no(originals > 1, `${originals} papers of the same ticket without «ПОВТОР»`);
  no(copies > 1, `${copies} papers of the same copy`);
  no(originals > before, 'a first paper came out after its state was settled');
  no(copies > 0 && facts.copy === null, 'a copy that nobody asked for');

  no(settled.state === 'printed' && !out, 'said to be printed, and there is no paper');
  no(settled.state === 'printed' && !isPrinterWord(settled.grade), `printed by grade ${settled.grade ?? 'none'}`);
  no(settled.state === 'expired' && out, 'said to be expired, and there is a paper');
  no(['queued', 'blocked', 'sending'].includes(settled.state), `still ${settled.state} after everything was put right`);
  const unsure = settled.state === 'sent' && !out;
  no(unsure && isPrinterWord(facts.grade), 'no paper, no word to anybody, and the printer could have told');
  const lastTold = told.at(-1);
  no(
    lastTold?.state !== settled.state,
    `the kiosk's page was last told ${lastTold?.state ?? 'nothing'}, it is ${settled.state}`,
  );

  const { answer, answered } = facts;
  no((settled.state === 'unknown') !== (answer !== null), 'asked though it was known, or not asked though it was not');
  if (answer === 'yes') {
    no(answered?.state !== 'printed' || answered.word !== 'visitor', 'the visitor has it, and it does not count');
  }
  if (answer === 'no') {
    no(answered?.state !== 'unknown', `the visitor has no paper, and it is ${answered?.state ?? 'nothing'}`);
    no(facts.deskCalled !== true, 'the visitor has no paper, and no desk was called');
  }
  if (facts.copy) {
    no(copies !== 1, `${copies} papers with «ПОВТОР» after one was asked for`);
    no(!isWell(facts, facts.copy), `the copy is ${facts.copy.state} on a printer that is well`);
  }
  const last = answered ?? settled;
  no(facts.desk !== last.state, `the desk sees ${facts.desk ?? 'nothing'}, it is ${last.state}`);

  const nextOut = wholeOf(papersEnd, facts.next.visit, false);
  no(nextOut !== 1, `the next visitor got ${nextOut} papers`);
  no(!isWell(facts, facts.next.state), `the next ticket is ${facts.next.state.state}`);
  return { violations, outcome: outcomeOf(facts, out), unsure };
};
