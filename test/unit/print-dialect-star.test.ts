import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Reply } from '../../electron/core/printing/dialect.ts';
import { star } from '../../electron/core/printing/dialects/star.ts';
import type { PrinterCondition } from '../../electron/core/printing/status.ts';

/** 5 bits in bits 1 to 3, 5 and 6, as Star spreads them. */
const spread = (n: number): number => ((n & 0x07) << 1) | ((n & 0x18) << 2);
/** A packet as Star's reference lays it out; `status` are its bytes from the third on. */
const packet = (status: readonly number[], version = 3): number[] => [
  0x01 | spread(status.length + 2),
  spread(version),
  ...status,
];
/** The usual nine bytes with a counter. */
const counted = (counter: number, change: Readonly<Record<number, number>> = {}): number[] => {
  const bytes = packet([0, 0, 0, 0, 0, spread(counter), 0]);
  for (const [at, value] of Object.entries(change)) bytes[Number(at)] = value;
  return bytes;
};
const parse = (...pieces: (readonly number[])[]): Reply[] => {
  const parser = star.parser();
  return pieces.flatMap((piece) => parser.push(Uint8Array.from(piece)));
};
const answer = (bytes: readonly number[]): Reply => ({ kind: 'answer', bytes });
const done = (processId: string): Reply => ({ kind: 'done', processId });

describe("Star's packets", () => {
  it('begin as in the reference: 0F for seven bytes, 21, 23 for eight and nine', () => {
    expect([5, 6, 7].map((n) => packet(Array.from({ length: n }, () => 0))[0])).toEqual([0x0f, 0x21, 0x23]);
    for (const n of [5, 6, 7, 8, 9]) {
      const bytes = packet(Array.from({ length: n }, () => 0));
      expect(parse(bytes)).toEqual([answer(bytes)]);
    }
  });
  it('may say by their second byte that they are two bytes longer', () => {
    const bytes = [...counted(3), 0, 0];
    bytes[1] = 0x80 | (bytes[1] ?? 0);
    expect(parse(bytes, counted(3))).toEqual([answer(bytes), answer(counted(3))]);
  });
  it('are found in pieces of any size, with flow control between, and noise around that is none', () => {
    const status = fc.array(fc.integer({ min: 0, max: 31 }).map(spread), { minLength: 6, maxLength: 12 });
    fc.assert(
      fc.property(
        fc.array(status, { maxLength: 8 }),
        // Nothing of it can begin a packet.
        fc.array(
          fc.integer({ min: 0, max: 255 }).filter((b) => (b & 0x91) !== 0x01),
          { maxLength: 8 },
        ),
        fc.array(fc.nat({ max: 5 }), { maxLength: 60 }),
        fc.constantFrom(0x11, 0x13),
        (all, noise, sizes, flow) => {
          const packets = all.map((one) => packet(one));
          const bytes = packets.flatMap((one) => [...noise, ...one.flatMap((b, i) => (i === 4 ? [flow, b] : [b]))]);
          const pieces: number[][] = [];
          let at = 0;
          for (const size of sizes) {
            pieces.push(bytes.slice(at, at + size));
            at += size;
          }
          pieces.push(bytes.slice(at));
          expect(parse(...pieces).filter(({ kind }) => kind === 'answer')).toEqual(packets.map(answer));
        },
      ),
    );
  });
  it('never throw, whatever comes; at most 33 bytes later the parser has found its way back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        const parser = star.parser();
        parser.push(noise);
        // Breaks off whatever the noise began.
        parser.push(Uint8Array.of(0xff));
        const bytes = counted(9);
        expect(parser.push(Uint8Array.from(bytes)).at(-1)).toEqual(answer(bytes));
      }),
    );
  });
  it.each([
    ['answers of Epson', [0x12, 0x12, 0x16, 0x1e]],
    ["Epson's automatic status", [0x10, 0x00, 0x00, 0x00, 0x18, 0x08, 0x0f, 0x00]],
    ['the echo of the question', [0x1b, 0x06, 0x01, 0x1b, 0x06, 0x01]],
    ['a packet too short to say anything of paper', [0x0b, 0x06, 0x00, 0x00, 0x00, 0xff]],
    ['a packet whose fourth byte is none', [0x23, 0x06, 0x00, 0x80, 0, 0, 0, 0, 0]],
  ])('are not seen in %s', (_what, bytes) => {
    expect(parse(bytes)).toEqual([]);
  });
});

describe('what a packet of Star means', () => {
  const well: PrinterCondition = { blocked: null, paperLow: false };
  it.each<[string, Readonly<Record<number, number>>, PrinterCondition]>([
    ['all well', {}, well],
    ['a drawer is open, an ETB was done', { 2: 0x06 }, well],
    ['offline', { 2: 0x08 }, { blocked: 'offline', paperLow: false }],
    ['cover open', { 2: 0x28 }, { blocked: 'cover-open', paperLow: false }],
    ['cover open hides the paper', { 2: 0x28, 5: 0x0c }, { blocked: 'cover-open', paperLow: true }],
    ['head hot', { 2: 0x08, 3: 0x40 }, { blocked: 'head-hot', paperLow: false }],
    ['unrecoverable', { 2: 0x08, 3: 0x20 }, { blocked: 'error', paperLow: false }],
    ['mechanical', { 2: 0x08, 3: 0x04 }, { blocked: 'error', paperLow: false }],
    ['cutter', { 2: 0x08, 3: 0x08 }, { blocked: 'cutter', paperLow: false }],
    ['a jam in the presenter', { 2: 0x08, 4: 0x04 }, { blocked: 'error', paperLow: false }],
    ['the receive buffer was full', { 4: 0x40 }, well],
    ['near the end', { 5: 0x04 }, { blocked: null, paperLow: true }],
    ['paper out', { 2: 0x08, 5: 0x0c }, { blocked: 'paper-out', paperLow: true }],
    ['paper out, by the one sensor that there is', { 2: 0x08, 5: 0x08 }, { blocked: 'paper-out', paperLow: true }],
  ])('%s', (_name, change, expected) => {
    expect(star.interpret(new Map([[1, counted(0, change)]]))).toEqual(expected);
  });
  it('unanswered, it is taken to be well', () => {
    expect(star.interpret(new Map())).toEqual(well);
  });
});

describe("Star's counter", () => {
  const next = (bytes: readonly number[]): string | null => star.nextProcessId(new Map([[1, bytes]]), 12_345);

  it('goes on from where it was seen, and not through 0, which is what a restart shows', () => {
    expect(next(counted(0))).toBe('1');
    expect(next(counted(7))).toBe('8');
    expect(next(counted(30))).toBe('31');
    expect(next(counted(31))).toBe('0-1');
  });
  it('is none where no packet was seen, or one without a counter', () => {
    expect(star.nextProcessId(new Map(), 1)).toBeNull();
    expect(next(packet([0, 0, 0, 0, 0]))).toBeNull();
    expect(star.nextProcessId(new Map(), 2)).toBeNull();
  });
  it('says nothing at first sight: what was counted before is not ours', () => {
    expect(parse(counted(5))).toEqual([answer(counted(5))]);
  });
  it('says that a job is done before it answers, once', () => {
    expect(parse(counted(5), counted(6), counted(6))).toEqual([
      answer(counted(5)),
      done('6'),
      answer(counted(6)),
      answer(counted(6)),
    ]);
  });
  it('confirms every job of a long row, round and round, and never one that is not done', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 31 }), fc.integer({ min: 1, max: 80 }), (first, jobs) => {
        const parser = star.parser();
        let counter = first;
        let seen = parser.push(Uint8Array.from(counted(counter)));
        for (let n = 0; n < jobs; n += 1) {
          const id = next(counted(counter));
          expect(id).not.toBeNull();
          const bytes = star.job([], {
            processId: id,
            fence: false,
            tellChanges: false,
            codePage: null,
            width: 576,
            cutter: true,
          });
          // The printer counts each ETB, and tells of each.
          const etbs = bytes.filter((b) => b === 0x17).length;
          for (let etb = 1; etb <= etbs; etb += 1) {
            counter = (counter + 1) % 32;
            seen = parser.push(Uint8Array.from(counted(counter)));
            const ids = seen.flatMap((reply) => (reply.kind === 'done' ? [reply.processId] : []));
            expect(ids.includes(id ?? '')).toBe(etb === etbs);
          }
        }
      }),
    );
  });
  it('is not fooled by a printer that was switched off in the middle of any job', () => {
    for (let counter = 0; counter < 32; counter += 1) {
      const id = next(counted(counter));
      const said = parse(counted(counter), counted(0));
      expect(said.filter((reply) => reply.kind === 'done' && reply.processId === id)).toEqual([]);
    }
  });
});
