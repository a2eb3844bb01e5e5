import type { CollectionDigest } from '../../../shared/contracts/centre/schemas.ts';
import type { SigningKey } from '../../../shared/token/ez1.ts';
import type { Clock, Log } from '../ports.ts';
import { readSealingKey, replaceKeys, writeSealingKey } from '../store/registry.ts';
import { sql, text } from '../store/sql.ts';
import type { Store } from '../store/store.ts';
import { CentreError, type CentreClient } from './client.ts';
import type { Intake } from './intake.ts';

/** Seconds that the centre may hold a request until it has something new. */
const LONG_POLL_S = 25;
/** Rows of a page: it is one transaction, and a visitor waits for no more than one. */
const PAGE_ROWS = 500;
const CALL_MS = 30_000;

export interface Page {
  more: boolean;
  rows: number;
  /** The centre's history that they belong to; null: the cursor was of no use, a snapshot is wanted. */
  epoch: string | null;
  digests: readonly CollectionDigest[] | null;
  /** When the centre wants to be asked again by who only asks now and then; ms. */
  nextPollMs: number | null;
  purged: boolean;
}

const readCursor = (store: Store): string => {
  const row = store.read((db) => db.get(sql`SELECT cursor FROM sync`));
  return row ? text(row, 'cursor') : '';
};

/** Brings the change feed into the cache, a page in a transaction with its cursor. */
export const createPull = (store: Store, clock: Clock, log: Log, intake: Intake) => ({
  /**
   * One page.
   * @param wait the request is held open until there is something new
   * @param digests ask what the centre thinks that this device holds
   * @throws CentreError
   */
  step: async (
    client: CentreClient,
    { wait, digests, signal }: { wait: boolean; digests: boolean; signal: AbortSignal },
  ): Promise<Page> => {
    const cursor = readCursor(store);
    let page;
    try {
      page = await client.call(
        'changes',
        { cursor, limit: PAGE_ROWS, wait: wait ? LONG_POLL_S : 0, digests: digests ? 1 : 0 },
        { timeoutMs: wait ? (LONG_POLL_S + 15) * 1000 : CALL_MS, signal },
      );
    } catch (error) {
      if (!(error instanceof CentreError) || error.problem !== 'cursor-expired') throw error;
      log.warn('sync.cursor-expired');
      return { more: true, rows: 0, epoch: null, digests: null, nextPollMs: null, purged: false };
    }
    const { changes, has_more, epoch } = page;
    const { purged } = store.write((db) => {
      const taken = intake.take(db, changes, false);
      db.run(sql`UPDATE sync SET cursor = ${page.cursor}, last_contact_at = ${clock.now()}`);
      return taken;
    });
    if (changes.length > 0) log.debug('sync.pulled', { rows: changes.length });
    return {
      more: has_more,
      rows: changes.length,
      epoch,
      digests: has_more ? null : (page.digests ?? null),
      nextPollMs: page.next_poll_s === undefined ? null : page.next_poll_s * 1000,
      purged,
    };
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

/** What was freed is overwritten in the database (secure_delete), and leaves the write-ahead log with this. */
export const emptyLog = (store: Store): void => {
  store.read((db) => db.get(sql`PRAGMA wal_checkpoint(TRUNCATE)`));
};
