import { int, json, oneOf, orNull, sql, text, type ReadDb, type WriteDb } from './sql.ts';

/** What needs the centre's consent: a time booked, moved or cancelled at this device. */

const REQUEST_KINDS = ['create', 'reschedule', 'cancel'] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];
const REQUEST_STATES = ['waiting', 'confirmed', 'rejected', 'unconfirmed', 'withdrawn'] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

export interface RequestRow {
  requestId: string;
  attemptId: string;
  opId: string;
  kind: RequestKind;
  bookingId: string;
  services: readonly number[];
  startsAt: number;
  language: string;
  businessDate: string;
  madeAt: number;
  state: RequestState;
  /** Last part of the problem's type: `slot-taken` ... */
  problem: string | null;
  bookingNumber: string | null;
  token: string | null;
}

const READ = `SELECT * FROM request WHERE `;
const requestOf = (row: Parameters<typeof text>[0]): RequestRow => ({
  requestId: text(row, 'request_id'),
  attemptId: text(row, 'attempt_id'),
  opId: text(row, 'op_id'),
  kind: oneOf(REQUEST_KINDS, text(row, 'kind'), 'kind'),
  bookingId: text(row, 'booking_id'),
  services: json<number[]>(row, 'service_ids'),
  startsAt: int(row, 'starts_at'),
  language: text(row, 'language'),
  businessDate: text(row, 'business_date'),
  madeAt: int(row, 'made_at'),
  state: oneOf(REQUEST_STATES, text(row, 'state'), 'state'),
  problem: orNull(row, 'problem', text),
  bookingNumber: orNull(row, 'booking_number', text),
  token: orNull(row, 'token', text),
});

export const readRequest = (db: ReadDb, requestId: string): RequestRow | null => {
  const row = db.get({ text: `${READ}request_id = ?`, params: [requestId] });
  return row ? requestOf(row) : null;
};
export const requestOfAttempt = (db: ReadDb, attemptId: string): RequestRow | null => {
  const row = db.get({ text: `${READ}attempt_id = ?`, params: [attemptId] });
  return row ? requestOf(row) : null;
};

/** Still waiting though made before `before`, epoch ms. */
export const forgottenRequests = (db: ReadDb, before: number): RequestRow[] =>
  db.all({ text: `${READ}state = 'waiting' AND made_at < ?`, params: [before] }).map(requestOf);

export const insertRequest = (db: WriteDb, r: RequestRow): void => {
  db.run(sql`INSERT INTO request (request_id, attempt_id, op_id, kind, booking_id, service_ids, starts_at, language,
      business_date, made_at, state, problem, booking_number, token)
    VALUES (${r.requestId}, ${r.attemptId}, ${r.opId}, ${r.kind}, ${r.bookingId}, ${JSON.stringify(r.services)}, ${r.startsAt},
      ${r.language}, ${r.businessDate}, ${r.madeAt}, ${r.state}, ${r.problem}, ${r.bookingNumber}, ${r.token})`);
};

export const setRequestState = (db: WriteDb, requestId: string, from: RequestState, to: RequestState): boolean =>
  db.run(sql`UPDATE request SET state = ${to} WHERE request_id = ${requestId} AND state = ${from}`) === 1;

/**
 * The centre has answered. One that the visitor was told is withdrawn stays so: the withdrawal is on its way.
 * @param answer `booking` as the centre has it now, with the confirmation to print
 */
export const settleRequest = (
  db: WriteDb,
  opId: string,
  answer: { confirmed: boolean; problem: string | null; number: string | null; token: string | null },
): void => {
  db.run(sql`UPDATE request SET state = ${answer.confirmed ? 'confirmed' : 'rejected'}, problem = ${answer.problem},
      booking_number = ${answer.number}, token = ${answer.token}
    WHERE op_id = ${opId} AND state IN ('waiting', 'unconfirmed')`);
};

/** Requests of days that are over are of no use to anybody here; their operations are the centre's. */
export const dropOldRequests = (db: WriteDb, before: string): void => {
  db.run(sql`DELETE FROM print_job WHERE request_id IN
    (SELECT request_id FROM request WHERE business_date < ${before} AND state <> 'waiting')`);
  db.run(sql`DELETE FROM request WHERE business_date < ${before} AND state <> 'waiting'`);
};
