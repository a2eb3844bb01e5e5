/**
 * As much of IPP as a print queue needs: RFC 8010 (encoding) and RFC 8011 (operations, attributes), with the one operation of
 * CUPS that lists its queues. Pure: bytes in, bytes out.
 */

/** RFC 8011 5.4.15; the last is CUPS's own. */
export const IPP_OPERATION = {
  printJob: 0x0002,
  cancelJob: 0x0008,
  getJobAttributes: 0x0009,
  getJobs: 0x000a,
  getPrinterAttributes: 0x000b,
  cupsGetPrinters: 0x4002,
} as const;

/** RFC 8010 3.5. */
const TAG = {
  operation: 0x01,
  job: 0x02,
  end: 0x03,
  printer: 0x04,
  integer: 0x21,
  boolean: 0x22,
  enumeration: 0x23,
  textWithLanguage: 0x35,
  nameWithLanguage: 0x36,
  beginCollection: 0x34,
  endCollection: 0x37,
  text: 0x41,
  name: 0x42,
  keyword: 0x44,
  uri: 0x45,
  charset: 0x47,
  language: 0x48,
  mimeType: 0x49,
  memberName: 0x4a,
  extended: 0x7f,
} as const;

export const JOB_GROUP = TAG.job;
export const PRINTER_GROUP = TAG.printer;

/** What came is no answer of IPP. */
export class IppError extends Error {
  override name = 'IppError';
}

type SentType = 'integer' | 'enumeration' | 'name' | 'keyword' | 'uri' | 'charset' | 'language' | 'mimeType';

/** `[type, name, values]` */
export type IppSent = readonly [type: SentType, name: string, ...values: (string | number)[]];

export interface IppRequest {
  operation: number;
  requestId: number;
  /** Of the operation group; charset and language are put before them. */
  operationAttributes: readonly IppSent[];
  jobAttributes?: readonly IppSent[];
}

const MAX_VALUE = 32_767;

const u16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff);
const i32 = (value: number): Uint8Array => Uint8Array.of(value >> 24, value >> 16, value >> 8, value);

const encodeValue = (value: string | number): Uint8Array => {
  if (typeof value === 'number') {
    if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 31) throw new RangeError(`${value}: no int32`);
    return i32(value);
  }
  const bytes = Buffer.from(value, 'utf8');
  if (bytes.length > MAX_VALUE) throw new RangeError('a value of IPP has at most 32767 bytes');
  return bytes;
};

const encodeAttribute = ([type, name, ...values]: IppSent): Uint8Array[] =>
  values.flatMap((value, index) => {
    // Further values of the same attribute come without its name (RFC 8010 3.1.5).
    const label = index === 0 ? Buffer.from(name, 'ascii') : new Uint8Array(0);
    const bytes = encodeValue(value);
    return [Uint8Array.of(TAG[type]), u16(label.length), label, u16(bytes.length), bytes];
  });

/** @returns the request; a document follows it directly. @throws RangeError when a value is too long for IPP */
export const encodeRequest = ({
  operation,
  requestId,
  operationAttributes,
  jobAttributes = [],
}: IppRequest): Uint8Array =>
  Buffer.concat([
    Uint8Array.of(1, 1),
    u16(operation),
    i32(requestId),
    Uint8Array.of(TAG.operation),
    // These two are first, in this order (RFC 8011 4.1.4).
    ...encodeAttribute(['charset', 'attributes-charset', 'utf-8']),
    ...encodeAttribute(['language', 'attributes-natural-language', 'en']),
    ...operationAttributes.flatMap(encodeAttribute),
    ...(jobAttributes.length > 0 ? [Uint8Array.of(TAG.job), ...jobAttributes.flatMap(encodeAttribute)] : []),
    Uint8Array.of(TAG.end),
  ]);

/** null: a kind of value that is not needed here, or none («unknown», «no-value»). */
export type IppValue = string | number | boolean | null;

export interface IppGroup {
  tag: number;
  attributes: ReadonlyMap<string, readonly IppValue[]>;
}

export interface IppAnswer {
  /** Below 0x0100: done (RFC 8011 appendix B). */
  status: number;
  requestId: number;
  groups: readonly IppGroup[];
}

/** More than this is no answer to what is asked here. */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const MAX_ATTRIBUTES = 50_000;
const MAX_DEPTH = 16;
const FIRST_VALUE_TAG = 0x10;
const FIRST_REAL_VALUE_TAG = 0x20;

const refuse = (why: string): never => {
  throw new IppError(`not an answer of IPP: ${why}`);
};

const reader = (bytes: Uint8Array) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const move = (length: number): number => {
    if (at + length > bytes.length) refuse(`it ends at byte ${bytes.length}, in the middle`);
    const from = at;
    at += length;
    return from;
  };
  return {
    u8: (): number => view.getUint8(move(1)),
    u16: (): number => view.getUint16(move(2)),
    i32: (): number => view.getInt32(move(4)),
    /** A length (RFC 8010: signed) and as many bytes. */
    counted: (): Uint8Array => {
      const length = view.getInt16(move(2));
      if (length < 0) refuse('a negative length');
      const from = move(length);
      return bytes.subarray(from, from + length);
    },
  };
};

const decoder = new TextDecoder('utf-8');
const textOf = (bytes: Uint8Array): string => decoder.decode(bytes);

const decodeValue = (tag: number, bytes: Uint8Array): IppValue => {
  if (tag < FIRST_REAL_VALUE_TAG) return null;
  switch (tag) {
    case TAG.integer:
    case TAG.enumeration:
      if (bytes.length !== 4) refuse(`a number of ${bytes.length} bytes`);
      return reader(bytes).i32();
    case TAG.boolean:
      if (bytes.length !== 1 || (bytes[0] ?? 2) > 1) refuse('a boolean that is neither 0 nor 1');
      return bytes[0] === 1;
    case TAG.textWithLanguage:
    case TAG.nameWithLanguage: {
      const inner = reader(bytes);
      inner.counted();
      return textOf(inner.counted());
    }
    default:
      return tag >= TAG.text && tag <= TAG.mimeType ? textOf(bytes) : null;
  }
};

/**
 * Reads an answer; what follows its end is left alone. Collections are stepped over: the attribute is there with null.
 * @throws IppError whatever is wrong with the bytes
 */
export const decodeAnswer = (bytes: Uint8Array): IppAnswer => {
  if (bytes.length > MAX_ANSWER_BYTES) refuse(`${bytes.length} bytes`);
  const read = reader(bytes);
  const major = read.u8();
  read.u8();
  if (major !== 1 && major !== 2) refuse(`version ${major}`);
  const status = read.u16();
  const requestId = read.i32();
  const groups: { tag: number; attributes: Map<string, IppValue[]> }[] = [];
  let values: IppValue[] | null = null;
  let depth = 0;
  let count = 0;
  for (;;) {
    const tag = read.u8();
    if (tag < FIRST_VALUE_TAG) {
      if (depth > 0) refuse('a collection without its end');
      if (tag === TAG.end) return { status, requestId, groups };
      if (tag === 0) refuse('group 0');
      groups.push({ tag, attributes: new Map() });
      values = null;
      continue;
    }
    count += 1;
    if (count > MAX_ATTRIBUTES) refuse('too many attributes');
    const group = groups.at(-1) ?? refuse('an attribute before the first group');
    const name = textOf(read.counted());
    const value = read.counted();
    if (tag === TAG.endCollection) {
      depth -= 1;
      if (depth < 0) refuse('the end of a collection that never began');
      continue;
    }
    if (depth > 0) {
      if (tag === TAG.beginCollection) depth += 1;
      if (depth > MAX_DEPTH) refuse('collections too deep');
      continue;
    }
    if (tag === TAG.memberName) refuse('a member outside a collection');
    if (tag === TAG.extended && value.length < 4) refuse('an extended tag cut short');
    if (name !== '') {
      values = [];
      // A name that comes twice is against the rules; the first one counts.
      if (!group.attributes.has(name)) group.attributes.set(name, values);
    }
    if (values === null) return refuse('a further value of nothing');
    values.push(decodeValue(tag, value));
    if (tag === TAG.beginCollection) depth += 1;
  }
};

/** The first group of a kind. */
export const groupOf = (answer: IppAnswer, tag: number): IppGroup | null =>
  answer.groups.find((group) => group.tag === tag) ?? null;

const valuesOf = (group: IppGroup | null, name: string): readonly IppValue[] => group?.attributes.get(name) ?? [];
export const numberIn = (group: IppGroup | null, name: string): number | null => {
  const [first] = valuesOf(group, name);
  return typeof first === 'number' ? first : null;
};
export const booleanIn = (group: IppGroup | null, name: string): boolean | null => {
  const [first] = valuesOf(group, name);
  return typeof first === 'boolean' ? first : null;
};
export const textsIn = (group: IppGroup | null, name: string): string[] =>
  valuesOf(group, name).filter((value) => typeof value === 'string');
