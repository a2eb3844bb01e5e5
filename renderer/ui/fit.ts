import { useLayoutEffect, type RefObject } from 'react';

/** The content is never made smaller than this share of its size; the tests see to it that it need not be. */
const LEAST = 0.55;
const ROUNDS = 8;

/** How much of the box's inner height, or of its parts' width, the content wants: above 1 it does not fit. */
const demand = (box: HTMLElement): number => {
  const style = getComputedStyle(box);
  const outer = box.getBoundingClientRect();
  const top = outer.top + Number.parseFloat(style.paddingTop);
  const bottom = outer.bottom - Number.parseFloat(style.paddingBottom);
  let highest = top;
  let lowest = bottom;
  let widest = 1;
  for (const child of box.children) {
    const r = child.getBoundingClientRect();
    highest = Math.min(highest, r.top);
    // A child that was squeezed by the layout wants more than it has.
    lowest = Math.max(lowest, r.bottom, r.top + child.scrollHeight);
    // A word longer than its column.
    if (child.clientWidth > 0) widest = Math.max(widest, child.scrollWidth / child.clientWidth);
  }
  return Math.max(widest, (lowest - highest) / (bottom - top));
};

const adjust = (box: HTMLElement): void => {
  let fit = 1;
  box.style.setProperty('--fit', '1');
  for (let round = 0; round < ROUNDS && fit > LEAST; round += 1) {
    const wanted = demand(box);
    if (wanted <= 1.002) return;
    fit = Math.max(LEAST, fit * Math.max(0.8, 1 / wanted) - 0.004);
    box.style.setProperty('--fit', fit.toFixed(3));
  }
};

/**
 * Makes the content of a box fit: its sizes are all in `--u`, which is multiplied with `--fit`. Long names of services,
 * large text and low screens meet here; usually it stays at 1.
 */
export const useFit = (ref: RefObject<HTMLElement | null>): void => {
  // After every drawing, before it is seen: whatever changed, it fits.
  useLayoutEffect(() => {
    if (ref.current) adjust(ref.current);
  });
  useLayoutEffect(() => {
    const again = (): void => {
      if (ref.current) adjust(ref.current);
    };
    // Words change their width when the typeface arrives.
    document.fonts.addEventListener('loadingdone', again);
    globalThis.addEventListener('resize', again);
    return () => {
      document.fonts.removeEventListener('loadingdone', again);
      globalThis.removeEventListener('resize', again);
    };
  }, [ref]);
};
