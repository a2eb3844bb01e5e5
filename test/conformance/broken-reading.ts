import { data, firstOf, hears, lets, lines, listIn, rows, says } from './broken-tools.ts';
import type { Mutation } from './proxy.ts';

const PERSON = { c: 'person', id: '0'.repeat(32), rev: 1, op: 'put', data: { name: 'Иванова Анна' } };

const STAFF = { c: 'staff', id: 'anna', rev: 1, op: 'put', data: { name: 'Анна', role: 'receptionist' } };

/** Centres that tell devices what is not so. */
export const BROKEN_READING: Readonly<Record<string, () => Mutation>> = {
  'changes.rows': () =>
    rows((list) => {
      const booking = firstOf(list, 'booking');
      if (booking) data(booking)['number'] = 'bad';
      return list;
    }),
  'changes.office': () => rows((list) => list.filter(({ c }) => c !== 'office')),
  'changes.window': () =>
    rows((list) => {
      const booking = firstOf(list, 'booking');
      if (booking) data(booking)['starts_at'] = Number(data(booking)['starts_at']) + 30 * 86_400_000;
      return list;
    }),
  'changes.order': () => rows((list) => list.toReversed()),
  'changes.newest': () => rows((list) => [...list, ...list.slice(0, 1).map((row) => ({ ...row, seq: 999_999 }))]),
  'changes.limit': () =>
    hears('/sync/changes', ({ query }) => {
      query.delete('limit');
    }),
  'changes.pages': () => rows((list, { has_more }) => (has_more === true ? list.slice(0, -1) : list)),
  'changes.again': () => {
    const seen = new Set<string>();
    return rows((list, _, { query }) => {
      const known = seen.has(query.toString());
      seen.add(query.toString());
      return known ? list.slice(1) : list;
    });
  },
  'changes.complete': () =>
    rows((list, _, { query }) => ((query.get('cursor') ?? '') === '' ? list : list.filter(({ c }) => c !== 'visit'))),
  'changes.cursor': () => lets('/sync/changes', () => ({ epoch: 'e', cursor: 'c', has_more: false, changes: [] })),
  'changes.digests': () =>
    says('/sync/changes', (body) => {
      for (const digest of listIn(body, 'digests')) if (digest['c'] === 'booking') digest['xor'] = 'f'.repeat(16);
    }),
  'changes.digests-last': () =>
    says('/sync/changes', (body) => {
      body['digests'] ??= [];
    }),
  'roles.kiosk': () => rows((list) => [...list, { ...PERSON, seq: 999_999 }]),
  'roles.staff': () => rows((list) => [...list, { ...STAFF, seq: 999_999 }]),
  'roles.fields': () =>
    rows((list) => {
      for (const row of list) if (row['c'] === 'booking') data(row)['phone'] = '+79001234567';
      return list;
    }),
  'roles.desk': () => rows((list) => list.filter(({ c }) => c !== 'person')),

  'snapshot.form': () => lines((all) => all.slice(0, -1)),
  'snapshot.order': () => lines(([head = '', one = '', two = '', ...rest]) => [head, two, one, ...rest]),
  'snapshot.whole': () =>
    lines((all) => {
      const end = all.at(-1) ?? '';
      const lost = all.findLastIndex((line) => line.includes('"c":"booking"'));
      return [...all.slice(0, lost), ...all.slice(lost + 1, -1), end.replace(/\d+/, (n) => String(Number(n) - 1))];
    }),
  'snapshot.resume': () =>
    hears('/sync/snapshot', ({ query }) => {
      query.delete('after_c');
      query.delete('after_id');
    }),
  'snapshot.collections': () =>
    hears('/sync/snapshot', ({ query }) => {
      query.delete('collections');
    }),
  'snapshot.gzip': () =>
    hears('/sync/snapshot', ({ headers }) => {
      headers['accept-encoding'] = 'identity';
    }),
};
