import path from 'node:path';
import { WINDOW_ROLES, type WindowRole } from './origin.ts';

/** The command line of the app. */
export interface Args {
  /** Folder for everything that Talon keeps; null = `data` in the app's user data folder. */
  data: string | null;
  /** Device settings; null = `talon.json` in the user data folder, if there is one. */
  config: string | null;
  /** Size of a plain window in CSS pixels, for demonstrations and tests; null = full-screen kiosk. */
  window: { width: number; height: number } | null;
  /** Which windows there are on this machine; null = what its settings say (machine.ts). */
  roles: readonly WindowRole[] | null;
}

export type ParsedArgs = { ok: true; args: Args } | { ok: false; message: string };

export const USAGE = 'Talon understands --data=FOLDER, --config=FILE, --window=WIDTHxHEIGHT and --roles=kiosk,desk.';

/** Switches that open the browser up from outside. No release may run with one of them. */
export const FORBIDDEN_SWITCHES = [
  'allow-file-access-from-files',
  'allow-running-insecure-content',
  'auto-open-devtools-for-tabs',
  'disable-site-isolation-trials',
  'disable-web-security',
  'host-rules',
  'ignore-certificate-errors',
  'inspect',
  'inspect-brk',
  'js-flags',
  'load-extension',
  'no-sandbox',
  'remote-allow-origins',
  'remote-debugging-pipe',
  'remote-debugging-port',
  'single-process',
  'unsafely-treat-insecure-origin-as-secure',
] as const;

/**
 * @param argv arguments of the app: what follows the program, and in development the app's folder
 * @param options.strict refuse what is not known (releases); otherwise switches of Chromium and others pass
 * @param options.cwd folder that relative paths are relative to
 */
export function parseArgs(argv: readonly string[], options: { strict: boolean; cwd: string }): ParsedArgs {
  const args: Args = { data: null, config: null, window: null, roles: null };
  const seen = new Set<string>();
  for (const argument of argv) {
    const [, name, value] = /^--([a-z-]+)(?:=(.*))?$/s.exec(argument) ?? [];
    if (name === 'data' || name === 'config' || name === 'window' || name === 'roles') {
      if (seen.has(name)) return wrong(`--${name} is given twice.`);
      seen.add(name);
      if (value === undefined || value === '') return wrong(`--${name} needs a value: --${name}=${EXAMPLES[name]}.`);
      if (name === 'window') {
        const size = parseSize(value);
        if (size === null) return wrong(`--window=${value} is not a size from 200x200 to 8000x8000, like 1080x1920.`);
        args.window = size;
      } else if (name === 'roles') {
        const roles = WINDOW_ROLES.filter((role) => value.split(',').includes(role));
        if (roles.length !== value.split(',').length)
          return wrong(`--roles=${value} is not one or more of ${WINDOW_ROLES.join(', ')}, each once.`);
        args.roles = roles;
      } else args[name] = path.resolve(options.cwd, value);
    } else if (options.strict) return wrong(`"${argument}" is not known.`);
  }
  return { ok: true, args };
}

const EXAMPLES = {
  data: '/var/lib/talon',
  config: '/etc/talon.json',
  window: '1080x1920',
  roles: 'kiosk,desk',
} as const;

const wrong = (what: string): ParsedArgs => ({ ok: false, message: `${what} ${USAGE}` });

function parseSize(text: string): { width: number; height: number } | null {
  const [, width, height] = /^(\d{3,4})x(\d{3,4})$/.exec(text) ?? [];
  const size = { width: Number(width), height: Number(height) };
  const fits = (n: number): boolean => n >= 200 && n <= 8000;
  return fits(size.width) && fits(size.height) ? size : null;
}

/** @returns the first switch that a release must not run with; null if there is none */
export const forbiddenSwitch = (hasSwitch: (name: string) => boolean): string | null =>
  FORBIDDEN_SWITCHES.find((name) => hasSwitch(name)) ?? null;
