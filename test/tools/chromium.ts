import { findProgram } from './proc.ts';

/** Debian's Chromium, for tests of the pages without Electron: the browser here that is nearest to Electron 45's. */
export const chromiumProgram = (): string => {
  const found = process.env['TALON_CHROMIUM'] ?? findProgram('chromium');
  if (!found) {
    throw new Error(
      'There is no Chromium for the tests of the pages: sudo apt-get install -y --no-install-recommends chromium (or set TALON_CHROMIUM to one).',
    );
  }
  return found;
};

/** Flags that keep it from talking to anybody, and let it run as root in tests. */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
] as const;
