import { randomUUID } from 'node:crypto';
import { SCHEMA_VERSION } from '../../shared/contracts/centre/schemas.ts';
import { anyDevice, anyToken, claimsOf, hears, lets, members, noKeys, refusal, says } from './broken-tools.ts';
import type { Mutation } from './proxy.ts';

/** Centres that let in whom they should not, or answer without what every answer has. */
export const BROKEN_ACCESS: Readonly<Record<string, () => Mutation>> = {
  'enrol.proof': anyDevice,
  'enrol.as-typed': () =>
    hears('/enrolments', ({ body }) =>
      /^[0-9A-Z-]+$/.test(String(members(body)['code'])) ? undefined : refusal('code-invalid'),
    ),
  'enrol.answer': () =>
    says('/enrolments', (_, replied) => {
      replied.status = 200;
    }),
  'enrol.once': anyDevice,
  'enrol.unknown': anyDevice,
  'enrol.same-words': () => {
    const seen = new Set<unknown>();
    return {
      answer: (replied, { path, body }) => {
        if (path !== '/enrolments') return;
        const { code } = members(body);
        if (seen.has(code) && replied.status === 400) members(replied.body)['detail'] = 'this code was used before';
        seen.add(code);
      },
    };
  },
  'sign-in.challenge': () => {
    let n = 0;
    let nonce: unknown;
    return says('/challenge', (body) => {
      n += 1;
      // Two devices sign in before it is looked at.
      if (n > 3) body['nonce'] = nonce;
      nonce = body['nonce'];
    });
  },
  'sign-in.stranger': () => {
    const known = new Set<unknown>();
    return {
      ask: ({ path, body }) =>
        path === '/challenge' && !known.has(members(body)['device_id']) ? refusal('not-found') : undefined,
      answer: ({ body }, { path }) => {
        if (path === '/enrolments') known.add(members(body)['device_id']);
      },
    };
  },
  'sign-in.nonce-once': anyToken,
  'sign-in.nonce-known': anyToken,
  'sign-in.audience': anyToken,
  'sign-in.key': anyToken,
  'sign-in.subject': anyToken,
  'sign-in.clock': () =>
    hears('/token', (asked) =>
      Number(claimsOf(asked)['exp'] ?? Infinity) < 1e9 ? refusal('unauthorized') : undefined,
    ),
  'sign-in.token': noKeys,
  'sign-in.again': () => {
    const last = new Map<unknown, string>();
    const over = new Set<string>();
    return {
      ask: ({ headers }) =>
        over.has((headers.authorization ?? '').replace('Bearer ', '')) ? refusal('unauthorized') : undefined,
      answer: ({ body, status: code }, asked) => {
        if (asked.path !== '/token' || code !== 200) return;
        const { iss } = claimsOf(asked);
        const before = last.get(iss);
        if (before !== undefined) over.add(before);
        last.set(iss, String(members(body)['access_token']));
      },
    };
  },
  'answers.headers': () => ({
    answer: ({ status: code, headers }) => {
      if (code >= 400) delete headers['server-time-ms'];
    },
  }),
  'answers.epoch': () =>
    says('/time', (_, { headers }) => {
      headers['sync-epoch'] = 'of-another-server';
    }),
  'answers.schema': () =>
    says('/time', (_, { headers }) => {
      headers['sync-schema-min'] = String(SCHEMA_VERSION + 1);
    }),
  'answers.problems': () => ({
    answer: ({ status: code, headers }) => {
      if (code >= 400) headers['content-type'] = 'application/json';
    },
  }),
  'answers.invalid': () => lets('/challenge', () => ({ nonce: randomUUID(), expires_in: 60 })),
  'time.answer': () =>
    says('/time', (body) => {
      body['now'] = Number(body['now']) + 5_000;
    }),
  'time.forward': () => {
    let n = 0;
    return says('/time', (_, { headers }) => {
      n += 1;
      headers['server-time-ms'] = String(Number(headers['server-time-ms']) - (n % 2) * 3_600_000);
    });
  },
  'schema.pull': () =>
    hears('/sync/changes', ({ headers }) => {
      headers['sync-schema'] = String(SCHEMA_VERSION);
    }),
  'schema.push': () =>
    hears('/sync/ops', ({ headers }) =>
      Number(headers['sync-schema']) < SCHEMA_VERSION ? refusal('schema-unsupported') : undefined,
    ),
  'health.report': () => hears('/devices/self/health', () => refusal('internal')),
};
