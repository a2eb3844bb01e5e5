import { describe, expect, it } from 'vitest';
import { DIALECTS } from '../../electron/core/printing/dialects/index.ts';
import type { PaperOp } from '../../electron/core/printing/paper-ops.ts';
import { DROP_POINTS, type DropPoint, dropWatch } from '../printer/drop-at.ts';
import { EPSON, STAR } from '../printer/profiles.ts';

/** Where in a job of ours each point lies. */

const WIDTH = 576;
const PICTURE: readonly PaperOp[] = [
  { op: 'raster', bitmap: { width: WIDTH, height: 120, bits: new Uint8Array((WIDTH / 8) * 120).fill(0xaa) } },
];
const HOW = { codePage: null, width: WIDTH, cutter: true, fence: true, tellChanges: false };
const epsonJob = DIALECTS.epson.job(PICTURE, { ...HOW, processId: '  A1' });
const starJob = DIALECTS.star.job(PICTURE, { ...HOW, processId: '1' });

/** @returns how many bytes have come when the line breaks; null: it never does */
const at = (point: DropPoint, job: Uint8Array, of = EPSON, questions: readonly number[] = []): number | null => {
  const watch = dropWatch(of, point);
  for (const byte of questions) if (watch(byte)) return -1;
  const index = job.findIndex((byte) => watch(byte));
  return index < 0 ? null : index + 1;
};

describe('a line that breaks at a point of the job', () => {
  it('is broken in the order of the points, each somewhere else', () => {
    const places = DROP_POINTS.map((point) => at(point, epsonJob) ?? Number.NaN);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(new Set(places).size).toBe(DROP_POINTS.length);
    expect(places[0]).toBe(1);
    expect(places.at(-1)).toBeLessThanOrEqual(epsonJob.length);
  });

  it('stands where its name says', () => {
    const upTo = (point: DropPoint): number[] => [...epsonJob.subarray(0, at(point, epsonJob) ?? 0)];
    expect(upTo('raster-header').slice(-8, -4)).toEqual([0x1d, 0x76, 0x30, 0]);
    expect(upTo('in-cut').slice(-2)).toEqual([0x1d, 0x56]);
    expect(upTo('after-cut').slice(-4)).toEqual([0x1d, 0x56, 66, 0]);
    expect(upTo('in-confirm').slice(-2)).toEqual([0x1d, 0x28]);
    expect(upTo('after-confirm').slice(-4)).toEqual([...Buffer.from('  A1')]);
  });

  it('takes no question for the beginning of a job', () => {
    expect(at('first-byte', epsonJob, EPSON, [0x10, 0x04, 1, 0x10, 0x04, 4])).toBe(1);
    expect(at('first-byte', starJob, STAR, [0x1b, 0x06, 0x01])).toBe(2);
  });

  it('knows the pictures and the counter of a Star', () => {
    const places = (['raster-header', 'raster-data', 'in-cut', 'after-cut', 'after-confirm'] as const).map((point) =>
      at(point, starJob, STAR),
    );
    expect(places).not.toContain(null);
    expect(places.at(-1)).toBe(starJob.length);
    expect(at('in-confirm', starJob, STAR)).toBeNull();
  });
});
