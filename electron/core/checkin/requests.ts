import { randomBytes } from 'node:crypto';
import type { NextStep, RequestOutcome } from '../../../shared/contracts/app.ts';
import type { Language } from '../../../shared/domain/language.ts';
import { audit } from '../audit/audit.ts';
import { insertJob, jobOfRequest } from '../printing/jobs.ts';
import { freeSlots, readBooking, soonestSlot } from '../store/bookings.ts';
import { readSealingKey, readService } from '../store/registry.ts';
import {
  forgottenRequests,
  insertRequest,
  readRequest,
  requestOfAttempt,
  setRequestState,
  type RequestRow,
} from '../store/requests.ts';
import type { ReadDb, WriteDb } from '../store/sql.ts';
import { arriveFrom, serviceName } from '../store/views.ts';
import { enqueue, type NewOperation } from '../sync/outbox.ts';
import { placeOf, PRINT_WITHIN_MS, type CheckinPorts, type InTurn } from './checkin.ts';
import { languageOf, refusedFor } from './consider.ts';
import { here } from './here.ts';
import { seal } from './sealing.ts';
import type { Contact } from './walk-in.ts';

/**
 * What only the centre can give: a time booked, moved, cancelled. The request goes out with the other operations; the
 * visitor waits two seconds at most. Without an answer by then it is taken back, and he is told that it did not work, or,
 * where the office allows that, he has a paper that says that it is not confirmed.
 */

type RequestPorts = Pick<
  CheckinPorts,
  'store' | 'clock' | 'moment' | 'stamp' | 'ids' | 'log' | 'cases' | 'committed'
> & {
  online: () => boolean;
  /** Resolves when the centre has answered the operation, or after the time; never rejects. */
  settled: (opId: string, withinMs: number) => Promise<void>;
};

/** How long a visitor waits for the centre's yes. */
const ANSWER_WITHIN_MS = 2_000;

/** No visitor waits for so long. */
const FORGOTTEN_MS = 60_000;

/** What goes to the centre; the rest of the operation is the same for all. */
type About =
  | { kind: 'create'; services: readonly number[]; startsAt: number; contact: Contact | null }
  | { kind: 'reschedule'; booking: string; startsAt: number }
  | { kind: 'cancel'; booking: string };

/** Who asks: a visitor, who has shown that the booking is his (`case`), or staff. */
type By = { actor: 'kiosk'; case: string | null } | { actor: string; case: 'staff' };

export const createRequests = (ports: RequestPorts, inTurn: InTurn) => {
  const { store, moment, stamp, ids, log, cases, committed, online, settled } = ports;

  const slip = (db: WriteDb, request: RequestRow, actor: string, now: number): void => {
    if (request.kind === 'cancel' || jobOfRequest(db, request.requestId)) return;
    insertJob(db, {
      jobId: ids.uuid(),
      of: { request: request.requestId },
      copy: 0,
      now,
      expiresAt: now + PRINT_WITHIN_MS,
      place: placeOf(actor),
    });
  };

  const shown = (db: ReadDb, r: RequestRow) => ({
    kind: r.kind,
    startsAt: r.startsAt,
    services: r.services.map((id) => serviceName(db, id)),
    arriveFrom: r.kind === 'cancel' ? null : arriveFrom(db, r.services, r.startsAt),
    job: jobOfRequest(db, r.requestId),
  });

  /** @param taken a time that is gone, though the cache may not have heard of it yet: it is not offered again */
  const otherTime = (db: ReadDb, r: Pick<RequestRow, 'services'>, now: number, taken?: number): NextStep[] => {
    const service = r.services[0] ?? -1;
    const first = soonestSlot(db, service, now);
    const soonest = first !== null && first === taken ? soonestSlot(db, service, first + 1) : first;
    return soonest === null ? [] : [{ step: 'slots', services: [...r.services], soonest }];
  };

  const outcomeOf = (db: ReadDb, r: RequestRow, now: number): RequestOutcome => {
    switch (r.state) {
      case 'confirmed':
        return { outcome: 'confirmed', number: r.bookingNumber, ...shown(db, r) };
      case 'unconfirmed':
        return { outcome: 'unconfirmed', number: null, ...shown(db, r) };
      case 'rejected':
        return r.problem === 'slot-taken'
          ? refusedFor('slot-taken', otherTime(db, r, now, r.startsAt))
          : refusedFor('request-rejected', r.kind === 'create' ? otherTime(db, r, now) : []);
      default:
        return refusedFor('centre-away', []);
    }
  };

  /** Waits for the centre, then writes down what became of it, and the paper. */
  const conclude = async (requestId: string, actor: string): Promise<RequestOutcome> => {
    const waiting = store.read((db) => readRequest(db, requestId));
    if (waiting?.state === 'waiting') await settled(waiting.opId, ANSWER_WITHIN_MS);
    const now = moment().at;
    const outcome = store.write((db): RequestOutcome => {
      const r = readRequest(db, requestId);
      if (!r) return refusedFor('request-rejected', []);
      if (r.state === 'confirmed') slip(db, r, actor, now);
      if (r.state === 'waiting') {
        const allowed = readService(db, r.services[0] ?? -1)?.policy.unconfirmed_requests === true;
        setRequestState(db, requestId, 'waiting', allowed ? 'unconfirmed' : 'withdrawn');
        if (allowed) slip(db, r, actor, now);
        else withdraw(db, r, now);
      }
      return outcomeOf(db, readRequest(db, requestId) ?? r, now);
    });
    log.info('request.answered', { request: requestId, outcome: outcome.outcome });
    committed();
    return outcome;
  };

  const withdraw = (db: WriteDb, r: RequestRow, now: number): void => {
    const opId = ids.uuid();
    enqueue(db, {
      op_id: opId,
      type: 'request.withdraw',
      kind: 'fact',
      entity_id: r.bookingId,
      business_date: r.businessDate,
      occurred_at: now,
      clock: stamp(),
      payload: { op_id: r.opId },
    });
    audit(db, {
      at: now,
      actor: 'kiosk',
      action: 'request.withdrawn',
      entityId: r.requestId,
      detail: { kind: r.kind },
    });
  };

  const operationOf = (
    about: About,
    row: RequestRow,
    contact: ContactPayload,
  ): Pick<NewOperation, 'type' | 'payload'> => {
    switch (about.kind) {
      case 'create': {
        const [service, ...further] = row.services;
        return {
          type: 'booking.create',
          payload: {
            booking_id: row.bookingId,
            service_id: service ?? 0,
            further_services: further,
            starts_at: row.startsAt,
            language: row.language,
            contact,
          },
        };
      }
      case 'reschedule':
        return { type: 'booking.reschedule', payload: { booking_id: row.bookingId, starts_at: row.startsAt } };
      default:
        return { type: 'booking.cancel', payload: { booking_id: row.bookingId } };
    }
  };

  const run = async (attempt: string, language: Language | null, about: About, by: By): Promise<RequestOutcome> => {
    const now = moment().at;
    const earlier = store.read((db) => requestOfAttempt(db, attempt));
    if (earlier) return conclude(earlier.requestId, by.actor);
    if (about.kind !== 'create' && by.case !== 'staff' && !cases.allows(by.case ?? '', about.booking)) {
      return refusedFor('case-expired', [{ step: 'scan-again' }]);
    }
    type Ready = { refused: RequestOutcome } | { row: RequestRow; contact: Contact | null };
    const ready = store.read((db): Ready => {
      const booking = about.kind === 'create' ? null : readBooking(db, about.booking);
      if (about.kind !== 'create' && !booking) return { refused: refusedFor('unknown', [{ step: 'scan-again' }]) };
      const services = about.kind === 'create' ? [...new Set(about.services)] : (booking?.services ?? []);
      const startsAt = about.kind === 'cancel' ? (booking?.startsAt ?? now) : about.startsAt;
      const service = readService(db, services[0] ?? -1);
      if (!online() && service?.policy.unconfirmed_requests !== true) return { refused: refusedFor('centre-away', []) };
      if (about.kind !== 'cancel') {
        const [free] = freeSlots(db, services[0] ?? -1, startsAt, startsAt + 1);
        // Known here already: no need to ask.
        if (!free || startsAt <= now) return { refused: refusedFor('slot-taken', otherTime(db, { services }, now)) };
      }
      return {
        row: {
          requestId: ids.uuid(),
          attemptId: attempt,
          opId: ids.uuid(),
          kind: about.kind,
          bookingId: booking?.bookingId ?? randomBytes(16).toString('hex'),
          services,
          startsAt,
          language: language ?? languageOf(booking?.language) ?? 'ru',
          businessDate: here(db, now).day,
          madeAt: now,
          state: 'waiting',
          problem: null,
          bookingNumber: null,
          token: null,
        },
        contact: about.kind === 'create' ? about.contact : null,
      };
    });
    if ('refused' in ready) return ready.refused;
    const { row } = ready;
    const contact = await sealedContact(ready.contact, now);
    store.write((db) => {
      insertRequest(db, row);
      enqueue(db, {
        op_id: row.opId,
        kind: 'request',
        entity_id: row.bookingId,
        business_date: row.businessDate,
        occurred_at: now,
        ...(by.actor === 'kiosk' ? {} : { actor: by.actor }),
        clock: stamp(),
        ...operationOf(about, row, contact),
      } as NewOperation);
      audit(db, { at: now, actor: by.actor, action: `booking.${row.kind}`, entityId: row.bookingId, detail: {} });
    });
    log.info('request.made', { attempt, request: row.requestId, kind: row.kind });
    committed();
    return conclude(row.requestId, by.actor);
  };

  type ContactPayload = { sealed: string; consent_version: string; consent_at: number } | null;
  const sealedContact = async (contact: Contact | null, now: number): Promise<ContactPayload> => {
    if (!contact) return null;
    const { key, consent } = store.read((db) => ({ key: readSealingKey(db), consent: here(db, now).office.consent }));
    if (!key || consent?.version !== contact.consent) return null;
    return { sealed: await seal(key, { phone: contact.phone }), consent_version: contact.consent, consent_at: now };
  };

  /** Requests whose visitor was never answered (the power failed): nobody knows of them, so they are taken back. */
  const sweep = (): void => {
    const now = moment().at;
    const left = store.read((db) => forgottenRequests(db, now - FORGOTTEN_MS));
    if (left.length === 0) return;
    store.write((db) => {
      for (const r of left) if (setRequestState(db, r.requestId, 'waiting', 'withdrawn')) withdraw(db, r, now);
    });
    log.warn('request.swept', { requests: left.map((r) => r.requestId) });
    committed();
  };

  return {
    sweep,
    create: (input: {
      attempt: string;
      services: readonly number[];
      startsAt: number;
      contact: Contact | null;
      language: Language;
    }): Promise<RequestOutcome> =>
      inTurn(() => run(input.attempt, input.language, { kind: 'create', ...input }, { actor: 'kiosk', case: null })),
    reschedule: (input: {
      attempt: string;
      case: string;
      booking: string;
      startsAt: number;
      language: Language;
    }): Promise<RequestOutcome> =>
      inTurn(() =>
        run(input.attempt, input.language, { kind: 'reschedule', ...input }, { actor: 'kiosk', case: input.case }),
      ),
    cancel: (input: { attempt: string; case: string; booking: string; language: Language }): Promise<RequestOutcome> =>
      inTurn(() =>
        run(input.attempt, input.language, { kind: 'cancel', ...input }, { actor: 'kiosk', case: input.case }),
      ),
    /** What staff ask for, in the language of the booking unless it is a new one. */
    byStaff: (actor: string, attempt: string, about: About, language: Language | null): Promise<RequestOutcome> =>
      inTurn(() => run(attempt, language, about, { actor, case: 'staff' })),
  };
};
