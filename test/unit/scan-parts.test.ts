import { describe, expect, it } from 'vitest';
import { MAX_SCAN_TEXT } from '../../shared/contracts/app.ts';
import { cameraFault, pickCamera } from '../../renderer/scan/camera-choice.ts';
import { harderLookDue, NO_EFFORT } from '../../renderer/scan/effort.ts';
import { createHold, HOLD_MS, MAX_TEXT } from '../../renderer/scan/hold.ts';

describe('hold', () => {
  it('reports a held code once, however long it is held', () => {
    const hold = createHold();
    const news = Array.from({ length: 1_000 }, (_, i) => hold.admit('A', i * 33)).filter(Boolean);
    expect(news).toHaveLength(1);
  });

  it('counts from the last sighting', () => {
    const hold = createHold();
    expect(hold.admit('A', 0)).toBe(true);
    expect(hold.admit('A', 2_500)).toBe(false);
    expect(hold.admit('A', 2_500 + HOLD_MS - 1)).toBe(false);
    expect(hold.admit('A', 5_499 + HOLD_MS)).toBe(true);
  });

  it('two codes read in turn are two, not one after the other', () => {
    const hold = createHold();
    const news = Array.from({ length: 10 }, (_, i) => hold.admit(i % 2 === 0 ? 'A' : 'B', i * 100));
    expect(news.filter(Boolean)).toHaveLength(2);
  });

  it('drops what the contract of the core does not take', () => {
    expect(MAX_TEXT).toBe(MAX_SCAN_TEXT);
  });

  it('forgets when told', () => {
    const hold = createHold();
    hold.admit('A', 0);
    hold.clear();
    expect(hold.admit('A', 1)).toBe(true);
  });
});

describe('harder look', () => {
  it('is due at first, then five times a second at most', () => {
    expect(harderLookDue(NO_EFFORT, 0)).toBe(true);
    expect(harderLookDue({ endedAt: 1_000, cost: 30 }, 1_199)).toBe(false);
    expect(harderLookDue({ endedAt: 1_000, cost: 30 }, 1_200)).toBe(true);
  });

  it('rests four times its cost on a slow machine', () => {
    expect(harderLookDue({ endedAt: 1_000, cost: 150 }, 1_599)).toBe(false);
    expect(harderLookDue({ endedAt: 1_000, cost: 150 }, 1_600)).toBe(true);
  });
});

describe('choice of the camera', () => {
  const pick = (...labels: string[]) => pickCamera(labels.map((label, i) => ({ id: String(i), label })))?.label;

  it('looks at the visitor, as far as names tell', () => {
    expect(pick('Rear Camera', 'Front Camera')).toBe('Front Camera');
    expect(pick('USB2.0 HD', 'Камера, фронтальная')).toBe('Камера, фронтальная');
    expect(pick('camera2 0, facing back', 'HD Webcam')).toBe('HD Webcam');
    expect(pick('Integrated IR Camera', 'OBS Virtual Camera', 'Rear Camera')).toBe('Rear Camera');
  });

  it('else is the first; a poor one is better than none', () => {
    expect(pick('A', 'B')).toBe('A');
    expect(pick('', '')).toBe('');
    expect(pick('IR Camera')).toBe('IR Camera');
    expect(pickCamera([])).toBeNull();
  });
});

describe('errors of getUserMedia', () => {
  it.each([
    ['NotAllowedError', 'denied'],
    ['SecurityError', 'denied'],
    ['NotFoundError', 'missing'],
    ['OverconstrainedError', 'missing'],
    ['NotReadableError', 'broken'],
    ['AbortError', 'broken'],
  ])('%s is %s', (name, fault) => {
    expect(cameraFault(new DOMException('x', name))).toBe(fault);
  });

  it('what is no error is broken', () => {
    expect(cameraFault('no')).toBe('broken');
  });
});
