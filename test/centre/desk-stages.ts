import type { Operation } from '../../shared/contracts/centre/schemas.ts';
import { assertNever } from '../../shared/domain/model.ts';
import type { Context } from './context.ts';
import type { Device } from './devices.ts';
import { applied, conflict, type Outcome } from './outcome.ts';
import { timesOf } from './rules.ts';
import { leaveVisit } from './serving.ts';
import { settleVisit } from './settling.ts';
import { countCall, mainOf, setStage, stagesOf, visitRow, type Stage, type VisitRow } from './visits.ts';

/**
 * Desks that serve people themselves tell how it goes on; what they tell stands in the same tables as what the centre's
 * own windows do. These are facts: one that contradicts what was done elsewhere is flagged, and changes nothing.
 */

type Op = Extract<Operation, { type: 'visit.stage' }>;
type Step = Op['payload']['to'];

interface Told {
  position: number;
  step: Step;
  windowId: number | null;
  at: number;
}

const served = (title: string): Outcome => conflict('already-served', title);

/** @returns the stage after it, or what it collides with; null: nothing has to be written */
const next = (stage: Stage, { step, windowId, at }: Told): Stage | Outcome | null => {
  const elsewhere = stage.window_id !== null && windowId !== null && stage.window_id !== windowId;
  if (stage.state === 'done' || stage.state === 'skipped') return served('This service is over');
  switch (step) {
    case 'called':
      if (stage.state === 'serving') return served('He is being served');
      if (stage.state === 'called') return elsewhere ? served('He was called to another window') : null;
      return { ...stage, state: 'called', window_id: windowId, called_at: at, serving_at: null };
    case 'serving':
      if (stage.state === 'serving') return elsewhere ? served('He is being served at another window') : null;
      return {
        ...stage,
        state: 'serving',
        window_id: windowId ?? stage.window_id,
        called_at: stage.called_at ?? at,
        serving_at: Math.max(at, stage.called_at ?? at),
      };
    case 'done': {
      if (stage.state === 'serving' && elsewhere) return served('He is being served at another window');
      const called = stage.called_at ?? at;
      const serving = stage.serving_at ?? Math.max(at, called);
      return {
        ...stage,
        state: 'done',
        window_id: windowId ?? stage.window_id,
        called_at: called,
        serving_at: serving,
        done_at: Math.max(at, serving),
      };
    }
    case 'waiting':
      return { ...stage, state: 'waiting', window_id: null, called_at: null, serving_at: null };
    case 'no-show':
      return stage.state === 'serving' ? served('He is being served') : null;
    default:
      return assertNever(step);
  }
};

const isOutcome = (value: Stage | Outcome): value is Outcome => 'status' in value;

const move = (context: Context, row: VisitRow, told: Told): Outcome => {
  const id = row.visit_id;
  const stages = stagesOf(context, id);
  const stage = stages[told.position];
  if (!stage) return conflict('not-found', 'The visit has no such service');
  const busy = stages.some(({ state }, i) => i !== told.position && (state === 'called' || state === 'serving'));
  const over = stage.state === 'done' || stage.state === 'skipped';
  if (busy && !over) return served('He is called or served for another of his services');
  const after = next(stage, told);
  if (after !== null && isOutcome(after)) return after;
  if (told.step === 'no-show') {
    leaveVisit(context, id);
    return { ...applied, rev: visitRow(context, id)?.rev ?? row.rev };
  }
  if (told.step === 'called') countCall(context, id, told.position);
  if (after !== null) {
    const left = stages.some(({ state }, i) => i !== told.position && state !== 'done' && state !== 'skipped');
    const state =
      after.state === 'done' ? (left ? 'waiting' : 'done') : after.state === 'skipped' ? 'left' : after.state;
    setStage(context, id, told.position, after, state);
    settleVisit(context, id);
  }
  return { ...applied, rev: visitRow(context, id)?.rev ?? row.rev };
};

/** One that comes before its visit is kept, and waits for it. */
export const applyStage = (context: Context, device: Device, op: Op): Outcome => {
  if (!device.roles.includes('desk')) return conflict('not-allowed', 'Only a desk serves people');
  const { visit_id: visitId, position, to: step, window_id: windowId } = op.payload;
  const { at, ranked } = timesOf(context, op);
  const row = visitRow(context, mainOf(context, visitId));
  if (!row) {
    context.db
      .prepare('INSERT INTO stage_waiting VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(device.id, op.op_id.toLowerCase(), device.officeId, visitId, position, step, windowId, at, ranked, op.seq);
    return applied;
  }
  if (row.office_id !== device.officeId) return conflict('not-found', 'There is no such visit');
  return move(context, row, { position, step, windowId, at });
};

interface WaitingRow {
  device_id: string;
  op_id: string;
  office_id: number;
  position: number;
  step: Step;
  window_id: number | null;
  at: number;
}

/** A visit has come: what desks told of its serving before that happens now, in its order. */
export const applyWaitingStages = (context: Context, visitId: string): void => {
  const { db } = context;
  const rows = db
    .prepare<[string], WaitingRow>('SELECT * FROM stage_waiting WHERE visit_id = ? ORDER BY ranked_at, device_id, seq')
    .all(visitId);
  db.prepare('DELETE FROM stage_waiting WHERE visit_id = ?').run(visitId);
  for (const { office_id: officeId, position, step, window_id: windowId, at } of rows) {
    const row = visitRow(context, mainOf(context, visitId));
    if (row?.office_id === officeId) move(context, row, { position, step, windowId, at });
  }
};
