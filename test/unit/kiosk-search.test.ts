import { describe, expect, it } from 'vitest';
import type { ServiceView } from '../../shared/contracts/app.ts';
import { searchServices } from '../../renderer/kiosk/search.ts';

const service = (id: number, name: string, en: string, hint: string | null, keywords: string | null): ServiceView => ({
  id,
  group: 1,
  name: { ru: name, en },
  hint: hint === null ? null : { ru: hint },
  keywords: keywords === null ? null : { ru: keywords },
  icon: 'file-text',
  place: null,
  papers: [],
  frequent: false,
  sensitive: false,
  minutes: 10,
  estimate: { known: false, why: 'no-data', ahead: null },
  unavailable: null,
  slots: false,
});
const SERVICES = [
  service(1, 'Получение паспорта гражданина РФ', 'Internal passport', 'В 14, 20 и 45 лет', null),
  service(2, 'Загранпаспорт', 'Passport for travel', 'На 5 или на 10 лет', 'заграничный'),
  service(3, 'Пособие при рождении ребёнка', 'Childbirth benefit', null, 'дети, выплаты'),
  service(4, 'Водительское удостоверение', 'Driving licence', 'Замена прав', 'права, автомобиль, паспорт транспорта'),
  service(5, 'Постановка на учёт, ИНН', 'Taxpayer number', null, null),
];
const found = (query: string, language: 'ru' | 'en' = 'ru') =>
  searchServices(SERVICES, query, language).map((s) => s.id);

describe('finding a service', () => {
  it('nothing typed finds everything, in its own order', () => expect(found('  ')).toEqual([1, 2, 3, 4, 5]));
  it('goes by the beginnings of words', () => {
    expect(found('пол')).toEqual([1]);
    expect(found('гражд')).toEqual([1]);
    expect(found('ож')).toEqual([]);
  });
  it('a word of the name is better than a keyword, both are better than the inside of a word', () =>
    expect(found('паспорт')).toEqual([1, 4, 2]));
  it('case and «ё» make no difference', () => {
    expect(found('РЕБЕНКА')).toEqual([3]);
    expect(found('ребёнка')).toEqual([3]);
    expect(found('учет')).toEqual([5]);
  });
  it('looks into keywords and hints', () => {
    expect(found('выпл')).toEqual([3]);
    expect(found('замена')).toEqual([4]);
    expect(found('14')).toEqual([1]);
  });
  it('forgives one slip in a word of five letters: wrong, missing, needless, swapped', () => {
    expect(found('посебие')).toEqual([3]);
    expect(found('псобие')).toEqual([3]);
    expect(found('поссобие')).toEqual([3]);
    expect(found('опсобие')).toEqual([3]);
    expect(found('пособия')).toEqual([3]);
  });
  it('forgives no second slip, and none in short words', () => {
    expect(found('посибея')).toEqual([]);
    expect(found('инк')).toEqual([]);
  });
  it('every word must be found; the short ones do not matter beside longer ones', () => {
    expect(found('получение паспорта')).toEqual([1]);
    expect(found('получение прав')).toEqual([]);
    expect(found('постановка на учёт')).toEqual([5]);
    expect(found('на')).toEqual([5, 2]);
  });
  it('in another language its own words are found, and the Russian ones too', () => {
    expect(found('driving', 'en')).toEqual([4]);
    expect(found('пособие', 'en')).toEqual([3]);
    expect(found('driving', 'ru')).toEqual([]);
  });
  it('what is no word finds everything, and strange signs do no harm', () => {
    expect(found('?!')).toEqual([1, 2, 3, 4, 5]);
    expect(found('паспорт)(*[')).toEqual([1, 4, 2]);
  });
});
