import type { SyncState } from '../../../shared/contracts/app.ts';
import type { Stopped } from './stopped.ts';

/** What people are told about the connection to the centre. Pure. */

export interface SyncFacts {
  stopped: Stopped | null;
  /** Null: not tried yet since the start. */
  online: boolean | null;
  /** The feed has been read to its end since the connection is there. */
  caughtUp: boolean;
  /** Why it was lost, or does not help. */
  problem: 'unreachable' | 'refused' | 'schema' | null;
  lastContactAt: number | null;
  /** When it came to need attention. */
  attentionSince: number | null;
  waiting: number;
  oldestAt: number | null;
  parked: number;
  progress: { done: number; total: number | null } | null;
}

export const syncState = (f: SyncFacts): SyncState => {
  const { lastContactAt, waiting, oldestAt, parked } = f;
  const base = { lastContactAt, waiting, oldestAt, parked, progress: f.progress };
  if (f.stopped) return { ...base, state: 'attention', problem: f.stopped, since: f.attentionSince };
  if (f.problem === 'schema') return { ...base, state: 'attention', problem: 'schema', since: f.attentionSince };
  // Not connected outweighs what staff have to look at: nobody can do anything about it meanwhile.
  if (f.online !== true) {
    return { ...base, state: lastContactAt === null ? 'never' : 'offline', problem: f.problem, since: lastContactAt };
  }
  if (parked > 0) return { ...base, state: 'attention', problem: 'parked', since: f.attentionSince };
  return { ...base, state: f.caughtUp && waiting === 0 ? 'live' : 'catching-up', problem: null, since: null };
};
