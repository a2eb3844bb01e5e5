import { setImmediate } from 'node:timers/promises';
import type { z } from 'zod';
import type { centreApi } from '../../shared/contracts/centre/api.ts';
import { COLLECTIONS, type CollectionName } from '../../shared/contracts/centre/schemas.ts';
import type { Context } from './context.ts';
import type { Device } from './devices.ts';
import { isCollection, moveWindows, partsOf, snapshotCursor, type Reader } from './feed.ts';
import { ProblemError } from './problems.ts';

/**
 * Everything that a device holds, as it is now, line by line. It is read in slices, so that it takes the same memory
 * however much there is, and others are answered in between. Each slice is as it is when it is read: the changes from
 * the first head's cursor on make a whole of them.
 */

type Query = z.output<(typeof centreApi)['snapshot']['input']>;

/** Rows that are read at a time. */
const SLICE = 200;

interface RowText {
  id: string;
  rev: number;
  data: string;
}

/** The rows of a collection behind an id, in the order of the contract. */
const sliceOf = ({ db }: Context, reader: Reader, c: CollectionName, after: string | null): RowText[] => {
  const parts = partsOf(reader);
  const numbers = COLLECTIONS[c] === 'number';
  const key = numbers ? 'CAST(id AS INTEGER)' : 'id';
  const behind = after === null ? '' : `AND ${key} > ?`;
  const from = after === null ? [] : [numbers ? Number(after) : after];
  return db
    .prepare<(string | number)[], RowText>(
      `${parts
        .map(
          () =>
            `SELECT id, rev, data, ${key} AS at FROM current_row
             WHERE audience = ? AND role = ? AND collection = ? AND op = 'put' ${behind}`,
        )
        .join(' UNION ALL ')} ORDER BY at LIMIT ${SLICE}`,
    )
    .all(...parts.flatMap(({ audience, role }) => [audience, role, c, ...from]));
};

/** The collections that were asked for, from the one on where the reader stands. */
const collectionsFrom = ({ collections, after_c }: Query): CollectionName[] => {
  const names = Object.keys(COLLECTIONS).filter(isCollection);
  const wanted = collections === '' ? null : new Set(collections.split(','));
  const from = after_c === undefined ? 0 : names.indexOf(after_c);
  return names.slice(from).filter((name) => wanted === null || wanted.has(name));
};

/**
 * @param device who reads; asked again with each slice, for it may be revoked meanwhile
 * @returns lines, some at a time; it ends before its end when the history changes
 * @throws ProblemError `invalid-request` when it is to go on from a place that is none
 */
export const readSnapshot = (context: Context, device: () => Device, query: Query): AsyncGenerator<string> => {
  const { after_c, after_id } = query;
  if ((after_c === undefined) !== (after_id === undefined)) {
    throw new ProblemError('invalid-request', 'after_c and after_id belong together');
  }
  if (after_c !== undefined && COLLECTIONS[after_c] === 'number' && !/^\d{1,15}$/.test(after_id ?? '')) {
    throw new ProblemError('invalid-request', `an id of ${after_c} is a number`);
  }
  moveWindows(context, device().officeId);
  const { epoch } = context;
  const cursor = snapshotCursor(context);
  return (async function* () {
    yield `${JSON.stringify({ t: 'head', epoch, cursor })}\n`;
    let rows = 0;
    for (const c of collectionsFrom(query)) {
      let after = c === after_c ? (after_id ?? null) : null;
      for (;;) {
        if (context.epoch !== epoch) throw new ProblemError('epoch-changed');
        const slice = sliceOf(context, device(), c, after);
        const last = slice.at(-1);
        if (!last) break;
        const name = JSON.stringify(c);
        const idOf = (id: string): string => (COLLECTIONS[c] === 'number' ? id : JSON.stringify(id));
        // What is stored is JSON as it goes out: it is not taken apart and put together again.
        yield slice
          .map(({ id, rev, data }) => `{"t":"row","c":${name},"id":${idOf(id)},"rev":${rev},"data":${data}}\n`)
          .join('');
        rows += slice.length;
        after = last.id;
        if (slice.length < SLICE) break;
        await setImmediate();
      }
    }
    yield `${JSON.stringify({ t: 'end', rows })}\n`;
  })();
};
