import type { Session } from 'electron';
import path from 'node:path';
import { mayDownload, mayRequest, mayUse } from './lockdown.ts';
import type { Log } from './log.ts';
import type { WindowRole } from './origin.ts';

/** Puts the decisions of lockdown.ts in force in the session of a role's window. */
export function lockSession(session: Session, role: WindowRole, options: { developer: boolean; log: Log }): void {
  const { developer, log } = options;

  session.setPermissionRequestHandler((_contents, permission, decide, details) => {
    const media = 'mediaTypes' in details && Array.isArray(details.mediaTypes) ? (details.mediaTypes as string[]) : [];
    const allowed = mayUse(
      { permission, origin: details.requestingUrl, isMainFrame: details.isMainFrame, media },
      role,
    );
    if (!allowed) log.warn('permission.refused', { permission, media });
    decide(allowed);
  });
  session.setPermissionCheckHandler((_contents, permission, origin, details) => {
    const media = details.mediaType === undefined ? [] : [details.mediaType];
    return mayUse({ permission, origin, isMainFrame: details.isMainFrame, media }, role);
  });
  session.setDevicePermissionHandler(() => false);
  // No handler for display media: without one Electron refuses it.
  // A prevented choice is a refusal.
  session.on('select-hid-device', (event, _details, choose) => {
    event.preventDefault();
    choose(null);
  });
  session.on('select-serial-port', (event, _ports, _contents, choose) => {
    event.preventDefault();
    choose('');
  });
  session.on('select-usb-device', (event, _details, choose) => {
    event.preventDefault();
    choose();
  });
  session.on('will-download', (event, item) => {
    if (!mayDownload(item.getURL(), role)) {
      log.warn('download.refused');
      event.preventDefault();
      return;
    }
    // A table that the desk's own page has made. Where it goes is asked of whoever sits there; tests say it beforehand.
    const folder = developer ? process.env['TALON_DOWNLOADS'] : undefined;
    const name = path.basename(item.getFilename());
    if (folder === undefined) item.setSaveDialogOptions({ defaultPath: name });
    else item.setSavePath(path.join(folder, name));
    item.once('done', (_done, state) => log.info('download.done', { state }));
  });
  session.webRequest.onBeforeRequest((details, decide) => {
    const allowed = mayRequest(details.url, role, developer);
    if (!allowed) log.warn('request.refused', { url: details.url.slice(0, 200) });
    decide({ cancel: !allowed });
  });
}
