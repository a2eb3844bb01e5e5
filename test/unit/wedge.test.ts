import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createWedge } from '../../electron/main/wedge.ts';
import type { WedgeKey } from '../../electron/main/wedge.ts';
import { FakeClock } from '../fixtures/core-double/fake.ts';

const TOKEN = 'EZ1AEBAGBAFAYDQQCIKBMGA2DQPCAIREEYUCULBOGAZDGNBVGY3TQ';

type Stroke = Pick<WedgeKey, 'code'> & Partial<WedgeKey>;

function setUp() {
  const clock = new FakeClock();
  const reads: string[] = [];
  const wedge = createWedge({ after: (ms, run) => clock.after(ms, run), onRead: (text) => reads.push(text) });
  const key = (stroke: Stroke): boolean =>
    wedge.feed({
      type: 'keyDown',
      shift: false,
      control: false,
      alt: false,
      meta: false,
      repeat: false,
      composing: false,
      at: clock.now(),
      ...stroke,
    });
  /** Types with a gap before each key; @returns per key whether it was kept from the page */
  const type = (strokes: readonly Stroke[], gaps: number | readonly number[]): boolean[] =>
    strokes.map((stroke, n) => {
      clock.advance(typeof gaps === 'number' ? gaps : (gaps[n % gaps.length] ?? 0));
      const kept = key(stroke);
      expect(key({ ...stroke, type: 'keyUp' })).toBe(kept);
      return kept;
    });
  return { clock, reads, key, type };
}

const PUNCTUATION: Record<string, Stroke> = {
  ' ': { code: 'Space' },
  '-': { code: 'Minus' },
  _: { code: 'Minus', shift: true },
  '=': { code: 'Equal' },
  ':': { code: 'Semicolon', shift: true },
  '/': { code: 'Slash' },
  '?': { code: 'Slash', shift: true },
  '.': { code: 'Period' },
  '&': { code: 'Digit7', shift: true },
  '"': { code: 'Quote', shift: true },
  '\\': { code: 'Backslash' },
  ']': { code: 'BracketRight' },
};
const strokesOf = (text: string): Stroke[] =>
  text.split('').map((c) => {
    if (/[a-z]/.test(c)) return { code: `Key${c.toUpperCase()}` };
    if (/[A-Z]/.test(c)) return { code: `Key${c}`, shift: true };
    if (/\d/.test(c)) return { code: `Digit${c}` };
    const stroke = PUNCTUATION[c];
    if (stroke === undefined) throw new Error(`no key for ${c}`);
    return stroke;
  });
const ENTER: Stroke = { code: 'Enter' };

describe('a scanner', () => {
  test.each([10, 15, 30, 60, 100])(
    'at %i ms a key with Enter is read; its keys stay from the page once it is known',
    (gap) => {
      const { reads, type } = setUp();
      const kept = type([...strokesOf(TOKEN), ENTER], gap);
      expect(reads).toEqual([TOKEN]);
      // A fast one betrays itself with its second key, a slow one with its fourth.
      expect(kept.indexOf(true)).toBe(gap <= 60 ? 1 : 3);
      expect(kept.slice(3)).not.toContain(false);
    },
  );

  test('physical keys count: every character that codes use, whatever the layout of the system', () => {
    const { reads, type } = setUp();
    const url = 'https://x.ru/q?a=B-7&c_d=%'.replace('%', '"\\] ');
    type([...strokesOf(url), ENTER], 20);
    expect(reads).toEqual([url]);
  });

  test('with Tab, and with the Enter of the number pad', () => {
    const { reads, type } = setUp();
    type([...strokesOf('1234'), { code: 'Tab' }], 20);
    type(
      [{ code: 'Numpad5' }, { code: 'Numpad6' }, { code: 'Numpad7' }, { code: 'Numpad8' }, { code: 'NumpadEnter' }],
      20,
    );
    expect(reads).toEqual(['1234', '5678']);
  });

  test('CR and LF at the end: the second is kept too and does not press what has the focus', () => {
    const { clock, reads, type, key } = setUp();
    type([...strokesOf(TOKEN), ENTER], 20);
    clock.advance(20);
    expect(key(ENTER)).toBe(true);
    clock.advance(20);
    expect(key({ code: 'KeyJ', control: true })).toBe(true);
    clock.advance(500);
    expect(key(ENTER)).toBe(false);
    expect(reads).toEqual([TOKEN]);
  });

  test('one long stall in the middle does not cut it', () => {
    const { reads, type } = setUp();
    const gaps = TOKEN.split('').map((_, n) => (n === 20 ? 170 : 15));
    type([...strokesOf(TOKEN), ENTER], gaps);
    expect(reads).toEqual([TOKEN]);
  });

  test('known to send a suffix: silence is a stall, up to half a second', () => {
    const { reads, type } = setUp();
    type([...strokesOf(TOKEN), ENTER], 15);
    const gaps = TOKEN.split('').map((_, n) => (n === 20 ? 450 : 15));
    type([...strokesOf(TOKEN), ENTER], gaps);
    expect(reads).toEqual([TOKEN, TOKEN]);
  });

  test('without a suffix: read after 180 ms of silence', () => {
    const { clock, reads, type } = setUp();
    type(strokesOf(TOKEN), 20);
    clock.advance(179);
    expect(reads).toEqual([]);
    clock.advance(1);
    expect(reads).toEqual([TOKEN]);
  });

  test('slow and without a suffix cannot be told from a person', () => {
    const { clock, reads, type } = setUp();
    type(strokesOf('123456'), 90);
    clock.advance(2000);
    expect(reads).toEqual([]);
  });

  test('control characters inside a code are swallowed', () => {
    const { reads, type } = setUp();
    const kept = type(
      [
        ...strokesOf('AB'),
        { code: 'KeyJ', control: true },
        ...strokesOf('CD'),
        { code: 'BracketRight', control: true },
        { code: 'F12' },
        ...strokesOf('EF'),
        ENTER,
      ],
      20,
    );
    expect(reads).toEqual(['ABCDEF']);
    expect(kept.slice(1)).not.toContain(false);
  });

  test('Shift as a key of its own, auto-repeat and composing change nothing', () => {
    const { reads, type } = setUp();
    type(
      [
        { code: 'ShiftLeft', shift: true },
        ...strokesOf('EZ'),
        { code: 'KeyZ', repeat: true },
        { code: 'KeyQ', composing: true },
        { code: 'CapsLock' },
        ...strokesOf('1A'),
        ENTER,
      ],
      20,
    );
    expect(reads).toEqual(['EZ1A']);
  });

  test('Alt and the number pad', () => {
    const { clock, reads, key, type } = setUp();
    for (const character of 'EZ1A') {
      for (const digit of String(character.charCodeAt(0))) {
        clock.advance(5);
        expect(key({ code: `Numpad${digit}`, alt: true })).toBe(true);
      }
      key({ code: 'AltLeft', type: 'keyUp' });
    }
    type([ENTER], 5);
    expect(reads).toEqual(['EZ1A']);
  });

  test('one after another, at once', () => {
    const { reads, type } = setUp();
    type([...strokesOf('AAAA1'), ENTER, ...strokesOf('BBBB2'), ENTER], 15);
    expect(reads).toEqual(['AAAA1', 'BBBB2']);
  });

  test('a text longer than any code is kept from the page and thrown away', () => {
    const { reads, type } = setUp();
    const kept = type([...strokesOf('A'.repeat(4200)), ENTER], 10);
    expect(reads).toEqual([]);
    expect(kept.slice(1)).not.toContain(false);
    type([...strokesOf('AFTER'), ENTER], 10);
    expect(reads).toEqual(['AFTER']);
  });
});

describe('a person', () => {
  test('types a number and Enter: all of it reaches the page', () => {
    const { reads, type } = setUp();
    const kept = type([...strokesOf('482913'), ENTER], [180, 240, 150, 310, 160, 205, 260]);
    expect([reads, kept.includes(true)]).toEqual([[], false]);
  });

  test('walks through the page with Tab, arrows, Enter, Space', () => {
    const { reads, type } = setUp();
    const walk = ['Tab', 'Tab', 'ArrowDown', 'Enter', 'Space', 'Escape', 'Tab', 'Enter'].map((code) => ({ code }));
    const kept = type(walk, [30, 90, 200]);
    expect([reads, kept.includes(true)]).toEqual([[], false]);
  });

  test('hits two keys at once: nothing is read, and after half a second all is forgotten', () => {
    const { clock, reads, type, key } = setUp();
    type(strokesOf('47'), [300, 12]);
    clock.advance(501);
    expect(key({ code: 'Digit1' })).toBe(false);
    expect(reads).toEqual([]);
  });

  test('keys that lie around are no burst', () => {
    const { clock, reads, key } = setUp();
    key({ code: 'KeyA' });
    for (let i = 0; i < 200; i++) {
      clock.advance(30);
      expect(key({ code: 'KeyA', repeat: true })).toBe(false);
    }
    expect(reads).toEqual([]);
  });
});

test('whatever is typed, a reading is at least four characters, and the release of a kept key is kept', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.constantFrom('KeyA', 'Digit1', 'Enter', 'Tab', 'ArrowUp', 'F12', 'ShiftLeft', 'Numpad3', 'AltLeft'),
          fc.integer({ min: 0, max: 700 }),
          fc.boolean(),
          fc.boolean(),
        ),
        { maxLength: 80 },
      ),
      (strokes) => {
        const { clock, reads, key } = setUp();
        for (const [code, gap, shift, control] of strokes) {
          clock.advance(gap);
          const kept = key({ code, shift, control });
          expect(key({ code, type: 'keyUp' })).toBe(kept);
        }
        clock.advance(1000);
        expect(reads.every((text) => text.length >= 4 && text.length <= 4096)).toBe(true);
        expect(clock.waiting).toBe(0);
      },
    ),
  );
});
