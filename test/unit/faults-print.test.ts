import { describe, expect, it } from 'vitest';
import { judge, type PaperSeen, type StateSeen, type TrialFacts } from '../faults/printing/judge.ts';
import { FAULTS, LINKS, QUICK, SETUPS, trialsOf } from '../faults/printing/plan.ts';
import { reportOf, summaryOf } from '../faults/printing/report.ts';

/** The judge of the fault runs: it must be able to say no. */

const is = (state: StateSeen['state'], grade: StateSeen['grade'] = null, more: Partial<StateSeen> = {}): StateSeen => ({
  state,
  grade,
  reason: null,
  word: null,
  ...more,
});
const paper = (visit: string, more: Partial<PaperSeen> = {}): PaperSeen => ({
  visits: [visit],
  copy: false,
  whole: true,
  ...more,
});
const ours = paper('ours');
const next = paper('next');

/** As it should be: printed, and the next one too. */
const GOOD: TrialFacts = {
  grade: 'A',
  counts: false,
  visit: 'ours',
  told: [is('sending'), is('printed', 'A')],
  settled: is('printed', 'A'),
  papers: [ours],
  answer: null,
  answered: null,
  deskCalled: null,
  copy: null,
  desk: 'printed',
  next: {
    visit: 'next',
    state: is('printed', 'A'),
  },
  papersEnd: [ours, next],
};
/** Nobody knew, there was none, another one came. */
const COPIED: TrialFacts = {
  ...GOOD,
  told: [is('sending'), is('unknown')],
  settled: is('unknown'),
  papers: [],
  answer: 'no',
  answered: is('unknown'),
  deskCalled: true,
  copy: is('printed', 'A'),
  desk: 'unknown',
  papersEnd: [paper('ours', { copy: true }), next],
};
const MUTE: TrialFacts = {
  ...GOOD,
  grade: 'E',
  told: [is('sent'), is('sent', 'E')],
  settled: is('sent', 'E'),
  desk: 'sent',
  next: {
    visit: 'next',
    state: is('sent', 'E'),
  },
};

describe('what is right', () => {
  it.each([
    ['printed', GOOD, 'printed'],
    ['waited first', { ...GOOD, told: [is('blocked'), ...GOOD.told] }, 'waits, printed'],
    ['a copy', COPIED, 'asked, copy'],
    [
      'by his word',
      {
        ...GOOD,
        told: COPIED.told,
        settled: is('unknown'),
        answer: 'yes',
        answered: is('printed', null, { word: 'visitor' }),
      },
      'asked, yes',
    ],
    [
      'expired',
      {
        ...GOOD,
        told: [is('expired')],
        settled: is('expired'),
        papers: [],
        papersEnd: [next],
        desk: 'expired',
      },
      'expired',
    ],
    ['a printer that never says so', MUTE, 'sent'],
    [
      'a counter that is not believed yet',
      { ...GOOD, counts: true, next: { visit: 'next', state: is('sent', 'C') } },
      'printed',
    ],
    ['torn before its code', { ...COPIED, papers: [paper('', { visits: [], whole: false })] }, 'asked, copy'],
  ] satisfies [string, TrialFacts, string][])('%s', (_, facts, outcome) => {
    expect(judge(facts)).toEqual({ violations: [], outcome, unsure: false });
  });

  it('a paper that is missing where no printer could tell is shown, not hidden', () => {
    const verdict = judge({ ...MUTE, papers: [], papersEnd: [next] });
    expect(verdict).toEqual({ violations: [], outcome: 'sent, NO PAPER', unsure: true });
    expect(summaryOf([{ fault: 'none', setup: SETUPS[0] as (typeof SETUPS)[0], verdict, ms: 1 }], 1).unsure).toBe(1);
  });
});

describe('what is wrong is named', () => {
  it.each([
    ['two first papers', { ...GOOD, papersEnd: [ours, ours, next] }, /2 papers of the same ticket/],
    ['two of one copy', { ...COPIED, papersEnd: [...COPIED.papersEnd, paper('ours', { copy: true })] }, /same copy/],
    ['one that comes later', { ...COPIED, papersEnd: [...COPIED.papersEnd, ours] }, /after its state was settled/],
    [
      'a copy by itself',
      { ...GOOD, papersEnd: [...GOOD.papersEnd, paper('ours', { copy: true })] },
      /nobody asked for/,
    ],
    ['printed without paper', { ...GOOD, papers: [], papersEnd: [next] }, /there is no paper/],
    ['printed, torn', { ...GOOD, papers: [paper('ours', { whole: false })], papersEnd: [next] }, /there is no paper/],
    ['printed by a lesser grade', { ...GOOD, settled: is('printed', 'C') }, /by grade C/],
    [
      'expired with paper',
      { ...GOOD, told: [is('expired')], settled: is('expired'), desk: 'expired' },
      /there is a paper/,
    ],
    ['still waiting', { ...GOOD, told: [is('blocked')], settled: is('blocked'), desk: 'blocked' }, /still blocked/],
    ['lost in silence', { ...MUTE, grade: 'A', papers: [], papersEnd: [next], next: GOOD.next }, /could have told/],
    ['the page not told', { ...GOOD, told: [is('sending')] }, /last told sending/],
    [
      'asked without need',
      { ...GOOD, answer: 'yes', answered: is('printed', 'A', { word: 'visitor' }) },
      /asked though/,
    ],
    ['not asked', { ...COPIED, answer: null, answered: null }, /not asked/],
    ['his yes does not count', { ...COPIED, answer: 'yes', papers: [ours] }, /does not count/],
    ['his no is lost', { ...COPIED, answered: is('printed') }, /has no paper, and it is printed/],
    ['no desk called', { ...COPIED, deskCalled: false }, /no desk was called/],
    ['the copy does not come', { ...COPIED, papersEnd: [next] }, /0 papers with «ПОВТОР»/],
    ['the copy is not known', { ...COPIED, copy: is('unknown') }, /copy is unknown/],
    ['the desk sees something else', { ...GOOD, desk: 'sent' }, /the desk sees sent, it is printed/],
    ['the next one has none', { ...GOOD, papersEnd: [ours] }, /next visitor got 0/],
    ['the next one is stuck', { ...GOOD, next: { visit: 'next', state: is('blocked') } }, /next ticket is blocked/],
  ] satisfies [string, TrialFacts, RegExp][])('%s', (_, facts, named) => {
    expect(judge(facts).violations.join('\n')).toMatch(named);
  });
});

describe('the plan', () => {
  it('has every fault on every link with every grade that can be had there, but what cannot happen', () => {
    const all = trialsOf({ faults: [], setups: [] });
    expect(new Set(all.map(({ fault }) => fault))).toEqual(new Set(FAULTS));
    expect(new Set(all.map(({ setup }) => setup.link))).toEqual(new Set(LINKS));
    for (const link of ['tcp', 'tcp6', 'serial', 'device'])
      expect(new Set(SETUPS.filter((one) => one.link === link).map(({ grade }) => grade))).toEqual(
        new Set(['A', 'B', 'C', 'E']),
      );
    expect(SETUPS.filter(({ link }) => link === 'cups').map(({ grade }) => grade)).toEqual(['D']);
    // A drop in the request for an answer, only where there is one.
    expect(
      all.filter(({ fault }) => fault === 'drop-in-confirm').every(({ setup }) => 'AB'.includes(setup.grade)),
    ).toBe(true);
  });

  it('takes a part by names and beginnings of names', () => {
    expect(trialsOf({ faults: ['kill-core'], setups: ['serial A'] }).map(({ fault }) => fault)).toEqual([
      'kill-core-waiting',
      'kill-core-sending',
      'kill-core-printing',
      'kill-core-unconfirmed',
      'kill-core-waiting',
      'kill-core-sending',
      'kill-core-printing',
      'kill-core-unconfirmed',
    ]);
    expect(trialsOf({ faults: ['no such'], setups: [] })).toEqual([]);
    expect(new Set(trialsOf(QUICK).map(({ setup }) => setup.grade))).toEqual(new Set(['A', 'B', 'D']));
  });
});

describe('the report', () => {
  it('marks what is broken in the table and names it below', () => {
    const [setup] = SETUPS;
    if (!setup) throw new Error('no setups');
    const good = { fault: 'none' as const, setup, verdict: judge(GOOD), ms: 10 };
    const bad = { fault: 'stall' as const, setup, verdict: judge({ ...GOOD, papersEnd: [ours, ours, next] }), ms: 10 };
    const text = reportOf([good, bad], summaryOf([good, bad], 1000));
    expect(text).toMatch(/^stall +!! printed$/m);
    expect(text).toMatch(/!! stall on tcp A: 2 papers of the same ticket/);
    expect(text).toMatch(/2 trials in 1 s: 2 printed, 0 asked, 0 sent .*, 1 broken$/);
  });
});
