import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JobEvent, type JobFacts, step } from '../../electron/core/printing/spool-rules.ts';
import { BLOCK_REASONS, type JobState } from '../../shared/domain/model.ts';

const EXPIRES = 1000;
const fresh: JobFacts = {
  state: 'queued',
  reason: null,
  grade: null,
  processId: null,
  expiresAt: EXPIRES,
  firstByteAt: null,
  sentAt: null,
  finishedAt: null,
};
const event: fc.Arbitrary<JobEvent> = fc.oneof(
  fc.constantFrom(...BLOCK_REASONS).map((reason) => ({ type: 'blocked', reason }) as const),
  fc.constantFrom<JobEvent>(
    { type: 'unblocked' },
    { type: 'sending', processId: 'abcd' },
    { type: 'written' },
    { type: 'confirmed', grade: 'A' },
    { type: 'confirmed', grade: 'B' },
    { type: 'settled', grade: 'C' },
    { type: 'settled', grade: 'E' },
    { type: 'lost' },
    { type: 'expired' },
  ),
);
const story = fc.array(fc.tuple(event, fc.nat({ max: 400 })), { maxLength: 40 });

const ALLOWED: Readonly<Record<JobState, readonly JobState[]>> = {
  queued: ['blocked', 'sending', 'expired'],
  blocked: ['blocked', 'queued', 'expired'],
  sending: ['sent', 'printed', 'unknown'],
  sent: ['sent', 'printed', 'unknown'],
  printed: ['printed'],
  unknown: ['printed'],
  expired: [],
};

describe('the life of a print job', () => {
  it('keeps its promises whatever happens in whatever order', () => {
    fc.assert(
      fc.property(story, (events) => {
        let job = fresh;
        let now = 0;
        let left = 0;
        for (const [happened, later] of events) {
          now += later;
          const before = job;
          const after = step(job, happened, now);
          if (!after) continue;
          job = after;
          expect(ALLOWED[before.state]).toContain(after.state);
          expect(after).not.toEqual(before);
          if (before.firstByteAt === null && after.firstByteAt !== null) {
            left += 1;
            expect(now).toBeLessThan(EXPIRES);
            expect(before.state).toBe('queued');
          }
          if (before.firstByteAt !== null) {
            expect(after.firstByteAt).toBe(before.firstByteAt);
            expect(['queued', 'blocked', 'expired']).not.toContain(after.state);
          }
          expect(after.reason !== null).toBe(after.state === 'blocked');
          if (after.state === 'printed') expect(['A', 'B']).toContain(after.grade);
          if (after.grade !== null) expect(['printed', 'sent']).toContain(after.state);
          if (after.state === 'sent' && after.finishedAt !== null) expect(['C', 'D', 'E']).toContain(after.grade);
          if (['printed', 'unknown', 'expired'].includes(after.state)) expect(after.finishedAt).not.toBeNull();
          if (['queued', 'blocked', 'sending'].includes(after.state)) expect(after.finishedAt).toBeNull();
        }
        expect(left).toBeLessThanOrEqual(1);
      }),
      { numRuns: 2000 },
    );
  });

  const after = (...events: JobEvent[]): JobFacts | null =>
    events.reduce<JobFacts | null>((job, happened) => job && step(job, happened, 1), fresh);
  const sending: JobEvent = { type: 'sending', processId: 'abcd' };

  it.each<[string, JobEvent[], Partial<JobFacts>]>([
    ['prints', [sending, { type: 'written' }, { type: 'confirmed', grade: 'A' }], { state: 'printed', grade: 'A' }],
    [
      'is confirmed before we noticed that all was sent',
      [sending, { type: 'confirmed', grade: 'B' }],
      { state: 'printed', grade: 'B' },
    ],
    [
      'waits for paper',
      [{ type: 'blocked', reason: 'paper-out' }, { type: 'unblocked' }, sending],
      { state: 'sending', reason: null },
    ],
    [
      'changes its reason',
      [
        { type: 'blocked', reason: 'paper-out' },
        { type: 'blocked', reason: 'cover-open' },
      ],
      { reason: 'cover-open' },
    ],
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
  ])('%s', (_name, events, expected) => {
    expect(after(...events)).toMatchObject(expected);
  });
  it.each<[string, JobEvent[]]>([
    ['is sent twice', [sending, { type: 'lost' }, sending]],
    ['is sent while blocked', [{ type: 'blocked', reason: 'offline' }, sending]],
    ['is blocked after the first byte', [sending, { type: 'blocked', reason: 'paper-out' }]],
    ['is lost when finished', [sending, { type: 'written' }, { type: 'settled', grade: 'E' }, { type: 'lost' }]],
    ['is confirmed before it was sent', [{ type: 'confirmed', grade: 'A' }]],
    ['expires early', [{ type: 'expired' }]],
    [
      'is blocked twice for the same reason',
      [
        { type: 'blocked', reason: 'offline' },
        { type: 'blocked', reason: 'offline' },
      ],
    ],
  ])('never %s', (_name, events) => {
    expect(after(...events.slice(0, -1))).not.toBeNull();
    expect(after(...events)).toBeNull();
  });
  it('expires exactly then, and is not sent then', () => {
    expect(step(fresh, { type: 'expired' }, EXPIRES)?.state).toBe('expired');
    expect(step(fresh, sending, EXPIRES)).toBeNull();
    expect(step(fresh, sending, EXPIRES - 1)?.state).toBe('sending');
  });
});
