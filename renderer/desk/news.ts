import { useCallback, useEffect, useState } from 'react';
import type { DeskOffice, DeskQueue, DeskTask } from '../../shared/contracts/desk.ts';
import type { Result } from '../../shared/contracts/result.ts';
import type { Client } from '../ui/client.ts';
import { useDesk } from './view.ts';

/** What the desk shows of the core: read anew when something happened, and now and then by itself. */

interface Answers {
  'desk.office': DeskOffice;
  'desk.tasks': DeskTask[];
  'desk.queue': DeskQueue;
}

const ASK: { [M in keyof Answers]: (client: Client) => Promise<Result<Answers[M]>> } = {
  'desk.office': (client) => client.call('desk.office', {}),
  'desk.tasks': (client) => client.call('desk.tasks', {}),
  'desk.queue': (client) => client.call('desk.queue', {}),
};

/** News come in swarms: read once for all of them. */
const SETTLE_MS = 150;
/** Waits and silent machines go on by themselves. */
const EVERY_MS = 20_000;

/** @param wanted false: not asked for, since he may not or does not look. */
export const useNews = <M extends keyof Answers>(
  method: M,
  wanted: boolean,
  before: Answers[M],
): { value: Answers[M]; read: () => Promise<void> } => {
  const { client } = useDesk();
  const [value, setValue] = useState<Answers[M]>(before);
  const read = useCallback(async (): Promise<void> => {
    const result = await ASK[method](client);
    if (result.ok) setValue(result.value);
  }, [client, method]);
  useEffect(() => {
    if (!wanted) return undefined;
    let timer: ReturnType<typeof setTimeout> | null = setTimeout(() => void read(), 0);
    const soon = (): void => {
      timer ??= setTimeout(() => {
        timer = null;
        void read();
      }, SETTLE_MS);
    };
    const first = timer;
    timer = null;
    const stop = client.on('desk.changed', soon);
    const clock = setInterval(() => void read(), EVERY_MS);
    return () => {
      stop();
      clearInterval(clock);
      clearTimeout(first);
      if (timer !== null) clearTimeout(timer);
    };
  }, [client, read, wanted]);
  return { value, read };
};
