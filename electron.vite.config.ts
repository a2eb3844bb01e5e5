import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';
import type { UserConfig } from 'electron-vite';
import type { Plugin } from 'vite';
import { appContract } from './shared/contracts/app.ts';
import { eventsFor, methodsFor } from './shared/contracts/define.ts';

/**
 * Three builds into `out/`: the processes of Node (`main/index.cjs`, `core/entry.cjs`), the preload of each window, the pages.
 * CommonJS and the targets below because development must also run on an older Electron (see the README).
 */

export interface BuildOptions {
  /** Root of the source tree. */
  root: string;
  /** Folder for the result. */
  out: string;
  /** Entry of the core process. */
  core: string;
  /** Folder of the pages, with one `.html` for each role that has a window. */
  pages: string;
}

/** @returns the builds of the product, of the parts that are told: tests put doubles in place of the core and the pages */
export function talonBuild({ root, out, core, pages }: BuildOptions): UserConfig {
  const at = (file: string): string => path.join(root, file);
  /** `out/` also holds what tests write: only what this build makes goes. */
  const clean = (...folders: string[]): Plugin => ({
    name: 'talon:clean',
    apply: 'build',
    buildStart: async () => {
      await Promise.all(folders.map((folder) => rm(path.join(out, folder), { recursive: true, force: true })));
    },
  });
  return {
    main: {
      plugins: [clean('main', 'core', 'shared')],
      build: {
        outDir: out,
        emptyOutDir: false,
        target: 'node18',
        sourcemap: true,
        // Plain JavaScript goes into the bundle: main then needs no package at all, and an older main cannot `require`
        // the ones that are ES modules only. What has binaries, workers or files beside it stays a package.
        externalizeDeps: { exclude: ['zod', 'uuid', 'jose', 'canonicalize', 'eventsource-parser'] },
        rolldownOptions: {
          input: { 'main/index': at('electron/main/index.ts'), 'core/entry': core },
          output: { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: 'shared/[name].cjs' },
        },
      },
    },
    preload: {
      plugins: [clean('preload')],
      define: {
        KIOSK_METHODS: JSON.stringify(methodsFor(appContract, 'kiosk')),
        KIOSK_EVENTS: JSON.stringify(eventsFor(appContract, 'kiosk')),
        DESK_METHODS: JSON.stringify(methodsFor(appContract, 'desk')),
        DESK_EVENTS: JSON.stringify(eventsFor(appContract, 'desk')),
      },
      build: {
        outDir: path.join(out, 'preload'),
        emptyOutDir: false,
        target: 'node18',
        isolatedEntries: true,
        externalizeDeps: false,
        rolldownOptions: {
          input: { kiosk: at('electron/preload/kiosk.ts'), desk: at('electron/preload/desk.ts') },
          output: { format: 'cjs', entryFileNames: '[name].cjs' },
        },
      },
    },
    renderer: {
      root: pages,
      plugins: [react()],
      build: {
        outDir: path.join(out, 'renderer'),
        emptyOutDir: true,
        target: 'chrome114',
        minify: true,
        // Inlined files would need `data:` in places of the content security policy where it is not.
        assetsInlineLimit: 0,
        rolldownOptions: {
          input: Object.fromEntries(
            ['kiosk', 'desk']
              .map((role) => [role, path.join(pages, `${role}.html`)])
              .filter(([, file]) => existsSync(file ?? '')),
          ),
        },
      },
    },
  };
}

const root = import.meta.dirname;
export default defineConfig(
  talonBuild({
    root,
    out: path.join(root, 'out'),
    core: path.join(root, 'electron/core/entry.ts'),
    pages: path.join(root, 'renderer'),
  }),
);
