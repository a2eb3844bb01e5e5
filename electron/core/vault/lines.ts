import { createHash } from 'node:crypto';
import type { Operation } from '../../../shared/contracts/centre/schemas.ts';
import type { Series } from '../../../shared/domain/ticket-number.ts';
import type { Device } from '../store/registry.ts';
import type { RequestRow } from '../store/requests.ts';
import type { VisitRow } from '../store/visits.ts';

/**
 * The journal's lines. One line is one transaction:
 *
 *     <bytes of the JSON> <16 hexadecimal digits of its SHA-256> <JSON>\n
 *
 * The length lets a reader go on behind a damaged end of line, the checksum tells a damaged line from a good one. A line
 * counts whole or not at all. Nothing in it names a visitor: operations never do, and confirmations are left out.
 */

/** What a device is to the centre, and where its chain of operations stood when the segment began. */
export interface HeadItem {
  t: 'head';
  /** Null while the device is not enrolled. */
  device: (Device & { enrolledAt: number }) | null;
  epoch: string;
  seq: number;
  hash: string;
}

/** A paper, found again by the call that asked for it. */
export interface PaperNote {
  jobId: string;
  copy: number;
  attemptId: string | null;
  queuedAt: number;
  expiresAt: number;
}

/** An operation with what else its transaction wrote that cannot be had from the centre. */
export interface OpItem {
  t: 'op';
  /** Of the operation before it. */
  prev: string;
  hash: string;
  op: Operation;
  visit?: VisitRow;
  papers?: PaperNote[];
}

/** Numbers that the centre set aside for this device. */
export interface ReserveItem {
  t: 'reserve';
  date: string;
  series: Series;
  numbers: number[];
}

/** How a request to the centre stands at this device. */
export interface RequestItem {
  t: 'request';
  row: Omit<RequestRow, 'bookingNumber' | 'token'>;
  papers: PaperNote[];
}

/** The device was put out of service. */
export interface StoppedItem {
  t: 'stopped';
  why: string;
}

/** Operations behind `after` that stand before this were never committed, and could not be taken out of the file. */
export interface VoidItem {
  t: 'void';
  after: number;
}

export type Item = HeadItem | OpItem | ReserveItem | RequestItem | StoppedItem | VoidItem;

export interface Line {
  /** Id of the device, empty while it has none. */
  d: string;
  /** Epoch ms. */
  at: number;
  i: Item[];
}

const sumOf = (json: Uint8Array): string => createHash('sha256').update(json).digest('hex').slice(0, 16);

export const encodeLine = (line: Line): Buffer => {
  const json = Buffer.from(JSON.stringify(line));
  return Buffer.concat([Buffer.from(`${json.length} ${sumOf(json)} `), json, Buffer.from('\n')]);
};

export interface Segment {
  lines: Line[];
  /** Places that could not be read, and how many bytes they are in all. */
  damaged: number;
  damagedBytes: number;
  /** Up to here the file is as it was written; what follows is a line whose writing was cut short. */
  good: number;
  /** Its last line has lost its line feed. */
  unended: boolean;
}

const HEAD = /(\d{1,9}) ([0-9a-f]{16}) /y;
const LIKELY = /\d{1,9} [0-9a-f]{16} \{/g;
const LF = 0x0a;

/** @returns the line that begins at `at` and where it ends; null when there is none that is as it was written */
const lineAt = (bytes: Buffer, text: string, at: number): { line: Line; end: number } | null => {
  HEAD.lastIndex = at;
  const head = HEAD.exec(text);
  if (!head) return null;
  const from = at + head[0].length;
  const end = from + Number(head[1]);
  if (end > bytes.length) return null;
  const json = bytes.subarray(from, end);
  if (sumOf(json) !== head[2]) return null;
  return { line: JSON.parse(json.toString('utf8')) as Line, end };
};

/** Reads a segment of the journal, over whatever is damaged in it. */
export const readSegment = (bytes: Buffer): Segment => {
  // One character a byte: positions in it are positions in the file.
  const text = bytes.toString('latin1');
  const found: Segment = { lines: [], damaged: 0, damagedBytes: 0, good: 0, unended: false };
  let at = 0;
  while (at < bytes.length) {
    let begin = at;
    let next = lineAt(bytes, text, begin);
    LIKELY.lastIndex = at + 1;
    while (!next) {
      const likely = LIKELY.exec(text);
      if (!likely) break;
      begin = likely.index;
      LIKELY.lastIndex = begin + 1;
      next = lineAt(bytes, text, begin);
    }
    if (!next) {
      // A line that was being written has no end yet; one that has an end was whole once.
      const end = text.lastIndexOf('\n') + 1;
      if (end > at) {
        found.damaged += 1;
        found.damagedBytes += end - at;
        found.good = end;
      }
      break;
    }
    if (begin > at) {
      found.damaged += 1;
      found.damagedBytes += begin - at;
    }
    found.lines.push(next.line);
    found.unended = bytes[next.end] !== LF;
    at = found.unended ? next.end : next.end + 1;
    found.good = at;
  }
  return found;
};
