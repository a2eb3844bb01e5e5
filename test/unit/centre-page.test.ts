import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import canonicalize from 'canonicalize';
import { compactDecrypt, compactVerify, importJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { createFactorCheck } from '../../electron/core/checkin/factor.ts';
import { opHash } from '../../electron/core/sync/chain.ts';
import { digestOf } from '../../electron/core/sync/digest.ts';
import { KEPT_MS } from '../../electron/core/sync/outbox.ts';
import { MAX_PER_SECOND } from '../../electron/core/sync/pace.ts';
import { centreApi } from '../../shared/contracts/centre/api.ts';
import { BASE_URL, CODE, DEVICE, NONCE } from '../../shared/contracts/centre/openapi-rows.ts';
import {
  COLLECTIONS,
  CONFLICTS,
  operation,
  opStatus,
  PROBLEMS,
  SCHEMA_VERSION,
} from '../../shared/contracts/centre/schemas.ts';
import { decodeToken, verifyToken } from '../../shared/token/ez1.ts';
import { canonicalJson } from '../conformance/crypto.ts';
import { PARTS, partsOf, PROMISES, vectors } from '../conformance/page.ts';
import { deviceKey, issuerKey, SEALING_JWK } from '../conformance/vectors.ts';
import { PAGE_FILE, pageText } from '../tools/openapi.ts';

const page = readFileSync(PAGE_FILE, 'utf8');

describe('the page for who puts the API before his own system', () => {
  it('is as it is generated: else run npm run openapi', async () => {
    expect(page).toBe(await pageText());
  });

  it('has every generated part once', () => {
    expect(partsOf(page)).toHaveLength(PARTS.length);
    expect(new Set(partsOf(page))).toEqual(new Set(PARTS));
  });

  it('begins with a summary in Russian', () => {
    expect(page.split('\n')[2]).toMatch(/^\*\*Кратко\.\*\*/);
    expect(page).toContain('нужны двенадцать вызовов HTTP');
    expect(Object.keys(centreApi)).toHaveLength(12);
  });

  it('speaks of every call, problem, collection, operation, result and conflict of the contract', () => {
    const words = [
      ...Object.keys(centreApi),
      ...Object.keys(PROBLEMS),
      ...Object.keys(COLLECTIONS),
      ...operation.options.map(({ shape }) => shape.type.value),
      ...opStatus.options,
      ...CONFLICTS,
    ];
    expect(words.filter((word) => !page.includes(word))).toEqual([]);
  });

  it.each([
    [/the device waits (\d+) ms for it/, PROMISES.leaseMs],
    [/at most (\d+)\s+requests in any second/, MAX_PER_SECOND],
    [/at most (\d+) requests a second, for half a minute/, 30 * MAX_PER_SECOND],
    [/this page is of schema (\d+)/, SCHEMA_VERSION],
    [/for at least (\d+) days\*\*/, PROMISES.oldPushDays],
    [/a comment \(`: alive`\) at least every (\d+) seconds/, PROMISES.heartbeatSeconds],
    [/within (\d+) seconds of a change/, PROMISES.pokeSeconds],
    [/for (\d+) days, devices keep their operations/, KEPT_MS / 86_400_000],
    [/good for (\d+) hours and one device/, PROMISES.codeHours],
    [/After (\d+) wrong attempts/, PROMISES.wrongEnrolments],
    [/of business day -1 to \+(\d)/, PROMISES.windowDays[1]],
    [/min\((\d+), 300 \/ devices/, PROMISES.reserveMost],
    [/\((\d+) s, then the visitor is told/, PROMISES.requestMs / 1000],
  ])('the number in %s is the one that is promised', (pattern, value) => {
    const found = pattern.exec(page);
    expect(Number(found?.[1])).toBe(value);
  });

  it('says rightly how well it packs', () => {
    const hex = (n: number, name: string) => createHash('sha256').update(`${name} ${n}`).digest('hex');
    const row = /```json\n(\{[^`]*"c": "booking"[^`]*"op": "put"[^`]*\})\n```/.exec(page)?.[1] ?? '';
    const feed = Array.from({ length: 1_000 }, (_, i) =>
      JSON.stringify({
        ...(JSON.parse(row) as object),
        id: hex(i, 'id').slice(0, 32),
        seq: i,
      }).replace(/"hash":"[^"]*"/, `"hash":"${Buffer.from(hex(i, 'hash'), 'hex').toString('base64url')}"`),
    ).join('\n');
    const push = Array.from({ length: 20 }, (_, i) =>
      JSON.stringify({
        ...(vectors().chain.first as object),
        op_id: hex(i, 'op').slice(0, 36),
        entity_id: hex(i, 'visit').slice(0, 36),
        seq: i,
      }),
    ).join('\n');
    for (const text of [feed, push]) expect(gzipSync(text).length / Buffer.byteLength(text)).toBeLessThan(0.22);
  });
});

describe('the test vectors', () => {
  const v = vectors();

  it('hash chain: as the device and another canonical form work it out', () => {
    expect(canonicalize(v.chain.first)).toBe(v.chain.canonical);
    expect(canonicalize(v.chain.tricky)).toBe(v.chain.trickyCanonical);
    expect(opHash(v.chain.genesis, v.chain.first)).toBe(v.chain.hash1);
    expect(opHash(v.chain.hash1, v.chain.tricky)).toBe(v.chain.trickyHash);
  });

  it('the page shows them', () => {
    const shown = [
      v.chain.hash1,
      v.chain.hash2,
      v.chain.trickyHash,
      v.chain.trickyCanonical,
      v.signature.signature,
      v.proof,
      v.assertion,
      v.ez1.token,
      v.digest.xor,
      v.scrypt.hash,
      v.sealed.text,
    ];
    expect(shown.filter((text) => !page.includes(text))).toEqual([]);
  });

  it('signature of a batch: holds by the key that is shown, and for nothing else', () => {
    const key = createPublicKey({ format: 'jwk', key: deviceKey.publicJwk });
    const holds = (text: string) =>
      verify(null, Buffer.from(text), key, Buffer.from(v.signature.signature, 'base64url'));
    expect(holds(v.signature.text)).toBe(true);
    expect(holds(`${v.signature.text}0`)).toBe(false);
    expect(v.signature.text).toContain(v.chain.hash1);
  });

  it('proof and assertion: a library reads them', async () => {
    const key = await importJWK({ ...deviceKey.publicJwk, alg: 'EdDSA' });
    const said = async (jws: string): Promise<unknown> =>
      JSON.parse(new TextDecoder().decode((await compactVerify(jws, key)).payload));
    expect(await said(v.proof)).toEqual({ code: CODE, nonce: NONCE });
    expect(await said(v.assertion)).toEqual({ iss: DEVICE, sub: DEVICE, aud: BASE_URL, nonce: NONCE });
  });

  it('confirmation: the codec reads it and the issuer has signed it', () => {
    const read = decodeToken(v.ez1.token);
    expect(read).toMatchObject({ ok: true, payload: v.ez1.payload });
    const publicKey = new Uint8Array(Buffer.from(issuerKey.publicJwk.x, 'base64url'));
    const keys = [{ keyId: 1, publicKey, notBefore: 0, notAfter: null, revokedAt: null }];
    const check = (key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean =>
      verify(
        null,
        message,
        createPublicKey({ format: 'jwk', key: { ...issuerKey.publicJwk, x: Buffer.from(key).toString('base64url') } }),
        signature,
      );
    expect(verifyToken(v.ez1.token, keys, check, v.ez1.payload.startsAt * 1000)).toMatchObject({ ok: true });
  });

  it('digest: as the device works it out', () => {
    const rows = v.digest.rows.map(({ id, rev }) => ({ id: String(id), rev }));
    expect(digestOf('example', rows)).toEqual({ c: 'example', count: v.digest.count, xor: v.digest.xor });
  });

  it('second factor: the device finds the digits right', async () => {
    const check = createFactorCheck();
    const { digits, ...verifier } = v.scrypt;
    expect(await check(digits, [{ kind: 'phone4', ...verifier }])).toBe(true);
    expect(await check('0000', [{ kind: 'phone4', ...verifier }])).toBe(false);
  });

  it('sealing: a library opens it with the private key', async () => {
    const key = await importJWK({ ...SEALING_JWK, alg: 'ECDH-ES' });
    const { plaintext } = await compactDecrypt(v.sealed.text, key);
    expect(JSON.parse(new TextDecoder().decode(plaintext))).toEqual(v.sealed.value);
  });

  it('canonical JSON: names by code units, not by code points', () => {
    expect(canonicalJson({ '\uffff': 1, '\u{1f600}': 2, b: [3, { a: 1e21 }] })).toBe(
      '{"b":[3,{"a":1e+21}],"\u{1f600}":2,"\uffff":1}',
    );
  });
});

describe('the SQL of the page, on SQLite', () => {
  const block = (name: string): string =>
    new RegExp(`<!-- sql: ${name} -->\\n+\`\`\`sql\\n([^\`]*)\`\`\``).exec(page)?.[1] ?? '';
  const open = () => {
    const db = new Database(':memory:');
    db.exec(block('schema'));
    db.prepare('INSERT INTO feed_head VALUES (1, 0)').run();
    db.prepare(`INSERT INTO device VALUES ('d', 1, 1, 'kiosk', 'x', 0, NULL, NULL)`).run();
    return db;
  };
  type Params = Record<string, string | number | null>;
  /** The statements of a block, each as a function of its parameters `$1`, `$2` ... */
  const statements = (db: Database.Database, name: string) =>
    block(name)
      .split(';')
      .map((sql) => sql.trim())
      .filter((sql) => sql !== '')
      .map((sql) => {
        const statement = db.prepare(sql);
        const wanted = new Set([...sql.matchAll(/\$(\d+)/g)].map(([, n = '']) => n));
        return (params: Params): Record<string, unknown>[] => {
          const mine = Object.fromEntries(Object.entries(params).filter(([n]) => wanted.has(n)));
          if (statement.reader) return statement.all(mine) as Record<string, unknown>[];
          statement.run(mine);
          return [];
        };
      });

  const write = (db: Database.Database, c: string, id: string, op: string, data: string | null): void => {
    const [head, row] = statements(db, 'write');
    const seq = head?.({ 1: 1 })[0]?.['seq'] as number;
    row?.({ 1: 1, 2: c, 3: id, 4: seq, 5: op, 6: 0, 7: data });
  };
  const pull = (db: Database.Database, after: number, desk: boolean) => {
    const [head, rows] = statements(db, 'pull');
    const until = head?.({ 1: 1 })[0]?.['seq'] as number;
    return rows?.({ 1: 1, 2: after, 3: until, 4: desk ? 1 : 0, 5: 100 }) ?? [];
  };

  it('gives of each entity the newest row, in order, and desks what is theirs', () => {
    const db = open();
    write(db, 'booking', 'a', 'put', '1');
    write(db, 'booking', 'b', 'put', '1');
    write(db, 'person', 'a', 'put', '1');
    write(db, 'booking', 'a', 'put', '2');
    write(db, 'booking', 'b', 'evict', null);
    const brief = (rows: Record<string, unknown>[]) => rows.map((r) => [r['seq'], r['c'], r['id'], r['rev'], r['op']]);
    expect(brief(pull(db, 0, true))).toEqual([
      [3, 'person', 'a', 1, 'put'],
      [4, 'booking', 'a', 2, 'put'],
    ]);
    expect(brief(pull(db, 2, false))).toEqual([
      [4, 'booking', 'a', 2, 'put'],
      [5, 'booking', 'b', 2, 'evict'],
    ]);
    db.close();
  });

  it('takes an operation once', () => {
    const db = open();
    const [lock, , link, op, end] = statements(db, 'push');
    const push = (seq: number, id: string): void => {
      const params = { 1: 'd', 2: seq, 3: id, 4: `hash ${seq}`, 5: '{}', 6: '{}', 7: 0 };
      lock?.({ 1: 'd' });
      link?.(params);
      op?.(params);
      end?.(params);
    };
    push(1, 'a');
    push(2, 'b');
    push(1, 'a');
    expect(db.prepare('SELECT last_seq FROM device').pluck().get()).toBe(2);
    expect(db.prepare('SELECT count(*) FROM operation').pluck().get()).toBe(2);
    expect(statements(db, 'push')[1]?.({ 1: 'd', 2: 1 })).toEqual([{ hash: 'hash 1' }]);
    db.close();
  });

  it('counts numbers on', () => {
    const db = open();
    const [, counter] = statements(db, 'lease');
    const next = (kind: string, first: number, n: number): unknown =>
      counter?.({ 3: 1, 4: '2026-03-16', 5: 'A', 6: kind, 7: first - 1 + n, 8: n })[0]?.['last'];
    expect([next('online', 1, 1), next('online', 1, 2), next('reserve', 700, 8), next('reserve', 700, 8)]).toEqual([
      1, 3, 707, 715,
    ]);
    expect(page).toContain('`$7` the last of the first lot (8 and 707 for a reserve of eight)');
    db.close();
  });
});
