import { beforeEach, describe, expect, it } from 'vitest';
import { CUSTOM } from '../printer/profiles.ts';
import { Rig } from '../printer/rig.ts';
import { bytes, confirmRequest, CUT, INIT, raster } from '../printer/sample-jobs.ts';

const FULL = bytes(0x10, 0x04, 0x14);

let rig: Rig;
beforeEach(() => {
  rig = new Rig({}, { dialect: CUSTOM });
});

describe('a Custom', () => {
  it('answers its full status and Epson’s four at once, in the midst of data and out of paper', () => {
    rig.print(bytes(INIT, raster(8, 800)), 0);
    rig.print(FULL, 0);
    rig.device.sense({ paper: 'out' });
    rig.print(bytes(FULL, 0x10, 0x04, 4, 0x10, 0x04, 0x11), 0);
    expect(rig.answers).toEqual(['100f00080000', '100f05000000', '7e', '32']);
  });

  it('tells the paper left in centimetres, and of a new roll', () => {
    rig.print(bytes(0x1d, 0xe1));
    rig.print(bytes(INIT, raster(8, 800), CUT, 0x1d, 0xe1));
    rig.device.runOutAfter(5);
    rig.print(bytes(raster(8, 100)));
    rig.device.sense({ paper: 'ok' });
    rig.print(bytes(0x1d, 0xe1));
    expect(rig.sent.map((one) => Buffer.from(one.bytes).toString())).toEqual(['8000cm', '7988cm', '7999cm']);
  });

  it('tells of changes by itself after GS E0, in the bytes that were asked for', () => {
    rig.print(bytes(0x1d, 0xe0, 0x05));
    rig.device.sense({ paper: 'near' });
    rig.device.sense({ cover: 'open' });
    rig.print(bytes(0x1d, 0xe0, 0));
    rig.device.sense({ cover: 'closed', paper: 'ok' });
    rig.clock.advance(1);
    expect(rig.answers.slice(0, 3)).toEqual(['10050000', '10050400', '10050400']);
  });

  it('knows neither GS ( H nor GS a, and answers GS r', () => {
    rig.print(bytes(INIT, 'A\n', 0x1d, 'a', 0xff, confirmRequest('0001'), CUT, 0x1d, 'r', 1));
    expect(rig.answers).toEqual(['00']);
    expect(rig.ticket().skipped).toEqual({ 'GS a': 1, 'GS ( H': 1 });
  });

  it('shows a ticket that nobody takes, until it is taken, pulled in or pushed out', () => {
    rig.device.behaviour.leaveTickets = true;
    const print = bytes(INIT, 'A\n', CUT);
    rig.print(print);
    rig.print(FULL);
    rig.device.sense({ exit: 'free' });
    rig.print(FULL);
    rig.print(bytes(print, 0x1d, 'e', 6, 0x1d, 'e', 2));
    rig.print(FULL);
    expect(rig.answers).toEqual(['100f20000000', '100f00000000', '01', '100f00000000']);
  });

  it('cuts by ESC i where the paper is', () => {
    rig.print(bytes(INIT, 'A\n', 0x1b, 'J', 120, 0x1b, 'i'));
    expect(rig.ticket()).toMatchObject({ complete: true, text: 'A', skipped: {} });
  });
});
