import { protocol } from 'electron';
import type { Session } from 'electron';
import { readFile } from 'node:fs/promises';
import { SECURITY_HEADERS, resolveAsset } from './assets.ts';
import type { Log } from './log.ts';
import { APP_SCHEME } from './origin.ts';
import type { WindowRole } from './origin.ts';

/** Must run before the app is ready. No `bypassCSP`, no `corsEnabled`: nobody else may load what is served here. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** Serves the built pages of a role to its session, and nothing else. */
export function serveApp(session: Session, role: WindowRole, root: string, log: Log): void {
  session.protocol.handle(APP_SCHEME, async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'Method not allowed');
    const asset = resolveAsset(root, request.url, role);
    if (asset === null) {
      log.warn('protocol.refused', { url: request.url.slice(0, 200) });
      return answer(404, 'Not found');
    }
    try {
      const bytes = await readFile(asset.file);
      return new Response(request.method === 'HEAD' ? null : new Uint8Array(bytes), {
        headers: { ...SECURITY_HEADERS, 'content-type': asset.type, 'cache-control': 'no-store' },
      });
    } catch (error) {
      log.warn('protocol.unreadable', { file: asset.file, code: (error as NodeJS.ErrnoException).code });
      return answer(404, 'Not found');
    }
  });
}

const answer = (status: number, text: string): Response =>
  new Response(text, { status, headers: { ...SECURITY_HEADERS, 'content-type': 'text/plain; charset=utf-8' } });
