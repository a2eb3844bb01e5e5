import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { STATES } from '../fixtures/kiosk-gallery/states.ts';
import { Gallery, layoutFaults, type GalleryView } from './gallery.ts';
import { ROOT } from './paths.ts';

/**
 * `npm run screens [-- [--out DIR] STATE...]`: pictures of every screen in every state, orientation, language, theme and text size,
 * in `out/screens`, and what is wrong with their layout.
 */
const { values, positionals: wanted } = parseArgs({
  options: { out: { type: 'string', default: join(ROOT, 'out', 'screens') } },
  allowPositionals: true,
});
const OUT = resolve(values.out);
const SIZES = [
  [1080, 1920],
  [1280, 1024],
  [1920, 1080],
] as const;
const LOOKS: Pick<GalleryView, 'lang' | 'theme' | 'text'>[] = [
  { lang: 'ru', theme: 'light', text: 1 },
  { lang: 'en', theme: 'light', text: 1 },
  { lang: 'ru', theme: 'contrast', text: 1 },
  { lang: 'ru', theme: 'light', text: 2 },
  { lang: 'en', theme: 'contrast', text: 2 },
];

const states = Object.keys(STATES).filter((s) => wanted.length === 0 || wanted.includes(s));
await mkdir(OUT, { recursive: true });
// The pictures of the last run; folders (those of the end-to-end tests) stay.
for (const name of await readdir(OUT)) if (name.endsWith('.png')) await rm(join(OUT, name));
const gallery = await Gallery.open();
let faulty = 0;
const views = states.flatMap((state) =>
  SIZES.flatMap(([width, height]) => LOOKS.map((look): GalleryView => ({ state, width, height, ...look }))),
);
try {
  await gallery.walk(views, async (page, view) => {
    const name = [view.state, `${view.width}x${view.height}`, view.lang, view.theme, (view.text ?? 1) * 100].join('-');
    await page.screenshot({ path: join(OUT, `${name}.png`) });
    for (const fault of await layoutFaults(page, 60)) {
      faulty += 1;
      console.log(`${name}: ${fault}`);
    }
  });
} finally {
  await gallery.close();
}
console.log(`${views.length} pictures in ${OUT}, ${faulty} faults`);
process.exitCode = faulty === 0 ? 0 : 1;
