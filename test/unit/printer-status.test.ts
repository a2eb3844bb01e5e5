import { describe, expect, it } from 'vitest';
import { automaticStatus, FINE, paperStatus, realTimeStatus, type Sensors } from '../printer/status.ts';

const states: [string, Sensors, number[], number[]][] = [
  // DLE EOT 1..4, then the four bytes of automatic status.
  ['ready', FINE, [0x12, 0x12, 0x12, 0x12], [0x10, 0, 0, 0]],
  ['paper near its end', { ...FINE, paper: 'near' }, [0x12, 0x12, 0x12, 0x1e], [0x10, 0, 0x03, 0]],
  ['out of paper', { ...FINE, paper: 'out' }, [0x1a, 0x32, 0x12, 0x7e], [0x18, 0, 0x0f, 0]],
  ['cover open', { ...FINE, cover: 'open' }, [0x1a, 0x16, 0x12, 0x12], [0x38, 0, 0, 0]],
  ['head too hot', { ...FINE, head: 'hot' }, [0x1a, 0x52, 0x52, 0x12], [0x18, 0x40, 0, 0]],
  ['cutter jammed', { ...FINE, cutter: 'jammed' }, [0x1a, 0x52, 0x1a, 0x12], [0x18, 0x08, 0, 0]],
];

describe('status bytes', () => {
  it.each(states)('%s', (_name, sensors, realTime, automatic) => {
    expect([1, 2, 3, 4].map((n) => realTimeStatus(n, sensors))).toEqual(realTime);
    expect(automaticStatus(sensors)).toEqual(automatic);
  });

  it('carry the fixed bits by which they are told from data', () => {
    for (const paper of ['ok', 'near', 'out'] as const) {
      for (const cover of ['open', 'closed'] as const) {
        for (const [cutter, head] of [
          ['ok', 'ok'],
          ['jammed', 'ok'],
          ['ok', 'hot'],
        ] as const) {
          const sensors: Sensors = { ...FINE, paper, cover, cutter, head };
          for (const n of [1, 2, 3, 4]) expect(realTimeStatus(n, sensors) & 0x93).toBe(0x12);
          const [first, ...others] = automaticStatus(sensors);
          expect(first & 0x93).toBe(0x10);
          for (const other of others) expect(other & 0x90).toBe(0);
          expect(paperStatus(sensors) & 0x90).toBe(0);
        }
      }
    }
  });

  it('refuse a status which the printer does not have', () => {
    expect(() => realTimeStatus(5, FINE)).toThrow(/DLE EOT 5/);
  });
});
