import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { perform } from '../../renderer/kiosk/effects.ts';
import { advance, deadlineOf, DEFAULT_COMFORT, initialState, progressOf, screenOf } from '../../renderer/kiosk/flow.ts';
import type { Effect, FlowEvent, FlowState, Screen, Step } from '../../renderer/kiosk/steps.ts';
import type { Client } from '../../renderer/ui/client.ts';
import { appContract, type NextStep } from '../../shared/contracts/app.ts';
import { fail, ok } from '../../shared/contracts/result.ts';
import {
  accepted,
  AT,
  booking,
  CATALOGUE,
  choose,
  DAYS,
  HOME,
  manyWait,
  moved,
  NUMBER,
  on,
  rating,
  refused,
} from '../fixtures/kiosk-flow.ts';
import { job, system, visit } from '../fixtures/kiosk-gallery/states.ts';

/** Walks through the flow: each touch is drawn from those that could come now, fitting or not. */

const SCREENS: ReadonlySet<Screen> = new Set<Screen>([
  'home',
  'scan',
  'number',
  'factor',
  'choose',
  'services',
  'slots',
  'confirm',
  'printing',
  'done',
  'refused',
  'help',
  'feedback',
  'out-of-order',
]);
const WORDS = 'Долго искал окно';
const CONTACT = { phone: '+79161234567', consent: '2026-01' };
const ERROR = fail('internal', 'x');
const NEXT: readonly NextStep[] = [
  { step: 'copy', visit },
  { step: 'check-in', booking: booking(1).id, startsAt: 9 },
  { step: 'walk-in', service: null },
  { step: 'other-service', service: 9, name: { ru: 'Справки' } },
  { step: 'reschedule', booking: booking(2), soonest: null },
  { step: 'slots', services: [3, 4], soonest: null },
  { step: 'feedback', visit: visit.id, number: visit.number },
  { step: 'scan-again' },
  { step: 'type-number' },
];
const JOBS = [
  job(),
  job({ state: 'queued', grade: null }),
  job({ state: 'sending', grade: null }),
  job({ state: 'unknown', grade: null }),
  job({ state: 'blocked', reason: 'paper-out', grade: null }),
];

/** What a visitor, the core and the clock could do next, at this moment. */
const possible = (s: FlowState, now: number, attempt: string, spice: number): FlowEvent[] => {
  const { step } = s;
  const asked = 'attempt' in step ? step.attempt : 'none';
  const paper = JOBS[spice % JOBS.length] ?? job();
  const id = 1 + (spice % 9);
  const refusal = refused('too-late', ...NEXT);
  const fitting: Partial<Record<Step['at'], FlowEvent[]>> = {
    home: [
      { type: 'scan', purpose: spice % 2 ? 'manage' : 'check-in', now },
      { type: 'services', now },
    ],
    scan: [{ type: 'number', now }],
    number: [
      { type: 'typed', text: NUMBER, now },
      { type: 'typed', text: '8'.repeat(spice % 20), now },
      { type: 'number-done', now },
    ],
    factor: [{ type: 'digits', digits: `x${String(spice).repeat(3)}`.slice(0, 1 + (spice % 6)), attempt, now }],
    choose: [
      { type: 'booking', booking: booking(1 + (spice % 3)).id, attempt, now },
      { type: 'manage', booking: booking(1 + (spice % 3)).id, action: spice % 2 ? 'cancel' : 'reschedule', now },
    ],
    services: [{ type: 'service', service: id, now }],
    confirm: [
      ...(step.at === 'confirm' && step.what !== 'walk-in'
        ? Array.from({ length: 9 }, (): FlowEvent => ({ type: 'request', attempt, now }))
        : []),
      { type: 'add-service', now },
      { type: 'remove-service', service: id, now },
      { type: 'part', part: (['main', 'claim', 'phone'] as const)[spice % 3] ?? 'main', now },
      { type: 'claim', claim: 'veteran', now },
      { type: 'contact', contact: spice % 4 ? CONTACT : null, now },
      { type: 'take', attempt, now },
      { type: 'slots', now },
      { type: 'service', service: 9, now },
      { type: 'request', attempt, now },
    ],
    slots: [
      { type: 'slots-heard', services: [id], result: ok({ days: DAYS, online: true }), now },
      ...(step.at === 'slots'
        ? ([
            {
              type: 'slots-heard',
              services: step.moving?.booking.serviceIds ?? step.walkIn?.services ?? [],
              result: spice % 5 ? ok({ days: DAYS, online: true }) : ERROR,
              now,
            },
          ] as const)
        : []),
      { type: 'slot', startsAt: 5_000, now },
    ],
    checking: [
      ...[accepted(paper, 'en'), refusal, refused('no-match'), choose('manage'), choose('check-in'), rating].map(
        (outcome): FlowEvent => ({ type: 'answered', attempt: asked, result: ok(outcome), now }),
      ),
      { type: 'answered', attempt: asked, result: ok({ outcome: 'factor', number: NUMBER }), now },
      { type: 'answered', attempt: asked, result: ERROR, now },
      ...[accepted(paper), refusal, manyWait].map((outcome): FlowEvent => ({
        type: 'walk-in-answered',
        attempt: asked,
        result: ok(outcome),
        now,
      })),
      ...[moved(paper), moved(null), refusal, refused('slot-taken')].map((outcome): FlowEvent => ({
        type: 'request-answered',
        attempt: asked,
        result: ok(outcome),
        now,
      })),
    ],
    ticket: [
      { type: 'copy', attempt, now },
      { type: 'taken', now },
      { type: 'job', job: paper, now },
    ],
    booked: [
      { type: 'taken', now },
      { type: 'job', job: paper, now },
    ],
    copying: [
      { type: 'copied', attempt: asked, result: ok(paper), now },
      { type: 'copied', attempt: asked, result: fail('conflict', 'x'), now },
    ],
    refused: [...NEXT, { step: 'call-staff' as const }].map((next): FlowEvent => ({
      type: 'next',
      next,
      attempt,
      now,
    })),
    help: [
      { type: 'helped', attempt: asked, result: spice % 2 ? ok({ told: spice % 4 === 1 }) : ERROR, now },
      { type: 'back', now },
    ],
    feedback: [
      { type: 'score', score: 3, now },
      ...rating.reasons.map((r): FlowEvent => ({ type: 'feedback-reason', id: r.id, now })),
      { type: 'writing', writing: spice % 2 === 0, now },
      { type: 'words', text: WORDS.repeat(1 + (spice % 60)), now },
      { type: 'feedback-send', attempt, now },
    ],
  };
  const always: FlowEvent[] = [
    { type: 'back', now },
    { type: 'home', now },
    { type: 'help', attempt, now },
    { type: 'touched', now },
    { type: 'tick', now },
    { type: 'text', now },
    { type: 'contrast', now },
    { type: 'language', language: 'en', now },
    { type: 'code', text: 'EZ1', source: 'wedge', attempt, now },
    { type: 'catalogue', result: spice % 3 ? ok(CATALOGUE) : ERROR, now },
    { type: 'link', state: (['up', 'restarting', 'failed'] as const)[spice % 3] ?? 'up' },
    { type: 'system', state: spice % 4 ? system() : system({ ready: false, notReady: 'no-data' }) },
  ];
  const here = fitting[step.at] ?? [];
  // Mostly on, at times aside, and now and then what belongs to another screen.
  if (spice % 11 === 0) return [...Object.values(fitting).flat(), ...always];
  return spice % 5 === 0 ? always : here.length > 0 ? here : always;
};

interface Walk {
  states: FlowState[];
  effects: Effect[];
  now: number;
}
const walks = fc
  .tuple(
    // From where a visitor stands in the middle of his way, so that its far ends are reached often.
    fc.oneof(fc.constant(HOME), fc.constantFrom(...Object.values(AT))),
    fc.array(fc.record({ pick: fc.nat(1_000), spice: fc.nat(1_000), after: fc.nat(12_000) }), {
      maxLength: 50,
      size: 'max',
    }),
  )
  .map(([start, touches]): Walk => {
    let state = start;
    let now = 100;
    const walk: Walk = { states: [state], effects: [], now };
    for (const [i, { pick, spice, after }] of touches.entries()) {
      now += after;
      const events = possible(state, now, `01900000-0000-7000-8000-${String(i).padStart(12, '0')}`, spice);
      const event = events[pick % events.length];
      if (!event) continue;
      const next = advance(state, event);
      state = next.state;
      walk.states.push(state);
      walk.effects.push(...next.effects);
    }
    return { ...walk, now };
  });

/** Ticks without a touch, until everything that waits has been given up on. */
const left = (state: FlowState, now: number): FlowState =>
  on(state, ...Array.from({ length: 15 }, (_, i): FlowEvent => ({ type: 'tick', now: now + (i + 1) * 60_000 })));

describe('whatever happens', () => {
  it('stands on a screen, within its bounds, and can leave it', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(walks, ({ states, now }) => {
        for (const s of states) {
          const { step } = s;
          seen.add(step.at);
          expect(SCREENS).toContain(screenOf(s, now));
          if (!['home', 'checking', 'copying'].includes(step.at)) expect(deadlineOf(step)).toBeGreaterThan(0);
          const progress = progressOf(s);
          if (progress) expect(progress.step).toBeLessThanOrEqual(progress.of);
          expect(s.trail.length).toBeLessThanOrEqual(12);
          for (const before of [...s.trail, step]) {
            if (before.at === 'number') expect(before.text.length).toBeLessThanOrEqual(12);
            if (before.at === 'factor') expect(before.digits).toMatch(/^\d{0,3}$/);
            if (before.at === 'confirm' && before.what === 'walk-in') {
              const { services } = before.walkIn;
              expect([...new Set(services)]).toEqual(services);
              expect([1, 2, 3, 4, 5]).toContain(services.length);
            }
            if (before.at === 'feedback') {
              expect(before.chosen.length).toBeLessThanOrEqual(3);
              expect(before.text.length).toBeLessThanOrEqual(500);
            }
          }
          for (const before of s.trail) expect(['home', 'checking', 'ticket', 'help']).not.toContain(before.at);
        }
      }),
      { numRuns: 600 },
    );
    // The walks have been everywhere: nothing above is said of screens that were never reached.
    expect(seen.size).toBe(15);
  });

  it('comes home by itself, and then nothing of the visitor is there', () => {
    fc.assert(
      fc.property(walks, ({ states, now }) => {
        const end = states.at(-1) ?? HOME;
        const gone = left(end, now);
        const { system: system_, link, catalogue, activeAt } = gone;
        expect(gone).toEqual({ ...initialState(activeAt), system: system_, link, catalogue });
        expect(gone.comfort).toEqual(DEFAULT_COMFORT);
      }),
      { numRuns: 600 },
    );
  });

  it('asks the core only for what the contract takes', () => {
    const asked = new Set<string>();
    let faults: string[] = [];
    const client: Client = {
      call: (method, params) => {
        const parsed = appContract.methods[method].input.safeParse(params);
        if (!parsed.success) faults.push(`${method}: ${parsed.error.message}`);
        asked.add(method);
        return Promise.resolve(ERROR);
      },
      on: () => () => undefined,
    };
    fc.assert(
      fc.property(walks, ({ effects }) => {
        faults = [];
        for (const effect of effects) {
          void perform(
            client,
            effect,
            () => undefined,
            () => 0,
          );
        }
        expect(faults).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
    expect([...asked].toSorted()).toEqual([
      'booking.cancel',
      'booking.create',
      'booking.reschedule',
      'checkin.booking',
      'checkin.number',
      'checkin.scan',
      'feedback.send',
      'help.call',
      'help.over',
      'print.answer',
      'print.job',
      'slots.list',
      'ticket.copy',
      'walkin.catalogue',
      'walkin.prepare',
      'walkin.take',
    ]);
  });

  it('calls nobody in vain: each call for help is over once, when the visitor goes on or away', () => {
    fc.assert(
      fc.property(walks, ({ states, effects, now }) => {
        const last = states.at(-1) ?? HOME;
        const callOf = (s: FlowState | undefined) => (s?.step.at === 'help' ? [s.step.attempt] : []);
        const open = callOf(last);
        const of = (kind: 'help' | 'help-over') => effects.flatMap((e) => (e.do === kind ? [e.attempt] : []));
        expect([...of('help-over'), ...open]).toEqual([...callOf(states[0]), ...of('help')]);
        if (open.length > 0) {
          const { effects: end } = advance(last, { type: 'tick', now: now + 200_000 });
          expect(end).toEqual([{ do: 'help-over', attempt: open[0] }]);
        }
      }),
      { numRuns: 600 },
    );
  });

  it('has one thing asked at a time: an answer to anything else changes nothing', () => {
    const late: FlowEvent[] = [
      { type: 'answered', attempt: 'none', result: ok(accepted()), now: 1 },
      { type: 'walk-in-answered', attempt: 'none', result: ok(accepted()), now: 1 },
      { type: 'request-answered', attempt: 'none', result: ok(moved()), now: 1 },
      { type: 'copied', attempt: 'none', result: ok(job()), now: 1 },
      { type: 'helped', attempt: 'none', result: ok({ told: true }), now: 1 },
      { type: 'job', job: job({ id: '01900000-0000-7000-8000-0000000000ff' }), now: 1 },
      { type: 'slots-heard', services: [77], result: ok({ days: DAYS, online: true }), now: 1 },
    ];
    fc.assert(
      fc.property(walks, ({ states }) => {
        for (const s of states) {
          for (const event of late) {
            const { state, effects } = advance(s, event);
            expect(effects).toEqual([]);
            expect(state).toBe(s);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
