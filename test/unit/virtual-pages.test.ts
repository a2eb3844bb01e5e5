import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { codePage } from '../printer/code-pages.ts';
import { WRITTEN_PAGES } from '../printer/code-page-tables.ts';
import { CLONE, CUSTOM, EPSON, PROFILE_NAMES, PROFILES, STAR } from '../printer/profiles.ts';
import { Rig } from '../printer/rig.ts';
import { bytes, CUT, encoded, INIT } from '../printer/sample-jobs.ts';

const HIGH = Array.from({ length: 128 }, (_, i) => 0x80 + i);
/** Where the tables of the library differ from those of the Unicode consortium. */
const NAMES_THERE: Readonly<Record<string, string>> = { kz1048: 'rk1048', cp1125: 'cp1125' };
const NO_DIFFERENCE = /[\p{Cc}\p{Co}\ufffd]/u;

describe('the code pages', () => {
  const pages = [...Object.keys(WRITTEN_PAGES), 'cp858', 'cp866', 'cp1250', 'cp1251', 'cp1252', 'cp1253'];
  const comparable = pages.filter((page) => iconv.encodingExists(NAMES_THERE[page] ?? page));

  it('are as another library has them', () => {
    expect(comparable.length).toBeGreaterThanOrEqual(20);
    for (const page of comparable) {
      const there = HIGH.map((byte) => iconv.decode(Buffer.of(byte), NAMES_THERE[page] ?? page));
      const here = Array.from(codePage(page));
      expect(here).toHaveLength(128);
      const different = HIGH.filter((_, i) => {
        const [a = '', b = ''] = [here[i], there[i]];
        // A byte without a character is decoded to what one likes.
        return a !== b && !NO_DIFFERENCE.test(a) && !NO_DIFFERENCE.test(b);
      });
      expect([page, different]).toEqual([page, []]);
    }
  });

  it('are 128 characters of the basic plane each, for every number of every profile', () => {
    for (const { codePages } of [EPSON, CLONE, STAR, CUSTOM]) {
      for (const name of codePages.values()) expect([name, codePage(name).length]).toEqual([name, 128]);
    }
    expect(() => codePage('cp999')).toThrow(/cp999/);
  });

  it.each([
    ['epson', EPSON, 17, 'cp866'],
    ['epson', EPSON, 46, 'cp1251'],
    ['epson', EPSON, 34, 'cp855'],
    ['epson', EPSON, 44, 'cp1125'],
    ['epson', EPSON, 53, 'kz1048'],
    ['epson', EPSON, 19, 'cp858'],
    ['clone', CLONE, 7, 'cp866'],
    ['clone', CLONE, 6, 'cp1251'],
    ['clone', CLONE, 17, 'cp1253'],
    ['clone', CLONE, 46, 'cp856'],
    ['star', STAR, 10, 'cp866'],
    ['star', STAR, 34, 'cp1251'],
    ['custom', CUSTOM, 17, undefined],
  ])('%s has page %s as it is documented', (_name, dialect, number, page) => {
    expect(dialect.codePages.get(number)).toBe(page);
  });
});

const WORD = 'МФЦ, ёлка № 5';
const OUT_OF_CHINESE = bytes(0x1c, '.');
const print = (profile: keyof typeof PROFILES, ...job: readonly (number | string | Uint8Array)[]): string => {
  const { dialect } = PROFILES[profile];
  const rig = new Rig({ speed: Infinity }, { dialect });
  rig.print(bytes(INIT, ...job, profile === 'star' ? bytes(0x1b, 'd', 3) : CUT), 0);
  return rig.ticket().text;
};

describe('a page of another maker', () => {
  it('prints the right letters only at its own number', () => {
    const at = (number: number): string =>
      print('clone', OUT_OF_CHINESE, 0x1b, 't', number, encoded('cp866', WORD), '\n');
    expect(at(7)).toBe(WORD);
    for (const number of [0, 6, 17, 46, 99]) expect(at(number)).not.toContain('МФЦ');
    expect(at(17)).toMatch(/\p{Script=Greek}/u);
    expect(print('clone', OUT_OF_CHINESE, 0x1b, 't', 46, encoded('cp1251', WORD), '\n')).toMatch(/^╠/u);
    expect(print('custom', 0x1b, 't', 17, encoded('cp866', WORD), '\n')).not.toMatch(/\p{Script=Cyrillic}/u);
  });

  it('prints every page of every maker at the number where it is', () => {
    for (const [profile, select] of [
      ['epson', bytes(0x1b, 't')],
      ['clone', bytes(OUT_OF_CHINESE, 0x1b, 't')],
      ['star', bytes(0x1b, 0x1d, 't')],
      ['custom', bytes(0x1b, 't')],
    ] as const) {
      for (const [number, name] of PROFILES[profile].dialect.codePages) {
        if (name === 'other') continue;
        const text = `[${Array.from(codePage(name)).slice(0, 40).join('').replaceAll('\ufffd', '')}]`;
        expect(print(profile, select, number, encoded(name, text), '\n')).toBe(text);
      }
    }
  });

  it('is not even reached in the Chinese mode in which clones start', () => {
    const text = print('clone', 0x1b, 't', 7, encoded('cp866', 'Талон А-042'), '\n');
    expect(text).not.toContain('Талон');
    expect(text).toMatch(/\p{Script=Han}/u);
    // Back in it after a reset, and by its own command.
    expect(print('clone', OUT_OF_CHINESE, INIT, 0x1b, 't', 7, encoded('cp866', 'Талон'), '\n')).not.toBe('Талон');
    expect(print('clone', OUT_OF_CHINESE, 0x1c, '&', Buffer.of(0xc4, 0xe3, 0xba, 0xc3), '\n')).toBe('你好');
    expect(print('clone', Buffer.of(0xc4), '\n', 'A\n')).toBe('A');
  });
});

describe('any bytes', () => {
  it.each(PROFILE_NAMES)('leave a printer in order: %s', (profile) => {
    const { dialect } = PROFILES[profile];
    // Letters and lead bytes more often than chance has them, so that commands are met.
    const byte = fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(...Buffer.from('\x1b\x1d\x10*rAbkyDSPVdE(\0')),
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 400 }), (data) => {
        const rig = new Rig({ speed: Infinity }, { dialect });
        rig.print(Uint8Array.from(data), 100);
        expect(rig.device.queuedBytes).toBe(0);
        // What was begun is over with its connection, and the next job is printed whole.
        rig.device.disconnected(1);
        const before = rig.store.list.length;
        const cut = profile === 'star' ? bytes(0x1b, 'd', 3) : CUT;
        rig.device.receive(2, bytes(INIT, 'next job\n', cut));
        rig.clock.advance(100);
        expect(rig.store.list.length).toBeGreaterThan(before);
        expect(rig.store.list.at(-1)?.text).toContain('next job');
      }),
      { numRuns: 150 },
    );
  });
});
