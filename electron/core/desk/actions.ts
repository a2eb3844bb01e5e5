import type { PrintJobView, RequestOutcome, WalkInOutcome } from '../../../shared/contracts/app.ts';
import type { Operation } from '../../../shared/contracts/centre/schemas.ts';
import type { DeskCheckInOutcome, DeskEdits } from '../../../shared/contracts/desk-methods.ts';
import { CallFailure } from '../../../shared/contracts/result.ts';
import type { Language } from '../../../shared/domain/language.ts';
import { audit } from '../audit/audit.ts';
import type { Checkin, CheckinPorts } from '../checkin/checkin.ts';
import { consider } from '../checkin/consider.ts';
import { here } from '../checkin/here.ts';
import { seal } from '../checkin/sealing.ts';
import type { Contact, createWalkIn } from '../checkin/walk-in.ts';
import type { createRequests } from '../checkin/requests.ts';
import { readBooking } from '../store/bookings.ts';
import { readSealingKey } from '../store/registry.ts';
import type { Corrections } from '../staff/corrections.ts';
import type { Staff } from '../staff/staff.ts';
import type { WriteDb } from '../store/sql.ts';
import { enqueue, type NewOperation } from '../sync/outbox.ts';
import type { Day } from './day.ts';

/** What staff do for people at the desk. Each is one transaction with its operation and its audit entry. */

interface ActionPorts extends Pick<CheckinPorts, 'store' | 'moment' | 'stamp' | 'ids' | 'log' | 'committed'> {
  checkin: Checkin;
  walkIn: ReturnType<typeof createWalkIn>;
  requests: ReturnType<typeof createRequests>;
  corrections: Corrections;
  staff: Staff;
  day: Day;
  /** Reasons that staff go against only with a second person. */
  secondFor: () => readonly string[];
}

interface SecondPerson {
  person: string;
  pin: string;
  totp: string | null;
}

export interface CheckInInput {
  attempt: string;
  booking: string | null;
  text: string | null;
  override: { reason: string; second: SecondPerson | null } | null;
  paper: boolean;
}
export interface DeskWalkIn {
  attempt: string;
  services: readonly number[];
  claim: { id: string; document: string | null } | null;
  contact: Contact | null;
  language: Language;
  note: string | null;
  people: number;
  companion: boolean;
  despite: string | null;
  paper: boolean;
}

/** What is said of a visit beside its services; nothing where all is as usual. */
const editsOf = (input: Pick<DeskWalkIn, 'claim' | 'note' | 'people' | 'companion'>): DeskEdits => ({
  ...(input.claim?.document ? { claim: input.claim } : {}),
  ...(input.note ? { note: input.note } : {}),
  ...(input.people > 1 ? { people: input.people } : {}),
  ...(input.companion ? { companion: true } : {}),
});

export const createActions = (ports: ActionPorts) => {
  const { store, moment, stamp, ids, log, committed, checkin, walkIn, requests, corrections, staff, day, secondFor } =
    ports;

  type About = Pick<NewOperation, 'type' | 'kind' | 'payload'> & {
    entity: string;
    detail?: Record<string, string | number | boolean | null>;
  };
  const tell = (about: About, then: (db: WriteDb, now: number) => void = () => undefined): string => {
    const { entity, detail, ...op } = about;
    const actor = staff.anybody();
    const now = moment().at;
    const opId = ids.uuid();
    store.write((db) => {
      enqueue(db, {
        op_id: opId,
        entity_id: entity,
        business_date: here(db, now).day,
        occurred_at: now,
        actor,
        clock: stamp(),
        ...op,
      } as NewOperation);
      audit(db, { at: now, actor, action: op.type, entityId: entity, detail: detail ?? {} });
      then(db, now);
    });
    log.info('desk.done', { op: opId, type: op.type });
    day.changed();
    committed();
    return opId;
  };
  const needVisit = (visitId: string): void => {
    if (day.rows([{ booking: null, visit: visitId }]).length === 0)
      throw new CallFailure('not-found', 'no such visit today');
  };

  /** @throws CallFailure not-found when the office's list has no such claim */
  const needClaim = (id: string): void => {
    const known = store.read((db) => here(db, moment().at).office.priority_claims.some((claim) => claim.id === id));
    if (!known) throw new CallFailure('not-found', 'the office has no such claim');
  };

  return {
    checkIn: async (input: CheckInInput): Promise<DeskCheckInOutcome> => {
      const actor = staff.anybody();
      if (input.booking === null) {
        if (input.text === null) throw new CallFailure('invalid-input', 'a booking or a code is needed');
        return checkin.scanByStaff(actor, { attempt: input.attempt, text: input.text, paper: input.paper });
      }
      const { booking } = input;
      let override: { reason: string; second: string | null } | null = null;
      if (input.override) {
        staff.require('override');
        const decision = store.read(
          (db) => consider(db, { kind: 'booking', bookingId: booking }, false, moment()).decision,
        );
        const two = decision.accept === false && secondFor().includes(decision.reason);
        const { second } = input.override;
        if (two && !second) return { outcome: 'second-person', said: null };
        if (two && second) {
          const said = await staff.agree(actor, second);
          if (said) return { outcome: 'second-person', said };
        }
        override = { reason: input.override.reason, second: two ? (second?.person ?? null) : null };
      }
      return checkin.byStaff(actor, { attempt: input.attempt, booking, override, paper: input.paper });
    },

    walkIn: async (input: DeskWalkIn): Promise<WalkInOutcome> => {
      const actor = staff.anybody();
      if (input.despite !== null) staff.require('override');
      if (input.claim?.document) staff.require('priority');
      if (input.claim) needClaim(input.claim.id);
      const edits = editsOf(input);
      return walkIn.takeByStaff(
        {
          attempt: input.attempt,
          services: input.services,
          claim: input.claim?.id ?? null,
          contact: input.contact,
          language: input.language,
          despiteQueue: true,
        },
        {
          actor,
          despite: input.despite,
          paper: input.paper,
          beside: (db, visitId, now) => {
            if (Object.keys(edits).length > 0) corrections.editWithin(db, actor, visitId, edits, now);
          },
        },
      );
    },

    undo: (visit: string): void => {
      needVisit(visit);
      corrections.undo(staff.anybody(), visit);
      day.changed();
    },
    edit: (visit: string, set: DeskEdits): void => {
      if (set.claim !== undefined) staff.require('priority');
      if (set.claim) needClaim(set.claim.id);
      needVisit(visit);
      corrections.edit(staff.anybody(), visit, set);
      day.changed();
    },
    book: (input: {
      attempt: string;
      services: readonly number[];
      startsAt: number;
      contact: Contact | null;
      language: Language;
    }): Promise<RequestOutcome> =>
      requests.byStaff(staff.anybody(), input.attempt, { kind: 'create', ...input }, input.language),
    reschedule: (input: { attempt: string; booking: string; startsAt: number }): Promise<RequestOutcome> =>
      requests.byStaff(staff.anybody(), input.attempt, { kind: 'reschedule', ...input }, null),
    cancel: (input: { attempt: string; booking: string }): Promise<RequestOutcome> =>
      requests.byStaff(staff.anybody(), input.attempt, { kind: 'cancel', booking: input.booking }, null),

    noShow: (bookingId: string): void => {
      const [row] = day.rows([{ booking: bookingId, visit: null }]);
      if (!row || !store.read((db) => readBooking(db, bookingId)))
        throw new CallFailure('not-found', 'no such booking today');
      if (row.state === 'no-show') return;
      if (row.visit !== null) throw new CallFailure('conflict', 'he has come');
      tell({ type: 'booking.no-show', kind: 'fact', entity: bookingId, payload: { booking_id: bookingId } });
    },
    copy: (attempt: string, visit: string): Promise<PrintJobView> =>
      checkin.copyByStaff(staff.anybody(), attempt, visit),

    /** @throws CallFailure conflict when the office takes no phones, or the consent is of another text */
    send: async (visit: string, contact: Contact): Promise<void> => {
      needVisit(visit);
      const now = moment().at;
      const { key, consent } = store.read((db) => ({ key: readSealingKey(db), consent: here(db, now).office.consent }));
      if (!key || consent?.version !== contact.consent)
        throw new CallFailure('conflict', 'the office takes no phones, or its text of consent is another now');
      const sealed = await seal(key, { phone: contact.phone });
      tell({
        type: 'ticket.send',
        kind: 'fact',
        entity: visit,
        payload: { visit_id: visit, sealed, consent_version: contact.consent },
      });
    },

    stage: (input: {
      visit: string;
      position: number;
      to: Extract<Operation, { type: 'visit.stage' }>['payload']['to'];
      window: number | null;
    }): void => {
      needVisit(input.visit);
      tell({
        type: 'visit.stage',
        kind: 'fact',
        entity: input.visit,
        payload: { visit_id: input.visit, position: input.position, to: input.to, window_id: input.window },
        detail: { to: input.to, window: input.window },
      });
    },
  };
};
