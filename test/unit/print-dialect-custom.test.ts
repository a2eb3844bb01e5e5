import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Reply } from '../../electron/core/printing/dialect.ts';
import { custom } from '../../electron/core/printing/dialects/custom.ts';
import { generic } from '../../electron/core/printing/dialects/generic.ts';
import type { PrinterCondition } from '../../electron/core/printing/status.ts';

const full = (paper = 0, user = 0, recoverable = 0, unrecoverable = 0): number[] => [
  0x10,
  0x0f,
  paper,
  user,
  recoverable,
  unrecoverable,
];
const parse = (...pieces: (readonly number[])[]): Reply[] => {
  const parser = custom.parser();
  return pieces.flatMap((piece) => parser.push(Uint8Array.from(piece)));
};
const answer = (bytes: readonly number[]): Reply => ({ kind: 'answer', bytes });
const byte = fc.integer({ min: 0, max: 255 });

describe("Custom's full status", () => {
  it('is asked for with 10 04 14', () => {
    expect(custom.questions.map((question) => custom.ask(question))).toEqual([[0x10, 0x04, 0x14]]);
  });
  it('is read whatever its bytes are, in pieces of any size', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(byte, byte, byte, byte), { maxLength: 10 }), fc.nat({ max: 5 }), (all, size) => {
        const packets = all.map((states) => full(...states));
        const bytes = packets.flat();
        const pieces = Array.from({ length: Math.ceil(bytes.length / (size + 1)) }, (_, i) =>
          bytes.slice(i * (size + 1), (i + 1) * (size + 1)),
        );
        expect(parse(...pieces)).toEqual(packets.map(answer));
      }),
    );
  });
  it('is told from the answer to GS r', () => {
    expect(parse(full(0x04), [0x00], full())).toEqual([answer(full(0x04)), { kind: 'fence' }, answer(full())]);
  });
  it('is not what one byte answers: that would mean that all is well', () => {
    expect(parse([0x12], [0x16], [0x10, 0x12])).toEqual([]);
  });
  it('never throws, and is found again behind any noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (noise) => {
        const parser = custom.parser();
        parser.push(noise);
        // Ends what the noise may have begun: a status, a block of characters.
        parser.push(Uint8Array.of(0, 0, 0, 0, 0xff, 0xff));
        expect(parser.push(Uint8Array.from(full(0x01))).at(-1)).toEqual(answer(full(0x01)));
      }),
    );
  });
  it.each<[string, number[], PrinterCondition]>([
    ['all well', full(), { blocked: null, paperLow: false }],
    ['near the end', full(0x04), { blocked: null, paperLow: true }],
    ['by its own count the roll is at its end', full(0x40), { blocked: null, paperLow: true }],
    ['a ticket is still in its mouth', full(0x20), { blocked: null, paperLow: false }],
    ['paper out', full(0x05), { blocked: 'paper-out', paperLow: true }],
    ['head up', full(0x01, 0x01), { blocked: 'cover-open', paperLow: true }],
    ['cover open', full(0, 0x02), { blocked: 'cover-open', paperLow: false }],
    ["the cutter's cover open", full(0, 0, 0, 0x02), { blocked: 'cover-open', paperLow: false }],
    ['it prints, a key is pressed', full(0, 0x6c), { blocked: null, paperLow: false }],
    ['cutter', full(0, 0, 0, 0x01), { blocked: 'cutter', paperLow: false }],
    ['head hot', full(0, 0, 0x01), { blocked: 'head-hot', paperLow: false }],
    ['voltage', full(0, 0, 0x08), { blocked: 'error', paperLow: false }],
    ['jam', full(0, 0, 0x40), { blocked: 'error', paperLow: false }],
    ['a command that it did not know', full(0, 0, 0x22), { blocked: null, paperLow: false }],
    ['its memory is broken', full(0, 0, 0, 0x04), { blocked: 'error', paperLow: false }],
  ])('%s', (_name, bytes, expected) => {
    expect(custom.interpret(new Map([[20, bytes]]))).toEqual(expected);
  });
  it('has no ids: a job is confirmed by the fence', () => {
    expect(custom.nextProcessId(new Map([[20, full()]]), 1)).toBeNull();
  });
});

describe('a clone of Epson', () => {
  it('is understood by the answers that it gives, and has no ids', () => {
    expect(generic.interpret(new Map([[4, [0x7e]]]))).toEqual({ blocked: 'paper-out', paperLow: true });
    expect(generic.interpret(new Map([[1, [0x1a]]]))).toEqual({ blocked: 'offline', paperLow: false });
    expect(generic.nextProcessId(new Map(), 1)).toBeNull();
  });
});
