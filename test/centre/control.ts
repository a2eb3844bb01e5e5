import { EventEmitter } from 'node:events';
import { z } from 'zod';
import { bookingId, epochMs, officeId, priority, serviceId, uuid, windowState } from '../../shared/domain/model.ts';
import { STAFF_ROLES } from '../../shared/domain/rights.ts';
import { centreApi } from '../../shared/contracts/centre/api.ts';
import { PROBLEMS, staffRecord, type ProblemType } from '../../shared/contracts/centre/schemas.ts';

/**
 * The knobs of a centre under test: it can be stopped at an exact point of a call, made to fail, to lose its answer or
 * to be slow. Off unless the centre was started with `--control`.
 */

const paths = Object.values(centreApi).map((call) => call.path);
const path = z.enum(paths as [string, ...string[]]);

/**
 * Where a call stands still: `before` anything was done about it, or `after` it was done and stored, with the answer on
 * its way.
 */
const point = z.enum(['before', 'after']);

const problemTypes = Object.keys(PROBLEMS) as [ProblemType, ...ProblemType[]];
const times = z.int().min(0).max(1_000_000);

const fourDigits = z.string().regex(/^\d{4}$/);

export const controlSchema = z
  .strictObject({
    /** Requests to the path are taken in and not answered until released. */
    hold: z.strictObject({ path, at: point.default('before'), release: z.boolean().default(false) }),
    /** The next `times` requests to the path get this status and nothing is done. */
    fail: z.strictObject({
      path,
      status: z.int().min(400).max(599),
      times,
      /** What it says is the matter; without it, what says so is not the centre. */
      problem: z.enum(problemTypes).optional(),
      /** Seconds, for the Retry-After header. */
      retry_after: z.int().min(0).max(86_400).optional(),
    }),
    /** The next `times` requests to the path lose their connection at the point; a stream goes on for `lines` first. */
    drop: z.strictObject({ path, at: point.default('after'), times, lines: times.default(0) }),
    /** Before every answer. */
    delayMs: z.int().min(0).max(120_000),
    cancel: bookingId,
    /** Another time, or another office. What says the old time is superseded. */
    move: z.strictObject({ booking: bookingId, office_id: officeId.optional(), starts_at: epochMs.optional() }),
    /** A booking that comes in now. Answered with its id, number and token. */
    book: z.strictObject({
      /** Of a confirmation that was given out before. */
      id: bookingId.optional(),
      office_id: officeId,
      service_id: serviceId,
      starts_at: epochMs,
      language: z.string().max(16).nullable().default(null),
      further_services: z.array(serviceId).max(20).default([]),
      priority: priority.default('none'),
      masked: z.string().max(40).nullable().default(null),
      person: z
        .string()
        .regex(/^[0-9a-f]{32}$/)
        .nullable()
        .default(null),
      /** In clear; verifiers are made of them. */
      factors: z.strictObject({ phone4: fourDigits.optional(), birth_year: fourDigits.optional() }).default({}),
    }),
    /** So many places are left in a slot. */
    slots: z.strictObject({ office_id: officeId, slot: z.string().max(40), free: z.int().min(0).max(1000) }),
    /** What a window does. */
    window: z.strictObject({
      office_id: officeId,
      window: z.int().min(0),
      state: windowState,
      until: epochMs.nullable().default(null),
    }),
    /** What becomes of a visit next; `confirm`: the desk has seen the document of its claim. */
    visit: z.strictObject({
      visit: uuid,
      to: z.enum(['called', 'waiting', 'serving', 'done', 'left', 'confirm']),
      window: z.int().min(0).nullable().default(null),
    }),
    /** The hall of the demo: stands still, moves by itself, or does so many seconds more at once. */
    counters: z.union([z.enum(['run', 'stop']), z.strictObject({ step: z.number().min(0).max(86_400) })]),
    /** A row of staff, new or changed: what is not given stays as it is. It is of all offices, unless it is of one. */
    staff: z.strictObject({
      id: z.string().min(1).max(64),
      office_id: officeId.nullable().default(null),
      name: z.string().min(1).max(100).optional(),
      role: z.enum(STAFF_ROLES).optional(),
      /** In clear; a verifier is made of it. */
      pin: z
        .string()
        .regex(/^\d{4,20}$/)
        .optional(),
      totp: staffRecord.shape.totp.unwrap().optional(),
      active: z.boolean().optional(),
      valid_until: epochMs.nullable().optional(),
    }),
    /** A setting of all offices, unless it is of one, such as `staff.rights`; no value: it is taken away. */
    setting: z.strictObject({
      id: z.string().min(1).max(80),
      office_id: officeId.nullable().default(null),
      value: z.json().optional(),
    }),
    /** Answered with the tickets of the office that are to be sent, with the phones in clear. */
    sms: officeId,
    /** Answered with the code that belongs into the envelope of the office. */
    emergency: z.strictObject({ office_id: officeId, staff: z.string().min(1).max(64).default('emergency') }),
    /** A device. */
    revoke: uuid,
    /** As after a restore from a backup: a new epoch. */
    restore: z.literal(true),
    /** Personal data of who booked it is erased, here and on devices. */
    erase: bookingId,
    /** What is older than the rules of the offices allow is erased now, and not only within the hour. */
    purge: z.literal(true),
    /** Those of an office who have not come in time did not come. */
    noShows: officeId,
    /** Saves the database to a file while it is in use: what is in it now is durable. */
    backup: z.string().min(1).max(4096),
    /** Pulls by devices of older schemas are refused. */
    minSchema: z.int().min(0).max(1000),
    /** All calls are refused, with so many seconds to wait; 0: no longer. */
    maintenance: z.int().min(0).max(86_400),
    /** One more enrolment code. Answered with it. */
    code: z.strictObject({
      office_id: officeId,
      roles: z
        .array(z.enum(['kiosk', 'desk']))
        .min(1)
        .default(['kiosk']),
    }),
  })
  .partial();

export type Control = z.output<typeof controlSchema>;
export type ControlInput = z.input<typeof controlSchema>;

interface HeldCall {
  /** Number of the request, as in the events. */
  n: number;
  method: string;
  path: string;
  at: z.output<typeof point>;
}

export type ControlEvent =
  | { type: 'request'; n: number; method: string; path: string }
  | { type: 'held'; n: number; method: string; path: string; at: z.output<typeof point> }
  | { type: 'response'; n: number; method: string; path: string; status: number };

interface Fail {
  status: number;
  problem: ProblemType | undefined;
  retryAfter: number | undefined;
}
/** What a call is to do instead of its work; a stream ends after so many lines. */
export type Detour = ({ type: 'fail' } & Fail) | { type: 'drop'; lines: number } | null;

export interface Gate {
  /** A request came in. @returns its number */
  arrive(method: string, path: string): number;
  /** Waits while the point is held. @returns what to do instead, if anything */
  pass(n: number, method: string, path: string, at: z.output<typeof point>): Promise<Detour>;
  leave(n: number, method: string, path: string, status: number): void;
  set(change: Pick<Control, 'hold' | 'fail' | 'drop' | 'delayMs' | 'maintenance'>): void;
  state(): {
    held: HeldCall[];
    holding: string[];
    counts: Record<string, number>;
    answered: Record<string, number>;
    delayMs: number;
  };
  listen(listener: (event: ControlEvent) => void): () => void;
  /** Lets everything go that is held. */
  close(): void;
}

export const createGate = (): Gate => {
  const events = new EventEmitter<{ event: [ControlEvent] }>();
  events.setMaxListeners(0);
  const holding = new Set<string>();
  const held = new Map<HeldCall, () => void>();
  const fails = new Map<string, Fail & { times: number }>();
  const drops = new Map<string, { times: number; lines: number }>();
  let maintenance = 0;
  const counts = new Map<string, number>();
  const answered = new Map<string, number>();
  const add = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1);
  let delayMs = 0;
  let last = 0;
  let closed = false;
  const waits = new Set<() => void>();

  const pause = async (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        waits.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      waits.add(end);
    });

  return {
    arrive: (method, path) => {
      last += 1;
      add(counts, path);
      events.emit('event', { type: 'request', n: last, method, path });
      return last;
    },
    pass: async (n, method, path, at) => {
      const key = `${at} ${path}`;
      if (holding.has(key) && !closed) {
        await new Promise<void>((resolve) => {
          held.set({ n, method, path, at }, resolve);
          events.emit('event', { type: 'held', n, method, path, at });
        });
      }
      if (at === 'after' && delayMs > 0 && !closed) await pause(delayMs);
      const drop = drops.get(key);
      if (drop && drop.times > 0) {
        drop.times -= 1;
        return { type: 'drop', lines: drop.lines };
      }
      if (at === 'after') return null;
      if (maintenance > 0) return { type: 'fail', status: 503, problem: 'maintenance', retryAfter: maintenance };
      const fail = fails.get(path);
      if (!fail || fail.times === 0) return null;
      fail.times -= 1;
      return { type: 'fail', ...fail };
    },
    leave: (n, method, path, status) => {
      add(answered, path);
      events.emit('event', { type: 'response', n, method, path, status });
    },
    set: (change) => {
      if (change.delayMs !== undefined) delayMs = change.delayMs;
      if (change.maintenance !== undefined) ({ maintenance } = change);
      if (change.fail) {
        const { path, retry_after: retryAfter, problem, ...rest } = change.fail;
        fails.set(path, { ...rest, problem, retryAfter });
      }
      if (change.drop) {
        const { at, path, ...rest } = change.drop;
        drops.set(`${at} ${path}`, rest);
      }
      if (!change.hold) return;
      const { path, at, release } = change.hold;
      if (!release) {
        holding.add(`${at} ${path}`);
        return;
      }
      holding.delete(`${at} ${path}`);
      for (const [call, go] of held) {
        if (call.path !== path || call.at !== at) continue;
        held.delete(call);
        go();
      }
    },
    state: () => ({
      held: [...held.keys()],
      holding: [...holding],
      counts: Object.fromEntries(counts),
      answered: Object.fromEntries(answered),
      delayMs,
    }),
    listen: (listener) => {
      events.on('event', listener);
      return () => events.off('event', listener);
    },
    close: () => {
      closed = true;
      for (const go of held.values()) go();
      held.clear();
      for (const end of waits) end();
    },
  };
};
