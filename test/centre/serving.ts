import { putBooking, readBooking } from './bookings.ts';
import type { Context } from './context.ts';
import { ProblemError } from './problems.ts';
import { readVisit, setStage, visitChanged, type Stage, type Visit } from './visits.ts';

/**
 * How a visit goes on: called to a window, served there, done, or gone. One with several services waits again in between.
 * `at` is when it happened; not given, it is now.
 */

const visitOrThrow = (context: Context, visitId: string): Visit => {
  const visit = readVisit(context, visitId);
  if (!visit) throw new ProblemError('not-found', `there is no visit ${visitId}`);
  return visit;
};

/** The service that a visitor waits for, or has now. @throws ProblemError when he has been through all of them */
const present = (visit: Visit): { stage: Stage; position: number } => {
  const position = visit.services.findIndex(({ state }) => state !== 'done' && state !== 'skipped');
  const stage = visit.services[position];
  if (!stage) throw new ProblemError('invalid-request', `the visit ${visit.id} is over`);
  return { stage, position };
};

/** Calls a visitor to a window; once more, if he did not come. */
export const callVisit = (context: Context, visitId: string, windowId: number | null, at = context.now()): void => {
  context.write(() => {
    const { stage, position } = present(visitOrThrow(context, visitId));
    const called: Stage = { ...stage, state: 'called', window_id: windowId, called_at: at, serving_at: null };
    setStage(context, visitId, position, called, 'called');
    visitChanged(context, visitId);
  });
};

/** He did not come when he was called: he waits on. */
export const uncallVisit = (context: Context, visitId: string): void => {
  context.write(() => {
    const { stage, position } = present(visitOrThrow(context, visitId));
    const waiting: Stage = { ...stage, state: 'waiting', window_id: null, called_at: null, serving_at: null };
    setStage(context, visitId, position, waiting, 'waiting');
    visitChanged(context, visitId);
  });
};

/** @param windowId null: the one that he was called to */
export const serveVisit = (context: Context, visitId: string, windowId: number | null, at = context.now()): void => {
  context.write(() => {
    const { stage, position } = present(visitOrThrow(context, visitId));
    const serving: Stage = {
      ...stage,
      state: 'serving',
      window_id: windowId ?? stage.window_id,
      called_at: stage.called_at ?? at,
      serving_at: at,
    };
    setStage(context, visitId, position, serving, 'serving');
    visitChanged(context, visitId);
  });
};

/** This service is done: on to the next one, or the visit is over and its booking served. */
export const finishVisit = (context: Context, visitId: string, at = context.now()): void => {
  context.write(() => {
    const visit = visitOrThrow(context, visitId);
    const { stage, position } = present(visit);
    const last = position === visit.services.length - 1;
    setStage(context, visitId, position, { ...stage, state: 'done', done_at: at }, last ? 'done' : 'waiting');
    visitChanged(context, visitId);
    const booking = last && visit.booking_id !== null ? readBooking(context, visit.booking_id) : null;
    if (booking?.status === 'arrived') putBooking(context, { ...booking, status: 'served' });
  });
};

/** He went away before the end. */
export const leaveVisit = (context: Context, visitId: string): void => {
  context.write(() => {
    const visit = visitOrThrow(context, visitId);
    visit.services.forEach((stage, position) => {
      if (stage.state === 'done') return;
      setStage(context, visitId, position, { ...stage, state: 'skipped' }, 'left');
    });
    context.db.prepare(`UPDATE visit SET state = 'left' WHERE visit_id = ?`).run(visitId);
    visitChanged(context, visitId);
  });
};

/** The desk has seen the document: what was claimed counts. */
export const confirmClaim = (context: Context, visitId: string): void => {
  context.write(() => {
    visitOrThrow(context, visitId);
    context.db
      .prepare(
        `UPDATE visit SET claim_confirmed = 1, priority = claim_level WHERE visit_id = ? AND claim_level IS NOT NULL`,
      )
      .run(visitId);
    visitChanged(context, visitId);
  });
};
