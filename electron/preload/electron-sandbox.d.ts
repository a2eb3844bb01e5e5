/** The part of Electron's API that a sandboxed preload has and ours use. */

export interface ContextBridge {
  exposeInMainWorld(name: string, api: unknown): void;
}

export interface IpcRenderer {
  invoke(channel: string, params: unknown): Promise<unknown>;
  on(channel: string, listener: (event: unknown, payload: unknown) => void): unknown;
  removeListener(channel: string, listener: (event: unknown, payload: unknown) => void): unknown;
}

export const contextBridge: ContextBridge;
export const ipcRenderer: IpcRenderer;
