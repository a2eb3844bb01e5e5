import type { NextStep, RefusedOutcome, WalkInOutcome } from '../../../shared/contracts/app.ts';
import type { WalkInPayload } from '../../../shared/contracts/centre/schemas.ts';
import { openingAt, type Hours } from '../../../shared/domain/hours.ts';
import type { Language } from '../../../shared/domain/language.ts';
import type { Estimate, Priority } from '../../../shared/domain/queue.ts';
import type { Series } from '../../../shared/domain/ticket-number.ts';
import { decideWalkIn, floodUntil, type WalkInVerdict } from '../../../shared/domain/walk-in.ts';
import { audit } from '../audit/audit.ts';
import { insertJob, jobOfAttempt } from '../printing/jobs.ts';
import { bookingsToCome, soonestSlot } from '../store/bookings.ts';
import { visitCounts } from '../store/queue.ts';
import { readCatalogue, readSealingKey, readService, type Service } from '../store/registry.ts';
import type { ReadDb, WriteDb } from '../store/sql.ts';
import { queuedJob } from '../store/views.ts';
import { insertVisit, latestWalkIns, readVisitOfTicket, toldOf, type VisitRow } from '../store/visits.ts';
import { enqueue } from '../sync/outbox.ts';
import { takeNumber, type Lease } from '../tickets/numbers.ts';
import { FALLBACK_SERIES, PRINT_WITHIN_MS, type CheckinPorts, type InTurn } from './checkin.ts';
import { accepted, refusedFor } from './consider.ts';
import { here, type Here } from './here.ts';
import { seal } from './sealing.ts';

export interface Contact {
  phone: string;
  consent: string;
}

export interface WalkInInput {
  attempt: string;
  /** In their order, each once. */
  services: readonly number[];
  claim: string | null;
  contact: Contact | null;
  language: Language;
  despiteQueue: boolean;
}

/** A walk-in that staff register. */
export interface StaffWalkIn {
  actor: string;
  /** Why a number is given though the rules say no. */
  despite: string | null;
  /** False: he takes the number without a ticket. */
  paper: boolean;
  /** In the same transaction, when the visit is there. */
  beside: (db: WriteDb, visitId: string, now: number) => void;
}

type WalkInPorts = Pick<
  CheckinPorts,
  'store' | 'clock' | 'moment' | 'stamp' | 'ids' | 'log' | 'queue' | 'lease' | 'committed'
> & {
  /** A number is fetched ahead while the visitor looks. */
  prefetch: (businessDate: string, series: Series) => void;
};

/** By a clock that may be wrong by this much nobody is turned away for the time of day. */
const UNCERTAIN_MS = 30 * 60_000;

/** Bookings of today that may still come, by service; asked for only where a service's visits are limited. */
const expectedToday = (db: ReadDb, at: Here, services: readonly Service[], now: number): Map<number, number> => {
  const limited = services.filter((s) => s.policy.capacity_per_day !== null);
  if (limited.length === 0) return new Map();
  const latest = Math.max(...limited.map((s) => s.policy.late_minutes + s.policy.grace_minutes));
  const { from, until } = at.dayBounds(now);
  return bookingsToCome(db, at.office.id, at.day, Math.max(from, now - latest * 60_000), until);
};

/** @returns how it stands with a number for each service; reads only */
export const walkInVerdicts = (
  db: ReadDb,
  at: Here,
  services: readonly Service[],
  now: { at: number; notBefore: number; notAfter: number },
  estimateOf: (service: number) => Estimate,
): Map<number, WalkInVerdict> => {
  const counts = visitCounts(db, at.day);
  const toCome = expectedToday(db, at, services, now.at);
  const zone = at.office.time_zone;
  const office = openingAt(at.office.hours, now.at, zone);
  return new Map(
    services.map((s) => {
      const own = s.hours ? openingAt(s.hours, now.at, zone) : office;
      const count = counts.get(s.id) ?? { walkIns: 0, all: 0 };
      const opening = {
        open: office.open && own.open,
        closesAt:
          office.closesAt === null || own.closesAt === null
            ? (office.closesAt ?? own.closesAt)
            : Math.min(office.closesAt, own.closesAt),
        opensAt:
          office.opensAt === null || own.opensAt === null
            ? (office.opensAt ?? own.opensAt)
            : Math.max(office.opensAt, own.opensAt),
        note: own.note ?? office.note,
      };
      const { policy } = s;
      return [
        s.id,
        decideWalkIn({
          now: now.at,
          opening,
          policy: {
            allowed: policy.walk_in,
            perDay: policy.walk_ins_per_day,
            capacity: policy.capacity_per_day,
            manyWait: policy.many_wait,
            lastTicketMinutes: policy.last_ticket_minutes,
            redirectTo: policy.redirect_to,
          },
          walkInsToday: count.walkIns,
          visitsToday: count.all + (toCome.get(s.id) ?? 0),
          estimate: estimateOf(s.id),
          serveMinutes: s.duration_minutes,
          clockUncertain: now.notAfter - now.notBefore > UNCERTAIN_MS,
        }),
      ];
    }),
  );
};

/** A number without a booking. */
export const createWalkIn = (ports: WalkInPorts, inTurn: InTurn) => {
  const { store, clock, moment, stamp, ids, log, queue, lease, prefetch, committed } = ports;

  const seriesOf = (db: ReadDb, services: readonly number[]): Series =>
    readService(db, services[0] ?? -1)?.series ?? FALLBACK_SERIES;

  /** What is said of today's exception, of the service's hours or of the office's. */
  const noteOf = ({ office }: Here, service: Service) => {
    const now = moment().at;
    const note = (hours: Hours | null) => openingAt(hours, now, office.time_zone).note;
    return note(service.hours) ?? note(office.hours);
  };

  const refuse = (db: ReadDb, at: Here, service: Service, v: Extract<WalkInVerdict, { ok: false }>): RefusedOutcome => {
    const next: NextStep[] = [];
    const other = v.redirectTo === null ? null : readService(db, v.redirectTo);
    if (other && v.reason !== 'closed') next.push({ step: 'other-service', service: other.id, name: other.name });
    const soonest = soonestSlot(db, service.id, moment().at);
    if (soonest !== null) next.push({ step: 'slots', services: [service.id], soonest });
    return refusedFor(v.reason, next, {
      until: v.opensAt,
      message: v.reason === 'closed' ? (noteOf(at, service) ?? at.office.closed_message) : null,
    });
  };

  /** The first service that cannot be had, or null; and whether many wait. */
  const judge = (db: ReadDb, at: Here, services: readonly Service[]) => {
    const estimates = queue.everyService();
    const none: Estimate = { known: false, why: 'no-data', ahead: null };
    const verdicts = walkInVerdicts(db, at, services, moment(), (id) => estimates.get(id) ?? none);
    let many = false;
    for (const s of services) {
      const v = verdicts.get(s.id);
      if (v && !v.ok) return { refused: refuse(db, at, s, v), many };
      if (v?.ok && v.manyWait) many = true;
    }
    return { refused: null, many };
  };

  const floodOf = (db: ReadDb, at: Here, now: number): number => {
    const { burst, refill_seconds: refillSeconds } = at.office.flood;
    return floodUntil(latestWalkIns(db, at.day, now, burst * 4), now, { burst, refillSeconds });
  };

  const knownServices = (db: ReadDb, wanted: readonly number[]): Service[] =>
    [...new Set(wanted)].map((id) => readService(db, id)).filter((s) => s !== null);

  const alternatives = (db: ReadDb, at: Here, wanted: readonly Service[], mine: Estimate) => {
    const estimates = queue.everyService();
    const groups = new Set(wanted.map((s) => s.group_id));
    const others = readCatalogue(db).services.filter(
      (s) => groups.has(s.group_id) && !wanted.some((w) => w.id === s.id),
    );
    const none: Estimate = { known: false, why: 'no-data', ahead: null };
    const verdicts = walkInVerdicts(db, at, others, moment(), (id) => estimates.get(id) ?? none);
    return others
      .flatMap((s) => {
        const estimate = estimates.get(s.id);
        const free = verdicts.get(s.id)?.ok === true && estimate?.known === true;
        return free && mine.known && estimate.toMinutes < mine.fromMinutes
          ? [{ service: s.id, name: s.name, estimate }]
          : [];
      })
      .toSorted((a, b) => a.estimate.toMinutes - b.estimate.toMinutes)
      .slice(0, 3);
  };

  const take = async (input: WalkInInput, staff: StaffWalkIn | null): Promise<WalkInOutcome> => {
    const now = moment();
    const before = store.read((db): WalkInOutcome | null => {
      const job = jobOfAttempt(db, input.attempt);
      const visit = job && readVisitOfTicket(db, job.ticket);
      return visit ? accepted(db, here(db, now.at), visit, job) : null;
    });
    if (before) return before;
    const seen = store.read((db) => {
      const at = here(db, now.at);
      const services = knownServices(db, input.services);
      const claim = at.office.priority_claims.find((c) => c.id === input.claim) ?? null;
      const priority: Priority = claim?.at_once === true ? claim.level : 'none';
      return { at, services, claim, priority, key: readSealingKey(db), consent: at.office.consent };
    });
    const { services, claim, priority } = seen;
    if (services.length === 0) return refusedFor('unknown', [{ step: 'walk-in', service: null }]);
    const serviceIds = services.map((s) => s.id);
    const estimate = queue.estimate({ serviceIds, priority, orderAt: now.at, visitId: null });
    const outcome = store.read((db): WalkInOutcome | null => {
      const { at } = seen;
      if (staff?.despite) return null;
      // Staff see who stands before them.
      const flood = staff ? 0 : floodOf(db, at, now.at);
      if (flood > 0) return refusedFor('flood', [], { until: flood });
      const { refused, many } = judge(db, at, services);
      if (refused) return refused;
      if (!many || input.despiteQueue || staff) return null;
      return {
        outcome: 'many-wait',
        estimate,
        alternatives: alternatives(db, at, services, estimate),
        soonest: soonestSlot(db, serviceIds[0] ?? -1, now.at),
      };
    });
    if (outcome) {
      if (outcome.outcome === 'refused') log.info('walkin.refused', { attempt: input.attempt, reason: outcome.reason });
      return outcome;
    }
    // Agreed to the text that this office shows now, or not at all.
    const agreed = input.contact !== null && seen.key !== null && seen.consent?.version === input.contact.consent;
    const contact: WalkInPayload['contact'] =
      agreed && seen.key && input.contact
        ? {
            sealed: await seal(seen.key, { phone: input.contact.phone }),
            consent_version: input.contact.consent,
            consent_at: now.at,
          }
        : null;
    const series = store.read((db) => seriesOf(db, serviceIds));
    const leased = await lease(seen.at.day, series);
    return commit(input, { serviceIds, claim: claim?.id ?? null, priority, estimate, contact, series, leased, staff });
  };

  const commit = (
    input: WalkInInput,
    about: {
      serviceIds: readonly number[];
      claim: string | null;
      priority: Priority;
      estimate: Estimate;
      contact: WalkInPayload['contact'];
      series: Series;
      leased: Lease | null;
      staff: StaffWalkIn | null;
    },
  ): WalkInOutcome => {
    const now = moment();
    const started = clock.monotonic();
    const { serviceIds, claim, priority, estimate, contact, staff } = about;
    const outcome = store.write((db) => {
      const at = here(db, now.at);
      const uncertain = now.notAfter - now.notBefore > UNCERTAIN_MS;
      const flags = uncertain ? (['clock'] as const) : [];
      const visit: VisitRow = {
        visitId: ids.uuid(),
        ticketId: ids.uuid(),
        businessDate: at.day,
        bookingId: null,
        services: serviceIds,
        startsAt: null,
        arrivedAt: now.at,
        provisional: false,
        language: input.language,
        number: takeNumber(db, at.day, about.series, at.device.slotNo, about.leased, at.office.skipped_numbers),
        claim,
        priority,
        late: false,
        flags,
        told: toldOf(estimate),
      };
      insertVisit(db, visit);
      const jobId = ids.uuid();
      insertJob(db, {
        jobId,
        of: { ticket: visit.ticketId },
        copy: 0,
        now: now.at,
        expiresAt: staff?.paper === false ? now.at : now.at + PRINT_WITHIN_MS,
        attemptId: input.attempt,
        place: staff ? 'desk' : 'kiosk',
      });
      const [service, ...further] = serviceIds;
      enqueue(db, {
        op_id: ids.uuid(),
        type: 'walkin',
        kind: 'fact',
        entity_id: visit.visitId,
        business_date: at.day,
        occurred_at: now.at,
        ...(staff ? { actor: staff.actor } : {}),
        clock: stamp(),
        payload: {
          visit_id: visit.visitId,
          service_id: service ?? 0,
          further_services: further,
          ticket: visit.number,
          language: input.language,
          claim,
          contact,
          flags: [...flags],
        },
      });
      const { series, number } = visit.number;
      audit(db, {
        at: now.at,
        actor: staff?.actor ?? 'kiosk',
        action: 'walkin',
        entityId: visit.visitId,
        detail: {
          series,
          number,
          services: serviceIds.length,
          claim,
          contact: contact !== null,
          ...(staff?.despite ? { despite: staff.despite } : {}),
        },
      });
      staff?.beside(db, visit.visitId, now.at);
      return accepted(db, at, visit, queuedJob(jobId, visit.ticketId, 0));
    });
    log.info('walkin.committed', {
      attempt: input.attempt,
      visit: outcome.visit.id,
      job: outcome.job.id,
      leased: about.leased !== null,
      commitMs: clock.monotonic() - started,
    });
    committed();
    return outcome;
  };

  return {
    /** A number, or why there is none, or the question whether he still wants one. */
    take: (input: WalkInInput): Promise<WalkInOutcome> => inTurn(() => take(input, null)),
    /** The same by staff, who are asked nothing and may go against the rules. */
    takeByStaff: (input: WalkInInput, staff: StaffWalkIn): Promise<WalkInOutcome> => inTurn(() => take(input, staff)),
    /** The visitor looks at these services: the number is fetched meanwhile. */
    prepare: (wanted: readonly number[]): void => {
      const found = store.read((db) => {
        const services = knownServices(db, wanted);
        return services.length === 0
          ? null
          : {
              day: here(db, clock.now()).day,
              series: seriesOf(
                db,
                services.map((s) => s.id),
              ),
            };
      });
      if (found) prefetch(found.day, found.series);
    },
  };
};
