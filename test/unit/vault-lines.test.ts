import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ledgerOf, lastSeq } from '../../electron/core/vault/ledger.ts';
import { encodeLine, readSegment, type HeadItem, type Line, type OpItem } from '../../electron/core/vault/lines.ts';
import type { Operation } from '../../shared/contracts/centre/schemas.ts';

const op = (seq: number, mark = 'А', prev = `hash ${seq - 1}`): OpItem => ({
  t: 'op',
  prev,
  hash: `hash ${seq} ${mark}`,
  op: { seq, op_id: `${mark} ${seq}`, type: 'help' } as unknown as Operation,
});
const line = (items: Line['i'], d = 'one'): Line => ({ d, at: 1_000, i: items });
const head = (seq: number, enrolledAt = 5): HeadItem => ({
  t: 'head',
  device: { deviceId: 'one', officeId: 1, slotNo: 7, roles: ['kiosk'], centreUrl: 'https://centre', enrolledAt },
  epoch: 'epoch',
  seq,
  hash: `hash ${seq}`,
});
const lines = Array.from({ length: 12 }, (_, n) => line([op(n + 1)]));
const bytes = Buffer.concat(lines.map(encodeLine));
const seqs = (found: readonly Line[]): number[] =>
  found.flatMap(({ i }) => i.flatMap((item) => (item.t === 'op' ? [item.op.seq] : [])));

describe('a segment of the journal', () => {
  it('is read as it was written, in any language', () => {
    expect(readSegment(bytes)).toEqual({
      lines,
      damaged: 0,
      damagedBytes: 0,
      good: bytes.length,
      unended: false,
    });
  });

  it('cut short anywhere: every line that was finished, none that was not, and no damage is told', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (length) => {
        const found = readSegment(bytes.subarray(0, length));
        expect(found.damaged).toBe(0);
        expect(found.lines).toEqual(lines.slice(0, found.lines.length));
        const whole = lines.filter((_, n) => Buffer.concat(lines.slice(0, n + 1).map(encodeLine)).length <= length);
        // The last one may lack its line feed only.
        expect(found.lines.length - whole.length).toBe(found.unended ? 1 : 0);
        expect(found.good).toBeLessThanOrEqual(length);
      }),
    );
  });

  it('with one bit turned: costs one line at most, and is never read as something else', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const copy = Buffer.from(bytes);
        copy[at] = (copy[at] ?? 0) ^ (1 << bit);
        const found = readSegment(copy);
        expect(found.lines.length).toBeGreaterThanOrEqual(lines.length - 1);
        for (const one of found.lines) expect(lines).toContainEqual(one);
        expect([...seqs(found.lines)].sort((a, b) => a - b)).toEqual(seqs(found.lines));
      }),
      { numRuns: 500 },
    );
  });

  it('with garbage over a part of it: costs the lines that it lies on, and no other', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.uint8Array({ minLength: 1, maxLength: 300 }), (at, rubbish) => {
        const copy = Buffer.from(bytes);
        const over = rubbish.subarray(0, bytes.length - at);
        copy.set(over, at);
        let end = 0;
        const untouched = lines.filter((one) => {
          const from = end;
          end += encodeLine(one).length;
          return end <= at || from >= at + over.length;
        });
        const found = readSegment(copy).lines;
        for (const one of untouched) expect(found).toContainEqual(one);
      }),
      { numRuns: 300 },
    );
  });

  it('that ends in a line that is not as it was written: damage, for it was finished once', () => {
    const copy = Buffer.from(bytes);
    copy[copy.length - 5] = 0;
    expect(readSegment(copy)).toMatchObject({ damaged: 1, good: bytes.length });
    expect(seqs(readSegment(copy).lines)).toHaveLength(11);
  });

  it('that is nothing but zeros or empty has no line', () => {
    expect(readSegment(Buffer.alloc(4096)).lines).toEqual([]);
    expect(readSegment(Buffer.alloc(0))).toMatchObject({ lines: [], damaged: 0, good: 0 });
  });
});

describe('what the journal says', () => {
  it('is what was written last of the device that wrote last', () => {
    const ledger = ledgerOf([
      line([head(0), op(1, 'x')], 'before'),
      line([head(3), op(4)]),
      line([op(5, 'first')]),
      line([op(5, 'again')]),
      line([{ t: 'reserve', date: '2026-11-23', series: 'A', numbers: [700] }]),
      line([{ ...head(5), epoch: 'next' }]),
    ]);
    expect(ledger).toMatchObject({ deviceId: 'one', from: { seq: 3, hash: 'hash 3' }, stopped: null });
    expect(ledger?.head?.epoch).toBe('next');
    expect([...(ledger?.ops.values() ?? [])].map((item) => item.op.op_id)).toEqual(['А 4', 'again 5']);
    expect(ledger && lastSeq(ledger)).toBe(5);
  });

  it('leaves out what was declared void, and nothing that came after', () => {
    const ledger = ledgerOf([line([op(1), op(2), op(3, 'phantom')]), line([{ t: 'void', after: 2 }, op(3, 'real')])]);
    expect([...(ledger?.ops.values() ?? [])].map((item) => item.op.op_id)).toEqual(['А 1', 'А 2', 'real 3']);
  });

  it('reaches back to what was written again, and knows what was taken away', () => {
    const ledger = ledgerOf([line([head(10), op(11)]), line([op(3), op(12)])]);
    expect(ledger).toMatchObject({ from: { seq: 2, hash: 'hash 2' }, told: 10 });
  });

  it('begins with its first operation where the head is lost', () => {
    expect(ledgerOf([line([op(8)]), line([head(9)])])?.from).toEqual({ seq: 7, hash: 'hash 7' });
  });

  it('knows nothing without a line, and does not stumble over an item of a newer program', () => {
    expect(ledgerOf([])).toBeNull();
    expect(ledgerOf([line([{ t: 'hologram' } as never, op(1)])])?.ops.size).toBe(1);
  });
});
