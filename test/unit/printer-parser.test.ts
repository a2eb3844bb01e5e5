import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Command, CommandParser } from '../printer/parser.ts';
import { CUSTOM, EPSON, STAR } from '../printer/profiles.ts';
import { type RealTime, RealTimeScanner } from '../printer/realtime.ts';
import { bytes, confirmRequest, qrCode, raster } from '../printer/sample-jobs.ts';

function parse(data: Uint8Array, dialect = EPSON): { commands: Command[]; idle: boolean } {
  const commands: Command[] = [];
  const parser = new CommandParser(dialect, (command) => commands.push(command));
  for (const byte of data) parser.push(byte);
  return { commands, idle: parser.idle };
}

const names = (data: Uint8Array, dialect = EPSON): string[] =>
  parse(data, dialect).commands.map((command) =>
    command.kind === 'command' || command.kind === 'realtime' ? command.name : command.kind,
  );

const scan = (data: Uint8Array, dialect = EPSON): RealTime[] => {
  const scanner = new RealTimeScanner(dialect);
  return [...data].map((byte) => scanner.push(byte)).filter((found) => found !== undefined);
};

describe('the parser of the virtual printer', () => {
  it.each([
    ['ESC @', bytes(0x1b, '@')],
    ['ESC t', bytes(0x1b, 't', 17)],
    ['ESC a', bytes(0x1b, 'a', 1)],
    ['ESC !', bytes(0x1b, '!', 8)],
    ['GS !', bytes(0x1d, '!', 0x77)],
    ['ESC E', bytes(0x1b, 'E', 1)],
    ['ESC -', bytes(0x1b, '-', 1)],
    ['GS B', bytes(0x1d, 'B', 1)],
    ['ESC d', bytes(0x1b, 'd', 3)],
    ['ESC J', bytes(0x1b, 'J', 3)],
    ['ESC 2', bytes(0x1b, '2')],
    ['ESC 3', bytes(0x1b, '3', 40)],
    ['ESC R', bytes(0x1b, 'R', 8)],
    ['FS .', bytes(0x1c, '.')],
    ['GS L', bytes(0x1d, 'L', 0, 0)],
    ['GS W', bytes(0x1d, 'W', 0, 2)],
    ['GS V', bytes(0x1d, 'V', 0)],
    ['GS V', bytes(0x1d, 'V', 66, 0)],
    ['GS (', confirmRequest('0001')],
    ['GS (', bytes(0x1d, '(A', 2, 0, 0, 2)],
    ['GS r', bytes(0x1d, 'r', 1)],
    ['GS a', bytes(0x1d, 'a', 0xff)],
    ['GS I', bytes(0x1d, 'I', 67)],
    ['ESC p', bytes(0x1b, 'p', 0, 25, 250)],
    ['GS k', bytes(0x1d, 'k', 73, 3, 'ABC')],
    ['GS k', bytes(0x1d, 'k', 4, 'ABC', 0)],
    ['ESC D', bytes(0x1b, 'D', 8, 16, 0)],
    ['ESC *', bytes(0x1b, '*', 33, 2, 0, '123456')],
    ['GS 8', bytes(0x1d, '8L', 3, 0, 0, 0, 'abc')],
    ['DLE EOT', bytes(0x10, 0x04, 1)],
    ['DLE DC4', bytes(0x10, 0x14, 1, 0, 1)],
  ])('knows where %s ends', (name, data) => {
    expect(names(bytes(data, 'A'))).toEqual([name, 'text']);
  });

  it.each([
    ['GS E0', bytes(0x1d, 0xe0, 15)],
    ['GS E1', bytes(0x1d, 0xe1)],
    ['GS e', bytes(0x1d, 'e', 5)],
    ['ESC i', bytes(0x1b, 'i')],
    ['DLE EOT', bytes(0x10, 0x04, 0x14)],
    ['DLE EOT', bytes(0x10, 0x04, 0x11)],
  ])('knows where %s of a Custom ends', (name, data) => {
    expect(names(bytes(data, 'A'), CUSTOM)).toEqual([name, 'text']);
  });

  it.each([
    ['ESC @', bytes(0x1b, '@')],
    ['ESC GS t', bytes(0x1b, 0x1d, 't', 10)],
    ['ESC GS a', bytes(0x1b, 0x1d, 'a', 1)],
    ['ESC GS A', bytes(0x1b, 0x1d, 'A', 65, 66)],
    ['ESC i', bytes(0x1b, 'i', 5, 5)],
    ['ESC W', bytes(0x1b, 'W', 1)],
    ['ESC h', bytes(0x1b, 'h', 1)],
    ['ESC E', bytes(0x1b, 'E')],
    ['ESC F', bytes(0x1b, 'F')],
    ['ESC 4', bytes(0x1b, '4')],
    ['ESC 5', bytes(0x1b, '5')],
    ['ESC -', bytes(0x1b, '-', 1)],
    ['ESC z', bytes(0x1b, 'z', 1)],
    ['ESC 0', bytes(0x1b, '0')],
    ['ESC a', bytes(0x1b, 'a', 3)],
    ['ESC I', bytes(0x1b, 'I', 65)],
    ['ESC J', bytes(0x1b, 'J', 65)],
    ['ESC d', bytes(0x1b, 'd', 3)],
    ['ESC k', bytes(0x1b, 'k', 1, 0, Buffer.alloc(24, 65))],
    ['ESC X', bytes(0x1b, 'X', 2, 0, '123456')],
    ['ESC K', bytes(0x1b, 'K', 2, 0, '12')],
    ['ESC b', bytes(0x1b, 'b', 1, 2, 3, 4, '123', 0x1e)],
    ['ESC RS a', bytes(0x1b, 0x1e, 'a', 1)],
    ['ESC RS E', bytes(0x1b, 0x1e, 'E', 0)],
    ['ESC RS F', bytes(0x1b, 0x1e, 'F', 1)],
    ['ESC ACK SOH', bytes(0x1b, 0x06, 0x01)],
    ['ESC GS y S', bytes(0x1b, 0x1d, 'yS2', 6)],
    ['ESC GS y D', bytes(0x1b, 0x1d, 'yD1', 0, 3, 0, 'abc')],
    ['ESC GS y P', bytes(0x1b, 0x1d, 'yP')],
    ['ESC BEL', bytes(0x1b, 0x07, 11, 55)],
    ['control', bytes(0x17)],
    ['control', bytes(0x18)],
  ])('knows where %s of a Star ends', (name, data) => {
    expect(names(bytes(data, 'A'), STAR)).toEqual([name, 'text']);
  });

  it('takes b for a row of dots in the raster mode of a Star, and for a letter outside of it', () => {
    const mode = bytes(0x1b, '*rA', 0x1b, '*rP0', 0, 'b', 2, 0, 'AB', 0x1b, '*rY12', 0, 0x1b, 0x0c, 0x04, 0x1b, '*rB');
    expect(names(bytes('b', mode, 'b'), STAR)).toEqual([
      'text',
      'ESC * r A',
      'ESC * r P',
      'raster',
      'raster-row',
      'ESC * r Y',
      'ESC FF EOT',
      'ESC * r B',
      'text',
    ]);
    expect(names(bytes(0x1b, '*rA', 'x'), STAR)).toEqual(['ESC * r A', 'garbage']);
  });

  it('knows the raster of newer Stars, ESC GS S, by its size', () => {
    expect(names(bytes(0x1b, 0x1d, 'S', 1, 2, 0, 2, 0, 0, 'abcd', 'A'), STAR)).toEqual([
      'raster',
      'raster-row',
      'raster-row',
      'text',
    ]);
  });

  it('does not wait for the end of a list that never ends', () => {
    const { commands, idle } = parse(bytes(0x1b, 'D', Buffer.alloc(1024, 65)));
    expect([idle, commands.map(({ kind }) => kind)]).toEqual([true, ['garbage']]);
  });

  it('hands a raster over row by row', () => {
    const { commands, idle } = parse(raster(2, 2, Uint8Array.of(1, 2, 3, 4)));
    expect(idle).toBe(true);
    expect(commands).toEqual([
      { kind: 'raster', mode: 0, rowBytes: 2, rows: 2 },
      { kind: 'raster-row', row: Uint8Array.of(1, 2), mode: 0 },
      { kind: 'raster-row', row: Uint8Array.of(3, 4), mode: 0 },
    ]);
  });

  it('takes an empty raster for what it is', () => {
    expect(names(bytes(0x1d, 'v0', 0, 0, 0, 5, 0, 'A'))).toEqual(['raster', 'text']);
  });

  it('reports what it does not understand and goes on', () => {
    expect(parse(bytes(0x1b, 0x7e, 0x01, 'A', 0x1b, 0x1b, '@')).commands).toEqual([
      { kind: 'garbage', bytes: [0x1b, 0x7e] },
      { kind: 'garbage', bytes: [0x01] },
      { kind: 'text', byte: 0x41 },
      { kind: 'garbage', bytes: [0x1b] },
      { kind: 'command', name: 'ESC @', params: [], body: [] },
    ]);
  });

  it.each([EPSON, STAR, CUSTOM])('never throws, nor makes more of the bytes than there are: $name', (dialect) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
        const { commands } = parse(data, dialect);
        expect(commands.length).toBeLessThanOrEqual(data.length);
      }),
      { numRuns: 300 },
    );
  });

  it('accounts for the stored data of a QR code', () => {
    const stored = parse(qrCode('https://example.org')).commands.find(
      (command) => command.kind === 'command' && command.body[1] === 80,
    );
    expect(stored).toMatchObject({ params: [0x6b, 22, 0] });
  });
});

describe('the real-time scanner', () => {
  it('finds status requests anywhere, also after a false start', () => {
    expect(scan(bytes(0x10, 0x10, 0x04, 1, 'A', 0x10, 0x04, 4))).toEqual([
      { kind: 'status', n: 1 },
      { kind: 'status', n: 4 },
    ]);
  });

  it('lets pass what only looks like one', () => {
    expect(scan(bytes(0x10, 0x04, 9, 0x10, 0x05, 0, 0x10, 0x41, 0x04, 1))).toEqual([]);
  });

  it('of a Custom finds its own states as well, of an Epson it does not', () => {
    const asked = bytes(0x10, 0x04, 0x14, 0x10, 0x04, 0x11);
    expect(scan(asked, CUSTOM)).toEqual([
      { kind: 'status', n: 20 },
      { kind: 'status', n: 17 },
    ]);
    expect(scan(asked)).toEqual([]);
  });

  it('of a Star finds ESC ACK SOH anywhere, and nothing of Epson', () => {
    expect(scan(bytes(0x1b, 0x1b, 0x06, 0x01, 'A', 0x1b, 0x06, 0x02, 0x10, 0x04, 1), STAR)).toEqual([
      { kind: 'status', n: 1 },
    ]);
  });

  it('knows recovery and the buffer clear with its exact words', () => {
    expect(scan(bytes(0x10, 0x05, 2))).toEqual([{ kind: 'recover', n: 2 }]);
    expect(scan(bytes(0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8))).toMatchObject([{ kind: 'dc4', fn: 8 }]);
    expect(scan(bytes(0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 9))).toEqual([]);
  });
});
