import { beforeEach, describe, expect, it } from 'vitest';
import { dotAt } from '../printer/paper.ts';
import { STAR } from '../printer/profiles.ts';
import { Rig } from '../printer/rig.ts';
import { bytes, encoded, INIT } from '../printer/sample-jobs.ts';

const ASK = bytes(0x1b, 0x06, 0x01);
const ETB = bytes(0x17);
const CUT = bytes(0x1b, 'd', 3);
const AUTOMATIC = bytes(0x1b, 0x1e, 'a', 1);
const RESET_COUNTER = bytes(0x1b, 0x1e, 'E', 0);
const READY = '230600000000000000';
/** The status with the counter in it; `said` with the bit that an ETB was carried out. */
const counted = (byte: string, said = false): string => `2306${said ? '02' : '00'}00000000${byte}00`;

let rig: Rig;
beforeEach(() => {
  rig = new Rig({ gsH: false }, { dialect: STAR });
});

describe('a Star', () => {
  it('prints text in its own page, sizes, inverse, alignment, and a QR code', () => {
    const qr = bytes(
      bytes(0x1b, 0x1d, 'yS0', 2, 0x1b, 0x1d, 'yS1', 1, 0x1b, 0x1d, 'yS2', 6),
      bytes(0x1b, 0x1d, 'yD1', 0, 21, 0, 'https://example.org/5', 0x1b, 0x1d, 'yP'),
    );
    const number = encoded('cp866', 'А-042\n');
    rig.print(
      bytes(INIT, 0x1b, 0x1d, 't', 10, 0x1b, 0x1d, 'a', 1, 0x1b, 'i', 5, 3, number, 0x1b, 'i', 0, 0, '\n', qr, CUT),
    );
    expect(rig.ticket()).toMatchObject({
      text: 'А-042',
      qr: ['https://example.org/5'],
      codePages: ['cp866'],
      garbage: { count: 0 },
      skipped: {},
      complete: true,
    });
    const bitmap = rig.store.bitmap(1);
    if (bitmap === undefined) throw new Error('no picture');
    // 5 letters, 4 times as wide: 240 dots in the middle of 576.
    const columns = Array.from({ length: 576 }, (_, x) => x).filter((x) =>
      Array.from({ length: 144 }, (_, y) => dotAt(bitmap, x, y + 120)).some(Boolean),
    );
    expect(columns[0]).toBeGreaterThanOrEqual(168);
    expect(columns.at(-1)).toBeLessThan(168 + 240);
    // Six times as high as 24 dots, then a line of 32, the code, and 15 mm to the cutter.
    expect(rig.ticket().lengthMm).toBeCloseTo((6 * 24 + 32 + 25 * 6 + 120) / 8, 0);
  });

  it('shows a page that was not selected, or is another maker’s, as wrong letters', () => {
    const word = encoded('cp866', 'МФЦ\n');
    rig.print(bytes(INIT, word, CUT));
    rig.print(bytes(INIT, 0x1b, 0x1d, 't', 34, word, CUT));
    rig.print(bytes(INIT, 0x1b, 0x1d, 't', 17, word, CUT));
    // Epson's command selects nothing here, and leaves letters of its own.
    rig.print(bytes(INIT, 0x1b, 't', 17, word, CUT));
    expect(rig.store.list.slice(0, 3).map(({ text }) => text)).toEqual(['îöû', 'Њ”–', '’�Ϋ']);
    expect(rig.ticket(4).text).not.toContain('МФЦ');
  });

  it('prints the bands of ESC k without a gap at 3 mm a line', () => {
    const band = bytes(0x1b, 'k', 4, 0, Buffer.alloc(96, 0xff), '\n');
    rig.print(bytes(INIT, 0x1b, '0', band, band, CUT));
    const bitmap = rig.store.bitmap(1);
    if (bitmap === undefined) throw new Error('no picture');
    const rows = Array.from({ length: bitmap.height }, (_, y) => y).filter((y) => dotAt(bitmap, 31, y));
    expect(rows).toEqual(Array.from({ length: 48 }, (_, i) => 120 + i));
    expect(dotAt(bitmap, 32, 130)).toBe(false);
  });

  it('cuts by itself at the end of a raster, unless that was told not to: ESC d after it cuts a second time', () => {
    const rows = bytes('b', 2, 0, 0xff, 0xff, 'b', 2, 0, 0xff, 0xff);
    rig.print(bytes(INIT, 0x1b, '*rA', rows, 0x1b, '*rB'));
    expect(rig.ticket()).toMatchObject({ complete: true, lengthMm: 15.3, garbage: { count: 0 } });
    rig.print(bytes(INIT, 0x1b, '*rA', 0x1b, '*rE1', 0, rows, 0x1b, '*rB'));
    expect(rig.store.list).toHaveLength(1);
    rig.print(CUT);
    expect(rig.store.list).toHaveLength(2);
  });

  it('prints ESC GS S as it prints rows', () => {
    rig.print(bytes(INIT, 0x1b, 0x1d, 'S', 1, 2, 0, 3, 0, 0, Buffer.alloc(6, 0xff), CUT));
    expect(rig.ticket()).toMatchObject({ lengthMm: 15.4, garbage: { count: 0 } });
  });

  it('cuts where the paper is by ESC d 0 and 1, and after a feed by 2 and 3', () => {
    for (const n of [0, 1, 2, 3]) rig.print(bytes(INIT, 0x1b, 'a', 10, 0x1b, 'd', n));
    expect(rig.store.list.map(({ lengthMm }) => lengthMm)).toEqual([40, 40, 55, 55]);
  });

  it('answers ESC ACK SOH at once, in the midst of data and out of paper', () => {
    rig.print(bytes(INIT, 0x1b, 'k', 60, 0, Buffer.alloc(100)), 0);
    rig.print(ASK, 0);
    rig.device.sense({ paper: 'out' });
    rig.print(ASK, 0);
    expect(rig.answers).toEqual([READY, '23060800000c000000']);
  });

  it('has no answer to the questions of Epson, but takes the EOT in them for a question of its own', () => {
    rig.print(bytes(0x1d, 'r', 1, 0x1d, 'I', 67, 0x1d, '(H', 6, 0, '000001'));
    expect(rig.answers).toEqual([]);
    rig.print(bytes(0x10, 0x04, 1));
    expect(rig.answers).toEqual(['10']);
    rig.device.sense({ paper: 'near' });
    rig.print(bytes(0x04, 0x05));
    expect(rig.answers).toEqual(['10', '14', '00']);
  });

  describe('counts ETB', () => {
    it('when everything before it is printed, and not while out of paper', () => {
      rig.print(bytes(INIT, 'A\n', 0x1b, 'a', 100, ETB), 1500);
      rig.print(ASK, 0);
      rig.print(bytes(), 200);
      rig.print(ASK, 0);
      rig.device.sense({ paper: 'out' });
      rig.print(bytes('B\n', ETB, ASK));
      rig.device.sense({ paper: 'ok' });
      rig.clock.advance(1000);
      rig.print(ASK);
      expect(rig.answers).toEqual([READY, counted('02', true), '23060800000c000200', counted('04', true)]);
    });

    it('without a word while its automatic status is off, and with one while it is on', () => {
      rig.print(ETB);
      expect(rig.answers).toEqual([]);
      rig.print(bytes(AUTOMATIC, ETB));
      expect(rig.answers).toEqual([counted('02', true), counted('04', true)]);
      rig.print(bytes(0x1b, 0x1e, 'a', 0, ETB));
      expect(rig.answers).toHaveLength(2);
    });

    it('from 31 on to 0, and from the start after ESC RS E, CAN and power-on, not after ESC @', () => {
      rig.print(bytes(...Array.from({ length: 31 }, () => 0x17)));
      rig.print(ASK);
      rig.print(bytes(ETB, ASK));
      rig.print(ASK);
      rig.print(bytes(ETB, ETB, INIT));
      rig.print(ASK);
      rig.print(RESET_COUNTER);
      rig.print(ASK);
      rig.print(bytes(ETB, 0x18));
      rig.print(ASK);
      rig.print(ETB);
      rig.device.powerCycle();
      rig.print(ASK);
      expect(rig.answers.map((answer) => answer.slice(14, 16))).toEqual(['6e', '6e', '00', '04', '00', '00', '00']);
    });

    it('later while confirmations are held, and one for one', () => {
      rig.device.behaviour.holdConfirm = true;
      rig.print(bytes(ETB, ETB));
      rig.print(ASK);
      rig.device.behaviour.holdConfirm = false;
      rig.device.releaseConfirmations();
      rig.print(ASK);
      expect(rig.answers).toEqual([READY, counted('04', true)]);
      expect(rig.events.history.filter(({ type }) => type === 'confirm')).toMatchObject([
        { command: 'ETB', id: '1' },
        { command: 'ETB', id: '2' },
      ]);
    });
  });

  it('tells of changes after ESC RS a, and at a connection when it is set so inside', () => {
    rig.device.sense({ paper: 'near' });
    rig.print(AUTOMATIC);
    rig.device.sense({ cover: 'open' });
    rig.device.sense({ cover: 'closed' });
    expect(rig.answers).toEqual(['230600000004000000', '230628000004000000', '230600000004000000']);
    const set = new Rig({ asb: true }, { dialect: STAR });
    set.device.connected(1);
    expect(set.answers).toEqual([READY]);
  });

  it('drops ESC ACK SOH while its status is stalled, and answers nothing when mute', () => {
    rig.device.behaviour.stallStatus = true;
    rig.print(ASK);
    rig.device.behaviour.stallStatus = false;
    rig.device.behaviour.mute = true;
    rig.print(bytes(AUTOMATIC, ETB, ASK));
    expect(rig.answers).toEqual([]);
  });
});
