import type { Verdict } from './judge.ts';
import { FAULTS, type Fault, SETUPS, type Trial } from './plan.ts';

export interface Result extends Trial {
  verdict: Verdict;
  ms: number;
}

export interface Summary {
  trials: number;
  violations: number;
  /** No paper and no word: the printer cannot tell. */
  unsure: number;
  printed: number;
  asked: number;
  ms: number;
}

export const summaryOf = (results: readonly Result[], ms: number): Summary => ({
  trials: results.length,
  violations: results.filter(({ verdict }) => verdict.violations.length > 0).length,
  unsure: results.filter(({ verdict }) => verdict.unsure).length,
  printed: results.filter(({ verdict }) => verdict.outcome.endsWith('printed')).length,
  asked: results.filter(({ verdict }) => verdict.outcome.includes('asked')).length,
  ms,
});

const LEGEND = `printed: the printer said so.  sent: it never says so.  waits: the visitor was told why, before.
asked: nobody can know; «Талон вышел?» was answered yes, or no and the desk was called; copy: then one with «ПОВТОР» came out.
-: cannot happen there.  !!: a promise is broken.`;

/** Faults down, printers across. */
export const tableOf = (results: readonly Result[]): string => {
  const cells = new Map(results.map(({ fault, setup, verdict }) => [`${fault} ${setup.id}`, verdict]));
  const setups = SETUPS.filter(({ id }) => results.some(({ setup }) => setup.id === id));
  const faults = FAULTS.filter((fault) => results.some((one) => one.fault === fault));
  const cell = (fault: Fault, id: string): string => {
    const verdict = cells.get(`${fault} ${id}`);
    if (!verdict) return '-';
    return `${verdict.violations.length > 0 ? '!! ' : ''}${verdict.outcome}`;
  };
  const rows = [
    ['fault', ...setups.map(({ id }) => id)],
    ...faults.map((f) => [f, ...setups.map(({ id }) => cell(f, id))]),
  ];
  const widths = rows[0]?.map((_, n) => Math.max(...rows.map((row) => row[n]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row
      .map((text, n) => text.padEnd(widths[n] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  return lines.join('\n');
};

export const reportOf = (results: readonly Result[], summary: Summary): string => {
  const broken = results.flatMap(({ fault, setup, verdict }) =>
    verdict.violations.map((what) => `!! ${fault} on ${setup.id}: ${what}`),
  );
  const { trials, violations, unsure, printed, asked, ms } = summary;
  const totals = `${trials} trials in ${Math.round(ms / 1000)} s: ${printed} printed, ${asked} asked, ${unsure} sent without a paper where no printer could tell, ${violations} broken`;
  return [tableOf(results), LEGEND, ...broken, totals].join('\n\n');
};
