import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TicketBitmap } from '../../electron/core/ports.ts';
import type { Dialect, JobOptions } from '../../electron/core/printing/dialect.ts';
import { DIALECTS } from '../../electron/core/printing/dialects/index.ts';
import type { PaperOp, TextRun } from '../../electron/core/printing/paper-ops.ts';
import { bitmaps, realTime } from '../tools/print-bitmaps.ts';
import { pictureOf, readEscposJob, readStarJob, type ReadText, type Seen } from '../tools/print-readers.ts';

const PLAIN: JobOptions = {
  processId: null,
  fence: false,
  tellChanges: false,
  codePage: { page: 'cp866', number: 17 },
  width: 576,
  cutter: true,
};
/** What the platform says about IBM 866, which is not what encodes. */
const ibm866 = new TextDecoder('ibm866');
const decode = (bytes: Uint8Array): string => ibm866.decode(bytes);
const ALL: readonly Dialect['id'][] = ['epson', 'generic', 'star', 'custom'];
const read = (id: Dialect['id'], bytes: Uint8Array): Seen[] =>
  id === 'star' ? readStarJob(bytes, decode) : readEscposJob(bytes, decode);
const print = (id: Dialect['id'], ops: readonly PaperOp[], options: Partial<JobOptions> = {}): Seen[] =>
  read(id, DIALECTS[id].job(ops, { ...PLAIN, ...options }));

/** Runs that look alike are one: where a job changes its type is not what matters. */
const joined = (parts: readonly ReadText[]): ReadText[] => {
  const all: ReadText[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    const same =
      last?.bold === part.bold && last.inverse === part.inverse && last.wide === part.wide && last.high === part.high;
    if (same) all[all.length - 1] = { ...last, text: last.text + part.text };
    else all.push(part);
  }
  return all;
};
const asRead = (run: TextRun, largest: number): ReadText => ({
  text: run.text,
  bold: run.bold ?? false,
  inverse: run.inverse ?? false,
  wide: Math.min(largest, run.wide ?? 1),
  high: Math.min(largest, run.high ?? 1),
});

const CHARACTERS = Array.from('АБВЯабвяёЁ№0159 -.,ABz~');
const run = fc.record(
  {
    text: fc.array(fc.constantFrom(...CHARACTERS), { minLength: 1, maxLength: 4 }).map((all) => all.join('')),
    bold: fc.boolean(),
    inverse: fc.boolean(),
    wide: fc.integer({ min: 1, max: 8 }),
    high: fc.integer({ min: 1, max: 8 }),
  },
  { requiredKeys: ['text'] },
);
/** One line that fits 48 columns. */
const line = fc
  .record({ runs: fc.array(run, { maxLength: 6 }), align: fc.constantFrom('left', 'center', 'right') })
  .map(({ runs, align }): PaperOp => {
    let columns = 0;
    const fitting = runs.filter((one) => {
      const needed = Array.from(one.text).length * (one.wide ?? 1);
      if (columns + needed > 48) return false;
      columns += needed;
      return true;
    });
    return { op: 'line', runs: fitting, align };
  });
const qr = fc
  .record({
    text: fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 60 }).map((s) => s.replace(/[^\x20-\x7e]/g, 'x')),
    moduleDots: fc.integer({ min: 1, max: 8 }),
  })
  .map(({ text, moduleDots }): PaperOp => ({ op: 'qr', text, moduleDots }));
const feed = fc.integer({ min: 1, max: 2000 }).map((dots): PaperOp => ({ op: 'feed', dots }));
const paper = fc.array(fc.oneof({ weight: 4, arbitrary: line }, feed, qr), { maxLength: 20 });

describe.each(ALL)('text in the words of %s', (id) => {
  const largest = id === 'star' ? 6 : 8;

  it('comes out as it was meant: characters, sizes, bold, inverse, place, codes and white', () => {
    fc.assert(
      fc.property(paper, (ops) => {
        const seen = print(id, ops);
        const lines = seen.filter((one) => one.is === 'line');
        const meant = ops.filter((op) => op.op === 'line');
        expect(lines.map(({ parts }) => joined(parts))).toEqual(
          meant.map(({ runs }) => joined(runs.map((one) => asRead(one, largest)))),
        );
        expect(lines.map(({ align }) => align)).toEqual(meant.map(({ align }) => align));
        expect(seen.filter((one) => one.is === 'qr')).toEqual(
          ops.flatMap((op) =>
            op.op === 'qr' ? [{ is: 'qr', text: op.text, moduleDots: op.moduleDots, align: 'center' }] : [],
          ),
        );
        // Custom's cut is told how far to feed, the others know it.
        const white = seen.reduce((sum, one) => sum + (one.is === 'feed' ? one.dots : 0), id === 'custom' ? -120 : 0);
        expect(white).toBe(ops.reduce((sum, op) => sum + (op.op === 'feed' ? op.dots : 0), 0));
        // The order of all of it.
        const kinds = seen.map(({ is }) => is).filter((is) => ['line', 'qr'].includes(is));
        expect(kinds).toEqual(ops.map(({ op }) => op).filter((op) => op !== 'feed'));
      }),
      { numRuns: 200 },
    );
  });
  it('sets one code page, once, and only where there is text', () => {
    const ops: PaperOp[] = [1, 2, 3].map(() => ({ op: 'line', runs: [{ text: 'МФЦ № 1' }], align: 'left' }));
    expect(print(id, ops).filter(({ is }) => is === 'page')).toEqual([{ is: 'page', number: 17 }]);
    expect(print(id, [{ op: 'feed', dots: 10 }]).filter(({ is }) => is === 'page')).toEqual([]);
  });
  it.each([
    ['a letter of another page', 'Җыен'],
    ['a letter that no page has', '中'],
    ['a command', '\u0010\u0004\u0001'],
    ['the end of a line', 'a\nb'],
    ['DEL', 'a\u007f'],
  ])('refuses %s', (_what, text) => {
    expect(() => print(id, [{ op: 'line', runs: [{ text }], align: 'left' }])).toThrow(RangeError);
  });
  it('without a page, only ASCII can be said', () => {
    const say = (text: string): Seen[] =>
      print(id, [{ op: 'line', runs: [{ text }], align: 'left' }], { codePage: null });
    expect(say('A-042').some((one) => one.is === 'line' && one.parts[0]?.text === 'A-042')).toBe(true);
    expect(() => say('А-042')).toThrow(RangeError);
  });
  it('refuses a line that the paper would break', () => {
    const wide = (width: number): Seen[] =>
      print(id, [{ op: 'line', runs: [{ text: '12345', wide: 8 }], align: 'center' }], { width });
    expect(() => wide(384)).toThrow(/40 columns for paper of 32/);
    expect(wide(576).some(({ is }) => is === 'line')).toBe(true);
  });
  it.each([
    ['nothing', { text: '', moduleDots: 4 }],
    ['a letter that is two bytes', { text: 'Талон', moduleDots: 4 }],
    ['a command', { text: '\u001b@', moduleDots: 4 }],
    ['more than there is paper for', { text: 'x'.repeat(400), moduleDots: 8 }],
    ['more than lengths are safe for', { text: '1'.repeat(1037), moduleDots: 1 }],
    ['modules of no size', { text: 'A', moduleDots: 0 }],
    ['modules that no printer has', { text: 'A', moduleDots: 9 }],
    ['half dots', { text: 'A', moduleDots: 2.5 }],
  ])('refuses a code of %s', (_what, code) => {
    expect(() => print(id, [{ op: 'qr', ...code }])).toThrow(RangeError);
  });
  it.each([0, 9, 1.5, -1])('refuses type %d times as large', (wide) => {
    expect(() => print(id, [{ op: 'line', runs: [{ text: 'A', wide }], align: 'left' }])).toThrow(RangeError);
    expect(() => print(id, [{ op: 'line', runs: [{ text: 'A', high: wide }], align: 'left' }])).toThrow(RangeError);
  });
  it.each([-1, 0.5, Number.NaN])('refuses %d dots of white', (dots) => {
    expect(() => print(id, [{ op: 'feed', dots }])).toThrow(RangeError);
  });
});

/** What each obeys at once. */
const PAIRS: Readonly<Record<Dialect['id'], readonly (readonly [number, readonly number[]])[]>> = {
  epson: [[0x10, [0x04, 0x05, 0x14]]],
  generic: [[0x10, [0x04, 0x05, 0x14]]],
  custom: [
    [0x10, [0x04, 0x05, 0x14]],
    [0x1b, [0x76]],
  ],
  star: [[0x1b, [0x06]]],
};
const DANGEROUS = [0x10, 0x04, 0x05, 0x14, 0x1b, 0x06, 0x76, 0x01, 0x18, 0x00, 0xff];

describe.each(ALL)('a picture in the words of %s', (id) => {
  const dotsOf = (bitmap: TicketBitmap): Uint8Array[] =>
    Array.from({ length: bitmap.height }, (_, y) =>
      bitmap.bits.slice((y * bitmap.width) / 8, ((y + 1) * bitmap.width) / 8),
    );

  it('is the same picture, but for dots beside black ones where a command was; white below may be longer', () => {
    fc.assert(
      fc.property(bitmaps(DANGEROUS), (bitmap) => {
        const before = bitmap.bits.slice();
        const seen = print(id, [{ op: 'raster', bitmap }], { width: bitmap.width, fence: true });
        expect(bitmap.bits).toEqual(before);
        const upToCut = seen.slice(
          0,
          seen.findIndex(({ is }) => is === 'cut'),
        );
        const rows = pictureOf(upToCut, bitmap.width / 8);
        const meant = dotsOf(bitmap);
        expect(rows.length).toBeGreaterThanOrEqual(meant.length);
        rows.forEach((row, y) => {
          row.forEach((byte, i) => {
            const wished = meant[y]?.[i] ?? 0;
            if (byte === wished) return;
            // A dot is added, beside one that is there.
            expect({ y, i, byte }).toEqual({ y, i, byte: wished | (wished >> 1) });
            expect([0x10, 0x1b]).toContain(wished);
          });
        });
        const extra = rows.length - meant.length - (id === 'custom' ? 120 : 0);
        expect(extra).toBeLessThan(id === 'star' ? 24 : 1);
      }),
      { numRuns: 150 },
    );
  });
  it('holds nothing that the printer would obey at once, and neither does the whole job around it', () => {
    fc.assert(
      fc.property(bitmaps(DANGEROUS), paper, (bitmap, ops) => {
        const fitting = ops.filter(({ op }) => op !== 'qr' || bitmap.width >= 400);
        const narrow = fitting.filter(({ op }) => op !== 'line' || bitmap.width === 576);
        let bytes: Uint8Array;
        try {
          bytes = DIALECTS[id].job([...narrow, { op: 'raster', bitmap }, ...narrow], {
            ...PLAIN,
            width: bitmap.width,
            processId: id === 'epson' ? 'vvvv' : id === 'star' ? '27' : null,
            fence: true,
            tellChanges: true,
          });
        } catch (error) {
          // A code that is wider than this paper.
          expect(error).toBeInstanceOf(RangeError);
          return;
        }
        expect(realTime(bytes, PAIRS[id])).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
  it('refuses one of another width than the paper', () => {
    const bitmap = { width: 384, height: 1, bits: new Uint8Array(48) };
    expect(() => print(id, [{ op: 'raster', bitmap }])).toThrow(/384 dots wide for paper of 576/);
  });
  it('stands at the left, whatever stood in the middle before', () => {
    const bitmap = { width: 576, height: 2, bits: new Uint8Array(144).fill(1) };
    const centred: PaperOp = { op: 'line', runs: [{ text: 'A' }], align: 'center' };
    // The readers refuse one that does not.
    const seen = print(id, [centred, { op: 'raster', bitmap }, centred]);
    expect(seen.flatMap((one) => (one.is === 'line' ? [one.align] : []))).toEqual(['center', 'center']);
  });
});

describe('the end of a job', () => {
  const kinds = (id: Dialect['id'], options: Partial<JobOptions> = {}): string[] =>
    print(id, [{ op: 'feed', dots: 8 }], options).map(({ is }) => is);
  const all = { fence: true, tellChanges: true };

  it.each<[Dialect['id'], Partial<JobOptions>, string[]]>([
    ['epson', { ...all, processId: 'abcd' }, ['reset', 'tell-changes', 'feed', 'cut', 'id', 'fence']],
    ['epson', {}, ['reset', 'feed', 'cut']],
    ['epson', { cutter: false, fence: true }, ['reset', 'feed', 'feed', 'fence']],
    // What does not know GS ( H is never sent it, whoever asks.
    ['generic', { ...all, processId: 'abcd' }, ['reset', 'no-chinese', 'tell-changes', 'feed', 'cut', 'fence']],
    ['custom', { ...all, processId: 'abcd' }, ['reset', 'feed', 'feed', 'cut', 'fence']],
    ['star', { ...all, processId: '7' }, ['reset', 'feed', 'cut', 'etb']],
    ['star', { ...all, processId: '0-1' }, ['reset', 'etb', 'feed', 'cut', 'etb']],
    ['star', all, ['reset', 'feed', 'cut']],
    ['star', { cutter: false, processId: '1' }, ['reset', 'feed', 'feed', 'etb']],
  ])('%s with %j', (id, options, expected) => {
    expect(kinds(id, options)).toEqual(expected);
  });
  it.each(['0', '32', '-1', '01', 'abcd', ''])('Star has no counter %j', (processId) => {
    expect(() => kinds('star', { processId })).toThrow(RangeError);
  });
  it('is torn off below the text where there is no cutter', () => {
    for (const id of ALL) expect(print(id, [], { cutter: false }).at(-1)).toEqual({ is: 'feed', dots: 120 });
  });
});
