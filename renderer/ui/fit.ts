import { useLayoutEffect, type RefObject } from 'react';

/** The content is never made smaller than this share of its size; the tests see to it that it need not be. */
const LEAST = 0.55;
const ROUNDS = 7;

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

const SLACK = 1.002;

const adjust = (box: HTMLElement): void => {
  const set = (fit: number): boolean => {
    box.style.setProperty('--fit', fit.toFixed(3));
    return demand(box) <= SLACK;
  };
  if (set(1)) return;
  // The largest size at which it fits: what wraps at one size may not at the next, so it is tried, not worked out.
  let fits = LEAST;
  let tooLarge = 1;
  for (let round = 0; round < ROUNDS; round += 1) {
    const middle = (fits + tooLarge) / 2;
    if (set(middle)) fits = middle;
    else tooLarge = middle;
  }
  set(Math.floor(fits * 1000) / 1000);
};

/**
 * Makes the content of a box fit: its sizes are all in `--u`, which is multiplied with `--fit`. Long names of services,
 * large text and low screens meet here; usually it stays at 1.
 *
 * @param ref to the box: one and the same element for as long as the component lives
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
    // A part that draws itself anew (a list that turns its page) does not draw the box: it is heard of here, before it is
    // seen. Otherwise all would jump at the next touch, from under the finger.
    const changes = new MutationObserver(again);
    if (ref.current) {
      changes.observe(ref.current, {
        childList: true,
        characterData: true,
        subtree: true,
        attributeFilter: ['class', 'hidden'],
      });
    }
    // Words change their width when the typeface arrives.
    document.fonts.addEventListener('loadingdone', again);
    globalThis.addEventListener('resize', again);
    return () => {
      changes.disconnect();
      document.fonts.removeEventListener('loadingdone', again);
      globalThis.removeEventListener('resize', again);
    };
  }, [ref]);
};
