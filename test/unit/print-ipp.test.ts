import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  booleanIn,
  decodeAnswer,
  encodeRequest,
  groupOf,
  IPP_OPERATION,
  IppError,
  JOB_GROUP,
  MAX_ANSWER_BYTES,
  numberIn,
  PRINTER_GROUP,
  textsIn,
} from '../../electron/core/printing/ipp.ts';
import { cupsSpooler, jobStateOf, lookOf } from '../../electron/core/printing/spooler-cups.ts';
import { ippAnswer, type IppAttributeBytes } from '../fixtures/ipp-answer.ts';

const text = (value: string): Uint8Array => Buffer.from(value);
const int = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const one = (...attributes: IppAttributeBytes[]) => {
  const group = decodeAnswer(ippAnswer(0, 7, [{ tag: PRINTER_GROUP, attributes }])).groups[0];
  if (!group) throw new Error('no group');
  return group;
};

describe('encodeRequest', () => {
  it('lays out a request byte by byte as RFC 8010 3.1 says', () => {
    const bytes = encodeRequest({
      operation: IPP_OPERATION.printJob,
      requestId: 1,
      operationAttributes: [
        ['uri', 'printer-uri', 'ipp://printer.example.com/ipp/print/pinetree'],
        ['name', 'job-name', 'foobar'],
      ],
      jobAttributes: [
        ['integer', 'copies', 20],
        ['keyword', 'sides', 'two-sided-long-edge'],
      ],
    });
    const counted = (value: string): string =>
      `${Buffer.from([value.length >> 8, value.length & 0xff]).toString('latin1')}${value}`;
    expect(Buffer.from(bytes).toString('latin1')).toBe(
      [
        '\x01\x01\x00\x02\x00\x00\x00\x01\x01',
        `\x47${counted('attributes-charset')}${counted('utf-8')}`,
        `\x48${counted('attributes-natural-language')}${counted('en')}`,
        `\x45${counted('printer-uri')}${counted('ipp://printer.example.com/ipp/print/pinetree')}`,
        `\x42${counted('job-name')}${counted('foobar')}`,
        '\x02',
        `\x21${counted('copies')}\x00\x04\x00\x00\x00\x14`,
        `\x44${counted('sides')}${counted('two-sided-long-edge')}`,
        '\x03',
      ].join(''),
    );
  });
  it('gives further values no name, and counts bytes and not characters', () => {
    const bytes = encodeRequest({
      operation: 0x000b,
      requestId: -1,
      operationAttributes: [['name', 'x', 'Талон', '']],
    });
    const tail = Buffer.from(bytes).subarray(-22);
    expect(
      tail.equals(Buffer.concat([Buffer.from('\x42\0\x01x\0\x0a'), text('Талон'), Buffer.from('\x42\0\0\0\0\x03')])),
    ).toBe(true);
  });
  it('refuses what does not fit', () => {
    const request = (value: string | number) => () =>
      encodeRequest({ operation: 2, requestId: 1, operationAttributes: [['name', 'x', value]] });
    expect(request('a'.repeat(32_768))).toThrow(RangeError);
    expect(request(2 ** 31)).toThrow(RangeError);
    expect(request(0.5)).toThrow(RangeError);
    expect(request('a'.repeat(32_767))).not.toThrow();
  });
});

describe('decodeAnswer', () => {
  it('reads the kinds of values that are asked for', () => {
    const group = one(
      [0x21, 'job-id', int(-5)],
      [0x23, 'printer-state', int(3)],
      [0x22, 'printer-is-accepting-jobs', Uint8Array.of(1)],
      [0x44, 'printer-state-reasons', text('media-empty-error')],
      [0x44, '', text('cover-open')],
      [0x35, 'printer-info', Buffer.concat([Uint8Array.of(0, 2), text('ru'), Uint8Array.of(0, 11), text('Приём!')])],
      [0x31, 'printer-state-change-date-time', new Uint8Array(11)],
      [0x13, 'printer-location', new Uint8Array(0)],
    );
    expect(numberIn(group, 'job-id')).toBe(-5);
    expect(numberIn(group, 'printer-state')).toBe(3);
    expect(booleanIn(group, 'printer-is-accepting-jobs')).toBe(true);
    expect(textsIn(group, 'printer-state-reasons')).toEqual(['media-empty-error', 'cover-open']);
    expect(textsIn(group, 'printer-info')).toEqual(['Приём!']);
    expect(group.attributes.get('printer-location')).toEqual([null]);
    expect(numberIn(group, 'printer-info')).toBeNull();
    expect(numberIn(null, 'x')).toBeNull();
  });
  it('steps over collections, also one in another, and reads on behind them', () => {
    const group = one(
      [0x34, 'media-col', new Uint8Array(0)],
      [0x4a, '', text('media-size')],
      [0x34, '', new Uint8Array(0)],
      [0x4a, '', text('x-dimension')],
      [0x21, '', int(80)],
      [0x37, '', new Uint8Array(0)],
      [0x37, '', new Uint8Array(0)],
      [0x21, 'job-id', int(4)],
    );
    expect(group.attributes.get('media-col')).toEqual([null]);
    expect(numberIn(group, 'job-id')).toBe(4);
  });
  it('keeps groups apart and in their order, and names that are names of nothing else', () => {
    const answer = decodeAnswer(
      ippAnswer(0x0406, 9, [
        { tag: 1, attributes: [[0x41, 'status-message', text('no')]] },
        { tag: JOB_GROUP, attributes: [[0x21, '__proto__', int(1)]] },
        { tag: JOB_GROUP, attributes: [[0x21, 'job-id', int(2)]] },
      ]),
    );
    expect(answer).toMatchObject({ status: 0x0406, requestId: 9 });
    expect(answer.groups.map(({ tag }) => tag)).toEqual([1, 2, 2]);
    expect(numberIn(groupOf(answer, JOB_GROUP), '__proto__')).toBe(1);
    expect(groupOf(answer, PRINTER_GROUP)).toBeNull();
  });
  it('takes the first of two attributes of one name', () => {
    expect(one([0x21, 'a', int(1)], [0x21, 'a', int(2)], [0x21, '', int(3)]).attributes.get('a')).toEqual([1]);
  });
  it('leaves alone what follows the end', () => {
    const bytes = Buffer.concat([ippAnswer(0, 1, []), Buffer.from('document')]);
    expect(decodeAnswer(bytes)).toEqual({ status: 0, requestId: 1, groups: [] });
  });

  const group = (...attributes: IppAttributeBytes[]): Buffer => ippAnswer(0, 1, [{ tag: 4, attributes }]);
  const collections = Array.from({ length: 40 }, (): IppAttributeBytes => [0x34, 'a', new Uint8Array(0)]);
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request')],
    ['version 3', Buffer.from([3, 0, 0, 0, 0, 0, 0, 1, 3])],
    ['no end', Buffer.from([2, 0, 0, 0, 0, 0, 0, 1, 4])],
    ['group 0', Buffer.from([2, 0, 0, 0, 0, 0, 0, 1, 0, 3])],
    ['an attribute outside any group', Buffer.from([2, 0, 0, 0, 0, 0, 0, 1, 0x21, 0, 1, 97, 0, 4, 0, 0, 0, 1, 3])],
    ['a further value of nothing', group([0x21, '', int(1)])],
    ['a negative length', Buffer.from([2, 0, 0, 0, 0, 0, 0, 1, 4, 0x21, 0xff, 0xff, 3])],
    ['a length past the end', Buffer.from([2, 0, 0, 0, 0, 0, 0, 1, 4, 0x41, 0x7f, 0xff, 97, 3])],
    ['a number of three bytes', group([0x21, 'a', new Uint8Array(3)])],
    ['a boolean of 2', group([0x22, 'a', Uint8Array.of(2)])],
    ['a text with a language cut short', group([0x35, 'a', Uint8Array.of(0, 9, 97)])],
    ['a collection without its end', group([0x34, 'a', new Uint8Array(0)])],
    ['the end of no collection', group([0x37, 'a', new Uint8Array(0)])],
    ['a member outside a collection', group([0x4a, 'a', text('b')])],
    ['collections in collections without end', group(...collections)],
    ['an extended tag cut short', group([0x7f, 'a', Uint8Array.of(1)])],
    ['too many bytes', Buffer.alloc(MAX_ANSWER_BYTES + 1)],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeAnswer(bytes)).toThrow(IppError);
  });

  /** What else it throws than its own error. */
  const wrong = (...answers: Uint8Array[]): unknown[] =>
    answers.flatMap((bytes) => {
      try {
        decodeAnswer(bytes);
        return [];
      } catch (error) {
        return error instanceof IppError ? [] : [error];
      }
    });
  it('throws nothing but its own error, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(wrong(bytes, Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 1, 4]), bytes]))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });
  const attribute = fc.tuple(
    fc.constantFrom(0x10, 0x13, 0x21, 0x22, 0x23, 0x30, 0x31, 0x34, 0x35, 0x37, 0x41, 0x42, 0x44, 0x4a, 0x7f),
    fc.constantFrom('', 'a', 'job-id', 'printer-state-reasons'),
    fc.uint8Array({ maxLength: 6 }),
  );
  it('throws nothing but its own error when an answer is bent, cut or has bytes changed', () => {
    fc.assert(
      fc.property(
        fc.array(attribute, { maxLength: 12 }),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        (attributes, at, end, value) => {
          const bytes = ippAnswer(0, 1, [{ tag: 4, attributes }]);
          const changed = Buffer.from(bytes);
          changed[at % bytes.length] = value;
          expect(wrong(bytes, bytes.subarray(0, end % (bytes.length + 1)), changed)).toEqual([]);
        },
      ),
      { numRuns: 2000 },
    );
  });
  it('reads back all that a request says, in whatever order', () => {
    const value = fc.oneof(
      fc.tuple(fc.constant('integer' as const), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
      fc.tuple(fc.constant('name' as const), fc.string({ unit: 'grapheme', maxLength: 60 })),
    );
    fc.assert(
      fc.property(fc.uniqueArray(value, { maxLength: 20, selector: ([, said]) => said }), (values) => {
        const named = values.map(([type, said], at) => [type, `a${at}`, said] as const);
        const { groups } = decodeAnswer(encodeRequest({ operation: 2, requestId: 5, operationAttributes: named }));
        const read = named.map(([, name]) => groups[0]?.attributes.get(name)?.[0]);
        expect(read).toEqual(values.map(([, said]) => said));
      }),
    );
  });
  it('is done with the longest answer it takes in good time', () => {
    const many = Array.from({ length: 40_000 }, (_, at): IppAttributeBytes => [0x44, `a${at}`, text('x'.repeat(80))]);
    const bytes = ippAnswer(0, 1, [{ tag: 4, attributes: many }]);
    const before = performance.now();
    expect(decodeAnswer(bytes).groups[0]?.attributes.size).toBe(40_000);
    expect(performance.now() - before).toBeLessThan(2000);
  });
});

describe('what CUPS says of a printer', () => {
  const look = (state: number, reasons: readonly string[] = ['none'], message = '', accepting = true) =>
    lookOf(
      one(
        [0x23, 'printer-state', int(state)],
        ...reasons.map((reason, at): IppAttributeBytes => [
          0x44,
          at === 0 ? 'printer-state-reasons' : '',
          text(reason),
        ]),
        [0x41, 'printer-state-message', text(message)],
        [0x22, 'printer-is-accepting-jobs', Uint8Array.of(accepting ? 1 : 0)],
      ),
    );
  it.each([
    [['media-empty-error'], 'paper-out'],
    [['media-needed'], 'paper-out'],
    [['cover-open'], 'cover-open'],
    [['door-open-error', 'media-empty-error'], 'cover-open'],
    [['trimmer-jam-error'], 'cutter'],
    [['media-jam-error'], 'error'],
    [['other-error'], 'error'],
    [['spool-area-full'], 'error'],
    [['offline-report'], 'offline'],
    [['paused'], 'offline'],
    [['connecting-to-device'], 'unreachable'],
    [['timed-out'], 'unreachable'],
  ] as const)('%j blocks with %s', (reasons, reason) => {
    expect(look(3, reasons)).toEqual({ ready: false, reason });
  });
  it.each([[['none']], [['media-low-report']], [['media-empty-warning']], [['other-warning']], [['something-new']]])(
    '%j does not block',
    (reasons) => {
      expect(look(3, reasons)).toEqual({ ready: true });
    },
  );
  it('a queue that is stopped, or takes nothing, is blocked; one at work is not', () => {
    expect(look(5)).toEqual({ ready: false, reason: 'offline' });
    expect(look(3, ['none'], '', false)).toEqual({ ready: false, reason: 'offline' });
    expect(look(4)).toEqual({ ready: true });
    expect(lookOf(null)).toEqual({ ready: false, reason: 'error' });
  });
  it('believes the words of the backend only while it is at work', () => {
    const words = 'The printer may not exist or is unavailable at this time.';
    expect(look(4, ['none'], words)).toEqual({ ready: false, reason: 'unreachable' });
    expect(look(3, ['none'], words)).toEqual({ ready: true });
  });
  it('names each state of a job', () => {
    expect([3, 4, 5, 6, 7, 8, 9, 99, null].map(jobStateOf)).toEqual([
      'waiting',
      'waiting',
      'printing',
      'stopped',
      'gone',
      'stopped',
      'completed',
      'gone',
      'gone',
    ]);
  });
});

describe('cupsSpooler', () => {
  it('names itself, also by an IPv6 address', () => {
    expect(cupsSpooler({ host: '[::1]', port: 631, queue: 'ticket' }).name).toBe('cups [::1]:631/ticket');
    expect(cupsSpooler({ host: '::1', port: 631, queue: 'ticket' }).name).toBe('cups [::1]:631/ticket');
  });
  it.each([
    ['', 631, 'q'],
    ['a/b', 631, 'q'],
    ['user@host', 631, 'q'],
    ['host', 0, 'q'],
    ['host', 65_536, 'q'],
    ['host', 631, ''],
    ['host', 631, 'a/b'],
    ['host', 631, 'a b'],
  ])('refuses %j port %j queue %j', (host, port, queue) => {
    expect(() => cupsSpooler({ host, port, queue })).toThrow(RangeError);
  });
});
