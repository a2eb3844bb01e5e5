import { useCallback, useEffect, useRef, useState } from 'react';
import type { NumbersReport } from '../../../shared/contracts/numbers.ts';
import type { Client } from '../../ui/client.ts';
import type { Span } from './range.ts';

/** What the page shows of the core; today's numbers go on while it is looked at. */

/** News come in swarms, and nobody watches numbers by the second. */
const SETTLE_MS = 5_000;
/** What is thought to come changes with the clock alone. */
const EVERY_MS = 60_000;

export interface Report {
  state: 'reading' | 'here' | 'failed';
  /** What was read last, also while something else is being read. */
  report: NumbersReport | null;
  again: () => void;
}

/** @param span null: nothing is asked for */
export const useReport = (client: Client, span: Span | null): Report => {
  const [read, setRead] = useState<{ of: Span; report: NumbersReport } | null>(null);
  const [failed, setFailed] = useState<Span | null>(null);
  /** Which reading the page is at: answers of an earlier one are late. */
  const reading = useRef(0);

  const ask = useCallback(async (): Promise<void> => {
    if (!span) return;
    reading.current += 1;
    const mine = reading.current;
    const result = await client.call('numbers.get', span);
    if (mine !== reading.current) return;
    if (result.ok) setRead({ of: span, report: result.value });
    setFailed(result.ok ? null : span);
  }, [client, span]);

  const live = read !== null && read.report.until >= read.report.today;
  useEffect(() => {
    const first = setTimeout(() => void ask(), 0);
    return () => {
      clearTimeout(first);
      reading.current += 1;
    };
  }, [ask]);
  useEffect(() => {
    if (!live) return undefined;
    let soon: ReturnType<typeof setTimeout> | null = null;
    const stop = client.on('desk.changed', () => {
      soon ??= setTimeout(() => {
        soon = null;
        void ask();
      }, SETTLE_MS);
    });
    const clock = setInterval(() => void ask(), EVERY_MS);
    return () => {
      stop();
      clearInterval(clock);
      if (soon !== null) clearTimeout(soon);
    };
  }, [client, ask, live]);

  const again = useCallback(() => {
    setFailed(null);
    void ask();
  }, [ask]);
  const state = failed !== null && failed === span ? 'failed' : read?.of === span ? 'here' : 'reading';
  return { state, report: read?.report ?? null, again };
};

/** @returns today and the first day that there are numbers of; null until it is known */
export const useDays = (client: Client): { today: string; first: string } | null => {
  const [days, setDays] = useState<{ today: string; first: string } | null>(null);
  useEffect(() => {
    let over = false;
    const ask = async (): Promise<void> => {
      const result = await client.call('numbers.days', {});
      if (over || !result.ok) return;
      const { today, days: known } = result.value;
      setDays((was) => (was?.today === today ? was : { today, first: known[0] ?? today }));
    };
    void ask();
    // The business day changes while the page is open.
    const clock = setInterval(() => void ask(), EVERY_MS);
    return () => {
      over = true;
      clearInterval(clock);
    };
  }, [client]);
  return days;
};
