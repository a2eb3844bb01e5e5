import { createHash } from 'node:crypto';
import { COLLECTIONS, type CollectionDigest } from '../../shared/contracts/centre/schemas.ts';
import type { SnapshotLine, TestDevice } from './test-device.ts';

/** What a device would hold, for tests of what the centre tells it: rows by collection and id, and nothing else of one. */

interface Held {
  rev: number;
  data: unknown;
}

type Row = { c: string; op: string } & Record<string, unknown>;

export class Replica {
  readonly rows = new Map<string, Map<string, Held>>();

  of(c: string): Map<string, Held> {
    let rows = this.rows.get(c);
    if (!rows) this.rows.set(c, (rows = new Map<string, Held>()));
    return rows;
  }

  /** A row of the feed, or of a snapshot. */
  apply(row: Row): void {
    const id = String(row['id']);
    if (row.op === 'put') this.of(row.c).set(id, { rev: Number(row['rev']), data: row['data'] });
    else this.of(row.c).delete(id);
  }

  /** By the words of the contract, from all rows. */
  digests(): CollectionDigest[] {
    return Object.keys(COLLECTIONS).map((c) => {
      let xor = 0n;
      const rows = this.rows.get(c) ?? new Map<string, Held>();
      for (const [id, { rev }] of rows) {
        xor ^= BigInt(`0x${createHash('sha256').update(`${id}|${rev}`).digest('hex').slice(0, 16)}`);
      }
      return { c, count: rows.size, xor: xor.toString(16).padStart(16, '0') };
    });
  }

  /** Pulls what changed since the device's cursor. @returns the digests that the centre told with the last page */
  async pull(device: TestDevice, limit = 500): Promise<CollectionDigest[]> {
    for (;;) {
      const page = await device.call('changes', { cursor: device.cursor, limit, digests: 1 });
      for (const row of page.changes) this.apply(row);
      device.cursor = page.cursor;
      if (!page.has_more) return page.digests ?? [];
    }
  }

  /** Takes a snapshot's rows in, and its cursor when it is the first. @returns its lines */
  async take(device: TestDevice, lines: AsyncIterable<SnapshotLine>): Promise<SnapshotLine[]> {
    const all: SnapshotLine[] = [];
    for await (const line of lines) {
      all.push(line);
      if (line.t === 'head') device.cursor = line.cursor;
      if (line.t === 'row') this.apply({ ...line, op: 'put' });
    }
    return all;
  }
}
