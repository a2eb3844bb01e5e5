import i18next, { type TFunction } from 'i18next';
import { beforeAll, describe, expect, it } from 'vitest';
import { formats } from '../../renderer/i18n/format.ts';
import { syncSentence, syncSign } from '../../renderer/i18n/sync.ts';
import type { SyncState } from '../../shared/contracts/app.ts';
import { formatEnrolmentCode, parseEnrolmentCode, parseEnrolmentQr } from '../../shared/domain/enrolment.ts';
import { locales } from '../../shared/locales/index.ts';

const NOW = Date.UTC(2026, 10, 23, 12, 0);
const AT_1402 = Date.UTC(2026, 10, 23, 11, 2);
const ru = formats('ru', 'Europe/Moscow');
const calm: SyncState = {
  state: 'live',
  problem: null,
  since: null,
  waiting: 0,
  oldestAt: null,
  parked: 0,
  progress: null,
  lastContactAt: NOW,
};

let t: TFunction;
beforeAll(async () => {
  const i18n = i18next.createInstance();
  t = await i18n.init({
    lng: 'ru',
    resources: { ru: { translation: locales.ru } },
    interpolation: { escapeValue: false },
  });
});

describe('the connection in words', () => {
  const sign = (s: Partial<SyncState>): string | null => syncSign(t, { ...calm, ...s }, NOW, ru);
  const sentence = (s: Partial<SyncState>): string => syncSentence(t, { ...calm, ...s }, NOW, ru);

  it('is nothing for a visitor while all is well, or was interrupted for seconds', () => {
    expect(sign({})).toBeNull();
    expect(sign({ state: 'catching-up', waiting: 3, oldestAt: NOW })).toBeNull();
    expect(sign({ state: 'offline', since: NOW - 5_000 })).toBeNull();
  });

  it('tells a visitor what he may do all the same', () => {
    expect(sign({ state: 'offline', since: AT_1402 })).toBe('Связи с центром нет с 14:02. Отметиться можно.');
    expect(sign({ state: 'offline', since: null })).toBe('Нет связи с центром. Отметиться можно.');
    expect(sign({ state: 'never' })).toBe('Нет связи с центром. Отметиться можно.');
    expect(sign({ state: 'catching-up', progress: { done: 1, total: null } })).toBe('Загружаем записи…');
    expect(sign({ state: 'attention', problem: 'schema' })).toBe('Для сотрудника: SYNC-SCHEMA');
  });

  it('tells staff how much waits, and since when', () => {
    expect(sentence({})).toBe('Связь с центром есть, всё передано');
    expect(sentence({ state: 'offline', since: AT_1402, waiting: 17, oldestAt: AT_1402 + 180_000 })).toBe(
      'Нет связи с центром с 14:02: ждут отправки 17, самая ранняя в 14:05',
    );
    expect(sentence({ state: 'catching-up', progress: { done: 2_000, total: 100_000 } })).toContain('2000 из 100000');
    expect(sentence({ state: 'catching-up', progress: { done: 2_000, total: null } })).toContain('2000');
    expect(sentence({ state: 'attention', problem: 'parked', parked: 2 })).toContain('2');
    for (const problem of ['schema', 'revoked', 'fork', 'refused'] as const)
      expect(sentence({ state: 'attention', problem })).not.toContain('{{');
  });

  it('has the date of what was not today', () => {
    expect(sentence({ state: 'offline', since: AT_1402 - 86_400_000 })).toMatch(
      /^Нет связи с центром с 22\sноября в\s14:02$/,
    );
  });
});

describe('what an installer types', () => {
  it('is a code of eight symbols, however it is written', () => {
    expect(parseEnrolmentCode('7k4m-92qx')).toBe('7K4M92QX');
    expect(parseEnrolmentCode(' 7K4M 92 QX ')).toBe('7K4M92QX');
    expect(parseEnrolmentCode('7k4m-92oi')).toBe('7K4M9201');
    for (const text of ['', '7K4M-92Q', '7K4M-92QXX', '7K4M-92QU', 'ЖЖЖЖ-ЖЖЖЖ'])
      expect(parseEnrolmentCode(text)).toBeNull();
    expect(formatEnrolmentCode('7K4M92QX')).toBe('7K4M-92QX');
    expect(formatEnrolmentCode('7K4')).toBe('7K4');
  });

  const qr = (change: Record<string, unknown> = {}): string =>
    JSON.stringify({ v: 1, url: 'https://centre.example', code: '7K4M-92QX', ...change });
  it('or scans, is the address and the code', () => {
    expect(parseEnrolmentQr(qr())).toEqual({ url: 'https://centre.example', code: '7K4M92QX' });
  });
  it.each([
    '',
    'EZ1.abc',
    '[]',
    'null',
    '"text"',
    qr({ v: 2 }),
    qr({ code: 'short' }),
    qr({ code: 5 }),
    qr({ url: 'javascript:alert(1)' }),
    qr({ url: 'https://a b' }),
    qr({ url: `https://${'a'.repeat(300)}` }),
    qr({ extra: 1 }),
    qr({ pad: 'x'.repeat(1_000) }),
  ])('and nothing else: %s', (text) => {
    expect(parseEnrolmentQr(text)).toBeNull();
  });
});
