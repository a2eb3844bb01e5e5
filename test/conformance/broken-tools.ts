import { randomUUID } from 'node:crypto';
import { PROBLEMS, type ProblemType } from '../../shared/contracts/centre/schemas.ts';
import type { Asked, Mutation, Replied } from './proxy.ts';

/** What centres are spoilt with: see broken.ts. */

export type Members = Record<string, unknown>;

export const members = (value: unknown): Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
export const listIn = (value: unknown, name: string): Members[] => {
  const list = members(value)[name];
  return Array.isArray(list) ? list.map(members) : [];
};

export const refusal = (type: ProblemType): Partial<Replied> => ({
  status: PROBLEMS[type],
  headers: { 'content-type': 'application/problem+json' },
  body: { type: `/problems/${type}`, title: 'no', status: PROBLEMS[type] },
});

/** Changes what the centre says to one call. */
export const says = (path: string, change: (body: Members, replied: Replied, asked: Asked) => void): Mutation => ({
  answer: (replied, asked) => {
    if (asked.path === path && replied.status < 300) change(members(replied.body), replied, asked);
  },
});
/** Answers well where the centre refuses. */
export const lets = (path: string, body: (asked: Asked) => unknown): Mutation => ({
  answer: (replied, asked) => {
    if (asked.path !== path || replied.status < 400) return;
    replied.status = 200;
    replied.headers['content-type'] = 'application/json';
    replied.body = body(asked);
  },
});
/** Changes what the centre is asked. */
export const hears = (path: string, change: (asked: Asked) => Partial<Replied> | undefined | void): Mutation => ({
  ask: (asked) => (asked.path === path ? (change(asked) ?? undefined) : undefined),
});
/** Lines of a snapshot. */
export const lines = (change: (lines: string[]) => string[]): Mutation => ({
  answer: (replied, { path }) => {
    if (path === '/sync/snapshot' && replied.status === 200) {
      replied.text = `${change(replied.text.trimEnd().split('\n')).join('\n')}\n`;
    }
  },
});
export const rows = (change: (rows: Members[], body: Members, asked: Asked) => Members[]): Mutation =>
  says('/sync/changes', (body, _, asked) => {
    body['changes'] = change(listIn(body, 'changes'), body, asked);
  });
export const results = (change: (result: Members, op: Members) => void): Mutation =>
  says('/sync/ops', (body, _, asked) => {
    const ops = listIn(asked.body, 'ops');
    for (const result of listIn(body, 'results')) {
      change(result, ops.find(({ op_id }) => op_id === result['op_id']) ?? {});
    }
  });
export const status = (from: string, to: string, type?: string): Mutation =>
  results((result, op) => {
    if (result['status'] === from && (type === undefined || op['type'] === type)) result['status'] = to;
  });

const TOKEN = { access_token: 'of-a-centre-that-is-broken', token_type: 'Bearer', expires_in: 900 };
export const anyToken = (): Mutation => lets('/token', () => TOKEN);
export const anyDevice = (): Mutation =>
  lets('/enrolments', () => ({ device_id: randomUUID(), office_id: 1, slot_no: 1, roles: ['kiosk'], epoch: 'e' }));
export const anyBatch = (): Mutation =>
  lets('/sync/ops', ({ body }) => ({
    epoch: members(body)['epoch'],
    acked_seq: listIn(body, 'ops').at(-1)?.['seq'],
    durable_seq: 0,
    results: listIn(body, 'ops').map(({ op_id }) => ({ op_id, status: 'applied' })),
  }));
export const noKeys = (): Mutation => lets('/keys', () => ({ keys: [], sealing: null }));

export const claimsOf = ({ body }: Asked): Members => {
  const [, payload = ''] = String(members(body)['client_assertion']).split('.');
  return members(JSON.parse(Buffer.from(payload, 'base64url').toString()));
};
/** The epoch that the centre is in. */
export const withEpoch = (path: string): Mutation => {
  let epoch: unknown;
  return {
    ask: (asked) => {
      if (asked.path === path && epoch !== undefined) members(asked.body)['epoch'] = epoch;
      return undefined;
    },
    answer: ({ headers }) => {
      epoch ??= headers['sync-epoch'];
    },
  };
};
export const data = (row: Members): Members => members(row['data']);
export const firstOf = (list: readonly Members[], c: string): Members | undefined => list.find((row) => row['c'] === c);
