import { z } from 'zod';
import {
  bookingId,
  bookingStatus,
  businessDay,
  epochMs,
  i18nText,
  priority,
  series,
  serviceId,
  ticketNo,
  ticketNumber,
  uuid,
} from '../../domain/model.ts';
import { base64url, bookingRecord } from './collections.ts';

/** What a device tells the centre. How operations are chained and signed: resources/centre-api.md, "Operations". */

/** What staff should know of a visit. */
export const visitFlag = z.enum(['late', 'clock', 'superseded']);

export const checkinPayload = z.object({
  visit_id: uuid,
  booking_id: bookingId,
  service_id: serviceId,
  further_services: z.array(serviceId).max(20).default([]),
  ticket: ticketNumber,
  /** True when the device had not heard of the booking and relied on its signature. */
  provisional: z.boolean(),
  /** After his time: he stands where he arrived, not where he was booked. */
  late: z.boolean().default(false),
  /** Booked time as the device knows it; for a provisional visit that of the confirmation. */
  starts_at: epochMs.nullable().default(null),
  flags: z.array(visitFlag).max(10).default([]),
  /** How the code came in. */
  source: z.string().max(20),
  /** Staff have let him in against the rules: why, and who has agreed where that takes two. */
  override: z
    .object({ reason: z.string().min(1).max(300), second: z.string().max(64).nullable().default(null) })
    .nullable()
    .default(null),
});

/**
 * A compact JWE (RFC 7516: ECDH-ES with P-256, A256GCM) to the centre's sealing key, of a JSON object with `phone`
 * (E.164) and `words`. The device itself cannot read it again.
 */
const sealed = z.string().max(4000);

export const walkInPayload = z.object({
  visit_id: uuid,
  service_id: serviceId,
  further_services: z.array(serviceId).max(20).default([]),
  ticket: ticketNumber,
  language: z.string().max(16),
  /** Of the office's list. */
  claim: z.string().max(40).nullable().default(null),
  contact: z
    .object({ sealed, consent_version: z.string().max(40), consent_at: epochMs })
    .nullable()
    .default(null),
  flags: z.array(visitFlag).max(10).default([]),
});

export type WalkInPayload = z.output<typeof walkInPayload>;

/** A number set aside that the device will not use any more: it went back in the same moment from what it may give. */
export const leaseReturnPayload = z.object({ series, numbers: z.array(ticketNo).min(1).max(300) });

export const helpPayload = z.object({
  help_id: uuid,
  screen: z.string().max(40),
  reason: z.string().max(40).nullable(),
  /** What he has shown at the kiosk, so that the desk can go on with it. */
  booking_id: bookingId.nullable().default(null),
  visit_id: uuid.nullable().default(null),
  /** True: nobody needs to come any more. */
  over: z.boolean().default(false),
  /** Of a desk that has finished for him: the visit that it led to. */
  result_visit: uuid.nullable().default(null),
});

/** A desk has taken a call: whoever it is that `actor` names is with him. The first counts. */
export const helpTakePayload = z.object({ help_id: uuid });

/** Served at a window of this desk: called, called once more, being served, done, put back, or did not come when called. */
export const STAGE_STEPS = ['called', 'serving', 'done', 'waiting', 'no-show'] as const;
export const visitStagePayload = z.object({
  visit_id: uuid,
  /** Of the visit's services. */
  position: z.int().min(0).max(19),
  to: z.enum(STAGE_STEPS),
  window_id: z.int().min(0).nullable(),
});

/** Staff have said that he did not come. He may come after all: a check-in takes it back. */
export const noShowPayload = z.object({ booking_id: bookingId });

/** The ticket is to be sent instead of printed: `sealed` holds the phone (see `sealed`). */
export const ticketSendPayload = z.object({ visit_id: uuid, sealed, consent_version: z.string().max(40) });

export const DEVICE_ORDERS = ['close', 'open', 'message', 'restart'] as const;
/** What a device of the office is told to do. `message`: said on its screen; null takes it away. */
export const deviceOrderPayload = z.object({
  device_id: uuid,
  order: z.enum(DEVICE_ORDERS),
  message: i18nText.nullable().default(null),
});

/** The code of the sealed envelope was used: the centre makes another one, and tells whoever has to know. */
export const emergencyPayload = z.object({ staff_id: z.string().min(1).max(64) });

/** Manual entry was locked on the device (`device`) or for a number (`number`) after wrong second factors. */
export const entryLockedPayload = z.object({ what: z.enum(['device', 'number']), until: epochMs });

export const feedbackPayload = z.object({
  visit_id: uuid,
  score: z.int().min(1).max(5),
  reasons: z.array(z.string().max(40)).max(3),
  sealed: sealed.nullable().default(null),
});

export const bookingCreatePayload = z.object({
  /** Made by the device, so that the request can be repeated. */
  booking_id: bookingId,
  service_id: serviceId,
  further_services: z.array(serviceId).max(20).default([]),
  starts_at: epochMs,
  language: z.string().max(16),
  contact: z
    .object({ sealed, consent_version: z.string().max(40), consent_at: epochMs })
    .nullable()
    .default(null),
});
export const bookingReschedulePayload = z.object({ booking_id: bookingId, starts_at: epochMs });
export const bookingCancelPayload = z.object({ booking_id: bookingId });
/** The visitor was told that it did not work: what the request did, if it came in after all, is undone. */
export const withdrawPayload = z.object({ op_id: uuid });

export const reprintPayload = z.object({ visit_id: uuid, copy: z.int().min(1) });

/** The visitor had not come, or went again at once: his visit is taken back, unless he was called meanwhile. */
export const undoPayload = z.object({ visit_id: uuid });

/**
 * Staff change what they know of a visit. `base_rev` of the operation is the revision of the visit that they saw: what
 * somebody else changed since is not overwritten, other fields are merged.
 */
export const visitEditPayload = z.object({
  visit_id: uuid,
  set: z.object({
    note: z.string().max(500).nullable().optional(),
    priority: priority.optional(),
    /** A claim whose document staff have seen: its kind, not its number. Null takes the claim away. */
    claim: z
      .object({ id: z.string().max(40), document: z.string().max(100).nullable() })
      .nullable()
      .optional(),
    /** All services in their order; those that are done stay. */
    services: z.array(serviceId).min(1).max(20).optional(),
    people: z.int().min(1).max(99).optional(),
    companion: z.boolean().optional(),
  }),
});

/** What staff decided about a conflict. `split`: two people after all, the second ticket is a walk-in of its own. */
export const resolvePayload = z.object({ conflict_id: uuid, how: z.enum(['seen', 'split']) });

/** The rows that were to be purged are gone from the device, also from its file. */
export const purgePayload = z.object({ c: z.string().max(40), ids: z.array(z.string().max(64)).min(1).max(500) });

/** A code that was refused: the reason and a hash of the text, nothing else. */
export const failedScanPayload = z.object({
  reason: z.string().max(40),
  text_sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const opFields = {
  op_id: uuid,
  /** Grows by one per device, without gaps. */
  seq: z.int().min(1),
  /** `fact`: it already happened in the room and is never rejected; `request`: needs the centre's consent. */
  kind: z.enum(['fact', 'request']),
  entity_id: z.string().max(64),
  business_date: businessDay,
  occurred_at: epochMs,
  /** The revision of the entity that it was made on, where that matters. */
  base_rev: z.int().min(0).optional(),
  /** Who did it at the device: `kiosk`, or a member of staff by id. */
  actor: z.string().max(64).optional(),
  /**
   * How far the device's time can be relied on: `occurred_at` is corrected already, by `offset_ms` against the device's
   * own clock; it may be off by `err_ms`. `src`: the centre's clock, the device's own, or nothing to check it by.
   */
  clock: z
    .object({ offset_ms: z.number(), err_ms: z.number().min(0), src: z.enum(['server', 'rtc', 'none']) })
    .optional(),
};
export const operation = z.discriminatedUnion('type', [
  z.object({ ...opFields, type: z.literal('checkin'), payload: checkinPayload }),
  z.object({ ...opFields, type: z.literal('walkin'), payload: walkInPayload }),
  z.object({ ...opFields, type: z.literal('lease.return'), payload: leaseReturnPayload }),
  z.object({ ...opFields, type: z.literal('help'), payload: helpPayload }),
  z.object({ ...opFields, type: z.literal('entry.locked'), payload: entryLockedPayload }),
  z.object({ ...opFields, type: z.literal('feedback'), payload: feedbackPayload }),
  z.object({ ...opFields, type: z.literal('booking.create'), payload: bookingCreatePayload }),
  z.object({ ...opFields, type: z.literal('booking.reschedule'), payload: bookingReschedulePayload }),
  z.object({ ...opFields, type: z.literal('booking.cancel'), payload: bookingCancelPayload }),
  z.object({ ...opFields, type: z.literal('request.withdraw'), payload: withdrawPayload }),
  z.object({ ...opFields, type: z.literal('ticket.reprint'), payload: reprintPayload }),
  z.object({ ...opFields, type: z.literal('scan.failed'), payload: failedScanPayload }),
  z.object({ ...opFields, type: z.literal('checkin.undo'), payload: undoPayload }),
  z.object({ ...opFields, type: z.literal('visit.edit'), payload: visitEditPayload }),
  z.object({ ...opFields, type: z.literal('conflict.resolve'), payload: resolvePayload }),
  z.object({ ...opFields, type: z.literal('purge.done'), payload: purgePayload }),
  z.object({ ...opFields, type: z.literal('help.take'), payload: helpTakePayload }),
  z.object({ ...opFields, type: z.literal('visit.stage'), payload: visitStagePayload }),
  z.object({ ...opFields, type: z.literal('booking.no-show'), payload: noShowPayload }),
  z.object({ ...opFields, type: z.literal('ticket.send'), payload: ticketSendPayload }),
  z.object({ ...opFields, type: z.literal('device.order'), payload: deviceOrderPayload }),
  z.object({ ...opFields, type: z.literal('staff.emergency'), payload: emergencyPayload }),
]);
export type Operation = z.output<typeof operation>;
export type OperationInput = z.input<typeof operation>;

export const MAX_OPS = 200;
/** The largest body of a push, before it is packed. */
export const MAX_OPS_BYTES = 512 * 1024;
export const opHash = z.string().regex(/^[0-9a-f]{64}$/);
/** The hash before the first operation of a device. */
export const GENESIS_HASH = '0'.repeat(64);

/**
 * In the place of an operation that the device holds back, because the centre failed with it each time: the chain goes
 * on over its hash. It may be sent in full later.
 */
export const withheldOp = z.object({ op_id: uuid, seq: z.int().min(1), withheld: z.literal(true), hash: opHash });

/**
 * Operations in the order of their sequence, without gaps. Each has the hash SHA-256(hash before it, line feed, the
 * operation in canonical JSON (RFC 8785)), in lower-case hexadecimal digits; what is hashed is UTF-8. They are read one
 * by one by the centre: one that cannot be read never fails the batch.
 */
export const opsRequest = z.strictObject({
  /** The centre's history that the device knows. */
  epoch: z.string().min(1).max(100),
  /** Of the operation before the first of these. */
  prev_hash: opHash,
  ops: z
    .array(z.looseObject({ op_id: uuid, seq: z.int().min(1) }))
    .min(1)
    .max(MAX_OPS),
  /** Of the last of these. */
  hash: opHash,
  /** Ed25519 by the device's key over the UTF-8 text `RegSync/1 device_id seq hash`, of the last operation. */
  signature: base64url(64),
});
/** What the device's key signs of a batch. */
export const batchText = (deviceId: string, lastSeq: number, hash: string): string =>
  `RegSync/1 ${deviceId} ${lastSeq} ${hash}`;

export const opStatus = z.enum(['applied', 'duplicate', 'merged', 'conflict_recorded', 'rejected', 'deferred']);
export const opResult = z.object({
  op_id: uuid,
  status: opStatus,
  /** Why it was rejected or what it collides with. */
  problem: z.object({ type: z.string(), title: z.string() }).optional(),
  /** The revision of the entity after it. */
  rev: z.int().min(0).optional(),
  /** The booking as it is now, for a request about one. */
  booking: z
    .object({
      id: bookingId,
      rev: z.int().min(0),
      number: bookingRecord.shape.number,
      starts_at: epochMs,
      status: bookingStatus,
      /** Its confirmation, for the slip. */
      token: z.string().max(200).nullable().default(null),
    })
    .optional(),
  /** The nearest free times of the service, where the one that was asked for is taken. */
  alternatives: z.array(epochMs).max(3).optional(),
});
export type OpResult = z.output<typeof opResult>;
export const opsAnswer = z.object({
  epoch: z.string(),
  /** All operations up to this sequence are known to the centre. */
  acked_seq: z.int().min(0),
  /** ... and are in its off-site backup: the device may forget them. */
  durable_seq: z.int().min(0),
  results: z.array(opResult),
});
export type OpsAnswer = z.output<typeof opsAnswer>;
