import { describe, expect, test } from 'vitest';
import { closingLine, countVitest, isGood, table, total } from '../tools/results.ts';

const file = (status: string, ...tests: string[]): object => ({
  name: '/x/a.test.ts',
  status,
  message: 'SyntaxError: no\n  at x',
  assertionResults: tests.map((one, index) => ({ status: one, fullName: `t${index}` })),
});

describe('countVitest', () => {
  test('counts tests by how they went, and names the skipped and the failed', () => {
    const json = { testResults: [file('passed', 'passed', 'passed', 'pending'), file('failed', 'failed', 'passed')] };
    expect(countVitest(json, 1)).toEqual({ passed: 3, failed: 1, skipped: 1, notes: ['skipped: t2', 'failed: t0'] });
  });
  test('a file that could not be loaded is a failure', () => {
    const counted = countVitest({ testResults: [file('passed', 'passed'), file('failed')] }, 1);
    expect(counted).toMatchObject({ passed: 1, failed: 1 });
    expect(counted.notes).toEqual(['could not be run: /x/a.test.ts: SyntaxError: no']);
  });
  test('no result is a failure', () => {
    expect(countVitest(null, 0)).toMatchObject({ passed: 0, failed: 1 });
    expect(countVitest({ nothing: 1 }, null)).toMatchObject({ passed: 0, failed: 1 });
  });
  test('nothing executed is a failure, also when all are skipped', () => {
    expect(countVitest({ testResults: [] }, 0)).toMatchObject({ passed: 0, failed: 1, skipped: 0 });
    expect(countVitest({ testResults: [file('passed', 'pending')] }, 0)).toMatchObject({ failed: 1, skipped: 1 });
  });
  test('a bad end after good tests is a failure', () => {
    expect(countVitest({ testResults: [file('passed', 'passed')] }, 1)).toMatchObject({ passed: 1, failed: 1 });
    expect(countVitest({ testResults: [file('passed', 'passed')] }, null)).toMatchObject({ passed: 1, failed: 1 });
  });
});

describe('the end of a run', () => {
  test('the closing line', () => {
    expect(closingLine({ passed: 12, failed: 0, skipped: 0 })).toBe('12 passed, 0 failed');
    expect(closingLine({ passed: 12, failed: 3, skipped: 2 })).toBe('12 passed, 3 failed, 2 skipped');
  });
  test('is good only when something passed and nothing failed', () => {
    expect(isGood({ passed: 1, failed: 0, skipped: 5 })).toBe(true);
    expect(isGood({ passed: 0, failed: 0, skipped: 0 })).toBe(false);
    expect(isGood({ passed: 9, failed: 1, skipped: 0 })).toBe(false);
  });
  test('sums and shows the steps', () => {
    const steps = [
      { name: 'unit', seconds: 1.25, passed: 3, failed: 0, skipped: 1, notes: ['skipped: x'] },
      { name: 'e2e', seconds: 20, passed: 1, failed: 2, skipped: 0, notes: [] },
    ];
    expect(total(steps)).toEqual({ passed: 4, failed: 2, skipped: 1 });
    expect(table(steps).split('\n')).toEqual([
      'step  seconds   passed   failed  skipped',
      'unit      1.3        3        0        1',
      '  skipped: x',
      'e2e      20.0        1        2        0',
    ]);
  });
});
