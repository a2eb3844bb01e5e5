import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STATES } from '../fixtures/kiosk-gallery/states.ts';
import { Gallery, layoutFaults, type GalleryView } from '../tools/gallery.ts';

/** Every screen in every state, in the browser that is nearest to the shipped one. `npm run screens` makes the pictures. */

let gallery: Gallery;
beforeAll(async () => {
  gallery = await Gallery.open();
});
afterAll(() => gallery.close());

describe.each([
  ['portrait', 1080, 1920],
  ['landscape', 1280, 1024],
] as const)('the screens in %s', (_name, width, height) => {
  it.each([
    { lang: 'ru', theme: 'light', text: 1 },
    { lang: 'ru', theme: 'contrast', text: 2 },
    { lang: 'en', theme: 'light', text: 2 },
  ] as const)(
    'have nothing cut, covered, or too small to touch: $lang, $theme, text x$text',
    { timeout: 120_000 },
    async (look) => {
      const faults: string[] = [];
      const views = Object.keys(STATES).map((state): GalleryView => ({ state, width, height, ...look }));
      await gallery.walk(views, async (page, view) => {
        for (const fault of await layoutFaults(page, 60)) faults.push(`${view.state}: ${fault}`);
      });
      expect(faults).toEqual([]);
    },
  );
});
