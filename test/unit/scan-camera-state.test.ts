import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import {
  backoff,
  CAMERA_OFF,
  cameraState,
  nextCamera,
  OPEN_LIMIT_MS,
  STALL_MS,
  type CameraEvent,
  type CameraModel,
} from '../../renderer/scan/camera-state.ts';

/** A model with a clock that the test moves. */
const camera = () => {
  let model: CameraModel = CAMERA_OFF;
  let now = 1_000;
  const api = {
    get model() {
      return model;
    },
    get state() {
      return cameraState(model);
    },
    get now() {
      return now;
    },
    send: (event: CameraEvent) => {
      model = nextCamera(model, event, now);
      return api;
    },
    /** Of the present attempt. */
    own: (type: 'opened' | 'frame' | 'muted' | 'unmuted' | 'ended') => api.send({ type, generation: model.generation }),
    fail: (fault: 'missing' | 'denied' | 'broken') => api.send({ type: 'failed', generation: model.generation, fault }),
    /** Lets time pass in steps, with a picture at each where told. */
    pass: (ms: number, frames = false) => {
      for (const end = now + ms; now < end;) {
        now += Math.min(100, end - now);
        if (frames) api.own('frame');
        api.send({ type: 'tick' });
      }
      return api;
    },
    /** @returns ms until the next attempt */
    untilOpening: () => {
      const begin = now;
      while (model.phase !== 'opening' && now - begin < 20_000) api.pass(100);
      return now - begin;
    },
  };
  return api;
};
const live = () => camera().send({ type: 'start' }).own('opened');

describe('camera', () => {
  it('starts, is live, stops', () => {
    const c = camera();
    expect(c.state).toBe('off');
    expect(c.send({ type: 'start' }).state).toBe('starting');
    expect(c.own('opened').state).toBe('live');
    expect(c.pass(60_000, true).state).toBe('live');
    expect(c.send({ type: 'stop' }).state).toBe('off');
    expect(c.pass(60_000).state).toBe('off');
  });

  it('a second start or stop changes nothing', () => {
    const c = live();
    const before = c.model;
    expect(c.send({ type: 'start' }).model).toBe(before);
    const off = c.send({ type: 'stop' }).model;
    expect(c.send({ type: 'stop' }).model).toBe(off);
  });

  it('what belongs to an earlier attempt has no effect', () => {
    const c = camera().send({ type: 'start' });
    const old = c.model.generation;
    c.send({ type: 'stop' }).send({ type: 'start' });
    expect(c.send({ type: 'opened', generation: old }).state).toBe('starting');
    expect(c.send({ type: 'failed', generation: old, fault: 'denied' }).state).toBe('starting');
  });

  it('a lost camera is broken and tried after 0.5, 1, 2, 4, 4 s', () => {
    const c = live().pass(6_000, true).own('ended');
    const waits: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      expect(c.state).toBe('broken');
      waits.push(c.untilOpening());
      // While it is tried the page goes on showing what is wrong.
      expect(c.state).toBe('broken');
      c.fail('broken');
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 4_000]);
  });

  it('a camera that was in order for a while fails like a new one; one that dies at once does not', () => {
    const flapping = live().own('ended');
    flapping.untilOpening();
    flapping.own('opened').own('frame').own('ended');
    expect(flapping.untilOpening()).toBe(1_000);
    flapping.own('opened').pass(6_000, true).own('ended');
    expect(flapping.untilOpening()).toBe(500);
  });

  it('no picture for two seconds is broken', () => {
    const c = live().pass(5_000, true);
    expect(c.pass(STALL_MS).state).toBe('live');
    expect(c.pass(100).state).toBe('broken');
  });

  it('muted for more than two seconds is broken, shorter is not', () => {
    expect(live().own('muted').pass(1_900, true).own('unmuted').pass(5_000, true).state).toBe('live');
    expect(live().own('muted').pass(2_200, true).state).toBe('broken');
  });

  it('no camera: again every 3 s, and soon after a device comes', () => {
    const c = camera().send({ type: 'start' }).fail('missing');
    expect(c.state).toBe('missing');
    expect(c.untilOpening()).toBe(3_000);
    c.fail('missing').pass(500).send({ type: 'devices-changed' });
    expect(c.untilOpening()).toBe(300);
  });

  it('no permission: again every 5 s', () => {
    const c = camera().send({ type: 'start' }).fail('denied');
    expect(c.state).toBe('denied');
    expect(c.untilOpening()).toBe(5_000);
    expect(c.own('opened').state).toBe('live');
  });

  it('an opening that hangs is given up', () => {
    const c = camera().send({ type: 'start' });
    const hung = c.model.generation;
    expect(c.pass(OPEN_LIMIT_MS).state).toBe('broken');
    expect(c.send({ type: 'opened', generation: hung }).state).toBe('broken');
  });

  it('doubles from 0.5 s to 4 s', () => {
    expect([0, 1, 2, 3, 4, 5, 50].map(backoff)).toEqual([500, 500, 1_000, 2_000, 4_000, 4_000, 4_000]);
  });

  it('whatever happens: stop ends it, and no fault lasts for ever', () => {
    const happening = fc.oneof(
      fc.constantFrom('start', 'stop', 'tick', 'devices-changed', 'opened', 'frame', 'muted', 'unmuted', 'ended'),
      fc.constantFrom('missing', 'denied', 'broken'),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(happening, fc.nat(3_000)), { maxLength: 60 }), (happenings) => {
        const c = camera();
        for (const [what, ms] of happenings) {
          if (what === 'missing' || what === 'denied' || what === 'broken') c.fail(what);
          else if (what === 'start' || what === 'stop' || what === 'tick' || what === 'devices-changed')
            c.send({ type: what });
          else c.own(what);
          c.pass(ms);
        }
        if (c.model.phase === 'waiting') expect(c.untilOpening()).toBeLessThanOrEqual(5_000);
        expect(c.send({ type: 'stop' }).state).toBe('off');
      }),
      { numRuns: 100 },
    );
  });
});
