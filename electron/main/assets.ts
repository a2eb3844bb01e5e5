import path from 'node:path';
import { ENTRY_PAGE, isAppUrl } from './origin.ts';
import type { WindowRole } from './origin.ts';

/** What the `app://` protocol answers, as far as it can be decided without reading a file. */

/**
 * `'wasm-unsafe-eval'` is for the code reader's WebAssembly (it allows compiling WebAssembly only, no `eval`);
 * `blob:` and `data:` pictures are camera stills and inlined pictograms.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** On every answer of the protocol. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(self), microphone=(), geolocation=(), usb=(), serial=(), hid=(), display-capture=()',
};

/** By file ending. What is not here is not served: nothing else belongs into the pages. */
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
  '.wav': 'audio/wav',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
};

export interface Asset {
  /** Absolute path below the root. */
  file: string;
  type: string;
}

/**
 * @param root absolute folder of the built pages
 * @param url as the browser asked for it
 * @returns null for everything that is not a file below `root` of a kind that is served: another origin, a path that
 *   leaves the folder in whatever spelling, an unknown ending
 */
export function resolveAsset(root: string, url: string, role: WindowRole): Asset | null {
  if (!isAppUrl(url, role)) return null;
  let wanted: string;
  try {
    wanted = decodeURIComponent(new URL(url).pathname);
  } catch {
    return null;
  }
  // A backslash separates on Windows and a colon names a drive or a stream there; NUL ends a path in the system's calls.
  if (/[\\:\0]/.test(wanted)) return null;
  const file = path.resolve(root, `.${wanted === '/' ? ENTRY_PAGE[role] : wanted}`);
  const relative = path.relative(root, file);
  if (relative === '' || relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative))
    return null;
  const type = TYPES[path.extname(file).toLowerCase()];
  return type === undefined ? null : { file, type };
}
