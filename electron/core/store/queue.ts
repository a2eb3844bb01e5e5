import {
  PRIORITIES,
  WINDOW_STATES,
  type QueueEntry,
  type QueueWindow,
  type ServiceTimes,
} from '../../../shared/domain/queue.ts';
import { readCatalogue } from './registry.ts';
import { int, json, oneOf, orNull, sql, text, type ReadDb } from './sql.ts';

/** The queue of the office: what the centre told, and what this device did that the centre has not told back yet. */

const OPEN = ['waiting', 'called', 'serving'] as const;
/** A visit of this device that the centre has and the feed has not after so long is over. What waits to be told stays. */
const OWN_WITHIN_MS = 30 * 60_000;

/** @returns everybody who waits, is called or is being served, each once, for the service that is next or present */
export const queueEntries = (db: ReadDb, businessDate: string, now: number): QueueEntry[] => {
  const told = db
    .all(
      sql`SELECT q.visit_id, q.state, q.priority, q.order_at, q.arrived_at, s.service_id, s.window_id, s.serving_at
          FROM queue_visit AS q JOIN queue_stage AS s ON s.visit_id = q.visit_id AND s.position =
            (SELECT min(position) FROM queue_stage WHERE visit_id = q.visit_id AND state NOT IN ('done', 'skipped'))
          WHERE q.business_date = ${businessDate} AND q.state IN ('waiting', 'called', 'serving')`,
    )
    .map((row): QueueEntry => ({
      visitId: text(row, 'visit_id'),
      serviceId: int(row, 'service_id'),
      state: oneOf(OPEN, text(row, 'state'), 'state'),
      priority: oneOf(PRIORITIES, text(row, 'priority'), 'priority'),
      orderAt: int(row, 'order_at'),
      arrivedAt: int(row, 'arrived_at'),
      windowId: orNull(row, 'window_id', int),
      servingAt: orNull(row, 'serving_at', int),
    }));
  const own = db
    .all(
      sql`SELECT visit_id, service_id, priority, starts_at, arrived_at, late FROM visit
          WHERE business_date = ${businessDate} AND undone_at IS NULL
            AND (arrived_at > ${now - OWN_WITHIN_MS} OR EXISTS (SELECT 1 FROM outbox
              WHERE outbox.entity_id = visit.visit_id AND outbox.type IN ('checkin', 'walkin') AND outbox.state <> 'acked'))
            AND NOT EXISTS (SELECT 1 FROM queue_visit WHERE queue_visit.visit_id = visit.visit_id)`,
    )
    .map((row): QueueEntry => {
      const arrivedAt = int(row, 'arrived_at');
      const startsAt = orNull(row, 'starts_at', int);
      return {
        visitId: text(row, 'visit_id'),
        serviceId: int(row, 'service_id'),
        state: 'waiting',
        priority: oneOf(PRIORITIES, text(row, 'priority'), 'priority'),
        orderAt: startsAt === null || int(row, 'late') === 1 ? arrivedAt : startsAt,
        arrivedAt,
        windowId: null,
        servingAt: null,
      };
    });
  return [...told, ...own];
};

export const queueWindows = (db: ReadDb): QueueWindow[] =>
  db.all(sql`SELECT * FROM service_window ORDER BY window_id`).map((row) => ({
    id: int(row, 'window_id'),
    state: oneOf(WINDOW_STATES, text(row, 'state'), 'state'),
    serviceIds: json<number[]>(row, 'service_ids'),
    until: orNull(row, 'until', int),
  }));

/** How long serving takes: as the centre says it, and as it was measured today. */
export const serviceTimes = (db: ReadDb, businessDate: string): ServiceTimes[] => {
  const measured = new Map(
    db
      .all(
        sql`SELECT service_id, count(*) AS n, avg((done_at - serving_at) / 60000.0) AS mean,
              avg((done_at - serving_at) / 60000.0 * ((done_at - serving_at) / 60000.0)) AS square
            FROM queue_stage WHERE business_date = ${businessDate} AND serving_at IS NOT NULL AND done_at >= serving_at
            GROUP BY service_id`,
      )
      .map((row) => {
        const mean = Number(row['mean']);
        const spread = Math.sqrt(Math.max(0, Number(row['square']) - mean * mean));
        return [int(row, 'service_id'), { n: int(row, 'n'), meanMinutes: mean, spreadMinutes: spread }] as const;
      }),
  );
  return readCatalogue(db).services.map((s) => ({
    serviceId: s.id,
    meanMinutes: s.duration_minutes,
    spreadMinutes: s.duration_spread_minutes,
    measured: measured.get(s.id) ?? null,
  }));
};

/** Visits of the day by their first service, told and own, each once. */
export const visitCounts = (db: ReadDb, businessDate: string): Map<number, { walkIns: number; all: number }> => {
  const counts = new Map<number, { walkIns: number; all: number }>();
  const rows = db.all(
    sql`SELECT service_id, origin, count(*) AS n FROM queue_visit WHERE business_date = ${businessDate}
          GROUP BY service_id, origin
        UNION ALL
        SELECT service_id, origin, count(*) AS n FROM visit WHERE business_date = ${businessDate} AND undone_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM queue_visit WHERE queue_visit.visit_id = visit.visit_id)
          GROUP BY service_id, origin`,
  );
  for (const row of rows) {
    const count = counts.get(int(row, 'service_id')) ?? { walkIns: 0, all: 0 };
    const n = int(row, 'n');
    counts.set(int(row, 'service_id'), {
      walkIns: count.walkIns + (text(row, 'origin') === 'walk-in' ? n : 0),
      all: count.all + n,
    });
  }
  return counts;
};
