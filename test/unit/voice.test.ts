import { compactDecrypt, exportJWK, generateKeyPair } from 'jose';
import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeSealingKey } from '../../electron/core/store/registry.ts';
import { acknowledge, park } from '../../electron/core/sync/outbox.ts';
import { pendingOps } from '../fixtures/outbox.ts';
import { feedbackPayload, operation } from '../../shared/contracts/centre/schemas.ts';
import { openLobby, type Lobby } from '../fixtures/lobby.ts';

let lobby: Lobby;
beforeEach(() => {
  lobby = openLobby();
});
afterEach(() => lobby.close());

/** The centre hears while the visitor waits. */
const heard = (): void => {
  lobby.answer = (opId) => {
    lobby.store.write((db) => acknowledge(db, opId, 'applied', null, lobby.now));
    return Promise.resolve();
  };
};
const call = (attempt = v7()) => lobby.voice.call(attempt, 'services', 'lost', { booking: null, visit: null });

describe('calling staff', () => {
  it('is told when the centre has heard it', async () => {
    heard();
    const attempt = v7();
    expect(await call(attempt)).toEqual({ told: true });
    expect(lobby.operations()).toMatchObject([
      { type: 'help', payload: { help_id: attempt, screen: 'services', reason: 'lost', over: false } },
    ]);
    expect(lobby.counts('outbox', 'audit')).toEqual([1, 1]);
    expect(lobby.commits).toBe(1);
  });

  it('is not told while the centre does not answer, or could not read it; it goes out all the same', async () => {
    expect(await call()).toEqual({ told: false });
    expect(lobby.store.read((db) => pendingOps(db))).toHaveLength(1);
    lobby.answer = (opId) => {
      lobby.store.write((db) => park(db, opId, 'unreadable'));
      return Promise.resolve();
    };
    expect(await call()).toEqual({ told: false });
  });

  it('is one call however often it is repeated, also after a restart; the answer is that of now', async () => {
    const attempt = v7();
    expect(await call(attempt)).toEqual({ told: false });
    lobby.restart();
    heard();
    expect(await call(attempt)).toEqual({ told: true });
    expect(lobby.counts('outbox', 'audit', 'done_attempt')).toEqual([1, 1, 1]);
  });

  it('is over once, and only when there was a call', async () => {
    lobby.voice.over(v7());
    expect(lobby.operations()).toEqual([]);
    const attempt = v7();
    await call(attempt);
    lobby.voice.over(attempt);
    lobby.voice.over(attempt);
    expect(lobby.operations().map((op) => [op.payload['help_id'], op.payload['over']])).toEqual([
      [attempt, false],
      [attempt, true],
    ]);
    // The same call again, late: it stays over.
    await call(attempt);
    expect(lobby.operations()).toHaveLength(2);
  });

  it.each(['INTO outbox', 'INTO audit', 'INTO done_attempt'])(
    'is nothing when it fails at %s, and can be repeated',
    async (statement) => {
      heard();
      const attempt = v7();
      lobby.driver.failAt = new RegExp(statement);
      await expect(call(attempt)).rejects.toThrow('the plug was pulled');
      expect(lobby.counts('outbox', 'audit', 'done_attempt')).toEqual([0, 0, 0]);
      lobby.driver.failAt = null;
      expect(await call(attempt)).toEqual({ told: true });
    },
  );

  it('keeps attempts for a day', async () => {
    await call();
    lobby.now += 86_400_001;
    await call();
    expect(lobby.counts('done_attempt', 'outbox')).toEqual([1, 2]);
  });
});

describe('rating a visit', () => {
  const WORDS = 'Спасибо Анне Петровне из окна 4';
  const rate = (more: Partial<Parameters<Lobby['voice']['feedback']>[0]> = {}) =>
    lobby.voice.feedback({ attempt: v7(), visit: v7(), score: 4, reasons: ['fast', 'kind'], words: null, ...more });
  const keys = async () => {
    const pair = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
    const { x, y } = await exportJWK(pair.publicKey);
    lobby.store.write((db) => writeSealingKey(db, { kid: 'k1', kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' }));
    return pair.privateKey;
  };
  const payload = () => feedbackPayload.parse(lobby.operations()[0]?.payload);

  it('goes to the centre with score and reasons; his words are sealed, and stand nowhere else', async () => {
    const key = await keys();
    const visit = v7();
    await rate({ visit, words: `  ${WORDS} ` });
    expect(payload()).toMatchObject({ visit_id: visit, score: 4, reasons: ['fast', 'kind'] });
    const { plaintext } = await compactDecrypt(payload().sealed ?? '', key);
    expect(JSON.parse(new TextDecoder().decode(plaintext))).toEqual({ words: WORDS });
    const everything = JSON.stringify([lobby.rows('outbox'), lobby.rows('audit'), lobby.log.lines]);
    expect(everything).not.toContain('Анне');
    for (const op of lobby.store.read((db) => pendingOps(db))) expect(operation.parse(op)).toEqual(op);
  });

  it('has no words when there is no key to seal them to, or nothing but blanks', async () => {
    await rate({ words: WORDS });
    expect(payload().sealed).toBeNull();
    expect(JSON.stringify(lobby.rows('outbox'))).not.toContain('Анне');
    await keys();
    await rate({ words: '   ' });
    expect(lobby.operations()[1]?.payload['sealed']).toBeNull();
  });

  it('is told once for an attempt', async () => {
    const attempt = v7();
    await rate({ attempt });
    await rate({ attempt, score: 1 });
    expect(lobby.operations().map((op) => op.payload['score'])).toEqual([4]);
  });

  it('does not wait for the centre', async () => {
    lobby.answer = () => new Promise(() => undefined);
    await rate();
    expect(lobby.counts('outbox')).toEqual([1]);
  });
});
