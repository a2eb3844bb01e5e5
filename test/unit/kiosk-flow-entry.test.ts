import { describe, expect, it } from 'vitest';
import { DEFAULT_COMFORT, TIMES } from '../../renderer/kiosk/flow.ts';
import type { FlowEvent } from '../../renderer/kiosk/steps.ts';
import type { NextStep } from '../../shared/contracts/app.ts';
import { ok } from '../../shared/contracts/result.ts';
import {
  accepted,
  answered,
  AT,
  booking,
  CASE,
  choose,
  code,
  effectsOf,
  HOME,
  NUMBER,
  on,
  play,
  rating,
  refused,
  stepAt,
} from '../fixtures/kiosk-flow.ts';
import { visit } from '../fixtures/kiosk-gallery/states.ts';

const digits = (text: string, attempt = 'n1', now = 50): FlowEvent => ({ type: 'digits', digits: text, attempt, now });

describe('a booking number that is typed', () => {
  it('is asked for from the camera, with the same purpose', () => {
    const manage = on(HOME, { type: 'scan', purpose: 'manage', now: 1 }, { type: 'number', now: 2 });
    expect(manage.step).toEqual({ at: 'number', purpose: 'manage', text: '', wrong: false, until: 2 + TIMES.ask });
    expect(on(HOME, { type: 'number', now: 1 })).toBe(HOME);
  });

  it('has room for twelve symbols', () => {
    const typed = on(AT.number, { type: 'typed', text: '0123456789ABCDEF', now: 5 });
    expect(stepAt(typed, 'number').text).toBe('0123456789AB');
  });

  it('leads to the digits in its canonical form, and is called wrong when it is no such number', () => {
    const typed = (text: string) => on(AT.number, { type: 'typed', text, now: 5 }, { type: 'number-done', now: 6 });
    const written = `${NUMBER.slice(0, 4).toLowerCase()}-${NUMBER.slice(4)}`;
    expect(stepAt(typed(written), 'factor')).toMatchObject({ number: NUMBER, digits: '', wrong: false });
    const slip = `${NUMBER.slice(0, 7)}${NUMBER.endsWith('0') ? '1' : '0'}`;
    for (const text of ['', NUMBER.slice(1), slip, `${NUMBER}0`]) {
      expect(stepAt(typed(text), 'number')).toMatchObject({ text, wrong: true });
    }
    const corrected = on(typed(slip), { type: 'typed', text: NUMBER, now: 7 });
    expect(stepAt(corrected, 'number').wrong).toBe(false);
  });

  it('goes out with the fourth digit, once', () => {
    const three = on(AT.factor, digits('12a3'));
    expect(stepAt(three, 'factor').digits).toBe('123');
    const { state, effects } = play(three, digits('12345', 'n2'));
    expect(effects).toEqual([{ do: 'number', attempt: 'n2', number: NUMBER, factor: '1234', purpose: 'check-in' }]);
    expect(stepAt(state, 'checking').back).toMatchObject({ at: 'factor', digits: '' });
    expect(on(state, digits('1234', 'n3'))).toBe(state);
  });

  it('is asked for the digits again when the pair does not match, and is refused when it is locked', () => {
    const asked = on(AT.factor, digits('1234'));
    const wrong = on(asked, answered(refused('no-match', { step: 'type-number' }), 60, 'n1'));
    expect(wrong.step).toEqual({
      at: 'factor',
      purpose: 'check-in',
      number: NUMBER,
      digits: '',
      wrong: true,
      until: 60 + TIMES.ask,
    });
    expect(wrong.trail).toEqual(AT.factor.trail);
    expect(stepAt(on(wrong, digits('1')), 'factor').wrong).toBe(false);
    const locked = on(asked, answered(refused('locked'), 60, 'n1'));
    expect(stepAt(locked, 'refused').refused.reason).toBe('locked');
    expect(stepAt(on(locked, { type: 'back', now: 70 }), 'factor').digits).toBe('');
  });

  it('asks for the digits of a number that was read, for what he came for', () => {
    const read = on(
      HOME,
      { type: 'scan', purpose: 'manage', now: 1 },
      code(),
      answered({ outcome: 'factor', number: NUMBER }),
    );
    expect(stepAt(read, 'factor')).toMatchObject({ number: NUMBER, purpose: 'manage' });
    // A pair that a code said to be wrong was not typed here.
    const other = on(AT.factor, code('a2', 60), answered(refused('no-match'), 70, 'a2'));
    expect(other.step.at).toBe('refused');
  });

  it('is of the purpose of its own screen, not of one that was left', () => {
    const left = on(
      HOME,
      { type: 'scan', purpose: 'manage', now: 1 },
      code(),
      answered(refused('unknown', { step: 'walk-in', service: null })),
      { type: 'next', next: { step: 'walk-in', service: null }, attempt: 'x', now: 30 },
      code('a2', 40),
    );
    expect(stepAt(left, 'checking')).toMatchObject({ purpose: 'check-in' });
    const read = on(left, answered({ outcome: 'factor', number: NUMBER }, 50, 'a2'));
    expect(stepAt(read, 'factor').purpose).toBe('check-in');
  });
});

describe('which booking', () => {
  it('is chosen among those that were offered, and asked for with their case', () => {
    const event: FlowEvent = { type: 'booking', booking: booking(2).id, attempt: 'b1', now: 30 };
    const { state, effects } = play(AT.choose, event);
    expect(effects).toEqual([{ do: 'booking', attempt: 'b1', case: CASE, booking: booking(2).id }]);
    expect(on(state, answered(accepted(), 40, 'b1')).step.at).toBe('ticket');
    expect(on(AT.choose, { ...event, booking: booking(4).id })).toBe(AT.choose);
  });

  it('follows the language of the bookings unless the visitor chose one', () => {
    const offered = answered(choose('check-in', 'en'));
    expect(on(AT.checking, offered).comfort.language).toBe('en');
    const chosen = on(HOME, { type: 'language', language: 'ru', now: 1 }, code(), offered);
    expect(chosen.comfort.language).toBe('ru');
  });

  it('is moved to a time or cancelled, where it may be', () => {
    const { state, effects } = play(AT.managed, {
      type: 'manage',
      booking: booking(2).id,
      action: 'reschedule',
      now: 30,
    });
    expect(effects).toEqual([{ do: 'slots', services: [2] }]);
    expect(stepAt(state, 'slots')).toMatchObject({
      walkIn: null,
      moving: { case: CASE, booking: { id: booking(2).id } },
      days: null,
    });
    expect(stepAt(AT.cancel, 'confirm')).toMatchObject({ what: 'cancel', moving: { case: CASE } });
    for (const action of ['reschedule', 'cancel'] as const) {
      expect(on(AT.managed, { type: 'manage', booking: booking(3).id, action, now: 30 })).toBe(AT.managed);
    }
  });
});

describe('the next steps of a refusal', () => {
  const after = (next: NextStep, purpose: 'check-in' | 'manage' = 'check-in') => {
    const s = on(HOME, { type: 'scan', purpose, now: 1 }, code(), answered(refused('too-late', next)));
    return { s, ...play(s, { type: 'next', next, attempt: 'x1', now: 30 }) };
  };

  it('lead to the camera and to the number, for the same purpose', () => {
    expect(after({ step: 'scan-again' }, 'manage').state.step).toMatchObject({ at: 'scan', purpose: 'manage' });
    expect(after({ step: 'type-number' }, 'manage').state.step).toMatchObject({ at: 'number', purpose: 'manage' });
  });

  it('lead to a number without a booking', () => {
    const any = after({ step: 'walk-in', service: null });
    expect([any.state.step, any.effects]).toMatchObject([{ at: 'services', walkIn: null }, [{ do: 'catalogue' }]]);
    for (const next of [
      { step: 'walk-in', service: 7 },
      { step: 'other-service', service: 7, name: { ru: 'Справки' } },
    ] as const) {
      const { state, effects } = after(next);
      expect(state.step).toMatchObject({ at: 'confirm', what: 'walk-in', walkIn: { services: [7] } });
      expect(effects).toEqual([{ do: 'catalogue' }, { do: 'prepare', services: [7] }]);
    }
  });

  it('lead to free times, for new services or for the booking', () => {
    const times = after({ step: 'slots', services: [3, 4], soonest: null });
    expect(times.state.step).toMatchObject({ at: 'slots', walkIn: { services: [3, 4] }, moving: null, days: null });
    expect(times.effects).toEqual([{ do: 'catalogue' }, { do: 'slots', services: [3, 4] }]);
    const move = after({ step: 'reschedule', booking: booking(2), soonest: null });
    expect(move.state.step).toMatchObject({ at: 'slots', walkIn: null, moving: { case: CASE, booking: booking(2) } });
    expect(move.effects).toEqual([{ do: 'slots', services: [2] }]);
  });

  it('lead to a check-in at the new time, with the case of the refusal', () => {
    const next: NextStep = { step: 'check-in', booking: booking(1).id, startsAt: 9 };
    const { state, effects } = after(next);
    expect(effects).toEqual([{ do: 'booking', attempt: 'x1', case: CASE, booking: booking(1).id }]);
    expect(state.step.at).toBe('checking');
    const bare = on(AT.checking, answered({ ...refused('superseded', next), case: null }));
    expect(on(bare, { type: 'next', next, attempt: 'x1', now: 30 })).toBe(bare);
  });

  it('lead to a copy, to words about the visit, and to the staff', () => {
    expect(after({ step: 'copy', visit }).effects).toEqual([{ do: 'copy', attempt: 'x1', visit: visit.id }]);
    const words = after({ step: 'feedback', visit: visit.id, number: visit.number });
    expect(words.state.step).toMatchObject({ at: 'feedback', visit: visit.id, reasons: [], words: false });
    const staff = after({ step: 'call-staff' });
    expect(staff.effects).toMatchObject([
      { do: 'help', visit: null, attempt: 'x1', screen: 'refused', reason: 'too-late' },
    ]);
    expect(stepAt(staff.state, 'help').from).toEqual(staff.s.step);
  });

  it('are nothing when they only say something, or were not offered', () => {
    const said: NextStep[] = [
      { step: 'come-back', at: 9 },
      { step: 'come-on', date: '2026-11-23', at: 9 },
      { step: 'go-to-office', name: { ru: 'МФЦ' }, address: { ru: 'ул. Мира, 1' }, hours: null },
    ];
    for (const next of said) {
      const { s, state, effects } = after(next);
      expect(state).toBe(s);
      expect(effects).toEqual([]);
    }
    const notOffered: NextStep = { step: 'walk-in', service: 7 };
    expect(on(AT.refused, { type: 'next', next: notOffered, attempt: 'x1', now: 30 })).toBe(AT.refused);
    expect(on(AT.scan, { type: 'next', next: { step: 'scan-again' }, attempt: 'x1', now: 30 })).toBe(AT.scan);
  });
});

describe('help', () => {
  const call = (now = 50): FlowEvent => ({ type: 'help', attempt: 'h1', now });
  const told = (value: boolean): FlowEvent => ({ type: 'helped', attempt: 'h1', result: ok({ told: value }), now: 60 });

  it('is called from every screen but while something is being done', () => {
    const { checking, printing, copying, help, ...idle } = AT;
    for (const [name, s] of Object.entries({ home: HOME, ...idle })) {
      const { state, effects } = play(s, call());
      expect([name, effects.map((e) => e.do)]).toEqual([name, ['help']]);
      expect(stepAt(state, 'help')).toMatchObject({ told: null, from: s.step });
    }
    for (const s of [checking, printing, copying, help]) expect(on(s, call())).toBe(s);
  });

  it('says whether somebody was told; an error is nobody', () => {
    expect(stepAt(on(AT.scan, call(), told(true)), 'help').told).toBe(true);
    expect(stepAt(on(AT.scan, call(), told(false)), 'help').told).toBe(false);
    const error: FlowEvent = {
      ...told(true),
      result: { ok: false, error: { code: 'timeout', message: '' } },
    } as FlowEvent;
    expect(stepAt(on(AT.scan, call(), error), 'help').told).toBe(false);
    const other = on(AT.scan, call());
    expect(on(other, { ...told(true), attempt: 'h0' } as FlowEvent)).toBe(other);
  });

  it('leads back to where it was called, with the whole time, and then nobody needs to come', () => {
    for (const answer of [[], [told(true)], [told(false)]]) {
      const { state, effects } = play(AT.phone, call(), ...answer, { type: 'back', now: 9_000 });
      expect(state.step).toEqual({ ...AT.phone.step, until: 9_000 + TIMES.ask });
      expect(state.trail).toEqual(AT.phone.trail);
      expect(effects).toEqual([{ do: 'help-over', attempt: 'h1' }]);
    }
  });

  it('is over when the visitor has gone, by a touch or after three minutes', () => {
    const waiting = on(AT.scan, call(), told(true));
    expect(on(waiting, { type: 'tick', now: 60 + 180_000 - 1 }).step.at).toBe('help');
    for (const event of [
      { type: 'tick', now: 60 + 180_000 },
      { type: 'home', now: 70 },
    ] as const) {
      const { state, effects } = play(waiting, event);
      expect(state.step).toEqual({ at: 'home' });
      expect(effects).toEqual([{ do: 'help-over', attempt: 'h1' }]);
    }
  });

  it('loses nothing that was on its way: free times that come meanwhile are there, or are asked for again', () => {
    const away = on(AT.loading, call());
    const heard = on(
      away,
      { type: 'slots-heard', services: [1], result: ok({ days: [], online: true }), now: 55 },
      { type: 'back', now: 60 },
    );
    expect(stepAt(heard, 'slots').days).toEqual([]);
    expect(effectsOf(away, { type: 'back', now: 60 })).toEqual([
      { do: 'help-over', attempt: 'h1' },
      { do: 'slots', services: [1] },
    ]);
  });
});

describe('words about the visit', () => {
  it('are the end of it: the next visitor finds the defaults', () => {
    const english = on(AT.feedback, { type: 'language', language: 'en', now: 25 });
    for (const way of ['home', 'back'] as const) {
      expect(on(english, { type: way, now: 30 }).comfort).toEqual(DEFAULT_COMFORT);
    }
  });

  const reason = (id: string): FlowEvent => ({ type: 'feedback-reason', id, now: 30 });
  const send: FlowEvent = { type: 'feedback-send', attempt: 'f1', now: 40 };

  it('begin with a score, without which nothing is sent', () => {
    expect(on(AT.feedback, send)).toBe(AT.feedback);
    const { state, effects } = play(AT.feedback, { type: 'score', score: 2, now: 30 }, send);
    expect(effects).toEqual([{ do: 'feedback', attempt: 'f1', visit: visit.id, score: 2, reasons: [], words: null }]);
    expect(stepAt(state, 'feedback')).toMatchObject({ sent: true, until: 40 + TIMES.thanks });
    expect(on(state, send)).toBe(state);
    expect(on(state, { type: 'score', score: 5, now: 41 })).toBe(state);
  });

  it('have three reasons of the office at most, put on and off', () => {
    const ids = rating.reasons.map((r) => r.id);
    const all = on(AT.feedback, ...ids.map(reason));
    expect(stepAt(all, 'feedback').chosen).toEqual(ids.slice(0, 3));
    const other = on(all, reason(ids[0] ?? ''), reason(ids[3] ?? ''));
    expect(stepAt(other, 'feedback').chosen).toEqual([ids[1], ids[2], ids[3]]);
    expect(on(AT.feedback, reason('rude'))).toBe(AT.feedback);
  });

  it('are 500 letters at most, leave the screen when they are sent, and are not asked for where the office does not', () => {
    const written = on(
      AT.feedback,
      { type: 'score', score: 1, now: 30 },
      { type: 'writing', writing: true, now: 31 },
      { type: 'words', text: ` ${'а'.repeat(600)}`, now: 32 },
    );
    expect(stepAt(written, 'feedback')).toMatchObject({ writing: true, text: ` ${'а'.repeat(499)}` });
    const { state, effects } = play(written, send);
    expect(effects).toMatchObject([{ words: 'а'.repeat(499) }]);
    expect(stepAt(state, 'feedback')).toMatchObject({ writing: false, text: '' });
    const silent = on(AT.checking, answered({ ...rating, words: false }));
    expect(on(silent, { type: 'words', text: 'а', now: 30 })).toBe(silent);
    expect(on(silent, { type: 'writing', writing: true, now: 30 })).toBe(silent);
  });
});
