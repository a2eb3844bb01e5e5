import { describe, expect, it } from 'vitest';
import { FINE, type Sensors } from '../printer/status.ts';
import { automaticFullStatus, fullStatus, paperLeft, printStatus } from '../printer/status-custom.ts';
import { ASB_LENGTH, starStatus } from '../printer/status-star.ts';

const hex = (bytes: readonly number[]): string => Buffer.from(bytes).toString('hex');
const STATES: readonly Sensors[] = (['ok', 'near', 'out'] as const).flatMap((paper) =>
  (['open', 'closed'] as const).flatMap((cover) =>
    (['ok', 'jammed'] as const).flatMap((cutter) =>
      (['ok', 'hot'] as const).flatMap((head) =>
        (['free', 'ticket'] as const).map((exit) => ({ paper, cover, cutter, head, exit })),
      ),
    ),
  ),
);

describe('the status of a Star', () => {
  it.each([
    ['ready', {}, '230600000000000000'],
    ['paper near its end', { paper: 'near' }, '230600000004000000'],
    ['out of paper', { paper: 'out' }, '23060800000c000000'],
    ['cover open', { cover: 'open' }, '230628000000000000'],
    ['cutter jammed', { cutter: 'jammed' }, '230608080000000000'],
    ['head too hot', { head: 'hot' }, '230608400000000000'],
  ] as const)('%s', (_name, change, expected) => {
    expect(hex(starStatus({ ...FINE, ...change }, { counter: 0, executed: false }))).toBe(expected);
  });

  it.each([
    [1, '02'],
    [7, '0e'],
    [8, '20'],
    [15, '2e'],
    [16, '40'],
    [31, '6e'],
  ])('has the counter %i in bits 1, 2, 3, 5 and 6 of its eighth byte', (counter, byte) => {
    expect(hex(starStatus(FINE, { counter, executed: true }))).toBe(`23060200000000${byte}00`);
  });

  it('keeps the fixed bits by which its bytes are told apart, and the length that it names', () => {
    for (const sensors of STATES) {
      for (let counter = 0; counter < 32; counter += 1) {
        const [first = 0, ...others] = starStatus(sensors, { counter, executed: true });
        expect(first & 0x91).toBe(0x01);
        expect(((first >> 2) & 0x18) | ((first >> 1) & 0x07)).toBe(ASB_LENGTH);
        expect(others).toHaveLength(ASB_LENGTH - 1);
        for (const other of others) expect(other & 0x91).toBe(0);
      }
    }
  });
});

describe('the status of a Custom', () => {
  const sight = (change: Partial<Sensors> = {}) => ({ sensors: { ...FINE, ...change }, motor: false, leftCm: 510 });

  it.each([
    ['ready', {}, '100f00000000'],
    ['paper near its end', { paper: 'near' }, '100f04000000'],
    ['out of paper', { paper: 'out' }, '100f05000000'],
    ['cover open', { cover: 'open' }, '100f00030000'],
    ['head too hot', { head: 'hot' }, '100f00000100'],
    ['cutter jammed', { cutter: 'jammed' }, '100f00000001'],
    ['a ticket in its mouth', { exit: 'ticket' }, '100f20000000'],
  ] as const)('%s', (_name, change, expected) => {
    expect(hex(fullStatus(sight(change)))).toBe(expected);
  });

  it('counts the paper to its virtual end, and shows its motor', () => {
    expect(hex(fullStatus({ ...sight(), leftCm: 0 }))).toBe('100f40000000');
    expect(hex(fullStatus({ ...sight(), motor: true }))).toBe('100f00080000');
    expect(printStatus({ ...sight(), motor: true })).toBe(0x16);
    expect(printStatus(sight({ paper: 'out' }))).toBe(0x32);
    expect(Buffer.from(paperLeft(510)).toString()).toBe('510cm');
  });

  it('tells by itself only what it was asked for, with the mask before it', () => {
    const broken = sight({ paper: 'near', cutter: 'jammed' });
    expect(automaticFullStatus(0, broken)).toBeNull();
    expect(hex(automaticFullStatus(0x01, broken) ?? [])).toBe('100104');
    expect(hex(automaticFullStatus(0x09, broken) ?? [])).toBe('10090401');
    expect(hex(automaticFullStatus(0x0f, broken) ?? [])).toBe('100f04000001');
  });
});
