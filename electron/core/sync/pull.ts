import { change } from '../../../shared/contracts/centre/schemas.ts';
import type { SigningKey } from '../../../shared/token/ez1.ts';
import type { Clock, Log } from '../ports.ts';
import { applyChange } from '../store/apply.ts';
import { readSealingKey, replaceKeys, writeSealingKey } from '../store/registry.ts';
import { sql, text } from '../store/sql.ts';
import type { Store } from '../store/store.ts';
import { CentreError, type CentreClient } from './client.ts';

/** Seconds that the centre may hold a request until it has something new. */
const LONG_POLL_S = 25;

const readCursor = (store: Store): string => {
  const row = store.read((db) => db.get(sql`SELECT cursor FROM sync`));
  return row ? text(row, 'cursor') : '';
};

/** Brings the change feed into the cache, a page in a transaction with its cursor. */
export const createPull = (store: Store, clock: Clock, log: Log) => ({
  /**
   * One page. With `wait` the request is held open until there is something new.
   * @returns whether there is more, how many rows came, and the centre's history that they belong to
   */
  step: async (
    client: CentreClient,
    wait: boolean,
    signal: AbortSignal,
  ): Promise<{ more: boolean; rows: number; epoch: string | null }> => {
    const cursor = readCursor(store);
    let page;
    try {
      page = await client.call(
        'changes',
        { cursor, limit: 500, wait: wait ? LONG_POLL_S : 0 },
        { timeoutMs: wait ? (LONG_POLL_S + 15) * 1000 : 30_000, signal },
      );
    } catch (error) {
      if (!(error instanceof CentreError) || error.problem !== 'cursor-expired' || cursor === '') throw error;
      log.warn('sync.cursor-expired');
      store.write((db) => db.run(sql`UPDATE sync SET cursor = ''`));
      return { more: true, rows: 0, epoch: null };
    }
    const { changes, has_more } = page;
    const skipped: string[] = [];
    store.write((db) => {
      for (const raw of changes) {
        // A row that this version cannot read is left out, and told; it must not hold up those behind it.
        const row = change.safeParse(raw);
        if (row.success) applyChange(db, row.data);
        else skipped.push(`${raw.c} ${raw.seq}`);
      }
      db.run(sql`UPDATE sync SET cursor = ${page.cursor}, last_contact_at = ${clock.now()}`);
    });
    if (skipped.length > 0) log.warn('sync.rows-skipped', { rows: skipped.slice(0, 20), count: skipped.length });
    if (changes.length > 0) log.debug('sync.pulled', { rows: changes.length });
    return { more: has_more, rows: changes.length, epoch: page.epoch };
  },

  /** The keys that confirmations are signed with. @returns whether they changed */
  keys: async (
    client: CentreClient,
    timeoutMs: number,
    signal: AbortSignal,
    before: readonly SigningKey[],
  ): Promise<boolean> => {
    const answer = await client.call('keys', {}, { timeoutMs, signal });
    const keys: SigningKey[] = answer.keys.map((k) => ({
      keyId: Number(k.kid),
      publicKey: new Uint8Array(Buffer.from(k.x, 'base64url')),
      notBefore: k.nbf,
      notAfter: k.exp,
      revokedAt: k.revoked_at,
    }));
    const print = (list: readonly SigningKey[]) =>
      list
        .map(
          (k) => `${k.keyId} ${Buffer.from(k.publicKey).toString('hex')} ${k.notBefore} ${k.notAfter} ${k.revokedAt}`,
        )
        .sort()
        .join('\n');
    const { sealing } = answer;
    if (JSON.stringify(sealing) !== JSON.stringify(store.read(readSealingKey))) {
      store.write((db) => writeSealingKey(db, sealing));
    }
    if (print(keys) === print(before)) return false;
    store.write((db) =>
      replaceKeys(
        db,
        keys.filter((k) => k.keyId <= 255),
      ),
    );
    return true;
  },
});
