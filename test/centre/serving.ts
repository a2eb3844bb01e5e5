import type { Context } from './context.ts';
import { markEdited } from './edits.ts';
import { ProblemError } from './problems.ts';
import { settleVisit } from './settling.ts';
import { countCall, mainOf, setStage, stagesOf, visitRow, type Stage, type VisitRow } from './visits.ts';

/**
 * How a visit goes on: called to a window, served there, done, or gone. One with several services waits again in between.
 * `at` is when it happened; not given, it is now. He may be called by any of his tickets, and also after he took it back:
 * then he has come after all.
 */

interface Called {
  id: string;
  row: VisitRow;
  stages: Stage[];
}

const visitOrThrow = (context: Context, visitId: string): Called => {
  const id = mainOf(context, visitId);
  const row = visitRow(context, id);
  if (!row) throw new ProblemError('not-found', `there is no visit ${visitId}`);
  return { id, row, stages: stagesOf(context, id) };
};

/** The service that a visitor waits for, or has now. @throws ProblemError when he has been through all of them */
const present = ({ id, stages }: Called): { stage: Stage; position: number } => {
  const position = stages.findIndex(({ state }) => state !== 'done' && state !== 'skipped');
  const stage = stages[position];
  if (!stage) throw new ProblemError('invalid-request', `the visit ${id} is over`);
  return { stage, position };
};

/** Calls a visitor to a window; once more, if he did not come. */
export const callVisit = (context: Context, visitId: string, windowId: number | null, at = context.now()): void => {
  context.write(() => {
    const visit = visitOrThrow(context, visitId);
    const { stage, position } = present(visit);
    const called: Stage = { ...stage, state: 'called', window_id: windowId, called_at: at, serving_at: null };
    setStage(context, visit.id, position, called, 'called');
    countCall(context, visit.id, position);
    settleVisit(context, visit.id);
  });
};

/** He did not come when he was called: he waits on. */
export const uncallVisit = (context: Context, visitId: string): void => {
  context.write(() => {
    const visit = visitOrThrow(context, visitId);
    const { stage, position } = present(visit);
    const waiting: Stage = { ...stage, state: 'waiting', window_id: null, called_at: null, serving_at: null };
    setStage(context, visit.id, position, waiting, 'waiting');
    settleVisit(context, visit.id);
  });
};

/** @param windowId null: the one that he was called to */
export const serveVisit = (context: Context, visitId: string, windowId: number | null, at = context.now()): void => {
  context.write(() => {
    const visit = visitOrThrow(context, visitId);
    const { stage, position } = present(visit);
    const serving: Stage = {
      ...stage,
      state: 'serving',
      window_id: windowId ?? stage.window_id,
      called_at: stage.called_at ?? at,
      serving_at: at,
    };
    setStage(context, visit.id, position, serving, 'serving');
    settleVisit(context, visit.id);
  });
};

/** This service is done: on to the next one, or the visit is over and its booking served. */
export const finishVisit = (context: Context, visitId: string, at = context.now()): void => {
  context.write(() => {
    const visit = visitOrThrow(context, visitId);
    const { stage, position } = present(visit);
    const last = position === visit.stages.length - 1;
    setStage(context, visit.id, position, { ...stage, state: 'done', done_at: at }, last ? 'done' : 'waiting');
    settleVisit(context, visit.id);
  });
};

/** He went away before the end. */
export const leaveVisit = (context: Context, visitId: string): void => {
  context.write(() => {
    const visit = visitOrThrow(context, visitId);
    visit.stages.forEach((stage, position) => {
      if (stage.state === 'done') return;
      setStage(context, visit.id, position, { ...stage, state: 'skipped' }, 'left');
    });
    context.db.prepare(`UPDATE visit SET state = 'left' WHERE visit_id = ?`).run(visit.id);
    settleVisit(context, visit.id);
  });
};

/** The desk has seen the document: what was claimed counts. */
export const confirmClaim = (context: Context, visitId: string): void => {
  context.write(() => {
    const { id, row } = visitOrThrow(context, visitId);
    context.db
      .prepare(
        `UPDATE visit SET claim_confirmed = 1, set_priority = claim_level WHERE visit_id = ? AND claim_level IS NOT NULL`,
      )
      .run(id);
    if (row.claim_level !== null) markEdited(context, row, ['claim', 'priority'], null);
    settleVisit(context, id);
  });
};
