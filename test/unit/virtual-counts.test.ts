import { describe, expect, it } from 'vitest';
import { visitCode } from '../../shared/domain/visit-code.ts';
import { barOf, Counter } from '../printer/counts.ts';
import type { Bitmap } from '../printer/paper.ts';
import { Rig } from '../printer/rig.ts';
import { bytes, CUT, encoded, INIT, qrCode, raster } from '../printer/sample-jobs.ts';

const VISITS = ['0192f3a4-5b6c-7d8e-9f01-23456789abcd', '0192f3a4-5b6c-7d8e-9f01-000000000001'] as const;
const PAGE = bytes(0x1c, '.', 0x1b, 't', 17);
const line = (text: string): Buffer => encoded('cp866', `${text}\n`);

/** A ticket as a picture: the code of a visit, under the bar of a copy; its dots as the printer itself draws them. */
const asPicture = (visit: string, copy: number): Buffer => {
  const rig = new Rig({ speed: Infinity }, { cutterMm: 0 });
  const bar = [
    raster(72, 14),
    bytes(0x1d, 'B', 1),
    line(`COPY ${copy}`.padEnd(48)),
    bytes(0x1d, 'B', 0),
    raster(72, 14),
  ];
  rig.print(bytes(INIT, PAGE, ...(copy === 0 ? [] : bar), '\n', qrCode(visitCode(visit)), '\n', CUT), 0);
  const bitmap = rig.store.bitmap(1);
  if (bitmap === undefined) throw new Error('no picture');
  return bytes(INIT, raster(bitmap.width / 8, bitmap.height, bitmap.bits), CUT);
};

const counted = async (rig: Rig) => new Counter(rig.store).counts();

describe('the counts of papers', () => {
  it('know a ticket and its copies by the code and the bar on their pictures', async () => {
    const rig = new Rig({ speed: Infinity });
    const [first, second] = VISITS;
    for (const [visit, copy] of [
      [first, 0],
      [second, 0],
      [first, 2],
      [first, 3],
    ] as const) {
      rig.print(asPicture(visit, copy), 0);
    }
    expect(rig.store.list.map(({ qr, text }) => [qr, text])).toEqual(Array.from({ length: 4 }, () => [[], '']));
    const { papers, counts, doubled } = await counted(rig);
    expect(papers).toBe(4);
    expect(counts.map(({ visit, complete, papers: of }) => [visit, complete, of])).toEqual([
      [first, 1, [1]],
      [second, 1, [2]],
      [first, 1, [3]],
      [first, 1, [4]],
    ]);
    expect(counts.map(({ copy }) => copy.split(' ')[0])).toEqual(['original', 'original', 'bar', 'bar']);
    expect(doubled).toEqual([]);
  });

  it('tell of a ticket that came out twice, and of a copy that did', async () => {
    const rig = new Rig({ speed: Infinity });
    const [first] = VISITS;
    for (const copy of [0, 2, 0, 2, 3]) rig.print(asPicture(first, copy), 0);
    const { doubled } = await counted(rig);
    expect(doubled.map(({ visit, complete, papers }) => [visit, complete, papers])).toEqual([
      [first, 2, [1, 3]],
      [first, 2, [2, 4]],
    ]);
  });

  it('read a paper in text by its words, and one without a code by its number', async () => {
    const rig = new Rig({ speed: Infinity });
    const job = (...parts: readonly Uint8Array[]): void => rig.print(bytes(INIT, PAGE, ...parts, CUT), 0);
    job(line('Ваш номер'), line('А-042'), line('Паспорт'));
    job(line('ПОВТОР / COPY № 2 - 14:07'), line('Ваш номер'), line('А-042'));
    job(line('ПОВТОР / COPY № 3 - 14:09'), line('А-042'), qrCode(visitCode(VISITS[0])));
    const { counts } = await counted(rig);
    expect(counts.map(({ ticket, visit, copy }) => [ticket, visit, copy])).toEqual([
      ['А-042', null, 'original'],
      ['А-042', null, 'ПОВТОР / COPY № 2 - 14:07'],
      [visitCode(VISITS[0]), VISITS[0], 'ПОВТОР / COPY № 3 - 14:09'],
    ]);
  });

  it('count what was torn off as incomplete, and two tickets on one paper as two', async () => {
    const rig = new Rig({ speed: Infinity });
    rig.print(asPicture(VISITS[0], 0).subarray(0, -CUT.length), 0);
    rig.device.tear();
    rig.print(asPicture(VISITS[0], 0).subarray(0, -CUT.length), 0);
    rig.print(asPicture(VISITS[1], 0), 0);
    const { papers, counts, doubled } = await counted(rig);
    expect(papers).toBe(2);
    expect(counts.map(({ visit, complete, incomplete, papers: of }) => [visit, complete, incomplete, of])).toEqual(
      expect.arrayContaining([
        [VISITS[0], 1, 1, [1, 2]],
        [VISITS[1], 1, 0, [2]],
      ]),
    );
    expect(doubled).toEqual([]);
  });

  it('name the papers whose pictures are gone before anybody counted; what was counted stays counted', async () => {
    const rig = new Rig({ speed: Infinity });
    const counter = new Counter(rig.store);
    rig.print(bytes(INIT, PAGE, line('Б-7'), CUT), 0);
    await counter.counts();
    for (let n = 0; n < 11; n += 1) rig.print(bytes(INIT, PAGE, line(`В-${n}`), CUT), 0);
    const { counts, notKept } = await counter.counts();
    expect(notKept).toEqual([2]);
    expect(counts.map(({ ticket }) => ticket)).toEqual(['Б-7', ...Array.from({ length: 10 }, (_, i) => `В-${i + 1}`)]);
  });
});

describe('the bar of a copy', () => {
  const paper = (...rows: readonly [count: number, fill: number][]): Bitmap => {
    const bits = Buffer.concat(rows.map(([count, fill]) => Buffer.alloc(count * 8, fill)));
    return { width: 64, height: bits.length / 8, bits };
  };

  it('is ten rows of black or more, with its type inside', () => {
    expect(barOf(paper([20, 0], [14, 0xff], [20, 0x0f], [14, 0xff], [100, 0x0f]))).toEqual({ from: 20, to: 67 });
    expect(barOf(paper([20, 0], [9, 0xff], [100, 0x0f]))).toBeNull();
    expect(barOf(paper([30, 0x0f]))).toBeNull();
    expect(barOf(paper())).toBeNull();
  });

  it('is not that of a mark, which is narrower than the paper and stands below something', () => {
    const wide = (...rows: readonly [count: number, edge: number][]): Bitmap => {
      const row = (edge: number): Buffer => Buffer.from([edge, 255, 255, 255, 255, 255, 255, edge]);
      const bits = Buffer.concat(rows.flatMap(([count, edge]) => Array.from({ length: count }, () => row(edge))));
      return { width: 64, height: bits.length / 8, bits };
    };
    // 56 of 64 dots.
    expect(barOf(wide([20, 0x18]))).toEqual({ from: 0, to: 19 });
    const below = wide([20, 0x18]);
    const bits = Buffer.concat([Buffer.alloc(8, 0x10), Buffer.alloc(80), below.bits]);
    expect(barOf({ width: 64, height: bits.length / 8, bits })).toBeNull();
  });
});
