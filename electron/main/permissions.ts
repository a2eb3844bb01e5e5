import type { Session } from 'electron';
import { mayRequest, mayUse } from './lockdown.ts';
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
  session.on('will-download', (event) => {
    log.warn('download.refused');
    event.preventDefault();
  });
  session.webRequest.onBeforeRequest((details, decide) => {
    const allowed = mayRequest(details.url, role, developer);
    if (!allowed) log.warn('request.refused', { url: details.url.slice(0, 200) });
    decide({ cancel: !allowed });
  });
}
