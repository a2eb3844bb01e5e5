import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  anyBatch,
  data,
  hears,
  lets,
  listIn,
  members,
  noKeys,
  refusal,
  results,
  rows,
  says,
  status,
  withEpoch,
  type Members,
} from './broken-tools.ts';
import type { Mutation } from './proxy.ts';

/** Centres that take what they should not, refuse what has happened, or are late to tell. */
export const BROKEN_WRITING: Readonly<Record<string, () => Mutation>> = {
  'ops.results': () =>
    says('/sync/ops', (body) => {
      body['results'] = listIn(body, 'results').toReversed();
    }),
  'ops.duplicate': () => status('duplicate', 'applied'),
  'ops.overlap': () => {
    let last = 0;
    return hears('/sync/ops', ({ body }) => {
      const ops = listIn(body, 'ops').map(({ seq }) => Number(seq));
      if ((ops[0] ?? 0) <= last && (ops.at(-1) ?? 0) > last) return refusal('invalid-request');
      last = Math.max(last, ops.at(-1) ?? 0);
      return undefined;
    });
  },
  'ops.unreadable': () =>
    hears('/sync/ops', ({ body }) =>
      listIn(body, 'ops').some(({ type }) => type === 'of.a.later.version') ? refusal('invalid-request') : undefined,
    ),
  'ops.unknown-fields': () =>
    results((result, op) => {
      if ('later' in op) result['status'] = 'rejected';
    }),
  'ops.canonical': () =>
    hears('/sync/ops', ({ body }) =>
      listIn(body, 'ops').some((op) => Object.keys(op)[0] !== 'op_id') ? refusal('invalid-request') : undefined,
    ),
  'ops.gap': () => ({
    answer: ({ status: code, body }) => {
      if (code === 409) delete members(body)['expected_seq'];
    },
  }),
  'ops.signature': anyBatch,
  'ops.signed-text': anyBatch,
  'ops.hash': anyBatch,
  'ops.consecutive': anyBatch,
  'ops.epoch': () => withEpoch('/sync/ops'),
  'ops.withheld': () =>
    hears('/sync/ops', ({ body }) =>
      listIn(body, 'ops').some(({ withheld }) => withheld === true) ? refusal('invalid-request') : undefined,
    ),
  'ops.facts': () => status('applied', 'rejected', 'feedback'),
  'ops.archive': () => {
    let old: Members | null = null;
    return {
      ask: ({ path, body }) => {
        if (path === '/sync/ops') old = members(listIn(body, 'ops')[0]?.['payload']);
        return undefined;
      },
      answer: ({ body }, { path }) => {
        if (path !== '/sync/changes' || !old) return;
        const { visit_id: id, ticket, service_id } = old;
        const stage = {
          service_id,
          state: 'waiting',
          window_id: null,
          called_at: null,
          serving_at: null,
          done_at: null,
        };
        const visit = { business_date: '2026-03-06', origin: 'walk-in', ticket, state: 'waiting', priority: 'none' };
        (members(body)['changes'] as unknown[]).push({
          seq: 999_999,
          c: 'visit',
          id,
          rev: 1,
          op: 'put',
          data: { ...visit, arrived_at: 1, order_at: 1, services: [stage] },
        });
      },
    };
  },
  'ops.gzip': () =>
    hears('/sync/ops', ({ headers }) =>
      headers['content-encoding'] === 'gzip' ? refusal('invalid-request') : undefined,
    ),
  'ops.encoding': () =>
    hears('/sync/ops', ({ headers }) => {
      delete headers['content-encoding'];
    }),
  'ops.size': () => ({
    answer: (replied) => {
      if (replied.status === 413) Object.assign(replied, refusal('invalid-request'));
    },
  }),
  'hello.position': () =>
    says('/hello', (body) => {
      body['expected_seq'] = Number(body['expected_seq']) + 1;
    }),
  'hello.cursor': () =>
    says('/hello', (body) => {
      body['resync'] = 'none';
    }),
  'hello.epoch': () =>
    hears('/hello', ({ body }) => (members(body)['epoch'] === 'another-epoch' ? refusal('epoch-changed') : undefined)),
  'hello.rewind': () =>
    says('/hello', (body) => {
      if (body['resync'] === 'rewind') body['resync'] = 'none';
    }),

  'leases.online': () =>
    says('/leases', (body) => {
      body['numbers'] = (body['numbers'] as number[]).map((n) => n + 700);
    }),
  'leases.reserve': () => {
    let next = 700;
    return says('/leases', (body) => {
      body['numbers'] = Array.from({ length: 40 }, () => next++);
    });
  },
  'leases.again': () =>
    hears('/leases', ({ body }) => {
      members(body)['request_id'] = randomUUID();
    }),
  'leases.other-question': () => lets('/leases', ({ body }) => ({ ...members(body), numbers: [1] })),
  'leases.never-twice': () => {
    let given: unknown = null;
    return says('/leases', (body) => {
      given ??= body['numbers'];
      body['numbers'] = given;
    });
  },
  'leases.at-once': () => {
    let open = 0;
    let given: unknown = null;
    return {
      ask: ({ path }) => {
        if (path === '/leases') open += 1;
        return undefined;
      },
      answer: ({ body }, { path }) => {
        if (path !== '/leases') return;
        open -= 1;
        // Who counts outside of the transaction gives the same number to who asks meanwhile.
        if (open > 0 && given !== null) members(body)['numbers'] = given;
        given = members(body)['numbers'];
      },
    };
  },
  'leases.day': () => lets('/leases', ({ body }) => ({ ...members(body), numbers: [1] })),
  'leases.epoch': () => withEpoch('/leases'),
  'keys.answer': () =>
    says('/keys', (body) => {
      for (const key of listIn(body, 'keys')) key['nbf'] = Number(key['nbf']) + 10 * 365 * 86_400_000;
    }),
  'keys.sealing': () =>
    says('/keys', (body) => {
      members(body['sealing'])['y'] = 'A'.repeat(43);
    }),

  'requests.create': () =>
    results((result) => {
      delete result['booking'];
    }),
  'requests.confirmation': () =>
    results((result) => {
      const booking = members(result['booking']);
      const { token } = booking;
      if (typeof token === 'string')
        booking['token'] = token.slice(0, -2) + (token.at(-2) === 'A' ? 'B' : 'A') + token.slice(-1);
    }),
  'requests.taken': () => {
    let n = 0;
    return results((result, op) => {
      n += 1;
      // At first it is right, and then it has forgotten.
      if (n > 1 && op['type'] === 'booking.create') result['status'] = 'duplicate';
    });
  },
  'requests.cancel': () => {
    const cancelled = new Set<unknown>();
    return results((result, op) => {
      const { booking_id: id } = members(op['payload']);
      if (op['type'] !== 'booking.cancel') return;
      if (cancelled.has(id)) result['status'] = 'rejected';
      cancelled.add(id);
    });
  },
  'requests.withdraw': () => status('rejected', 'applied', 'booking.cancel'),
  'conflicts.cancelled': () => status('conflict_recorded', 'applied'),
  'conflicts.twice': () =>
    rows((list) => {
      for (const row of list) if (row['c'] === 'visit' && row['op'] === 'put') data(row)['also'] = [];
      return list;
    }),
  'conflicts.desk': () => rows((list) => list.filter(({ c }) => c !== 'conflict')),
  'edits.own': () => status('applied', 'rejected', 'visit.edit'),

  'desk.only': () => status('conflict_recorded', 'applied', 'visit.stage'),
  'desk.help-take': () =>
    rows((list) => {
      // Whoever was told of first.
      for (const row of list) if (row['c'] === 'help' && row['op'] === 'put') data(row)['by'] = 'second';
      return list;
    }),
  'desk.stage': () =>
    rows((list) => {
      for (const row of list) {
        if (row['c'] !== 'visit' || row['op'] !== 'put') continue;
        for (const stage of listIn(data(row), 'services')) {
          if (stage['called_at'] !== null) stage['called_at'] = Number(stage['called_at']) + 1_000;
        }
      }
      return list;
    }),
  'desk.no-show': () =>
    rows((list) => {
      for (const row of list) {
        if (row['c'] === 'booking' && data(row)['status'] === 'no-show') data(row)['status'] = 'booked';
      }
      return list;
    }),
  'desk.order': () => status('rejected', 'applied', 'device.order'),
  'health.row': () => rows((list) => list.filter(({ c }) => c !== 'device')),

  'poll.waits': () =>
    hears('/sync/changes', ({ query }) => {
      query.delete('wait');
    }),
  'poll.prompt': () => ({
    answer: async (_, { path, query }) => {
      if (path === '/sync/changes' && query.get('wait') === '20') await pause(3_500);
    },
  }),
  'events.stream': () => ({
    head: (headers) => {
      headers['content-type'] = 'text/plain';
    },
  }),
  'events.poke': () => ({ event: (block) => (block.includes('event: poke') ? null : block) }),
  'events.nothing': () => ({ event: (block) => block.replace('data: {}', 'data: {"name":"Иванова"}') }),
  'events.heartbeat': () => ({ event: (block) => (block.startsWith(':') ? null : block) }),
  'fork.refused': anyBatch,
  'fork.revoke': () => ({ event: (block) => (block.includes('event: revoke') ? null : block) }),
  'fork.blocked': noKeys,
};
