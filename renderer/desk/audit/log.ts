import { useCallback, useEffect, useRef, useState } from 'react';
import type { AuditChain, AuditFilter, AuditLine, AuditPage } from '../../../shared/contracts/audit.ts';
import type { Client } from '../../ui/client.ts';

/** The log as far as it was looked at: the newest first, more when the end comes into view. */

const PART = 100;

export type LogState = 'reading' | 'here' | 'failed' | 'forbidden';
export interface LogView {
  state: LogState;
  entries: readonly AuditLine[];
  more: boolean;
  actors: AuditPage['actors'];
  actions: AuditPage['actions'];
  /** Reads on, if it is not being done already. */
  further: () => void;
  /** From the newest again. */
  anew: () => void;
}

interface Here {
  /** What was asked for when these came. */
  of: AuditFilter;
  entries: readonly AuditLine[];
  more: boolean;
}

/** @param start the number below which to begin; null: at the newest */
export const useLog = (client: Client, filter: AuditFilter, start: number | null): LogView => {
  const [state, setState] = useState<LogState>('reading');
  const [here, setHere] = useState<Here>({ of: filter, entries: [], more: false });
  const [choices, setChoices] = useState<Pick<AuditPage, 'actors' | 'actions'>>({ actors: [], actions: [] });
  /** Which reading the page is at: answers of an earlier one are late. */
  const reading = useRef(0);
  const busy = useRef(false);

  const read = useCallback(
    async (before: number | null, first: boolean): Promise<void> => {
      const mine = reading.current;
      busy.current = true;
      const result = await client.call('audit.list', { filter, before, limit: PART });
      if (mine !== reading.current) return;
      busy.current = false;
      if (!result.ok) {
        setState(result.error.code === 'forbidden' ? 'forbidden' : 'failed');
        return;
      }
      const { entries, more, actors, actions } = result.value;
      setHere((was) => ({ of: filter, entries: first ? entries : [...was.entries, ...entries], more }));
      if (before === null) setChoices({ actors, actions });
      setState('here');
    },
    [client, filter],
  );
  useEffect(() => {
    // Opening the log stands in the log: a filter that is given up again at once does not.
    const timer = setTimeout(() => void read(start, true), 0);
    return () => {
      clearTimeout(timer);
      reading.current += 1;
      busy.current = false;
    };
  }, [read, start]);

  const { entries, more } = here;
  const further = useCallback(() => {
    const last = entries.at(-1);
    if (more && last && !busy.current) void read(last.seq, false);
  }, [entries, more, read]);
  const anew = useCallback(() => {
    reading.current += 1;
    setState('reading');
    void read(start, true);
  }, [read, start]);
  // Until the answer is here, what was there before stays: the list does not flicker.
  return {
    state: state === 'here' && here.of !== filter ? 'reading' : state,
    entries,
    more,
    ...choices,
    further,
    anew,
  };
};

export type ChainState = { state: 'checking' } | { state: 'failed' } | ({ state: 'known' } & AuditChain);

/** A very long log on a slow machine takes longer than one call may: the core goes on meanwhile, so it is asked again. */
const ASKED_AT_MOST = 10;

/** @returns how the chain is, and what checks all of it again */
export const useChain = (client: Client): [ChainState, () => void] => {
  const [chain, setChain] = useState<ChainState>({ state: 'checking' });
  const [full, setFull] = useState(0);
  useEffect(() => {
    let over = false;
    const check = async (): Promise<void> => {
      for (let n = 0; n < ASKED_AT_MOST && !over; n += 1) {
        const result = await client.call('audit.verify', { full: full > 0 && n === 0 });
        if (over) return;
        if (result.ok) {
          setChain({ state: 'known', ...result.value });
          return;
        }
        if (result.error.code !== 'timeout') break;
      }
      if (!over) setChain({ state: 'failed' });
    };
    const timer = setTimeout(() => void check(), 0);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [client, full]);
  const again = useCallback(() => {
    setChain({ state: 'checking' });
    setFull((n) => n + 1);
  }, []);
  return [chain, again];
};
