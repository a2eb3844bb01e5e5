import { visitDetailRecord, type VisitDetailRecord } from '../../../shared/contracts/centre/schemas.ts';
import type { DeskState } from '../../../shared/contracts/desk.ts';
import {
  PRIORITIES,
  STAGE_STATES,
  VISIT_STATES,
  type Priority,
  type StageState,
} from '../../../shared/domain/queue.ts';
import { SERIES, type TicketNumber } from '../../../shared/domain/ticket-number.ts';
import type { Log } from '../ports.ts';
import { readOffice } from '../store/registry.ts';
import type { Sealer } from '../store/seal.ts';
import { int, json, oneOf, orNull, sql, text, type ReadDb } from '../store/sql.ts';
import type { Pending } from './pending.ts';

/** The visits of a day as a desk knows them: of the feed, of this device, and what was done here and is not told yet. */

export interface Stage {
  serviceId: number;
  state: StageState;
  windowId: number | null;
  calledAt: number | null;
  servingAt: number | null;
}

export interface Seen {
  visitId: string;
  bookingId: string | null;
  stages: Stage[];
  number: TicketNumber;
  state: Extract<DeskState, 'waiting' | 'called' | 'serving' | 'done' | 'left'>;
  priority: Priority;
  arrivedAt: number;
  /** Whose turn it is: booked time, or when he came. */
  orderAt: number;
  /** Made here. */
  own: boolean;
  provisional: boolean;
  detail: VisitDetailRecord | null;
}

const waiting = (serviceId: number): Stage => ({
  serviceId,
  state: 'waiting',
  windowId: null,
  calledAt: null,
  servingAt: null,
});

/** When he was called for the first time; null when he was not. */
export const firstCalledAt = ({ stages }: Pick<Seen, 'stages'>): number | null => {
  const called = stages.flatMap(({ calledAt }) => (calledAt === null ? [] : [calledAt]));
  return called.length === 0 ? null : Math.min(...called);
};
/** Where he is called to or served now. */
export const activeStage = ({ stages }: Pick<Seen, 'stages'>): { stage: Stage; position: number } | null => {
  const position = stages.findIndex(({ state }) => state === 'called' || state === 'serving');
  const stage = stages[position];
  return stage ? { stage, position } : null;
};
/** What he waits for next; null when nothing is left. */
export const nextStage = ({ stages }: Pick<Seen, 'stages'>): { stage: Stage; position: number } | null => {
  const position = stages.findIndex(({ state }) => state === 'waiting');
  const stage = stages[position];
  return stage ? { stage, position } : null;
};

const stateOf = (stages: readonly Stage[]): Seen['state'] => {
  const active = stages.find(({ state }) => state === 'called' || state === 'serving')?.state;
  if (active === 'called' || active === 'serving') return active;
  return stages.length > 0 && stages.every(({ state }) => state === 'done' || state === 'skipped') ? 'done' : 'waiting';
};

const fromFeed = (db: ReadDb, day: string): Map<string, Seen> => {
  const stages = new Map<string, Stage[]>();
  for (const row of db.all(sql`SELECT * FROM queue_stage WHERE business_date = ${day} ORDER BY visit_id, position`)) {
    const id = text(row, 'visit_id');
    const stage: Stage = {
      serviceId: int(row, 'service_id'),
      state: oneOf(STAGE_STATES, text(row, 'state'), 'state'),
      windowId: orNull(row, 'window_id', int),
      calledAt: orNull(row, 'called_at', int),
      servingAt: orNull(row, 'serving_at', int),
    };
    const known = stages.get(id);
    if (known) known.push(stage);
    else stages.set(id, [stage]);
  }
  const seen = new Map<string, Seen>();
  for (const row of db.all(sql`SELECT * FROM queue_visit WHERE business_date = ${day}`)) {
    const visitId = text(row, 'visit_id');
    seen.set(visitId, {
      visitId,
      bookingId: null,
      stages: stages.get(visitId) ?? [waiting(int(row, 'service_id'))],
      number: { series: oneOf(SERIES, text(row, 'series'), 'series'), number: int(row, 'number') },
      state: oneOf(VISIT_STATES, text(row, 'state'), 'state'),
      priority: oneOf(PRIORITIES, text(row, 'priority'), 'priority'),
      arrivedAt: int(row, 'arrived_at'),
      orderAt: int(row, 'order_at'),
      own: false,
      provisional: false,
      detail: null,
    });
  }
  return seen;
};

/** Visits that were made here: those that the feed has not brought yet, and what only this device knows of the others. */
const withOwn = (db: ReadDb, day: string, seen: Map<string, Seen>): void => {
  for (const row of db.all(
    sql`SELECT visit.*, ticket.series, ticket.number FROM visit JOIN ticket USING (visit_id)
        WHERE visit.business_date = ${day}`,
  )) {
    const visitId = text(row, 'visit_id');
    if (orNull(row, 'undone_at', int) !== null) {
      seen.delete(visitId);
      continue;
    }
    const arrivedAt = int(row, 'arrived_at');
    const startsAt = orNull(row, 'starts_at', int);
    seen.set(visitId, {
      ...(seen.get(visitId) ?? {
        visitId,
        stages: [int(row, 'service_id'), ...json<number[]>(row, 'further_services')].map(waiting),
        number: { series: oneOf(SERIES, text(row, 'series'), 'series'), number: int(row, 'number') },
        state: 'waiting',
        priority: oneOf(PRIORITIES, text(row, 'priority'), 'priority'),
        arrivedAt,
        orderAt: startsAt === null || int(row, 'late') === 1 ? arrivedAt : startsAt,
        detail: null,
      }),
      bookingId: orNull(row, 'booking_id', text),
      own: true,
      provisional: int(row, 'provisional') === 1,
    });
  }
};

const NO_DETAIL = (day: string, bookingId: string | null): VisitDetailRecord =>
  visitDetailRecord.parse({ business_date: day, booking_id: bookingId });

/** What was done here goes on top of what the centre has told. */
const withPending = (seen: Map<string, Seen>, pending: Pending, day: string, levelOf: (claim: string) => Priority) => {
  for (const id of pending.undone) seen.delete(id);
  for (const [id, operations] of pending.stages) {
    const visit = seen.get(id);
    if (!visit) continue;
    for (const { payload, occurred_at: at } of operations) {
      const stage = visit.stages[payload.position];
      if (!stage) continue;
      if (payload.to === 'no-show') {
        visit.state = 'left';
        continue;
      }
      visit.stages = visit.stages.with(payload.position, {
        ...stage,
        state: payload.to,
        windowId: payload.to === 'waiting' ? null : (payload.window_id ?? stage.windowId),
        calledAt: stage.calledAt ?? (payload.to === 'called' || payload.to === 'serving' ? at : null),
        servingAt: payload.to === 'serving' ? at : stage.servingAt,
      });
      visit.state = stateOf(visit.stages);
    }
  }
  for (const [id, set] of pending.edits) {
    const visit = seen.get(id);
    if (!visit) continue;
    const before = visit.detail ?? NO_DETAIL(day, visit.bookingId);
    const claim =
      set.claim === undefined
        ? before.claim
        : set.claim && {
            id: set.claim.id,
            document: set.claim.document,
            level: levelOf(set.claim.id),
            confirmed: true,
          };
    visit.detail = {
      ...before,
      claim,
      ...(set.note === undefined ? {} : { note: set.note }),
      ...(set.people === undefined ? {} : { people: set.people }),
      ...(set.companion === undefined ? {} : { companion: set.companion }),
    };
    if (set.claim !== undefined) visit.priority = claim?.level ?? 'none';
    if (set.priority !== undefined) visit.priority = set.priority;
    if (set.services) {
      const begun = visit.stages.filter(({ state }) => state !== 'waiting');
      const kept = new Set(begun.map(({ serviceId }) => serviceId));
      visit.stages = [...begun, ...set.services.filter((service) => !kept.has(service)).map(waiting)];
    }
  }
};

export interface SeenPorts {
  sealer: Sealer;
  log: Log;
}

/** All visits of a business day, by their id. */
export const readSeen = (
  db: ReadDb,
  about: { day: string; officeId: number; pending: Pending },
  { sealer, log }: SeenPorts,
): Map<string, Seen> => {
  const { day, officeId, pending } = about;
  const seen = fromFeed(db, day);
  withOwn(db, day, seen);
  for (const row of db.all(sql`SELECT visit_id, sealed FROM visit_detail WHERE business_date = ${day}`)) {
    const id = text(row, 'visit_id');
    const visit = seen.get(id);
    const sealed = row['sealed'];
    if (!visit || !(sealed instanceof Uint8Array)) continue;
    try {
      visit.detail = visitDetailRecord.parse(sealer.open(`visit_detail ${id}`, sealed));
      visit.bookingId ??= visit.detail.booking_id;
    } catch {
      // Another key, or damaged: shown as if it had not come.
      log.warn('desk.unreadable', { table: 'visit_detail' });
    }
  }
  const claims = readOffice(db, officeId)?.priority_claims ?? [];
  withPending(seen, pending, day, (claim) => claims.find(({ id }) => id === claim)?.level ?? 'first');
  return seen;
};
