/** Counting what a test run found: each suite's result file in, one closing line out. */

/** How many tests of a step went how. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface StepResult extends Counts {
  readonly name: string;
  readonly seconds: number;
  /** What went wrong besides the tests themselves, and which tests were skipped; a line each. */
  readonly notes: readonly string[];
}

interface VitestFile {
  readonly name?: unknown;
  readonly status?: unknown;
  readonly message?: unknown;
  readonly assertionResults?: readonly {
    readonly status?: unknown;
    readonly fullName?: unknown;
    readonly failureMessages?: unknown;
  }[];
}

/**
 * @param json the file that vitest's JSON reporter wrote, parsed; null when there is none
 * @param exitCode of vitest
 * @returns counts and notes: each failed test with the first line of its reason, each skipped one. A file that could not be loaded, a run that ended badly without a failed test, a run
 *   without a result and a run in which nothing was executed each count as one failure.
 */
export function countVitest(json: unknown, exitCode: number | null): Counts & { readonly notes: readonly string[] } {
  const files = filesOf(json);
  if (files === null) return { passed: 0, failed: 1, skipped: 0, notes: ['it ended without a result'] };
  const notes: string[] = [];
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const file of files) {
    const tests = file.assertionResults ?? [];
    const before = failed;
    for (const { status, fullName, failureMessages } of tests) {
      if (status === 'passed') passed++;
      else if (status === 'failed') {
        failed++;
        // Told again at the end: of a long log often only the end is kept.
        const why = Array.isArray(failureMessages) ? firstLine(failureMessages[0]) : '';
        notes.push(`failed: ${String(fullName)}${why === '' ? '' : `: ${why}`}`);
      } else {
        skipped++;
        notes.push(`skipped: ${String(fullName)}`);
      }
    }
    if (file.status === 'failed' && failed === before) {
      failed++;
      notes.push(`could not be run: ${String(file.name)}: ${firstLine(file.message)}`);
    }
  }
  if (passed + failed === 0) {
    failed = 1;
    notes.push('not one test was executed');
  } else if (failed === 0 && exitCode !== 0) {
    failed = 1;
    notes.push(
      `every test passed, but the run ended with ${exitCode === null ? 'a signal' : `code ${exitCode}`}; see its output`,
    );
  }
  return { passed, failed, skipped, notes };
}

function filesOf(json: unknown): readonly VitestFile[] | null {
  if (typeof json !== 'object' || json === null) return null;
  const { testResults } = json as { testResults?: unknown };
  return Array.isArray(testResults) ? (testResults as readonly VitestFile[]) : null;
}

function firstLine(text: unknown): string {
  return typeof text === 'string' ? (text.split('\n')[0] ?? '') : '';
}

/** @returns the sum over all steps */
export function total(steps: readonly Counts[]): Counts {
  const sum = (pick: (step: Counts) => number): number => steps.reduce((all, step) => all + pick(step), 0);
  return {
    passed: sum((step) => step.passed),
    failed: sum((step) => step.failed),
    skipped: sum((step) => step.skipped),
  };
}

/** The last line of a run: `N passed, N failed`, and `, N skipped` only if there are any. */
export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** A run is good when something passed and nothing failed. */
export function isGood({ passed, failed }: Counts): boolean {
  return passed > 0 && failed === 0;
}

/** The steps as a table for people. */
export function table(steps: readonly StepResult[]): string {
  const width = Math.max(4, ...steps.map(({ name }) => name.length));
  const row = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => (index === 0 ? cell.padEnd(width) : cell.padStart(9)))
      .join('')
      .trimEnd();
  const lines = [row(['step', 'seconds', 'passed', 'failed', 'skipped'])];
  for (const step of steps) {
    lines.push(
      row([step.name, step.seconds.toFixed(1), String(step.passed), String(step.failed), String(step.skipped)]),
    );
    for (const note of step.notes) lines.push(`  ${note}`);
  }
  return lines.join('\n');
}
