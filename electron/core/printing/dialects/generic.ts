import type { Dialect } from '../dialect.ts';
import { ESCPOS_QUESTIONS, interpretStatus, parserOf, readEscpos } from '../status.ts';
import { ESCPOS_REAL_TIME, type EscPosForm, escposJob } from './escpos.ts';

const FORM: EscPosForm = {
  type: 'epson',
  // Leaves the Chinese mode in which many are delivered: two letters from 0x80 on would be one of theirs.
  first: [0x1c, 0x2e],
  cut: [0x1d, 0x56, 66, 0],
  tellChanges: [0x1d, 0x61, 0x0e],
  // Those that do not know `GS ( H` print it.
  processId: false,
  realTime: ESCPOS_REAL_TIME,
};

/** Printers that do as Epson's: some questions are answered, some are not; a job is known to be out by `GS r` at best. */
export const generic: Dialect = {
  id: 'generic',
  questions: ESCPOS_QUESTIONS,
  ask: (question) => [0x10, 0x04, question],
  parser: () => parserOf(readEscpos),
  interpret: interpretStatus,
  nextProcessId: () => null,
  job: (ops, options) => escposJob(FORM, ops, options),
};
