import { contextBridge, ipcRenderer } from 'electron';

/** What a page finds in `window.talon`; the page's own types for it are made from the contract. */
type Call = (params?: unknown) => Promise<unknown>;
type Subscribe = (listener: (payload: unknown) => void) => () => void;

/**
 * Gives the page one function per method and per event of its role, and nothing else: no channel names, no event
 * objects, no way to name a method that is not there.
 */
export function exposeBridge(role: string, methods: readonly string[], events: readonly string[]): void {
  const call =
    (channel: string): Call =>
    (params = {}) =>
      ipcRenderer.invoke(channel, params);
  const subscribe =
    (channel: string): Subscribe =>
    (listener) => {
      if (typeof listener !== 'function') throw new TypeError('a listener is a function');
      const relay = (_event: unknown, payload: unknown): void => listener(payload);
      ipcRenderer.on(channel, relay);
      return () => void ipcRenderer.removeListener(channel, relay);
    };
  // Null prototypes: nothing that a page does to Object.prototype is looked up here.
  const table = <T>(names: readonly string[], make: (name: string) => T): Readonly<Record<string, T>> => {
    const made = Object.create(null) as Record<string, T>;
    for (const name of names) made[name] = make(name);
    return Object.freeze(made);
  };
  contextBridge.exposeInMainWorld(
    'talon',
    Object.freeze({
      methods: table(methods, (name) => call(`talon:${role}:${name}`)),
      events: table(events, (name) => subscribe(`talon:${role}:event:${name}`)),
    }),
  );
}
