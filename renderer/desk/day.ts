import { useCallback, useEffect, useRef, useState } from 'react';
import type { DeskFilter, DeskList, DeskRow } from '../../shared/contracts/desk.ts';
import type { Client } from '../ui/client.ts';

/** The day's list, of which only what is looked at is here. */

export const PART = 100;
/** News come in swarms: the list is read anew once for all of them. */
const SETTLE_MS = 250;
/** Who is late, and how long somebody waits, changes by itself. */
const EVERY_MS = 30_000;

export interface DayView {
  filter: DeskFilter;
  total: number;
  tiles: DeskList['tiles'] | null;
  counts: DeskList['counts'] | null;
  warnMinutes: number;
  limitMinutes: number;
  /** The row at a place, if it is here. */
  row: (place: number) => DeskRow | null;
  /** These places are looked at. */
  look: (from: number, until: number) => void;
  /** Place of the first row of now; null until the list is here. */
  nowAt: number | null;
  /** Where somebody stands, as far as the rows are here; null when he is not among them. */
  placeOf: (key: string) => number | null;
  /** Goes up whenever the list was read. */
  version: number;
}

export const useDay = (client: Client, filter: DeskFilter): DayView => {
  const [head, setHead] = useState<Omit<DeskList, 'rows'> | null>(null);
  const [version, setVersion] = useState(0);
  const parts = useRef(new Map<number, readonly DeskRow[]>());
  const looked = useRef<[number, number]>([0, 0]);

  const read = useCallback(
    async (part: number): Promise<void> => {
      const result = await client.call('desk.list', { filter, from: part * PART, count: PART });
      if (!result.ok) return;
      const { rows, ...rest } = result.value;
      parts.current.set(part, rows);
      setHead(rest);
      setVersion((n) => n + 1);
    },
    [client, filter],
  );

  useEffect(() => {
    parts.current.clear();
    looked.current = [0, 0];
    const anew = (): void => {
      const [from, until] = looked.current;
      for (const part of parts.current.keys()) if (part < from || part > until) parts.current.delete(part);
      for (let part = from; part <= until; part += 1) void read(part);
    };
    let timer: ReturnType<typeof setTimeout> | null = null;
    const stop = client.on('desk.changed', () => {
      timer ??= setTimeout(() => {
        timer = null;
        anew();
      }, SETTLE_MS);
    });
    const clock = setInterval(anew, EVERY_MS);
    anew();
    return () => {
      stop();
      clearInterval(clock);
      if (timer !== null) clearTimeout(timer);
    };
  }, [client, read]);

  const look = useCallback(
    (from: number, until: number) => {
      const range: [number, number] = [Math.floor(from / PART), Math.floor(Math.max(from, until) / PART)];
      looked.current = range;
      for (let part = range[0]; part <= range[1]; part += 1) {
        if (parts.current.has(part)) continue;
        // Asked for once; filled when it comes.
        parts.current.set(part, []);
        void read(part);
      }
    },
    [read],
  );
  const row = useCallback((place: number) => parts.current.get(Math.floor(place / PART))?.[place % PART] ?? null, []);
  const placeOf = useCallback((key: string): number | null => {
    for (const [part, rows] of parts.current) {
      const at = rows.findIndex((one) => one.key === key);
      if (at >= 0) return part * PART + at;
    }
    return null;
  }, []);
  return {
    filter,
    total: head?.total ?? 0,
    tiles: head?.tiles ?? null,
    counts: head?.counts ?? null,
    warnMinutes: head?.warnMinutes ?? 12,
    limitMinutes: head?.limitMinutes ?? 15,
    row,
    look,
    nowAt: head?.now ?? null,
    placeOf,
    version,
  };
};
