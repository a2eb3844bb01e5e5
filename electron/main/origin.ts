/** The app's own pages live at `app://<role>/`, one origin per role of window. */

export const APP_SCHEME = 'app';

/** Roles that have a window. */
export const WINDOW_ROLES = ['kiosk', 'desk'] as const;
export type WindowRole = (typeof WINDOW_ROLES)[number];

/** The page that the window of a role shows. */
export const ENTRY_PAGE: Record<WindowRole, string> = { kiosk: '/kiosk.html', desk: '/desk.html' };

export const appUrl = (role: WindowRole): string => `${APP_SCHEME}://${role}${ENTRY_PAGE[role]}`;

/**
 * @returns whether `url` belongs to the origin of `role`, parsed, never compared as text: `app://kiosk.evil/`,
 *   `app://kiosk@evil/` and `https://x/?app://kiosk/` do not
 */
export function isAppUrl(url: string, role: WindowRole): boolean {
  const parsed = parse(url);
  return (
    parsed !== null &&
    parsed.protocol === `${APP_SCHEME}:` &&
    // `host` includes a port, which our origins never have.
    parsed.host === role &&
    parsed.username === '' &&
    parsed.password === ''
  );
}

/** @returns whether `url` is the page of the window of `role`, whatever its query and fragment */
export const isEntryPage = (url: string, role: WindowRole): boolean =>
  isAppUrl(url, role) && parse(url)?.pathname === ENTRY_PAGE[role];

function parse(url: string): URL | null {
  try {
    return new URL(url);
  } catch {
    return null;
  }
}
