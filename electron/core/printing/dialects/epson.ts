import type { Dialect } from '../dialect.ts';
import { ESCPOS_QUESTIONS, interpretStatus, parserOf, readEscpos } from '../status.ts';
import { ESCPOS_REAL_TIME, type EscPosForm, escposJob } from './escpos.ts';

const ID_FIRST = 0x20;
const ID_COUNT = 95;

/** @returns the `n`-th process id: four characters of 0x20-0x7E. */
export const processId = (n: number): string =>
  [3, 2, 1, 0].map((digit) => String.fromCharCode(ID_FIRST + (Math.floor(n / ID_COUNT ** digit) % ID_COUNT))).join('');

const FORM: EscPosForm = {
  type: 'epson',
  first: [],
  // To the cutter, and cut all but one point: none of the blank lines of the library's cut().
  cut: [0x1d, 0x56, 66, 0],
  // Online, error and paper.
  tellChanges: [0x1d, 0x61, 0x0e],
  processId: true,
  realTime: ESCPOS_REAL_TIME,
};

/** Epson TM: `DLE EOT` for its state, `GS ( H` when a job is on paper. */
export const epson: Dialect = {
  id: 'epson',
  questions: ESCPOS_QUESTIONS,
  ask: (question) => [0x10, 0x04, question],
  parser: () => parserOf(readEscpos),
  interpret: interpretStatus,
  nextProcessId: (_answers, n) => processId(n),
  job: (ops, options) => escposJob(FORM, ops, options),
};
