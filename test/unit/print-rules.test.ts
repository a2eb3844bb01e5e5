import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isByWord,
  type JobEvent,
  type JobFacts,
  step,
  VISITOR,
  waits,
} from '../../electron/core/printing/spool-rules.ts';
import { BLOCK_REASONS, type JobState } from '../../shared/domain/model.ts';

const EXPIRES = 1000;
const fresh: JobFacts = {
  state: 'queued',
  reason: null,
  grade: null,
  processId: null,
  printer: null,
  expiresAt: EXPIRES,
  blockedAt: null,
  firstByteAt: null,
  mm: null,
  sentAt: null,
  finishedAt: null,
  answer: null,
  answeredBy: null,
};
const PRINTERS = ['a', 'b'] as const;
const printer = fc.constantFrom(...PRINTERS);
const event: fc.Arbitrary<JobEvent> = fc.oneof(
  fc.record({ type: fc.constant('taken' as const), printer, from: fc.option(printer) }),
  fc.record({ type: fc.constant('blocked' as const), printer, reason: fc.constantFrom(...BLOCK_REASONS) }),
  fc.record({ type: fc.constant('sending' as const), printer, processId: fc.constant('abcd'), mm: fc.nat(200) }),
  fc.record({ type: fc.constant('said' as const), out: fc.boolean(), by: fc.constantFrom(VISITOR, 'anna') }),
  fc.constantFrom<JobEvent>(
    { type: 'released' },
    { type: 'unblocked' },
    { type: 'written' },
    { type: 'confirmed', grade: 'A' },
    { type: 'confirmed', grade: 'B' },
    { type: 'settled', grade: 'C' },
    { type: 'settled', grade: 'D' },
    { type: 'settled', grade: 'E' },
    { type: 'lost' },
    { type: 'recalled' },
    { type: 'expired' },
  ),
);
const story = fc.array(fc.tuple(event, fc.nat({ max: 400 })), { maxLength: 40 });

const ALLOWED: Readonly<Record<JobState, readonly JobState[]>> = {
  queued: ['queued', 'blocked', 'sending', 'expired'],
  blocked: ['blocked', 'queued', 'expired'],
  sending: ['sending', 'sent', 'printed', 'unknown', 'expired'],
  sent: ['sent', 'printed', 'unknown', 'expired'],
  printed: ['printed'],
  unknown: ['unknown', 'printed'],
  expired: [],
};

/** What must hold between a job and what it becomes, whatever happened. @returns 1 when a first byte left */
const keepsPromises = (before: JobFacts, after: JobFacts, happened: JobEvent, now: number): number => {
  expect(ALLOWED[before.state]).toContain(after.state);
  expect(after).not.toEqual(before);
  const first = before.firstByteAt === null && after.firstByteAt !== null;
  if (first) {
    expect(now).toBeLessThan(EXPIRES);
    expect(before.state).toBe('queued');
    // Only who has it sends it.
    expect(happened).toMatchObject({ type: 'sending', printer: before.printer });
    expect(before.printer).not.toBeNull();
  }
  if (before.firstByteAt !== null) {
    expect(after).toMatchObject({ firstByteAt: before.firstByteAt, printer: before.printer });
    expect(['queued', 'blocked']).not.toContain(after.state);
    expect(waits(after)).toBe(false);
    if (after.state === 'expired') expect(happened.type).toBe('recalled');
  }
  // Another printer gets only what stands still before its first byte.
  if (before.printer !== null && after.printer !== before.printer && after.printer !== null) {
    expect([before.state, before.firstByteAt, happened.type]).toEqual(['blocked', null, 'taken']);
  }
  expect(after.reason !== null).toBe(after.state === 'blocked');
  expect(after.blockedAt !== null).toBe(after.state === 'blocked');
  if (after.state === 'printed') {
    // Its own word, or a person's, and which of them can be told.
    const own = after.grade === 'A' || after.grade === 'B';
    expect(own || after.answer === 'yes').toBe(true);
    expect(isByWord(after)).toBe(!own);
  } else expect(isByWord(after)).toBe(false);
  if (after.grade !== null) expect(['printed', 'sent', 'unknown']).toContain(after.state);
  if (after.grade !== null && after.state === 'unknown') expect(after.answer).toBe('no');
  if (after.state === 'sent' && after.finishedAt !== null) expect(['C', 'D', 'E']).toContain(after.grade);
  if (['printed', 'unknown', 'expired'].includes(after.state)) expect(after.finishedAt).not.toBeNull();
  if (['queued', 'blocked', 'sending'].includes(after.state)) expect(after.finishedAt).toBeNull();
  expect(after.answer === null).toBe(after.answeredBy === null);
  return first ? 1 : 0;
};

/** As a start of the program leaves a job. */
const crash = (job: JobFacts, now: number): JobFacts =>
  step(job, { type: 'released' }, now) ?? step(job, { type: 'lost' }, now) ?? job;

describe('the life of a print job', () => {
  it('keeps its promises whatever happens in whatever order', () => {
    fc.assert(
      fc.property(story, (events) => {
        let job = fresh;
        let now = 0;
        let left = 0;
        for (const [happened, later] of events) {
          now += later;
          const after = step(job, happened, now);
          if (!after) continue;
          left += keepsPromises(job, after, happened, now);
          job = after;
        }
        expect(left).toBeLessThanOrEqual(1);
      }),
      { numRuns: 5000 },
    );
  });

  it('keeps them when the program dies after any step, and what was still on its way happens to the next one', () => {
    fc.assert(
      fc.property(story, story, (events, late) => {
        // Every prefix of what happened, then the power cut, then everything again and more.
        for (let cut = 0; cut <= events.length; cut += 1) {
          let job = fresh;
          let now = 0;
          let left = 0;
          const happen = (list: typeof events): void => {
            for (const [happened, later] of list) {
              now += later;
              const after = step(job, happened, now);
              if (!after) continue;
              left += keepsPromises(job, after, happened, now);
              job = after;
            }
          };
          happen(events.slice(0, cut));
          const begun = job.firstByteAt !== null;
          job = crash(job, now);
          // Nobody has it, or somebody has to find out; nothing is "on its way" any more.
          expect(job.state === 'sending' || (job.state === 'sent' && job.finishedAt === null)).toBe(false);
          if (waits(job)) expect(job.printer).toBeNull();
          expect(begun).toBe(job.firstByteAt !== null);
          happen([...events.slice(cut), ...late]);
          expect(left).toBeLessThanOrEqual(1);
          // In the end it is on paper, or seen by somebody as what it is.
          job = crash(job, now);
          job = step(job, { type: 'expired' }, EXPIRES) ?? job;
          expect(['printed', 'sent', 'unknown', 'expired']).toContain(job.state);
          if (job.state === 'sent') expect(['C', 'D', 'E']).toContain(job.grade);
        }
      }),
      { numRuns: 300 },
    );
  });

  const taken: JobEvent = { type: 'taken', printer: 'a', from: null };
  const blocked = (reason: (typeof BLOCK_REASONS)[number], of: 'a' | 'b' = 'a'): JobEvent => ({
    type: 'blocked',
    printer: of,
    reason,
  });
  const after = (...events: JobEvent[]): JobFacts | null =>
    [taken, ...events].reduce<JobFacts | null>((job, happened) => job && step(job, happened, 1), fresh);
  const sendingBy = (of: 'a' | 'b'): JobEvent => ({ type: 'sending', printer: of, processId: 'abcd', mm: 120 });
  const sending = sendingBy('a');
  const yes: JobEvent = { type: 'said', out: true, by: VISITOR };
  const no: JobEvent = { type: 'said', out: false, by: VISITOR };

  it.each<[string, JobEvent[], Partial<JobFacts>]>([
    ['prints', [sending, { type: 'written' }, { type: 'confirmed', grade: 'A' }], { state: 'printed', grade: 'A' }],
    [
      'is confirmed before we noticed that all was sent',
      [sending, { type: 'confirmed', grade: 'B' }],
      { state: 'printed', grade: 'B' },
    ],
    ['waits for paper', [blocked('paper-out'), { type: 'unblocked' }, sending], { state: 'sending', reason: null }],
    ['changes its reason', [blocked('paper-out'), blocked('cover-open')], { reason: 'cover-open' }],
    [
      'goes to a mute printer',
      [sending, { type: 'written' }, { type: 'settled', grade: 'E' }],
      { state: 'sent', grade: 'E', finishedAt: 1 },
    ],
    [
      'is answered late',
      [sending, { type: 'lost' }, { type: 'confirmed', grade: 'A' }],
      { state: 'printed', grade: 'A' },
    ],
    [
      'gets a better answer',
      [sending, { type: 'confirmed', grade: 'B' }, { type: 'confirmed', grade: 'A' }],
      { grade: 'A' },
    ],
    [
      'is taken over by another printer while it is blocked',
      [blocked('paper-out'), { type: 'taken', printer: 'b', from: 'a' }, { type: 'unblocked' }, sendingBy('b')],
      { state: 'sending', printer: 'b', blockedAt: null },
    ],
    [
      'keeps the time from which it is blocked when the reason changes',
      [blocked('paper-out'), blocked('cover-open')],
      { reason: 'cover-open', blockedAt: 1 },
    ],
    [
      'is printed by the word of the visitor, which is not a grade',
      [sending, { type: 'lost' }, yes],
      { state: 'printed', grade: null, answer: 'yes', answeredBy: VISITOR },
    ],
    [
      'is confirmed by the printer after the visitor, which counts more',
      [sending, { type: 'lost' }, yes, { type: 'confirmed', grade: 'B' }],
      { state: 'printed', grade: 'B', answer: 'yes' },
    ],
    ['did not come out', [sending, { type: 'lost' }, no], { state: 'unknown', answer: 'no' }],
    [
      'did not come out of a printer that says nothing',
      [sending, { type: 'written' }, { type: 'settled', grade: 'E' }, no],
      { state: 'unknown', grade: 'E', answer: 'no' },
    ],
    [
      'was missed before the printer was given up',
      [sending, { type: 'written' }, no, { type: 'settled', grade: 'C' }],
      { state: 'unknown', answer: 'no' },
    ],
    [
      'comes out after all',
      [sending, { type: 'lost' }, no, { type: 'confirmed', grade: 'A' }],
      { state: 'printed', grade: 'A', answer: 'no' },
    ],
    [
      'is found by staff when the visitor had none',
      [sending, { type: 'lost' }, no, { type: 'said', out: true, by: 'anna' }],
      { state: 'printed', answer: 'yes', answeredBy: 'anna' },
    ],
    [
      'is nobody’s after a start, and stays blocked',
      [blocked('offline'), { type: 'released' }],
      { state: 'blocked', printer: null, blockedAt: 1 },
    ],
  ])('%s', (_name, events, expected) => {
    expect(after(...events)).toMatchObject(expected);
  });
  it.each<[string, JobEvent[]]>([
    ['is sent twice', [sending, { type: 'lost' }, sending]],
    ['is sent while blocked', [blocked('offline'), sending]],
    ['is blocked after the first byte', [sending, blocked('paper-out')]],
    ['is lost when finished', [sending, { type: 'written' }, { type: 'settled', grade: 'E' }, { type: 'lost' }]],
    ['is sent by who does not have it', [sendingBy('b')]],
    ['is blocked by who does not have it', [blocked('offline', 'b')]],
    ['is taken from who does not have it', [blocked('offline'), { type: 'taken', printer: 'b', from: 'b' }]],
    ['is taken from who is about to send it', [{ type: 'taken', printer: 'b', from: 'a' }]],
    ['is taken because it cannot be drawn', [blocked('render'), { type: 'taken', printer: 'b', from: 'a' }]],
    ['is taken after the first byte', [sending, { type: 'taken', printer: 'b', from: 'a' }]],
    ['is released after the first byte', [sending, { type: 'released' }]],
    ['is doubted when the printer has said so', [sending, { type: 'confirmed', grade: 'A' }, no]],
    ['is vouched for before it was sent', [yes]],
    ['is recalled while somebody waits for it', [sending, { type: 'written' }, { type: 'recalled' }]],
    ['is confirmed before it was sent', [{ type: 'confirmed', grade: 'A' }]],
    ['expires early', [{ type: 'expired' }]],
    ['is blocked twice for the same reason', [blocked('offline'), blocked('offline')]],
  ])('never %s', (_name, events) => {
    expect(after(...events.slice(0, -1))).not.toBeNull();
    expect(after(...events)).toBeNull();
  });
  it('expires exactly then, and is not sent then', () => {
    expect(step(fresh, { type: 'expired' }, EXPIRES)?.state).toBe('expired');
    const mine = { ...fresh, printer: 'a' };
    expect(step(mine, sending, EXPIRES)).toBeNull();
    expect(step(mine, sending, EXPIRES - 1)?.state).toBe('sending');
  });

  it('is expired when a queue gives it back after its time, though it was handed over', () => {
    const queued = after(sending, { type: 'written' });
    expect(queued && step(queued, { type: 'recalled' }, EXPIRES)).toMatchObject({ state: 'expired', firstByteAt: 1 });
    const settled = after(sending, { type: 'written' }, { type: 'settled', grade: 'D' });
    expect(settled && step(settled, { type: 'recalled' }, EXPIRES)).toBeNull();
  });
});
