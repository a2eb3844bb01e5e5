import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Reply } from '../../electron/core/printing/dialect.ts';
import { DIALECTS } from '../../electron/core/printing/dialects/index.ts';
import { interpretAutomatic, interpretStatus } from '../../electron/core/printing/status.ts';

const parse = (...pieces: (readonly number[])[]): Reply[] => {
  const parser = DIALECTS.epson.parser();
  return pieces.flatMap((piece) => parser.push(Uint8Array.from(piece)));
};
const text = (s: string): number[] => Array.from(s, (c) => c.charCodeAt(0));

const realTime = fc.integer({ min: 0, max: 255 }).map((n) => (n & ~0x93 & 0xff) | 0x12);
const plain = fc.integer({ min: 0, max: 255 }).map((n) => n & ~0x90 & 0xff);
const id = fc.array(fc.integer({ min: 0x20, max: 0x7e }), { minLength: 4, maxLength: 4 });
interface Sent {
  bytes: number[];
  reply: Reply | null;
}
/** Bytes on the wire with the reply they are. */
const sent = fc.oneof(
  realTime.map((value): Sent => ({ bytes: [value], reply: { kind: 'answer', bytes: [value] } })),
  plain.map((value): Sent => ({ bytes: [value], reply: { kind: 'fence' } })),
  id.map((d): Sent => ({
    bytes: [0x37, 0x22, ...d, 0],
    reply: { kind: 'done', processId: String.fromCharCode(...d) },
  })),
  fc.tuple(plain, plain, plain, plain).map(([head, b1, b2, b3]): Sent => {
    const b0 = (head & ~0x03) | 0x10;
    return { bytes: [b0, b1, b2, b3], reply: { kind: 'told', condition: interpretAutomatic([b0, b1, b2, b3]) } };
  }),
  // Things that nobody asked for.
  fc
    .constantFrom<number[]>(
      [0x37, 0x23, 0x41, 0x42, 0],
      [0x37, 0x25, 0],
      [0x5f, ...text('EPSON'), 0],
      [0x11],
      [0x13],
      [0x80],
      [0xff],
    )
    .map((bytes): Sent => ({ bytes, reply: null })),
);

describe('the reply parser', () => {
  it('tells every kind of reply from the others, in pieces of any size', () => {
    fc.assert(
      fc.property(
        fc.array(sent, { maxLength: 30 }),
        fc.array(fc.nat({ max: 6 }), { maxLength: 40 }),
        (replies, sizes) => {
          const bytes = replies.flatMap((r) => r.bytes);
          const pieces: number[][] = [];
          let at = 0;
          for (const size of sizes) {
            pieces.push(bytes.slice(at, at + size));
            at += size;
          }
          pieces.push(bytes.slice(at));
          expect(parse(...pieces)).toEqual(replies.map((r) => r.reply).filter((r) => r !== null));
        },
      ),
    );
  });
  it('never throws, whatever comes, and finds its way back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        const parser = DIALECTS.epson.parser();
        parser.push(noise);
        // Long enough to end whatever the noise began.
        parser.push(new Uint8Array(4));
        parser.push(Uint8Array.of(0x80, 0x80));
        expect(parser.push(Uint8Array.of(0x37, 0x22, ...text('abcd'), 0)).at(-1)).toEqual({
          kind: 'done',
          processId: 'abcd',
        });
      }),
    );
  });
  it('does not take a cut-off block for anything', () => {
    expect(parse([0x37, 0x22, 0x61, 0x62], [0x12])).toEqual([
      { kind: 'fence' },
      { kind: 'fence' },
      { kind: 'fence' },
      { kind: 'answer', bytes: [0x12] },
    ]);
  });
});

describe('interpretStatus', () => {
  const answers = (...values: (number | null)[]): Map<number, number[]> =>
    new Map(values.flatMap((v, i): [number, number[]][] => (v === null ? [] : [[i + 1, [v]]])));
  it.each<[string, (number | null)[], ReturnType<typeof interpretStatus>]>([
    ['all well', [0x12, 0x12, 0x12, 0x12], { blocked: null, paperLow: false }],
    ['all well, drawer open', [0x16, 0x12, 0x12, 0x12], { blocked: null, paperLow: false }],
    ['near end', [0x12, 0x12, 0x12, 0x1e], { blocked: null, paperLow: true }],
    ['paper out', [0x1a, 0x32, 0x12, 0x7e], { blocked: 'paper-out', paperLow: true }],
    ['paper out by the offline cause only', [0x1a, 0x32, null, null], { blocked: 'paper-out', paperLow: false }],
    ['cover open hides the paper', [0x1a, 0x36, 0x12, 0x72], { blocked: 'cover-open', paperLow: true }],
    ['cutter', [0x1a, 0x52, 0x1a, 0x12], { blocked: 'cutter', paperLow: false }],
    ['head too hot', [0x1a, 0x52, 0x52, 0x12], { blocked: 'head-hot', paperLow: false }],
    ['unrecoverable', [0x1a, 0x12, 0x32, 0x12], { blocked: 'error', paperLow: false }],
    ['offline without a reason', [0x1a, 0x12, 0x12, 0x12], { blocked: 'offline', paperLow: false }],
    ['nothing answered', [], { blocked: null, paperLow: false }],
  ])('%s', (_name, values, expected) => {
    expect(interpretStatus(answers(...values))).toEqual(expected);
  });
});

describe('interpretAutomatic', () => {
  it.each<[string, number[], ReturnType<typeof interpretAutomatic>]>([
    ['all well', [0x10, 0, 0, 0], { blocked: null, paperLow: false }],
    ['near end', [0x10, 0, 0x03, 0], { blocked: null, paperLow: true }],
    ['paper out', [0x18, 0, 0x0f, 0], { blocked: 'paper-out', paperLow: true }],
    ['cover open', [0x38, 0, 0x0c, 0], { blocked: 'cover-open', paperLow: true }],
    ['cutter', [0x18, 0x08, 0, 0], { blocked: 'cutter', paperLow: false }],
    ['head too hot', [0x18, 0x40, 0, 0], { blocked: 'head-hot', paperLow: false }],
    ['offline', [0x18, 0, 0, 0], { blocked: 'offline', paperLow: false }],
  ])('%s', (_name, bytes, expected) => {
    expect(interpretAutomatic(bytes)).toEqual(expected);
  });
});
