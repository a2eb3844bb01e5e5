import { join } from 'node:path';
import type { Clock, Log } from '../ports.ts';
import { fileFailure, messageOf, type Files } from './files.ts';
import { encodeLine, readSegment, type HeadItem, type Item, type Line } from './lines.ts';

/**
 * The second record of what happened in this room: files that are only ever added to. A line is on the disk before the
 * transaction that it tells of is committed, so what is committed stands here. A new file (a segment) begins with each
 * backup; old ones go when several backups and the centre have what is in them.
 */

interface SegmentInfo {
  n: number;
  /** Device of its last line, and the highest sequence number of that device in it. */
  d: string;
  maxSeq: number;
  begunAt: number;
}

export interface Loaded {
  lines: Line[];
  /** Places that could not be read, and how many bytes they are in all. */
  damaged: number;
  damagedBytes: number;
}

export interface Journal {
  /** Everything that can be read. Changes nothing. */
  load(): Loaded;
  /** Makes ready to go on in the last file: a line whose writing was cut short is taken away. Never throws. */
  resume(): void;
  /**
   * Writes a line; it is on the disk when this returns.
   * @param before the last operation before those in `items`
   * @param head for the first line of a file
   * @returns takes it back: it was not committed after all
   * @throws CallFailure store-full | store-readonly; nothing of it counts then
   */
  append(d: string, before: number, items: readonly Item[], head: () => HeadItem): () => void;
  /** Writes damaged files anew, without the damage: what was in it stands elsewhere again. Never throws. */
  mend(): void;
  /** Begins the next file. Never throws: without it the last one goes on. */
  begin(d: string, head: HeadItem): void;
  /**
   * Takes away the oldest files whose operations nobody will need.
   * @param upTo each operation up to it is in every backup, and the centre has it
   */
  prune(d: string, upTo: number): void;
  close(): void;
}

const NAME = /^(\d{6,})\.journal$/;
/** Files are kept for so long at least. */
const KEPT_MS = 3 * 86_400_000;

export const createJournal = (dir: string, files: Files, clock: Clock, log: Log): Journal => {
  let known: SegmentInfo[] = [];
  let current: { fd: number; size: number; info: SegmentInfo } | null = null;
  /** Operations behind it in the files were not committed, and could not be taken out. */
  let voidAfter: number | null = null;
  /** How the last file was found. */
  let tail: { good: number; size: number; unended: boolean } | null = null;

  /** Files with damage in them, and what can be read of them. */
  let broken: { n: number; lines: Line[] }[] = [];

  const pathOf = (n: number): string => join(dir, `${String(n).padStart(6, '0')}.journal`);
  const infoOf = (n: number): SegmentInfo => ({ n, d: '', maxSeq: 0, begunAt: clock.now() });
  const noteLine = (info: SegmentInfo, line: Line): void => {
    if (info.d !== line.d) {
      info.d = line.d;
      info.maxSeq = 0;
    }
    for (const item of line.i) if (item.t === 'op') info.maxSeq = Math.max(info.maxSeq, item.op.seq);
  };

  const release = (): void => {
    if (!current) return;
    try {
      files.close(current.fd);
    } catch (error) {
      log.warn('vault.journal-not-closed', { why: messageOf(error) });
    }
    current = null;
  };
  const openNext = (): NonNullable<typeof current> => {
    const info = infoOf((known.at(-1)?.n ?? 0) + 1);
    const opened = { fd: files.append(pathOf(info.n)), size: 0, info };
    known.push(info);
    current = opened;
    return opened;
  };

  /** Back to where the file ended before. What cannot be cut off is declared void by the next line, in another file. */
  const cutTo = (size: number, before: number): void => {
    if (!current) return;
    try {
      files.truncate(current.fd, size);
      files.sync(current.fd);
      current.size = size;
    } catch (error) {
      voidAfter = Math.min(voidAfter ?? before, before);
      log.error('vault.journal-not-cut', { why: messageOf(error) });
      release();
    }
  };

  const append: Journal['append'] = (d, before, items, head) => {
    try {
      const to = current ?? openNext();
      const from = to.size;
      const earlier = voidAfter;
      const first: Item[] = from === 0 ? [head()] : [];
      if (earlier !== null) first.push({ t: 'void', after: earlier });
      const line: Line = { d, at: clock.now(), i: [...first, ...items] };
      const bytes = encodeLine(line);
      try {
        files.write(to.fd, bytes);
        files.sync(to.fd);
      } catch (error) {
        cutTo(from, before);
        throw error;
      }
      to.size += bytes.length;
      voidAfter = null;
      noteLine(to.info, line);
      return () => {
        cutTo(from, before);
        if (earlier !== null) voidAfter = Math.min(voidAfter ?? earlier, earlier);
      };
    } catch (error) {
      throw fileFailure(error);
    }
  };

  return {
    load: () => {
      const loaded: Loaded = { lines: [], damaged: 0, damagedBytes: 0 };
      known = [];
      broken = [];
      tail = null;
      const names = files.list(dir).filter((name) => NAME.test(name));
      for (const name of names) {
        const n = NAME.exec(name)?.[1];
        const info = infoOf(Number(n));
        known.push(info);
        let bytes: Buffer;
        try {
          bytes = files.read(join(dir, name));
        } catch (error) {
          log.error('vault.journal-unreadable', { file: name, why: messageOf(error) });
          loaded.damaged += 1;
          loaded.damagedBytes += files.size(join(dir, name)) ?? 0;
          tail = null;
          continue;
        }
        const { lines, good, unended, ...found } = readSegment(bytes);
        // Only in the last file can a line have been cut short by its writing. Another's was whole once.
        const torn = name === names.at(-1) ? 0 : bytes.length - good;
        const damaged = found.damaged + (torn > 0 ? 1 : 0);
        const damagedBytes = found.damagedBytes + torn;
        info.begunAt = lines[0]?.at ?? info.begunAt;
        for (const line of lines) noteLine(info, line);
        loaded.lines.push(...lines);
        loaded.damaged += damaged;
        loaded.damagedBytes += damagedBytes;
        if (damaged > 0) log.error('vault.journal-damaged', { file: name, places: damaged, bytes: damagedBytes });
        if (damaged > 0) broken.push({ n: info.n, lines });
        // Nothing is added to a file that is to be written anew.
        tail = damaged > 0 ? null : { good, size: bytes.length, unended };
      }
      return loaded;
    },

    resume: () => {
      const info = known.at(-1);
      if (!info || !tail || current) return;
      try {
        current = { fd: files.append(pathOf(info.n)), size: tail.size, info };
        if (tail.good < tail.size) {
          log.warn('vault.journal-torn', { bytes: tail.size - tail.good });
          files.truncate(current.fd, tail.good);
          current.size = tail.good;
        }
        if (tail.unended) {
          files.write(current.fd, Buffer.from('\n'));
          current.size += 1;
        }
        files.sync(current.fd);
      } catch (error) {
        // The next line goes into a file of its own.
        log.error('vault.journal-not-resumed', { why: messageOf(error) });
        release();
      }
    },

    append,

    mend: () => {
      try {
        for (const { n, lines } of broken) {
          const beside = `${pathOf(n)}.new`;
          files.remove(beside);
          const fd = files.append(beside);
          try {
            files.write(fd, Buffer.concat(lines.map(encodeLine)));
            files.sync(fd);
          } finally {
            files.close(fd);
          }
          files.rename(beside, pathOf(n));
        }
        broken = [];
      } catch (error) {
        // The next start tries again.
        log.warn('vault.journal-not-mended', { why: messageOf(error) });
      }
    },

    begin: (d, head) => {
      const before = current;
      try {
        openNext();
        append(d, head.seq, [], () => head);
        if (before) files.close(before.fd);
      } catch (error) {
        log.error('vault.segment-not-begun', { why: messageOf(error) });
        if (current !== before) release();
        current = before;
      }
    },

    prune: (d, upTo) => {
      const now = clock.now();
      for (;;) {
        const [oldest, next] = known;
        if (!oldest || !next || oldest === current?.info) return;
        const needed = oldest.d === d ? oldest.maxSeq : 0;
        if (needed > upTo || now - next.begunAt <= KEPT_MS) return;
        try {
          files.remove(pathOf(oldest.n));
        } catch (error) {
          log.warn('vault.segment-not-removed', { why: messageOf(error) });
          return;
        }
        known.shift();
      }
    },

    close: release,
  };
};
