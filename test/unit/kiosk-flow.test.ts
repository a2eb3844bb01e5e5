import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, initialState, paperOf, screenOf, TIMES } from '../../renderer/kiosk/flow.ts';
import { DEFAULT_COMFORT } from '../../renderer/kiosk/flow/parts.ts';
import type { Effect, FlowEvent, FlowState } from '../../renderer/kiosk/steps.ts';
import type { PrintJobView, ScanOutcome } from '../../shared/contracts/app.ts';
import { fail, ok } from '../../shared/contracts/result.ts';
import { GRADES, JOB_STATES } from '../../shared/domain/model.ts';
import { job, STATES, system, visit } from '../fixtures/kiosk-gallery/states.ts';

/** Plays events one after the other. */
const play = (...events: FlowEvent[]): { state: FlowState; effects: Effect[] } => {
  let state = initialState(0);
  let effects: Effect[] = [];
  for (const e of [{ type: 'system', state: system() } as const, ...events]) ({ state, effects } = advance(state, e));
  return { state, effects };
};
const on = (state: FlowState, ...events: FlowEvent[]) => events.reduce((s, e) => advance(s, e).state, state);
const code: FlowEvent = { type: 'code', text: 'EZ1', source: 'wedge', attempt: 'a1', now: 10 };
const accepted = (j: PrintJobView, language: 'ru' | 'en' | null = null): ScanOutcome => ({
  outcome: 'accepted',
  visit,
  job: j,
  provisional: false,
  language,
});
const answered = (outcome: ScanOutcome, now = 20, attempt = 'a1'): FlowEvent => ({
  type: 'answered',
  attempt,
  result: ok(outcome),
  now,
});
const refusedOutcome = (name: string): ScanOutcome => {
  const outcome = STATES[name]?.outcome;
  if (!outcome || outcome === 'error') throw new Error(name);
  return outcome;
};

describe('the flow of a visit', () => {
  it('goes from home over the camera to the ticket and back, by itself', () => {
    const { state, effects } = play({ type: 'scan', purpose: 'check-in', now: 0 }, { ...code, source: 'camera' });
    expect(effects).toEqual([{ do: 'scan', attempt: 'a1', text: 'EZ1', source: 'camera' }]);
    expect(screenOf(state, 10)).toBe('printing');
    const queued = on(state, answered(accepted(job({ state: 'queued', grade: null }))));
    expect(screenOf(queued, 30)).toBe('printing');
    const out = on(queued, { type: 'job', job: job(), now: 1000 });
    expect(screenOf(out, 1000)).toBe('done');
    expect(on(out, { type: 'tick', now: 1000 + TIMES.done - 1 }).step.at).toBe('ticket');
    expect(on(out, { type: 'tick', now: 1000 + TIMES.done }).step).toEqual({ at: 'home' });
  });

  it('takes a code of a scanner on home, scan, done and refused; not while one is being worked on', () => {
    const done = on(play(code).state, answered(accepted(job())));
    const refused = on(play(code).state, answered(refusedOutcome('refused-cancelled')));
    const next: FlowEvent = { ...code, attempt: 'a2', now: 50 };
    for (const s of [play().state, play({ type: 'scan', purpose: 'check-in', now: 0 }).state, done, refused]) {
      expect(advance(s, next).effects).toHaveLength(1);
    }
    const printing = on(play(code).state, answered(accepted(job({ state: 'sending', grade: null }))));
    for (const s of [play(code).state, printing, on(done, { type: 'copy', attempt: 'c1', now: 30 })]) {
      expect(advance(s, next).effects).toEqual([]);
    }
  });

  it('gives up on an answer that never comes, and then leads home', () => {
    for (const waiting of [
      play(code).state,
      on(play(code).state, answered(accepted(job())), { type: 'copy', attempt: 'c1', now: 10 }),
    ]) {
      expect(on(waiting, { type: 'tick', now: 10 + TIMES.answer - 1 }).step).toEqual(waiting.step);
      const refused = on(waiting, { type: 'tick', now: 10 + TIMES.answer });
      expect(refused.step.at).toBe('refused');
      expect(on(refused, { type: 'tick', now: 10 + TIMES.answer + TIMES.refused }).step.at).toBe('home');
    }
  });

  it('keeps the number before the eyes of whoever gets no further copy', () => {
    const done = on(play(code).state, answered(accepted(job())));
    const refused = on(
      done,
      { type: 'copy', attempt: 'c1', now: 40 },
      { type: 'copied', attempt: 'c1', result: fail('conflict', 'no further copy'), now: 50 },
    );
    expect(refused.step).toMatchObject({
      at: 'refused',
      refused: { reason: 'already-used', number: visit.number, next: [{ step: 'call-staff' }] },
    });
  });

  it('keeps language and sizes for whoever steps back or tries another code, until nobody is there', () => {
    const comfort: FlowEvent[] = [
      { type: 'language', language: 'en', now: 1 },
      { type: 'text', now: 2 },
    ];
    const back = on(play(...comfort, { type: 'scan', purpose: 'check-in', now: 3 }).state, { type: 'home', now: 4 });
    expect([back.step.at, back.comfort.language, back.comfort.text]).toEqual(['home', 'en', 1.5]);
    expect(on(back, { type: 'tick', now: 4 + TIMES.comfort }).comfort).toEqual(DEFAULT_COMFORT);
    const refused = on(play(...comfort, code).state, answered(refusedOutcome('refused-not-ours')));
    expect(on(refused, { ...code, attempt: 'a2', now: 50 }).comfort.language).toBe('en');
    // After the end of a visit the next one begins with the defaults.
    const done = on(play(...comfort, code).state, answered(accepted(job())));
    expect(on(done, { ...code, attempt: 'a2', now: 50 }).comfort).toEqual(DEFAULT_COMFORT);
  });

  it('does not go home while a check-in is on its way, and ignores answers to other attempts', () => {
    const { state } = play(code);
    expect(on(state, { type: 'home', now: 15 }).step.at).toBe('checking');
    expect(on(state, answered(accepted(job()), 20, 'old')).step.at).toBe('checking');
  });

  it('prints a copy on request, from the ticket and from "already used"', () => {
    const done = on(play(code).state, answered(accepted(job())));
    const used = on(play(code).state, answered(refusedOutcome('refused-already-used')));
    for (const s of [done, used]) {
      const { state, effects } = advance(s, { type: 'copy', attempt: 'c1', now: 40 });
      expect(effects).toEqual([{ do: 'copy', attempt: 'c1', visit: visit.id }]);
      const back = on(state, {
        type: 'copied',
        attempt: 'c1',
        result: ok(job({ id: 'j2', copy: 1, state: 'queued', grade: null })),
        now: 50,
      });
      expect(screenOf(back, 50)).toBe('printing');
      expect(screenOf(on(back, { type: 'job', job: job({ id: 'j2', copy: 1 }), now: 60 }), 60)).toBe('done');
      expect(on(state, { type: 'copied', attempt: 'c1', result: fail('conflict', 'no'), now: 50 }).step.at).toBe(
        'refused',
      );
    }
    const cancelled = on(play(code).state, answered(refusedOutcome('refused-cancelled')));
    expect(advance(cancelled, { type: 'copy', attempt: 'c1', now: 40 }).effects).toEqual([]);
  });

  it('follows the language of the booking unless the visitor chose one', () => {
    expect(on(play(code).state, answered(accepted(job(), 'en'))).comfort.language).toBe('en');
    const chosen = on(play({ type: 'language', language: 'ru', now: 1 }, code).state, answered(accepted(job(), 'en')));
    expect(chosen.comfort.language).toBe('ru');
  });

  it('keeps the place when language, size or contrast change, and forgets them with the visitor', () => {
    const comfort: FlowEvent[] = [
      { type: 'language', language: 'en', now: 30 },
      { type: 'text', now: 31 },
      { type: 'contrast', now: 32 },
    ];
    const done = on(play(code).state, answered(accepted(job())), ...comfort);
    expect([done.step.at, done.comfort]).toEqual([
      'ticket',
      { language: 'en', languageChosen: true, text: 1.5, contrast: true },
    ]);
    expect(on(done, { type: 'taken', now: 40 }).comfort).toEqual(DEFAULT_COMFORT);
    const home = on(play().state, ...comfort);
    expect(on(home, { type: 'tick', now: 32 + TIMES.comfort - 1 }).comfort.text).toBe(1.5);
    expect(on(home, { type: 'tick', now: 32 + TIMES.comfort }).comfort).toEqual(DEFAULT_COMFORT);
  });

  it('is out of order without a core, without data, without an office', () => {
    expect(screenOf(initialState(0), 0)).toBe('out-of-order');
    expect(screenOf(on(play().state, { type: 'link', state: 'failed' }), 0)).toBe('out-of-order');
    const bare = on(play().state, { type: 'system', state: system({ ready: false, notReady: 'no-data' }) });
    expect(screenOf(bare, 0)).toBe('out-of-order');
    expect(advance(bare, code).effects).toEqual([]);
    expect(advance(bare, { type: 'scan', purpose: 'check-in', now: 0 }).state.step.at).toBe('home');
    // Who has a number keeps seeing it.
    const done = on(play(code).state, answered(accepted(job())), { type: 'link', state: 'failed' });
    expect(screenOf(done, 21)).toBe('done');
  });

  it('asks how the job stands when the core is back', () => {
    const printing = on(play(code).state, answered(accepted(job({ state: 'sending', grade: null }))), {
      type: 'link',
      state: 'restarting',
    });
    expect(advance(printing, { type: 'link', state: 'up' }).effects).toEqual([{ do: 'look', job: job().id }]);
    expect(advance(printing, { type: 'link', state: 'restarting' }).effects).toEqual([]);
  });

  it('tells the truth about the paper', () => {
    expect(
      JOB_STATES.map((state) => [
        state,
        paperOf(job({ state, grade: null }), 0),
        paperOf(job({ state, grade: null }), TIMES.print + 1),
      ]),
    ).toEqual([
      ['queued', 'printing', 'blocked'],
      ['blocked', 'blocked', 'blocked'],
      ['sending', 'printing', 'blocked'],
      ['sent', 'printing', 'ask'],
      ['printed', 'out', 'out'],
      ['unknown', 'ask', 'ask'],
      ['expired', 'blocked', 'blocked'],
    ]);
    expect(paperOf(job({ state: 'sent', grade: 'E' }), 0)).toBe('out');
  });

  it('never throws, always leads home, and then holds nothing of a visitor, whatever happens', () => {
    const time = fc.integer({ min: 0, max: 1_000_000 });
    const anyJob = fc
      .record({ state: fc.constantFrom(...JOB_STATES), grade: fc.constantFrom(null, ...GRADES), copy: fc.nat(2) })
      .map((j) => job(j));
    const outcomes = Object.values(STATES)
      .map((s) => s.outcome)
      .filter((o): o is ScanOutcome => typeof o === 'object' && o !== null);
    const attempt = fc.constantFrom('a1', 'a2', 'c1');
    const anyEvent: fc.Arbitrary<FlowEvent> = fc.oneof(
      fc.record({
        type: fc.constantFrom('scan', 'home', 'taken', 'touched', 'tick', 'text', 'contrast'),
        now: time,
      }) as fc.Arbitrary<FlowEvent>,
      fc.record({
        type: fc.constant('code' as const),
        text: fc.string(),
        source: fc.constant('camera' as const),
        attempt,
        now: time,
      }),
      fc.record({
        type: fc.constant('answered' as const),
        attempt,
        result: fc.constantFrom(...outcomes.map((o) => ok(o)), fail('internal', 'x')),
        now: time,
      }),
      fc.record({ type: fc.constant('copy' as const), attempt, now: time }),
      fc.record({
        type: fc.constant('copied' as const),
        attempt,
        result: fc.oneof(
          anyJob.map((j) => ok(j)),
          fc.constant(fail('conflict', 'x')),
        ),
        now: time,
      }),
      fc.record({ type: fc.constant('job' as const), job: anyJob, now: time }),
      fc.record({
        type: fc.constant('link' as const),
        state: fc.constantFrom('up' as const, 'restarting' as const, 'failed' as const),
      }),
      fc.record({
        type: fc.constant('system' as const),
        state: fc.constantFrom(system(), system({ ready: false, notReady: 'no-data' })),
      }),
    );
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
        const state = on(initialState(0), ...events);
        screenOf(state, 500_000);
        const settled = on(
          state,
          { type: 'answered', attempt: 'a1', result: fail('timeout', 'x'), now: 2_000_000 },
          { type: 'answered', attempt: 'a2', result: fail('timeout', 'x'), now: 2_000_000 },
          ...(['a1', 'a2', 'c1'] as const).map((a): FlowEvent => ({
            type: 'copied',
            attempt: a,
            result: fail('timeout', 'x'),
            now: 2_000_000,
          })),
          { type: 'answered', attempt: 'c1', result: fail('timeout', 'x'), now: 2_000_000 },
          { type: 'tick', now: 9_000_000 },
          { type: 'tick', now: 9_100_000 },
        );
        expect(settled.step).toEqual({ at: 'home' });
        expect(settled.comfort).toEqual(DEFAULT_COMFORT);
        expect(JSON.stringify({ ...settled, system: null })).not.toContain(visit.id);
      }),
      { numRuns: 500 },
    );
  });
});
