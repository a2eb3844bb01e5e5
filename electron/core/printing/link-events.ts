import type { PrinterLink } from '../ports.ts';

/**
 * What every link does alike with the one who listens: bytes that came before anybody listened are kept for him, and the end
 * is told once, also to him who asks afterwards.
 */
export interface LinkEvents extends Pick<PrinterLink, 'onData' | 'onClose'> {
  data(bytes: Uint8Array): void;
  /** The stream is gone; only the first call counts. Writes that wait are rejected with it. */
  gone(error: Error | null): void;
  readonly over: { error: Error | null } | null;
  /** Rejects when the stream goes before the work is done. */
  unlessGone<T>(work: Promise<T>): Promise<T>;
}

export const linkEvents = (name: string): LinkEvents => {
  let early: Uint8Array[] | null = [];
  let onData = (bytes: Uint8Array): void => {
    early?.push(bytes);
  };
  let over: { error: Error | null } | null = null;
  const listeners = new Set<(error: Error | null) => void>();
  const lost = (error: Error | null): Error => error ?? new Error(`${name} is closed`);
  return {
    data: (bytes) => onData(bytes),
    gone: (error) => {
      if (over) return;
      over = { error };
      for (const listener of listeners) listener(error);
      listeners.clear();
    },
    get over() {
      return over;
    },
    unlessGone: (work) =>
      new Promise((resolve, reject) => {
        if (over) {
          work.catch(() => undefined);
          reject(lost(over.error));
          return;
        }
        const end = (error: Error | null): void => reject(lost(error));
        listeners.add(end);
        void work.then(resolve, reject).finally(() => listeners.delete(end));
      }),
    onData: (listener) => {
      onData = listener;
      for (const bytes of early ?? []) listener(bytes);
      early = null;
    },
    onClose: (listener) => {
      if (over) listener(over.error);
      else listeners.add(listener);
    },
  };
};
