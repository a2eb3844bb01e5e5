import type { BlockReason } from '../../../shared/domain/model.ts';
import type { Answers, Reply, ReplyParser } from './dialect.ts';

/**
 * What printers that speak ESC/POS send back (Epson, ESC/POS Command Reference: DLE EOT, GS a, GS r, GS ( H). Every kind of
 * answer has fixed bits of its own, so that they can be told apart in one stream; what fits none is thrown away.
 */

export type PrinterCondition = {
  /** null: it can print. */
  blocked: BlockReason | null;
  /** The roll is near its end (or at it). */
  paperLow: boolean;
};

/** Numbers of `DLE EOT n`: 1 printer, 2 cause of being offline, 3 error, 4 paper roll. */
export const ESCPOS_QUESTIONS = [1, 2, 3, 4] as const;

/** To `DLE EOT`; which of them is known by the order only. */
const isRealTime = (b: number): boolean => (b & 0x93) === 0x12;
const isAutomaticHead = (b: number): boolean => (b & 0x93) === 0x10;
const isPlain = (b: number): boolean => (b & 0x90) === 0;
/** Blocks end with NUL; none that we know is longer. */
const LONGEST_BLOCK = 80;

/** How many bytes at the start are done with, and the reply they were; 0 when more must come first. */
export interface Read {
  used: number;
  reply: Reply | null;
}

/** @returns what `seen` (not empty) begins with. */
export const readEscpos = (seen: readonly number[]): Read => {
  const b = seen[0] ?? 0;
  if (isRealTime(b)) return { used: 1, reply: { kind: 'answer', bytes: [b] } };
  if (isAutomaticHead(b)) {
    const rest = seen.slice(1, 4);
    // Not what it seemed to be: only its head is thrown away.
    if (!rest.every(isPlain)) return { used: 1, reply: null };
    if (rest.length < 3) return { used: 0, reply: null };
    return { used: 4, reply: { kind: 'told', condition: interpretAutomatic([b, ...rest]) } };
  }
  if (b === 0x37 || b === 0x5f) {
    // A block: kind, printable characters, NUL. Names (GS I) begin with 5F and have no kind.
    if (b === 0x37 && seen.length > 1 && ![0x22, 0x23, 0x25].includes(seen[1] ?? 0)) return { used: 1, reply: null };
    for (let at = 1; at < seen.length; at += 1) {
      const c = seen[at] ?? 0;
      if (c === 0) {
        const body = seen.slice(2, at);
        const done = b === 0x37 && seen[1] === 0x22 && body.length === 4;
        return { used: at + 1, reply: done ? { kind: 'done', processId: String.fromCharCode(...body) } : null };
      }
      if (c < 0x20 || c > 0x7e || at > LONGEST_BLOCK) return { used: 1, reply: null };
    }
    return { used: 0, reply: null };
  }
  if (isPlain(b)) return { used: 1, reply: { kind: 'fence' } };
  return { used: 1, reply: null };
};

/** XON and XOFF of a serial line, which may stand anywhere. */
const FLOW_CONTROL: readonly number[] = [0x11, 0x13];

/**
 * @param skip bytes that are no part of any reply
 * @returns a parser that gives `read` what has come, again and again. Holds no more than what `read` waits for.
 */
export const parserOf = (read: (seen: readonly number[]) => Read, skip = FLOW_CONTROL): ReplyParser => {
  const seen: number[] = [];
  return {
    push: (bytes) => {
      const replies: Reply[] = [];
      for (const byte of bytes) {
        if (skip.includes(byte)) continue;
        seen.push(byte);
        while (seen.length > 0) {
          const { used, reply } = read(seen);
          if (used === 0) break;
          seen.splice(0, used);
          if (reply) replies.push(reply);
        }
      }
      return replies;
    },
  };
};

/** @returns what the answers to `DLE EOT` mean. Questions that were not answered are taken to be well. */
export const interpretStatus = (answers: Answers): PrinterCondition => {
  const has = (question: number, bits: number): boolean => ((answers.get(question)?.[0] ?? 0) & bits) !== 0;
  const paperLow = has(4, 0x6c);
  // An open cover comes first: the paper sensor cannot see any paper then.
  if (has(2, 0x04)) return { blocked: 'cover-open', paperLow };
  if (has(4, 0x60) || has(2, 0x20)) return { blocked: 'paper-out', paperLow };
  if (has(3, 0x08)) return { blocked: 'cutter', paperLow };
  if (has(3, 0x24)) return { blocked: 'error', paperLow };
  if (has(3, 0x40)) return { blocked: 'head-hot', paperLow };
  if (has(2, 0x40)) return { blocked: 'error', paperLow };
  if (has(1, 0x08)) return { blocked: 'offline', paperLow };
  return { blocked: null, paperLow };
};

/** @returns the same of the four bytes of an automatic status. */
export const interpretAutomatic = ([b0, b1, b2]: readonly number[]): PrinterCondition => {
  const has = (byte: number | undefined, bits: number): boolean => ((byte ?? 0) & bits) !== 0;
  const paperLow = has(b2, 0x0f);
  if (has(b0, 0x20)) return { blocked: 'cover-open', paperLow };
  if (has(b2, 0x0c)) return { blocked: 'paper-out', paperLow };
  if (has(b1, 0x08)) return { blocked: 'cutter', paperLow };
  if (has(b1, 0x24)) return { blocked: 'error', paperLow };
  if (has(b1, 0x40)) return { blocked: 'head-hot', paperLow };
  if (has(b0, 0x08)) return { blocked: 'offline', paperLow };
  return { blocked: null, paperLow };
};
