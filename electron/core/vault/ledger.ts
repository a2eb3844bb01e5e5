import { GENESIS_HASH } from '../../../shared/contracts/centre/schemas.ts';
import type { Series } from '../../../shared/domain/ticket-number.ts';
import type { HeadItem, Line, OpItem, RequestItem } from './lines.ts';

/** What the journal says of one device, put together from its lines. Pure. */
export interface Ledger {
  /** Id, empty while it has none. */
  deviceId: string;
  /** Who it is; null when no line that tells could be read. */
  head: HeadItem | null;
  /** Where its chain stood before the first operation that the journal holds. */
  from: { seq: number; hash: string };
  /** Operations up to it may be missing because their files were taken away: the centre has them. */
  told: number;
  /** By sequence number. */
  ops: Map<number, OpItem>;
  /** Numbers that came, by date and series; whatever became of them. */
  reserve: { date: string; series: Series; numbers: number[] }[];
  /** As each stood last. */
  requests: Map<string, RequestItem>;
  stopped: string | null;
}

const empty = (deviceId: string): Ledger => ({
  deviceId,
  head: null,
  from: { seq: 0, hash: GENESIS_HASH },
  told: 0,
  ops: new Map(),
  reserve: [],
  requests: new Map(),
  stopped: null,
});

/** The highest sequence number; 0 when there is none. */
export const lastSeq = ({ ops }: Ledger): number => {
  let most = 0;
  for (const seq of ops.keys()) if (seq > most) most = seq;
  return most;
};

/** Later files begin further on; what was written again may lie further back. */
const reachBack = (ledger: Ledger, seq: number, hash: string): void => {
  const first = ledger.head === null && ledger.ops.size === 0;
  if (first || seq < ledger.from.seq) ledger.from = { seq, hash };
};

const take = (ledger: Ledger, line: Line): void => {
  for (const item of line.i) {
    switch (item.t) {
      case 'head':
        reachBack(ledger, item.seq, item.hash);
        if (ledger.head === null) ledger.told = item.seq;
        ledger.head = item;
        break;
      case 'op':
        reachBack(ledger, item.op.seq - 1, item.prev);
        // Written a second time, the last one counts: it is the one that was committed.
        ledger.ops.set(item.op.seq, item);
        break;
      case 'reserve':
        ledger.reserve.push({ date: item.date, series: item.series, numbers: item.numbers });
        break;
      case 'request':
        ledger.requests.set(item.row.requestId, item);
        break;
      case 'stopped':
        ledger.stopped = item.why;
        break;
      case 'void':
        for (const seq of ledger.ops.keys()) if (seq > item.after) ledger.ops.delete(seq);
        break;
      default:
      // Of a newer program: not ours to understand.
    }
  }
};

/**
 * @param lines of all segments, in order
 * @returns of the device that wrote last; null when there is no line at all
 */
export const ledgerOf = (lines: readonly Line[]): Ledger | null => {
  const last = lines.at(-1);
  if (!last) return null;
  const ledger = empty(last.d);
  for (const line of lines) if (line.d === last.d) take(ledger, line);
  return ledger;
};
