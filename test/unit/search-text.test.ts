import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBest } from '../../electron/core/search/best.ts';
import { soundOf, typedSounds } from '../../electron/core/search/sound.ts';
import { isSlipOf, otherLayout, phonesOf, phoneTyped, wordsOf } from '../../electron/core/search/text.ts';

describe('words of a name', () => {
  it.each([
    ['Иванова Мария', ['иванова', 'мария']],
    ['ФЁДОР Чайкин', ['федор', 'чаикин']],
    ['Фе\u0308дор', ['федор']],
    ['Салтыков-Щедрин', ['салтыков', 'щедрин']],
    ["О’Коннор О'Коннор", ['оконнор', 'оконнор']],
    ['Әхмәтҗанов Үзбәк', ['ахматжанов', 'узбак']],
    ['Müller Łukasz Straße', ['muller', 'lukasz', 'strasse']],
    ['  ,.!? \u0000\ud800 ', []],
    ['李小明', ['李小明']],
    ['А.С.Пушкин', ['а', 'с', 'пушкин']],
    ['', []],
  ])('%j', (text, words) => expect(wordsOf(text)).toEqual(words));

  it('parts with a hyphen are a word together too, where that is asked for', () =>
    expect(wordsOf('Аль\u2011Хасан Али', true)).toEqual(['аль', 'хасан', 'альхасан', 'али']));
  it('no word is longer than what is looked at', () => expect(wordsOf('а'.repeat(500))).toEqual(['а'.repeat(64)]));
});

describe('the other keyboard', () => {
  it.each([
    ['bdfyjdf', 'иванова'],
    ['Шмфтщмф', 'ivanova'],
    ['[fcfyjd', 'хасанов'],
    ['{FCFYJD', 'хасанов'],
    ['`kbr', 'ёлик'],
    [',tkjd', 'белов'],
    ['"lbx', 'эдич'],
    ['12 №', '12 №'],
  ])('%j is %j', (typed, meant) => expect(otherLayout(typed)).toBe(meant));
});

describe('a slip', () => {
  it.each([
    ['щербокова', 'щербакова', 'wrong'],
    ['щебакова', 'щербакова', 'missing'],
    ['щербаккова', 'щербакова', 'needless'],
    ['щебракова', 'щербакова', 'swapped'],
    ['щербакоав', 'щербакова', 'swapped at the end'],
    ['ащербакова', 'щербакова', 'needless at the beginning'],
    ['ербакова', 'щербакова', 'missing at the beginning'],
    ['щербоко', 'щербакова', 'wrong in the beginning of a word'],
    ['щербакова', 'щербакова', 'none'],
  ])('%s for %s: %s', (typed, word) => expect(isSlipOf(typed, word)).toBe(true));
  it.each([
    ['щорбокова', 'щербакова'],
    ['щрбкова', 'щербакова'],
    ['щербаковаа1', 'щербакова'],
    ['иванов', 'петров'],
    ['абвгд', 'а'],
    ['абвгд', ''],
  ])('%s is more than one away from %s', (typed, word) => expect(isSlipOf(typed, word)).toBe(false));

  it('is one away exactly when the distance of some beginning is one (by the book)', () => {
    const word = fc.string({ unit: fc.constantFrom('а', 'б', 'в'), maxLength: 7 });
    const away = (a: string, b: string): number => {
      const d = Array.from({ length: a.length + 1 }, (_, i) =>
        Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
      );
      const at = (i: number, j: number): number => d[i]?.[j] ?? Infinity;
      for (let i = 1; i <= a.length; i += 1)
        for (let j = 1; j <= b.length; j += 1) {
          const swap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Infinity;
          const row = d[i];
          if (row)
            row[j] = Math.min(
              at(i - 1, j) + 1,
              at(i, j - 1) + 1,
              at(i - 1, j - 1) + Number(a[i - 1] !== b[j - 1]),
              swap,
            );
        }
      return at(a.length, b.length);
    };
    fc.assert(
      fc.property(word, word, (typed, word) => {
        const beginnings = Array.from({ length: word.length + 1 }, (_, n) => word.slice(0, n));
        expect(isSlipOf(typed, word)).toBe(beginnings.some((beginning) => away(typed, beginning) <= 1));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('how a name sounds', () => {
  it.each([
    ['Щербаков', 'Shcherbakov', 'Scherbakov', 'Shherbakov'],
    ['Юлия', 'Yulia', 'Yuliya', 'Iuliia', 'Julija', 'Juliya', 'Iulia'],
    ['Наталья', 'Natalya', 'Natalia', 'Natalja', 'Nataliya', 'Наталия'],
    ['Дмитрий', 'Dmitry', 'Dmitriy', 'Dmitrii', 'Dmitri', 'Dmitrij'],
    ['Сергей', 'Sergey', 'Sergei', 'Sergej', 'Serguei'.replace('gu', 'g')],
    ['Алексей', 'Aleksey', 'Alexey', 'Alexei', 'Aleksei'],
    ['Ксения', 'Kseniya', 'Ksenia', 'Xenia', 'Kseniia'],
    ['Фёдор', 'Fyodor', 'Fedor', 'Fiodor'],
    ['Соловьёв', 'Solovyov', 'Solovyev', 'Soloviev', 'Solovev'],
    ['Горбачёв', 'Gorbachev', 'Gorbachov', 'Gorbachyov'],
    ['Хрущёв', 'Khrushchev', 'Khrushchov', 'Hruschev'],
    ['Жуков', 'Zhukov'],
    ['Джамал', 'Dzhamal', 'Djamal', 'Jamal'],
    ['Цветаева', 'Tsvetaeva', 'Tsvetayeva', 'Tzvetaeva'],
    ['Хабибуллин', 'Khabibullin', 'Habibulin'],
    ['Ельцин', 'Yeltsin', 'Eltsin', 'Jelzin'.replace('z', 'ts')],
    ['Шмидт', 'Schmidt', 'Shmidt'],
    ['Яна', 'Yana', 'Iana', 'Jana'],
    ['Нгуен', 'Nguyen'],
    ['Филипп', 'Filipp', 'Philip', 'Phillip'],
  ])('%s', (name, ...others) => {
    const of = (text: string) => soundOf(wordsOf(text)[0] ?? '');
    for (const other of others) {
      expect([other, typedSounds(wordsOf(other)[0] ?? '').some(({ sound }) => sound === of(name))]).toEqual([
        other,
        true,
      ]);
    }
  });

  it.each([
    ['Иванов', 'Петров'],
    ['Жуков', 'Зуков'],
    ['Чернов', 'Шернов'],
    ['Маров', 'Миров'],
    ['Басов', 'Вазов'],
  ])('%s does not sound like %s', (a, b) => expect(soundOf(a.toLowerCase())).not.toBe(soundOf(b.toLowerCase())));

  it('is found while it is typed, also within what is one letter in Russian', () => {
    for (const [name, typed] of [
      ['Щербаков', 'Shcherbakov'],
      ['Юлия', 'Yuliya'],
      ['Мария', 'Mariia'],
      ['Майя', 'Maiia'],
      ['Жанна', 'Zhanna'],
      ['Хасанов', 'Khasanov'],
      ['Цой', 'Tsoi'],
      ['Чехов', 'Chekhov'],
      ['Джамал', 'Dzhamal'],
      ['Соловьёв', 'Soloviov'],
      ['Ткачёв', 'Tkatchev'],
      ['Филатов', 'Philatov'],
    ] as const) {
      const word = soundOf(wordsOf(name)[0] ?? '');
      for (let n = 1; n <= typed.length; n += 1) {
        const fits = typedSounds(typed.slice(0, n).toLowerCase()).some(
          ({ sound, stem, next }) =>
            word.startsWith(sound) || (word.startsWith(stem) && next.includes(word.charAt(stem.length) || '?')),
        );
        expect([name, typed.slice(0, n), fits]).toEqual([name, typed.slice(0, n), true]);
      }
    }
  });
});

describe('phones', () => {
  it.each([
    ['+7 (912) 345-67-89', ['9123456789']],
    ['8 912 345 67 89', ['9123456789']],
    ['912-345-67-89', ['9123456789']],
    ['+86 138 0013 8000', ['8613800138000']],
    ['22-33-44; +79123456789', ['223344', '9123456789']],
    ['нет', []],
    ['123', []],
    ['1'.repeat(40), []],
  ])('%s', (field, phones) => expect(phonesOf(field)).toEqual(phones));
  it.each([
    ['6789', '6789'],
    ['67-89', '6789'],
    ['+7 912 345-67-89', '9123456789'],
    ['89123456789', '9123456789'],
    ['8912', '8912'],
    ['678', null],
    ['67a89', null],
    ['1'.repeat(16), null],
    ['', null],
  ])('typed: %j', (text, digits) => expect(phoneTyped(text)).toBe(digits));
});

describe('the best of many', () => {
  it('are those that sorting would bring to the top, whatever the order that they come in', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9)), fc.nat(6), (orders, most) => {
        const id = (slot: number) => String(orders.length - slot).padStart(4, '0');
        const best = createBest(most, id);
        for (const [slot, order] of orders.entries()) best.add(slot, order, order);
        const sorted = orders
          .map((order, slot) => ({ slot, order, fit: order }))
          .toSorted((a, b) => a.order - b.order || (id(a.slot) < id(b.slot) ? -1 : 1));
        expect(best.all()).toEqual(sorted.slice(0, most));
      }),
    );
  });
});
