import { describe, expect, it } from 'vitest';
import {
  advance,
  deadlineOf,
  DEFAULT_COMFORT,
  initialState,
  outOfOrder,
  paperOf,
  progressOf,
  screenOf,
  TIMES,
} from '../../renderer/kiosk/flow.ts';
import type { FlowEvent } from '../../renderer/kiosk/steps.ts';
import { fail, ok } from '../../shared/contracts/result.ts';
import { JOB_STATES } from '../../shared/domain/model.ts';
import {
  accepted,
  answered,
  AT,
  code,
  effectsOf,
  HOME,
  moved,
  on,
  outcomeOf,
  play,
  refused,
  stepAt,
} from '../fixtures/kiosk-flow.ts';
import { job, system, visit } from '../fixtures/kiosk-gallery/states.ts';

const scan: FlowEvent = { type: 'scan', purpose: 'check-in', now: 0 };

describe('the flow of a visit', () => {
  it('goes from home over the camera to the ticket and back, by itself', () => {
    const { state, effects } = advance(on(HOME, scan), { ...code(), source: 'camera' } as FlowEvent);
    expect(effects).toEqual([{ do: 'scan', attempt: 'a1', text: 'EZ1', source: 'camera', purpose: 'check-in' }]);
    expect(screenOf(state, 10)).toBe('printing');
    const queued = on(state, answered(accepted(job({ state: 'queued', grade: null }))));
    expect(screenOf(queued, 30)).toBe('printing');
    const out = on(queued, { type: 'job', job: job(), now: 1000 });
    expect(screenOf(out, 1000)).toBe('done');
    expect(on(out, { type: 'tick', now: 1000 + TIMES.done - 1 }).step.at).toBe('ticket');
    expect(on(out, { type: 'tick', now: 1000 + TIMES.done }).step).toEqual({ at: 'home' });
  });

  it('takes a code of a scanner on every screen, for what the visitor came for; not while one is worked on', () => {
    const { checking, printing, copying, ...idle } = AT;
    for (const [name, s] of Object.entries({ home: HOME, ...idle })) {
      const { state, effects } = advance(s, code('a2', 50));
      const purpose = name === 'managed' ? 'manage' : 'check-in';
      expect([name, effects.at(-1)]).toEqual([
        name,
        { do: 'scan', attempt: 'a2', text: 'EZ1', source: 'wedge', purpose },
      ]);
      expect(stepAt(state, 'checking')).toMatchObject({ what: 'booking', attempt: 'a2', purpose });
    }
    const slip = on(AT.move, { type: 'request', attempt: 'r1', now: 40 });
    const booked = on(slip, {
      type: 'request-answered',
      attempt: 'r1',
      result: ok(moved(job({ state: 'sending', grade: null }))),
      now: 41,
    });
    expect(booked.step.at).toBe('booked');
    for (const s of [checking, printing, copying, booked]) {
      const { state, effects } = advance(s, code('a2', 50));
      expect(effects).toEqual([]);
      expect(state).toBe(s);
    }
  });

  it('asks for the same purpose after help, and then nobody needs to come', () => {
    const managing = on(HOME, { ...scan, purpose: 'manage' }, { type: 'help', attempt: 'h1', now: 2 });
    expect(effectsOf(managing, code())).toEqual([
      { do: 'help-over', attempt: 'h1' },
      { do: 'scan', attempt: 'a1', text: 'EZ1', source: 'wedge', purpose: 'manage' },
    ]);
  });

  it('gives up on an answer that never comes, and then leads home', () => {
    for (const waiting of [AT.checking, on(AT.ticket, { type: 'copy', attempt: 'c1', now: 10 })]) {
      expect(on(waiting, { type: 'tick', now: 10 + TIMES.answer - 1 }).step).toEqual(waiting.step);
      const refused = on(waiting, { type: 'tick', now: 10 + TIMES.answer });
      expect(refused.step.at).toBe('refused');
      expect(on(refused, { type: 'tick', now: 10 + TIMES.answer + TIMES.refused }).step.at).toBe('home');
    }
  });

  it('keeps the number before the eyes of whoever gets no further copy', () => {
    const done = on(AT.checking, answered(accepted(job())));
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
    const back = on(HOME, ...comfort, { ...scan, now: 3 }, { type: 'home', now: 4 });
    expect([back.step.at, back.comfort.language, back.comfort.text]).toEqual(['home', 'en', 1.5]);
    expect(on(back, { type: 'tick', now: 4 + TIMES.comfort }).comfort).toEqual(DEFAULT_COMFORT);
    const refused = on(HOME, ...comfort, code(), answered(outcomeOf('refused-not-ours')));
    expect(on(refused, code('a2', 50)).comfort.language).toBe('en');
    // After the end of a visit the next one begins with the defaults.
    const done = on(HOME, ...comfort, code(), answered(accepted(job())));
    expect(on(done, code('a2', 50)).comfort).toEqual(DEFAULT_COMFORT);
  });

  it('does not go home while a check-in is on its way, and ignores answers to other attempts', () => {
    const state = AT.checking;
    expect(on(state, { type: 'home', now: 15 }).step.at).toBe('checking');
    expect(on(state, answered(accepted(job()), 20, 'old')).step.at).toBe('checking');
  });

  it('prints a copy on request, from the ticket and from "already used"', () => {
    const done = on(AT.checking, answered(accepted(job())));
    const used = on(AT.checking, answered(outcomeOf('refused-already-used')));
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
    const cancelled = on(AT.checking, answered(outcomeOf('refused-cancelled')));
    expect(advance(cancelled, { type: 'copy', attempt: 'c1', now: 40 }).effects).toEqual([]);
  });

  it('follows the language of the booking unless the visitor chose one', () => {
    expect(on(AT.checking, answered(accepted(job(), 'en'))).comfort.language).toBe('en');
    const chosen = on(HOME, { type: 'language', language: 'ru', now: 1 }, code(), answered(accepted(job(), 'en')));
    expect(chosen.comfort.language).toBe('ru');
  });

  it('keeps the place when language, size or contrast change, and forgets them with the visitor', () => {
    const comfort: FlowEvent[] = [
      { type: 'language', language: 'en', now: 30 },
      { type: 'text', now: 31 },
      { type: 'contrast', now: 32 },
    ];
    const done = on(AT.checking, answered(accepted(job())), ...comfort);
    expect([done.step.at, done.comfort]).toEqual([
      'ticket',
      { language: 'en', languageChosen: true, text: 1.5, contrast: true },
    ]);
    expect(on(done, { type: 'taken', now: 40 }).comfort).toEqual(DEFAULT_COMFORT);
    const home = on(HOME, ...comfort);
    expect(on(home, { type: 'tick', now: 32 + TIMES.comfort - 1 }).comfort.text).toBe(1.5);
    expect(on(home, { type: 'tick', now: 32 + TIMES.comfort }).comfort).toEqual(DEFAULT_COMFORT);
  });

  it('is out of order without a core, without data, without an office', () => {
    expect(outOfOrder(initialState(0))).toBe('starting');
    expect(screenOf(initialState(0), 0)).toBe('out-of-order');
    expect(screenOf(on(HOME, { type: 'link', state: 'failed' }), 0)).toBe('out-of-order');
    const bare = on(HOME, { type: 'system', state: system({ ready: false, notReady: 'no-data' }) });
    expect(screenOf(bare, 0)).toBe('out-of-order');
    expect(advance(bare, code()).effects).toEqual([]);
    expect(advance(bare, scan).state.step.at).toBe('home');
    // Who has a number keeps seeing it.
    const done = on(AT.checking, answered(accepted(job())), { type: 'link', state: 'failed' });
    expect(screenOf(done, 21)).toBe('done');
  });

  it('asks how the job stands when the core is back', () => {
    const printing = on(AT.checking, answered(accepted(job({ state: 'sending', grade: null }))), {
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

  it('says that the paper came out when he was asked and has it, and nothing when he was not', () => {
    const unknown = job({ state: 'unknown', grade: null });
    const asked = on(AT.checking, answered(accepted(unknown)));
    expect(effectsOf(asked, { type: 'taken', now: 30 })).toEqual([{ do: 'has-paper', job: unknown.id }]);
    expect(on(asked, { type: 'taken', now: 30 }).step.at).toBe('home');
    for (const one of [job(), job({ state: 'blocked', reason: 'paper-out', grade: null })])
      expect(effectsOf(on(AT.checking, answered(accepted(one))), { type: 'taken', now: 30 })).toEqual([]);
  });

  it('keeps what the paper does while help is called, and asks for it when the core is back', () => {
    const blocked = job({ state: 'blocked', reason: 'paper-out', grade: null });
    const helped = on(AT.checking, answered(accepted(blocked)), { type: 'help', attempt: 'h1', now: 30 });
    expect(helped.step.at).toBe('help');
    const away = on(helped, { type: 'link', state: 'restarting' });
    expect(effectsOf(away, { type: 'link', state: 'up' })).toEqual([{ do: 'look', job: blocked.id }]);
    const back = on(helped, { type: 'job', job: job(), now: 40 }, { type: 'back', now: 50 });
    expect(stepAt(back, 'ticket').job.state).toBe('printed');
  });

  it('says what comes next after a failed call, and always whom to ask', () => {
    const failure = fail('internal', 'x');
    const ways = (s: typeof HOME) => [
      stepAt(s, 'refused').refused.reason,
      stepAt(s, 'refused').refused.next.map((n) => n.step),
      stepAt(s, 'refused').purpose,
    ];
    const answer = { attempt: 'x1', result: failure, now: 60 } as const;
    const request: FlowEvent = { type: 'request', attempt: 'x1', now: 50 };
    const managing = on(HOME, { ...scan, purpose: 'manage' }, code('x1'), { type: 'answered', ...answer });
    expect(ways(managing)).toEqual(['error', ['scan-again', 'call-staff'], 'manage']);
    const taking = on(AT.confirm, { type: 'take', attempt: 'x1', now: 50 }, { type: 'walk-in-answered', ...answer });
    expect(ways(taking)).toEqual(['error', ['walk-in', 'call-staff'], 'check-in']);
    // A second booking would be worse than a question at the desk; one's own booking can be looked at.
    const answers: FlowEvent = { type: 'request-answered', ...answer };
    expect(ways(on(AT.slot, request, answers))).toEqual(['error', ['call-staff'], 'check-in']);
    expect(ways(on(AT.move, request, answers))).toEqual(['error', ['scan-again', 'call-staff'], 'manage']);
    expect(ways(on(AT.cancel, request, answers))).toEqual(['error', ['scan-again', 'call-staff'], 'manage']);
    // What was asked may have been done: there is no way back to asking it again.
    expect(on(AT.slot, request, answers).trail).toEqual([]);
  });
});

describe('times', () => {
  const LASTS = {
    scan: TIMES.scan,
    number: TIMES.ask,
    factor: TIMES.ask,
    choose: TIMES.ask,
    managed: TIMES.ask,
    services: TIMES.ask,
    confirm: TIMES.ask,
    claim: TIMES.ask,
    phone: TIMES.ask,
    loading: TIMES.ask,
    slots: TIMES.ask,
    slot: TIMES.ask,
    moving: TIMES.ask,
    move: TIMES.ask,
    cancel: TIMES.ask,
    refused: TIMES.refused,
    help: TIMES.help,
    feedback: TIMES.feedback,
    ticket: TIMES.done,
    booked: TIMES.attention,
  } as const satisfies Partial<Record<keyof typeof AT, number>>;

  it.each(Object.entries(LASTS))('%s goes home by itself, and not before its time', (name, time) => {
    const touched = on(AT[name as keyof typeof AT], { type: 'touched', now: 10_000 });
    const at = touched.step.at;
    expect(deadlineOf(touched.step)).toBe(10_000 + time);
    expect(on(touched, { type: 'tick', now: 10_000 + time - 1 }).step.at).toBe(at);
    expect(on(touched, { type: 'tick', now: 10_000 + time }).step).toEqual({ at: 'home' });
  });

  it('are those that people need', () => {
    const seconds = [TIMES.scan, TIMES.ask, TIMES.refused, TIMES.help, TIMES.feedback, TIMES.thanks, TIMES.warn];
    expect(seconds.map((ms) => ms / 1000)).toEqual([60, 90, 45, 180, 60, 6, 20]);
  });

  it('leaves the thanks in a moment, whoever touches the screen', () => {
    const { sent } = AT;
    expect(deadlineOf(sent.step)).toBe(22 + TIMES.thanks);
    expect(deadlineOf(on(sent, { type: 'touched', now: 3_000 }).step)).toBe(22 + TIMES.thanks);
    expect(on(sent, { type: 'tick', now: 22 + TIMES.thanks }).step.at).toBe('home');
  });
});

describe('the way back', () => {
  const back = (now: number): FlowEvent => ({ type: 'back', now });

  it('leads through the screens as they were, with their whole time, and home from the first one', () => {
    const typed = on(AT.number, { type: 'typed', text: '7K', now: 3 });
    const refused = on(typed, code('a2', 50), answered(outcomeOf('refused-cancelled'), 60, 'a2'));
    const number = on(refused, back(5_000));
    expect(number.step).toEqual({ ...typed.step, until: 5_000 + TIMES.ask });
    const first = on(number, back(6_000));
    expect(first.step).toEqual({ at: 'scan', purpose: 'check-in', until: 6_000 + TIMES.scan });
    expect(on(first, back(7_000)).step).toEqual({ at: 'home' });
  });

  it('is not there while something is being done, nor from a ticket', () => {
    for (const name of ['checking', 'copying', 'printing', 'ticket', 'booked'] as const) {
      expect(on(AT[name], back(100))).toBe(AT[name]);
    }
  });

  it('remembers a dozen screens, the last ones', () => {
    let s = AT.refused;
    for (let i = 0; i < 20; i += 1) {
      s = on(
        s,
        { type: 'next', next: { step: 'scan-again' }, attempt: 'x1', now: 100 },
        code('a2', 101),
        answered(outcomeOf('refused-not-ours'), 102, 'a2'),
      );
    }
    expect(s.trail).toHaveLength(12);
    expect(on(s, back(200)).step.at).toBe('scan');
  });

  it('leads from a refusal to what was asked, so that it can be asked otherwise', () => {
    const chosen = on(AT.choose, {
      type: 'booking',
      booking: stepAt(AT.choose, 'choose').bookings[1]?.id ?? '',
      attempt: 'b1',
      now: 30,
    });
    const early = on(chosen, answered(outcomeOf('refused-too-early'), 40, 'b1'));
    expect(early.step.at).toBe('refused');
    expect(on(early, back(50)).step).toMatchObject({ at: 'choose', case: stepAt(AT.choose, 'choose').case });
  });
});

describe('the line of progress', () => {
  it('counts each way from its first screen to its last', () => {
    const line = (name: keyof typeof AT) => {
      const progress = progressOf(AT[name]);
      return progress && `${progress.step}/${progress.of}`;
    };
    expect((['scan', 'number', 'factor', 'choose'] as const).map(line)).toEqual([null, '1/3', '2/3', '2/3']);
    expect((['services', 'confirm', 'claim', 'phone'] as const).map(line)).toEqual(['1/3', '2/3', '2/3', '2/3']);
    expect((['slots', 'slot'] as const).map(line)).toEqual(['2/4', '3/4']);
    expect((['managed', 'moving', 'move', 'cancel'] as const).map(line)).toEqual(['2/4', '3/4', '4/4', '3/3']);
    expect((['checking', 'ticket', 'refused', 'help', 'feedback'] as const).map(line)).toEqual(
      Array.from({ length: 5 }, () => null),
    );
    const manage = on(HOME, { ...scan, purpose: 'manage' });
    const number = on(manage, { type: 'number', now: 1 });
    expect([progressOf(HOME), progressOf(manage), progressOf(number)]).toEqual([
      null,
      { step: 1, of: 4 },
      { step: 1, of: 4 },
    ]);
  });
});

describe('what cannot be done now', () => {
  it('once the core is given up every next step leads to the screen that says so', () => {
    const scanAgain = { step: 'scan-again' } as const;
    const walkIn = { step: 'walk-in', service: 1 } as const;
    const at = on(HOME, code(), answered(refused('not-ours', scanAgain, walkIn)), { type: 'link', state: 'failed' });
    for (const next of [scanAgain, walkIn]) {
      const { state, effects } = play(at, { type: 'next', next, attempt: 'a2', now: 30 });
      expect([screenOf(state, 30), effects]).toEqual(['out-of-order', []]);
    }
  });

  it('a paper that is on its way is neither printed again nor taken', () => {
    const printing = on(HOME, code(), answered(accepted(job({ state: 'sending', grade: null }))));
    expect(screenOf(printing, 30)).toBe('printing');
    for (const event of [
      { type: 'copy', attempt: 'a2', now: 30 },
      { type: 'taken', now: 30 },
    ] as const) {
      expect(play(printing, event)).toEqual({ state: printing, effects: [] });
    }
  });
});
