import { describe, expect, it } from 'vitest';
import { formatPhone, formats, unbroken } from '../../renderer/i18n/format.ts';

const ru = formats('ru', 'Europe/Moscow');
const en = formats('en', 'Europe/Moscow');
/** The spaces that hold a number and its word together are checked once, below. */
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');
const at = (text: string): number => Date.parse(`${text}+03:00`);

describe('people in words', () => {
  it.each([
    [0, '0 человек'],
    [1, '1 человек'],
    [2, '2 человека'],
    [4, '4 человека'],
    [5, '5 человек'],
    [11, '11 человек'],
    [12, '12 человек'],
    [21, '21 человек'],
    [22, '22 человека'],
    [25, '25 человек'],
    [111, '111 человек'],
    [124, '124 человека'],
  ])('%i is «%s»', (n, words) => expect(plain(ru.people(n))).toBe(words));

  it('agree with the verb', () => {
    expect([1, 2, 12, 21].map((n) => plain(ru.waiting(n)))).toEqual([
      'ждёт 1 человек',
      'ждут 2 человека',
      'ждут 12 человек',
      'ждёт 21 человек',
    ]);
    expect([1, 12].map((n) => plain(en.waiting(n)))).toEqual(['1 person waiting', '12 people waiting']);
  });
});

describe('a wait', () => {
  it.each([
    [0, 0, 'меньше 5 минут', 'less than 5 minutes'],
    [0, 5, 'меньше 5 минут', 'less than 5 minutes'],
    [0, 10, 'до 10 минут', 'up to 10 minutes'],
    [5, 10, '5–10 минут', '5–10 minutes'],
    [15, 25, '15–25 минут', '15–25 minutes'],
    [5, 5, '5 минут', '5 minutes'],
    [20, 21, '20–21 минута', '20–21 minutes'],
    [30, 32, '30–32 минуты', '30–32 minutes'],
    [60, 90, '60–90 минут', '60–90 minutes'],
    [90, 120, '1,5–2 часа', '1.5–2 hours'],
    [95, 130, '1,5–2,5 часа', '1.5–2.5 hours'],
    [45, 100, 'до 2 часов', 'up to 2 hours'],
    [20, 95, 'до 2 часов', 'up to 2 hours'],
    [240, 300, '4–5 часов', '4–5 hours'],
    [120, 120, '2 часа', '2 hours'],
  ])('of %i to %i minutes is «%s», "%s"', (from, to, russian, english) => {
    expect(plain(ru.wait(from, to))).toBe(russian);
    expect(plain(en.wait(from, to))).toBe(english);
  });

  it('is short where there is little room', () => {
    expect([ru.waitShort(10, 15), ru.waitShort(0, 5), ru.waitShort(90, 120)].map(plain)).toEqual([
      '10–15 мин',
      'до 5 мин',
      '1,5–2 ч',
    ]);
    expect([en.waitShort(10, 15), en.waitShort(0, 5), en.waitShort(0, 20)].map(plain)).toEqual([
      '10–15 min',
      'under 5 min',
      'up to 20 min',
    ]);
  });

  it('never promises less than it is told', () => {
    // The upper end in minutes, read back from the words.
    for (let to = 91; to <= 400; to += 1) {
      const last = Number(/([\d,]+)\s*час/.exec(plain(ru.wait(60, to)))?.[1]?.replace(',', '.'));
      expect(last * 60).toBeGreaterThanOrEqual(to);
    }
  });

  it('is not broken between a number and its word', () => {
    for (const text of [ru.wait(0, 5), ru.wait(15, 25), ru.wait(90, 120), ru.people(7), en.wait(0, 5)])
      expect(text).not.toContain(' ');
  });
});

describe('days', () => {
  const now = at('2026-11-23T10:24:00');
  it('are named as people name them', () => {
    expect(ru.dayName(at('2026-11-23T18:00:00'), now)).toBe('сегодня');
    expect(ru.dayName(at('2026-11-24T09:00:00'), now)).toBe('завтра');
    expect(ru.dayName(at('2026-11-25T09:00:00'), now)).toBe('ср');
    expect(en.dayName(at('2026-11-24T09:00:00'), now)).toBe('tomorrow');
    expect(en.dayName(at('2026-11-25T09:00:00'), now)).toBe('Wed');
    expect(plain(ru.dayMonth(at('2026-11-25T09:00:00')))).toBe('25 ноября');
  });

  it('are those of the office, not of the machine', () => {
    // 23:30 in Moscow is still today there and already tomorrow in Vladivostok.
    const late = at('2026-11-23T23:30:00');
    expect(ru.dayName(late, now)).toBe('сегодня');
    expect(formats('ru', 'Asia/Vladivostok').dayName(late, now)).toBe('завтра');
    expect(formats('ru', 'Asia/Vladivostok').hour(late)).toBe(6);
  });

  it('and times make one phrase', () => {
    expect(plain(ru.soon(at('2026-11-23T14:30:00'), now))).toBe('сегодня в 14:30');
    expect(plain(ru.soon(at('2026-11-25T14:30:00'), now))).toBe('ср, 25 ноября в 14:30');
    expect(plain(en.soon(at('2026-11-24T14:30:00'), now))).toBe('tomorrow at 14:30');
  });

  it('begin at hour 0', () => expect(ru.hour(at('2026-11-24T00:10:00'))).toBe(0));
});

describe('a phone number while it is typed', () => {
  it.each([
    ['', '+7'],
    ['9', '+7 9'],
    ['916', '+7 916'],
    ['9161', '+7 916 1'],
    ['916123', '+7 916 123'],
    ['9161234', '+7 916 123-4'],
    ['91612345', '+7 916 123-45'],
    ['9161234567', '+7 916 123-45-67'],
  ])('%s', (digits, shown) => expect(plain(formatPhone(digits))).toBe(shown));
});

describe('a range of numbers', () => {
  it('stays on one line, and only a range does', () => {
    expect(unbroken('hall A, windows 1–4')).toBe('hall A, windows 1\u2060–\u20604');
    expect(unbroken('зал А — окно 7')).toBe('зал А — окно 7');
  });
});
