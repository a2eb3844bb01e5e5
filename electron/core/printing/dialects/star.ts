import type { TicketBitmap } from '../../ports.ts';
import type { Answers, Dialect, JobOptions, Reply } from '../dialect.ts';
import type { PaperOp } from '../paper-ops.ts';
import { parserOf, type PrinterCondition, type Read } from '../status.ts';
import { checkBitmap, defuse, type RealTime, rowRuns } from './raster.ts';
import { checkCode, feedSteps, newEncoder, typesetter } from './type.ts';

/**
 * Star Line Mode. The state is one packet (ASB) that is sent when it is asked for, with most settings also when it changes
 * and when `ETB` is done. A packet carries a counter of the `ETB`s done, each of which waits until all before it is on
 * paper: a job ends with one, and is printed when the counter shows it.
 */

const ESC = 0x1b;
const GS = 0x1d;
const ETB = 0x17;

/** The only question: a packet, please. */
const STATUS = 1;
/** Shorter ones do not reach the paper sensors. */
const SHORTEST = 6;
const COUNTER_AT = 7;
const COUNTS = 32;

/** The status asked for, and a reset: `ESC ACK` and what follows. */
const REAL_TIME: RealTime = [[ESC, [0x06]]];
/** Rows of one `ESC k`, which is also what a line of 3 mm feeds. */
const BAND_ROWS = 24;
/** White to tear the paper in, where there is no cutter: 15 mm. */
const TEAR_DOTS = 120;
/** Six times is as large as type gets. A smaller number is better than none. */
const LARGEST = 6;

// --- what it says ---

/** Bits 1, 2, 3, 5 and 6 as a number: bit 0 and 4 are fixed in every byte. */
const spread = (byte: number): number => ((byte >> 2) & 0x18) | ((byte >> 1) & 0x07);

const counterOf = (packet: readonly number[] | undefined): number | null =>
  packet === undefined || packet.length <= COUNTER_AT ? null : spread(packet[COUNTER_AT] ?? 0);

/**
 * The id of the job whose end makes the counter `counter`. A job that would end at 0 counts once more before it begins:
 * 0 is what a printer shows that was switched off and on.
 */
const idAt = (counter: number): string => String(counter);
const OVER_ZERO = '0-1';

/** @returns the length that a packet's first two bytes say; 0 for what is no packet. */
const lengthOf = (first: number, second: number): number => {
  const length = spread(first) + ((second >> 6) & 0x02);
  return length < SHORTEST ? 0 : length;
};

const readPacket = (seen: readonly number[]): { used: number; packet: readonly number[] | null } => {
  const first = seen[0] ?? 0;
  if ((first & 0x91) !== 0x01) return { used: 1, packet: null };
  const second = seen[1];
  if (second === undefined) return { used: 0, packet: null };
  const length = lengthOf(first, second);
  // Every byte but the first has its fixed bits clear (the second may say that the packet is longer).
  const fits = seen.every((byte, i) => i === 0 || i >= length || (byte & (i === 1 ? 0x11 : 0x91)) === 0);
  if (length === 0 || !fits) return { used: 1, packet: null };
  return seen.length < length ? { used: 0, packet: null } : { used: length, packet: seen.slice(0, length) };
};

const parser = () => {
  /** As the packet before said; null at first: what was counted before this connection is not ours. */
  let counter: number | null = null;
  const done: Reply[] = [];
  const read = (seen: readonly number[]): Read => {
    const { used, packet } = readPacket(seen);
    if (!packet) return { used, reply: null };
    const now = counterOf(packet);
    if (now !== null && counter !== null && now !== counter) {
      done.push({ kind: 'done', processId: idAt(now) });
      if (now === 1) done.push({ kind: 'done', processId: OVER_ZERO });
    }
    counter = now ?? counter;
    return { used, reply: { kind: 'answer', bytes: packet } };
  };
  const packets = parserOf(read);
  return {
    // What is done comes before the answer of the same packet: who asks next must know it already.
    push: (bytes: Uint8Array): Reply[] =>
      Array.from(bytes).flatMap((byte) => {
        const answers = packets.push(Uint8Array.of(byte));
        return [...done.splice(0), ...answers];
      }),
  };
};

const interpret = (answers: Answers): PrinterCondition => {
  const packet = answers.get(STATUS) ?? [];
  const has = (at: number, bits: number): boolean => ((packet[at] ?? 0) & bits) !== 0;
  const paperLow = has(5, 0x0c);
  if (has(2, 0x20)) return { blocked: 'cover-open', paperLow };
  if (has(5, 0x08)) return { blocked: 'paper-out', paperLow };
  if (has(3, 0x08)) return { blocked: 'cutter', paperLow };
  // Head hot, unrecoverable, mechanical; a jam in the presenter.
  if (has(3, 0x24) || has(4, 0x04)) return { blocked: 'error', paperLow };
  if (has(3, 0x40)) return { blocked: 'head-hot', paperLow };
  if (has(2, 0x08)) return { blocked: 'offline', paperLow };
  return { blocked: null, paperLow };
};

const nextProcessId = (answers: Answers): string | null => {
  const counter = counterOf(answers.get(STATUS));
  if (counter === null) return null;
  return counter === COUNTS - 1 ? OVER_ZERO : idAt(counter + 1);
};

// --- what it is sent ---

/**
 * A picture as bands of 24 rows (`ESC k`), each without the white on its right. White from 12 rows on is fed.
 * @returns bytes that hold no real-time command; lines are 3 mm (24 rows) high afterwards.
 */
const packBands = (bitmap: TicketBitmap): Uint8Array => {
  const rowBytes = bitmap.width / 8;
  const parts: Uint8Array[] = [Uint8Array.of(ESC, 0x30)];
  /** Rows that the last band fed beyond its picture. */
  let ahead = 0;
  for (const run of rowRuns(bitmap)) {
    if (run.blank) {
      for (const step of feedSteps(Math.max(0, run.rows - ahead))) parts.push(Uint8Array.of(ESC, 0x49, step));
      ahead = Math.max(0, ahead - run.rows);
      continue;
    }
    const end = run.from + run.rows;
    // A band takes what stands below its run along, be it white or not; that is left out afterwards.
    const first = run.from + ahead;
    ahead = Math.max(0, ahead - run.rows);
    for (let row = first; row < end; row += BAND_ROWS) {
      const rows = Array.from({ length: BAND_ROWS }, (_, i) =>
        bitmap.bits.subarray((row + i) * rowBytes, Math.min(bitmap.bits.length, (row + i + 1) * rowBytes)),
      );
      const used = Math.max(1, ...rows.map((bytes) => bytes.findLastIndex((byte) => byte !== 0) + 1));
      const data = new Uint8Array(used * BAND_ROWS);
      rows.forEach((bytes, i) => data.set(bytes.subarray(0, used), i * used));
      defuse(data, REAL_TIME);
      parts.push(Uint8Array.of(ESC, 0x6b, used, 0), data, Uint8Array.of(0x0a));
      ahead = Math.max(0, row + BAND_ROWS - end);
    }
  }
  return Buffer.concat(parts);
};

const job = (ops: readonly PaperOp[], options: JobOptions): Uint8Array => {
  const encoder = newEncoder('star');
  const add = (...bytes: number[]): void => {
    encoder.add(Buffer.from(bytes));
  };
  const feed = (dots: number): void => {
    for (const step of feedSteps(dots)) add(ESC, 0x49, step);
  };
  const { processId } = options;
  if (processId !== null && processId !== OVER_ZERO && !/^([1-9]|[12]\d|3[01])$/.test(processId))
    throw new RangeError(`a counter of ${processId}`);

  encoder.initHardware();
  if (processId === OVER_ZERO) add(ETB);
  if (options.codePage && ops.some(({ op }) => op === 'line')) add(ESC, GS, 0x74, options.codePage.number);
  const type = typesetter(
    {
      align: (to) => {
        if (to === 'center') encoder.alignCenter();
        else if (to === 'right') encoder.alignRight();
        else encoder.alignLeft();
      },
      bold: (on) => encoder.bold(on),
      inverse: (on) => encoder.invert(on),
      // Height first. The library has no sizes for Star beyond twice.
      size: (wide, high) => add(ESC, 0x69, Math.min(high, LARGEST) - 1, Math.min(wide, LARGEST) - 1),
      text: (bytes) => encoder.add(Buffer.from(bytes)),
      newLine: () => add(0x0a),
    },
    options,
  );
  let spacing: 'unknown' | 'text' | 'picture' = 'unknown';
  for (const op of ops) {
    if (op.op === 'line') {
      // 4 mm from line to line.
      if (spacing !== 'text') add(ESC, 0x7a, 1);
      spacing = 'text';
      type.line(op);
    } else if (op.op === 'feed') feed(op.dots);
    else if (op.op === 'raster') {
      checkBitmap(op.bitmap, options.width);
      type.aligned('left');
      encoder.add(Buffer.from(packBands(op.bitmap)));
      spacing = 'picture';
    } else {
      checkCode(op, options.width);
      type.aligned('center');
      // Model 2, correction M, size, content, print. The library leaves the head of the content out.
      add(ESC, GS, 0x79, 0x53, 0x30, 2, ESC, GS, 0x79, 0x53, 0x31, 1, ESC, GS, 0x79, 0x53, 0x32, op.moduleDots);
      add(ESC, GS, 0x79, 0x44, 0x31, 0, op.text.length & 0xff, op.text.length >> 8, ...Buffer.from(op.text, 'latin1'));
      add(ESC, GS, 0x79, 0x50);
    }
  }
  // Feeds to the cutter and cuts all but one point.
  if (options.cutter) add(ESC, 0x64, 3);
  else feed(TEAR_DOTS);
  // No fence and no telling of changes: a packet answers all questions, and the counter is the better fence.
  if (processId !== null) add(ETB);
  return new Uint8Array(encoder.getBuffer());
};

export const star: Dialect = {
  id: 'star',
  questions: [STATUS],
  ask: () => [ESC, 0x06, 0x01],
  parser,
  interpret,
  nextProcessId,
  job,
};
