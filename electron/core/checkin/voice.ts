import { audit } from '../audit/audit.ts';
import { readSealingKey } from '../store/registry.ts';
import { sql, text, type ReadDb, type WriteDb } from '../store/sql.ts';
import { enqueue, operationState, type NewOperation } from '../sync/outbox.ts';
import type { CheckinPorts } from './checkin.ts';
import { here } from './here.ts';
import { seal } from './sealing.ts';

/** What a visitor has to say: come and help me; and how it was. */

type VoicePorts = Pick<CheckinPorts, 'store' | 'moment' | 'stamp' | 'ids' | 'log' | 'committed'> & {
  /** Resolves when the centre has answered the operation, or after the time; never rejects. */
  settled: (opId: string, withinMs: number) => Promise<void>;
};

/** Whoever calls is told within this time whether he was heard. */
const HEARD_WITHIN_MS = 2_000;
/** Attempts are repeated within seconds; what is older is forgotten. */
const ATTEMPTS_KEPT_MS = 24 * 3_600_000;

const operationOf = (db: ReadDb, attempt: string): string | null => {
  const row = db.get(sql`SELECT op_id FROM done_attempt WHERE attempt_id = ${attempt}`);
  return row ? text(row, 'op_id') : null;
};

export const createVoice = ({ store, moment, stamp, ids, log, committed, settled }: VoicePorts) => {
  /** Writes an operation once for an attempt. @returns its id, also when the attempt was made before */
  const tellOnce = (
    attempt: string,
    entity: string,
    about: Pick<NewOperation, 'type' | 'payload'>,
    detail: Record<string, string | number | boolean | null>,
  ): string => {
    const now = moment().at;
    const made = store.write((db: WriteDb) => {
      const before = operationOf(db, attempt);
      if (before !== null) return before;
      const opId = ids.uuid();
      db.run(sql`DELETE FROM done_attempt WHERE at < ${now - ATTEMPTS_KEPT_MS}`);
      db.run(sql`INSERT INTO done_attempt (attempt_id, at, op_id) VALUES (${attempt}, ${now}, ${opId})`);
      enqueue(db, {
        op_id: opId,
        kind: 'fact',
        entity_id: entity,
        business_date: here(db, now).day,
        occurred_at: now,
        clock: stamp(),
        ...about,
      } as NewOperation);
      audit(db, { at: now, actor: 'kiosk', action: about.type, entityId: entity, detail });
      return opId;
    });
    committed();
    return made;
  };

  return {
    /** @returns whether the centre has heard, and with it the desk */
    call: async (
      attempt: string,
      screen: string,
      reason: string | null,
      shown: { booking: string | null; visit: string | null },
    ): Promise<{ told: boolean }> => {
      const opId = tellOnce(
        attempt,
        attempt,
        {
          type: 'help',
          payload: {
            help_id: attempt,
            screen,
            reason,
            booking_id: shown.booking,
            visit_id: shown.visit,
            over: false,
            result_visit: null,
          },
        },
        { screen, reason },
      );
      await settled(opId, HEARD_WITHIN_MS);
      const told = store.read((db) => operationState(db, opId)) === 'acked';
      log.info('help.called', { help: attempt, screen, told });
      return { told };
    },

    /** @param help the attempt of the call */
    over: (help: string): void => {
      if (store.read((db) => operationOf(db, help)) === null) return;
      const none = { booking_id: null, visit_id: null, result_visit: null };
      const payload = { help_id: help, screen: '', reason: null, over: true, ...none };
      tellOnce(`${help} over`, help, { type: 'help', payload }, { over: true });
    },

    feedback: async (input: {
      attempt: string;
      visit: string;
      score: number;
      reasons: readonly string[];
      words: string | null;
    }): Promise<void> => {
      const key = store.read(readSealingKey);
      const words = input.words?.trim() ?? '';
      const sealed = key && words !== '' ? await seal(key, { words }) : null;
      const payload = { visit_id: input.visit, score: input.score, reasons: [...input.reasons], sealed };
      tellOnce(input.attempt, input.visit, { type: 'feedback', payload }, { score: input.score });
    },
  };
};
