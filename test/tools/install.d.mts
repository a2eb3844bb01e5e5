/** What the tests of install.mjs use of it; see there. */
export function isNewEnough(version: string): boolean;
export function isInstalled(wanted: unknown, installed: unknown): boolean;
export function ensureInstalled(options?: { quiet?: boolean; root?: string }): string;
