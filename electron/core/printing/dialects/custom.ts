import type { Answers, Dialect } from '../dialect.ts';
import { parserOf, type PrinterCondition, type Read, readEscpos } from '../status.ts';
import { ESCPOS_REAL_TIME, type EscPosForm, escposJob, TEAR_DOTS } from './escpos.ts';

/** Printers of Custom for kiosks (VKP80, KUBE, TK, KPM): one answer has all that four of Epson's have, and more. */

/** Number of the full status in `DLE EOT n`. */
const FULL_STATUS = 20;
/** `10 0F`, then paper, user, recoverable and unrecoverable errors. */
const FULL_LENGTH = 6;
const DLE = 0x10;

const FORM: EscPosForm = {
  type: 'custom',
  first: [],
  // `ESC i` cuts where the paper is: what is between the head and the cutter is fed out before.
  cut: [0x1b, 0x4a, TEAR_DOTS, 0x1b, 0x69],
  // `GS E0` tells in the same form in which a question is answered, so that one would be taken for the other.
  tellChanges: [],
  processId: false,
  // `ESC v` is answered at once too, with a byte that looks like the answer to `GS r`.
  realTime: [...ESCPOS_REAL_TIME, [0x1b, [0x76]]],
};

const read = (seen: readonly number[]): Read => {
  if (seen[0] !== DLE) {
    const other = readEscpos(seen);
    // Single bytes answer questions that were not asked: as an answer to ours they would say that all is well.
    return other.reply?.kind === 'answer' ? { ...other, reply: null } : other;
  }
  if (seen.length === 1) return { used: 0, reply: null };
  // Not a full status: nothing else of theirs begins like this.
  if (seen[1] !== 0x0f) return { used: 1, reply: null };
  if (seen.length < FULL_LENGTH) return { used: 0, reply: null };
  return { used: FULL_LENGTH, reply: { kind: 'answer', bytes: seen.slice(0, FULL_LENGTH) } };
};

const interpret = (answers: Answers): PrinterCondition => {
  const [, , paper = 0, user = 0, recoverable = 0, unrecoverable = 0] = answers.get(FULL_STATUS) ?? [];
  // End, near end, and the end by its own count of the metres, at which it still prints.
  const paperLow = (paper & 0x45) !== 0;
  // Head up, cover open; the cutter's own cover.
  if ((user & 0x03) !== 0 || (unrecoverable & 0x02) !== 0) return { blocked: 'cover-open', paperLow };
  if ((paper & 0x01) !== 0) return { blocked: 'paper-out', paperLow };
  if ((unrecoverable & 0x01) !== 0) return { blocked: 'cutter', paperLow };
  // Head temperature, voltage, jam; memories. An error of the serial line or in a command is past when it is told.
  if ((recoverable & 0x48) !== 0 || (unrecoverable & 0x4c) !== 0) return { blocked: 'error', paperLow };
  if ((recoverable & 0x01) !== 0) return { blocked: 'head-hot', paperLow };
  return { blocked: null, paperLow };
};

export const custom: Dialect = {
  id: 'custom',
  questions: [FULL_STATUS],
  ask: (question) => [DLE, 0x04, question],
  // Any byte may be a state.
  parser: () => parserOf(read, []),
  interpret,
  nextProcessId: () => null,
  job: (ops, options) => escposJob(FORM, ops, options),
};
