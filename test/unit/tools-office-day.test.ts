import { describe, expect, it } from 'vitest';
import { businessDate } from '../../shared/domain/business-day.ts';
import { calmDayChange } from '../tools/office-day.ts';

describe('the business day of the demo’s office', () => {
  it('holds what is played now: five hours ahead and two back, at any minute of a day', () => {
    const start = Date.UTC(2026, 10, 23, 0, 0);
    for (let minute = 0; minute < 1440; minute += 1) {
      const now = start + minute * 60_000;
      const change = calmDayChange(now);
      const days = [-120, 0, 299].map((by) => businessDate(now + by * 60_000, 'Europe/Moscow', change));
      expect([minute, new Set(days).size]).toEqual([minute, 1]);
    }
  });
  it('is as the office has it in opening hours', () => {
    for (let hour = 8; hour < 20; hour += 1) expect(calmDayChange(Date.UTC(2026, 10, 23, hour - 3))).toBe(240);
  });
});
