import { ipcMain } from 'electron';
import type { IpcMainInvokeEvent, WebContents } from 'electron';
import { eventFor, routesFor } from './gate-policy.ts';
import type { GateOptions, Sender } from './gate-policy.ts';
import type { WindowRole } from './origin.ts';

/** The only module that may import `ipcMain`: every message of a page comes through here. */

/** Registers one channel per method of the role. */
export function openGate(role: WindowRole, options: GateOptions): void {
  for (const { channel, answer } of routesFor(role, options)) {
    // The page's parameters are one value; further arguments do not exist in our bridge and are not looked at.
    ipcMain.handle(channel, (event, params: unknown) => answer(senderOf(event), params));
  }
}

/** Sends an event of the core or of main to a window, if its role gets it. */
export function deliver(
  contents: WebContents,
  role: WindowRole,
  event: string,
  payload: unknown,
  options: Pick<GateOptions, 'contract' | 'log'>,
): void {
  if (contents.isDestroyed() || contents.isCrashed()) return;
  const message = eventFor(role, event, payload, options);
  if (message !== null) contents.mainFrame.send(message.channel, message.payload);
}

function senderOf(event: IpcMainInvokeEvent): Sender {
  const contents = event.sender.id;
  try {
    const frame = event.senderFrame;
    if (frame === null || event.sender.isDestroyed()) return { contents, frame: null };
    const main = event.sender.mainFrame;
    const isMain = frame.parent === null && frame.processId === main.processId && frame.routingId === main.routingId;
    return { contents, frame: { url: frame.url, origin: frame.origin, isMain } };
  } catch {
    // A frame that went away meanwhile throws when it is looked at.
    return { contents, frame: null };
  }
}
