import type { ConflictRecord, Operation } from '../../../shared/contracts/centre/schemas.ts';
import type { DeskTask } from '../../../shared/contracts/desk.ts';
import { CallFailure } from '../../../shared/contracts/result.ts';
import type { Moment } from '../../../shared/domain/decide.ts';
import type { TicketNumber } from '../../../shared/domain/ticket-number.ts';
import { audit } from '../audit/audit.ts';
import type { Checkin } from '../checkin/checkin.ts';
import { here } from '../checkin/here.ts';
import type { Ids } from '../ports.ts';
import { applyEvent } from '../printing/jobs.ts';
import { ANSWER_WITHIN_MS } from '../printing/printers.ts';
import { readBooking } from '../store/bookings.ts';
import { int, json, orNull, sql, text, type ReadDb } from '../store/sql.ts';
import type { Store } from '../store/store.ts';
import { serviceName } from '../store/views.ts';
import { feedVisit, readVisit, readVisitOfTicket } from '../store/visits.ts';
import { readConflicts, type Corrections } from '../staff/corrections.ts';
import type { Staff } from '../staff/staff.ts';
import type { Day } from './day.ts';

/**
 * What a person has to decide: facts that contradict each other, requests that the centre has refused, operations that
 * could not be told, papers that nobody knows of whether they came out. Nothing of it goes away by itself unsaid.
 */

export interface TaskPorts {
  store: Store;
  moment: () => Moment;
  ids: Ids;
  day: Day;
  staff: Staff;
  corrections: Corrections;
  checkin: Checkin;
  /** Operations that were put aside are offered to the centre once more. */
  retryParked: () => void;
}

const MOST = 500;
/** What was refused or came out doubtful before this is of no use to anybody any more. */
const WITHIN_MS = 3 * 86_400_000;
type Choice = DeskTask['choices'][number];

const NOTHING = {
  problem: null,
  name: null,
  number: null,
  other: null,
  service: null,
  since: null,
  key: null,
} as const;

const visitNumber = (db: ReadDb, id: string | null): TicketNumber | null =>
  id === null ? null : ((readVisit(db, id) ?? feedVisit(db, id))?.number ?? null);

/** A further ticket of the same visit. */
const alsoOf = (db: ReadDb, id: string | null): TicketNumber | null => {
  const row = id === null ? undefined : db.get(sql`SELECT also FROM queue_visit WHERE visit_id = ${id}`);
  return row ? (json<TicketNumber[]>(row, 'also')[0] ?? null) : null;
};

/** Visit and booking that an operation is about. */
const subjectOf = (op: Operation): { visit: string | null; booking: string | null } => {
  const payload: { visit_id?: string | null; booking_id?: string | null } =
    'visit_id' in op.payload || 'booking_id' in op.payload ? op.payload : {};
  return { visit: payload.visit_id ?? null, booking: payload.booking_id ?? null };
};

export const createTasks = (ports: TaskPorts) => {
  const { store, moment, ids, day, staff, corrections, checkin, retryParked } = ports;

  const keyOf = (visit: string | null, booking: string | null): string | null => {
    const [row] = day.rows([{ booking, visit: booking === null ? visit : null }]);
    return row?.key ?? (booking === null ? null : `b${booking}`);
  };
  const about = (db: ReadDb, visit: string | null, booking: string | null) => {
    const known = visit === null ? null : (readVisit(db, visit) ?? feedVisit(db, visit));
    const bookingId = booking ?? known?.bookingId ?? null;
    const service = known?.services[0] ?? (bookingId === null ? null : readBooking(db, bookingId)?.serviceId) ?? null;
    return {
      name: day.nameOf(db, bookingId),
      number: known?.number ?? null,
      service: service === null ? null : serviceName(db, service),
      key: keyOf(visit, bookingId),
    };
  };

  /** Of two tickets of one visit the feed has one: the number of the other stands beside it. */
  const aboutBoth = (db: ReadDb, c: ConflictRecord) => {
    const [first, second] =
      c.visit_id !== null && visitNumber(db, c.visit_id) === null && c.other_visit_id !== null
        ? [c.other_visit_id, c.visit_id]
        : [c.visit_id, c.other_visit_id];
    return { ...about(db, first, c.booking_id), other: visitNumber(db, second) ?? alsoOf(db, first) };
  };

  const conflicts = (db: ReadDb): DeskTask[] =>
    readConflicts(db, MOST)
      .filter(({ open }) => open)
      .map((c) => ({
        ...NOTHING,
        id: `conflict ${c.id}`,
        kind: 'conflict',
        type: c.type,
        at: c.at,
        ...aboutBoth(db, c),
        ...(c.service_id === null ? {} : { service: serviceName(db, c.service_id) }),
        since: c.since,
        choices: c.type === 'double-checkin' || c.type === 'possible-duplicate' ? ['seen', 'split'] : ['seen'],
      }));

  const refused = (db: ReadDb, now: number): DeskTask[] =>
    db
      .all(
        sql`SELECT op_id, body, problem, occurred_at FROM outbox WHERE state = 'acked' AND acked_at > ${now - WITHIN_MS}
          AND status = 'rejected' AND kind = 'request' ORDER BY seq DESC LIMIT ${MOST}`,
      )
      .flatMap((row): DeskTask[] => {
        const op = json<Operation>(row, 'body');
        // What a visitor asked for himself he was told himself.
        if (op.actor === undefined) return [];
        const { visit, booking } = subjectOf(op);
        return [
          {
            ...NOTHING,
            id: `request ${text(row, 'op_id')}`,
            kind: 'request',
            type: op.type,
            problem: orNull(row, 'problem', text)?.split(' ')[0]?.split('/').at(-1) ?? null,
            at: int(row, 'occurred_at'),
            ...about(db, visit, booking),
            choices: ['seen'],
          },
        ];
      });

  const parked = (db: ReadDb): DeskTask[] =>
    db
      .all(sql`SELECT op_id, body, problem, occurred_at FROM outbox WHERE state = 'parked' ORDER BY seq LIMIT ${MOST}`)
      .map((row) => {
        const op = json<Operation>(row, 'body');
        const { visit, booking } = subjectOf(op);
        return {
          ...NOTHING,
          id: `parked ${text(row, 'op_id')}`,
          kind: 'parked',
          type: op.type,
          problem: orNull(row, 'problem', text)?.slice(0, 200) ?? null,
          at: int(row, 'occurred_at'),
          ...about(db, visit, booking),
          choices: ['retry', 'seen'],
        };
      });

  const papers = (db: ReadDb, now: number): DeskTask[] =>
    db
      .all(
        // A visitor is asked first.
        sql`SELECT job_id, ticket_id, elsewhere_id, finished_at FROM print_job WHERE state = 'unknown'
          AND finished_at > ${now - WITHIN_MS} AND request_id IS NULL
          AND (place = 'desk' OR answer = 'no' OR finished_at <= ${now - ANSWER_WITHIN_MS})
          ORDER BY finished_at DESC LIMIT ${MOST}`,
      )
      .flatMap((row): DeskTask[] => {
        const ticket = orNull(row, 'ticket_id', text);
        const visit =
          ticket === null ? orNull(row, 'elsewhere_id', text) : (readVisitOfTicket(db, ticket)?.visitId ?? null);
        if (visit === null) return [];
        // A later paper has answered the question.
        const later = db.get(
          sql`SELECT 1 AS one FROM print_job WHERE ticket_id = ${ticket} AND state = 'printed' AND finished_at > ${int(row, 'finished_at')}`,
        );
        return later
          ? []
          : [
              {
                ...NOTHING,
                id: `print ${text(row, 'job_id')}`,
                kind: 'print',
                type: 'unknown',
                at: int(row, 'finished_at'),
                ...about(db, visit, null),
                choices: ['came-out', 'copy'],
              },
            ];
      });

  const list = (): DeskTask[] => {
    const now = moment().at;
    return store.read((db) => {
      here(db, now);
      const decided = new Set(db.all(sql`SELECT task FROM decided`).map((row) => text(row, 'task')));
      return [...conflicts(db), ...refused(db, now), ...papers(db, now), ...parked(db)]
        .filter(({ id }) => !decided.has(id))
        .sort((a, b) => b.at - a.at)
        .slice(0, MOST);
    });
  };

  return {
    list,
    /** @throws CallFailure not-found | conflict when that cannot be chosen */
    decide: async (id: string, how: Choice): Promise<void> => {
      const task = list().find((one) => one.id === id);
      // Somebody else was faster: it is decided.
      if (!task) return;
      if (!task.choices.includes(how)) throw new CallFailure('conflict', `${how} is no choice here`);
      const actor = staff.anybody();
      const what = id.slice(id.indexOf(' ') + 1);
      const note = (action: string): void => {
        const now = moment().at;
        store.write((db) => {
          db.run(sql`DELETE FROM decided WHERE at < ${now - 2 * WITHIN_MS}`);
          db.run(sql`INSERT INTO decided (task, how, by, at) VALUES (${id}, ${how}, ${actor}, ${now})
            ON CONFLICT (task) DO UPDATE SET how = excluded.how, by = excluded.by, at = excluded.at`);
          audit(db, { at: now, actor, action, entityId: what, detail: { how } });
        });
      };
      switch (task.kind) {
        case 'conflict':
          corrections.resolve(actor, what, how === 'split' ? 'split' : 'seen');
          // Until the centre has answered it is decided here already.
          note('conflict.decided');
          return;
        case 'parked':
          if (how === 'retry') {
            store.write((db) =>
              audit(db, { at: moment().at, actor, action: 'parked.retry', entityId: what, detail: {} }),
            );
            retryParked();
          } else note('parked.seen');
          return;
        case 'print': {
          if (how === 'copy') {
            const visit = store.read((db) => {
              const row = db.get(sql`SELECT ticket_id, elsewhere_id FROM print_job WHERE job_id = ${what}`);
              const ticket = row ? orNull(row, 'ticket_id', text) : null;
              return ticket === null
                ? row && orNull(row, 'elsewhere_id', text)
                : readVisitOfTicket(db, ticket)?.visitId;
            });
            if (!visit) throw new CallFailure('not-found', 'no such visit');
            await checkin.copyByStaff(actor, ids.uuid(), visit);
          } else {
            const now = moment().at;
            store.write((db) => applyEvent(db, what, { type: 'said', out: true, by: actor }, now));
          }
          note('print.settled');
          return;
        }
        default:
          note('request.seen');
      }
    },
  };
};
