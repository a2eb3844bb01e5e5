import type { Page } from 'playwright-core';
import { until, type DemoBooking } from './stage.ts';

/** What a visitor, or a test, does at the kiosk. */

/** Waits for one of the screens. @returns which */
export const screenOf = (page: Page, ...ids: string[]): Promise<string> =>
  until(
    `screen ${ids.join(' or ')}`,
    async () => {
      const id = await page.locator('[data-screen]').getAttribute('data-screen');
      return id !== null && ids.includes(id) ? id : null;
    },
    30_000,
  );

/** Touches what does `action`, if the present screen has it. */
export const press = async (page: Page, action: string): Promise<void> => {
  const button = page.locator(`[data-action="${action}"]`).first();
  if ((await button.count()) > 0) await button.click();
};

/** Touches the one of several that has the id. */
export const pressOn = async (page: Page, action: string, id: string): Promise<void> => {
  await page.locator(`[data-action="${action}"][data-id="${id}"]`).first().click();
};

/** Touches keys of the screen's own keypad or keyboard. */
export const typeKeys = async (page: Page, text: string): Promise<void> => {
  for (const symbol of text) await pressOn(page, 'key', symbol);
};

/** Calls a method of the contract as the page would. @throws the error as text */
export const callCore = <T>(page: Page, method: string, params: unknown): Promise<T> =>
  page.evaluate(
    async ([name, input]) => {
      const { talon } = globalThis as unknown as {
        talon: { methods: Record<string, (p: unknown) => Promise<{ ok: boolean; value: unknown; error: unknown }>> };
      };
      const result = await talon.methods[name]?.(input);
      if (result?.ok !== true) throw new Error(JSON.stringify(result?.error ?? `no method ${name}`));
      return result.value as never;
    },
    [method, params] as const,
  );

/** The bookings of today that can be checked in, the nearest to `now` first. */
export const bookedAround = (all: readonly DemoBooking[], now: number): DemoBooking[] =>
  all
    .filter((b) => b.kind === 'today' && b.status === 'booked')
    .toSorted((a, b) => Math.abs(a.starts_at - now) - Math.abs(b.starts_at - now));
