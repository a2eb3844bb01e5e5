import type { Result } from './suite.ts';

/** The results for people, as a table. */

const WORDS: Record<Result['result'], string> = { ok: 'ok', failed: 'FAILED', skipped: 'skipped' };

const wrapped = (text: string, width: number): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
};

const ID = 24;
const RESULT = 8;
const INDENT = ' '.repeat(ID + RESULT + 2);

/** @param width of the paper, in characters */
export const lineOf = ({ id, about, result, why }: Result, width = 120): string => {
  const room = Math.max(40, width - INDENT.length);
  const [first = '', ...rest] = wrapped(about, room);
  const reason = why === '' ? [] : wrapped(why, room - 2).map((line, i) => `${i === 0 ? '> ' : '  '}${line}`);
  const head = `${id.padEnd(ID)} ${WORDS[result].padEnd(RESULT)} ${first}`;
  return [head, ...[...rest, ...reason].map((line) => INDENT + line)].join('\n');
};

export const count = (results: readonly Result[], result: Result['result']): number =>
  results.filter((one) => one.result === result).length;

export const summaryOf = (results: readonly Result[]): string =>
  `${results.length} checks: ${count(results, 'ok')} ok, ${count(results, 'failed')} failed, ${count(results, 'skipped')} skipped`;
