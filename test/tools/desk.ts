import { join } from 'node:path';
import type { ElectronApplication, Page } from 'playwright-core';
import { DEMO_STAFF } from '../centre/demo-staff.ts';
import { totpAt } from '../../electron/core/staff/totp.ts';
import type { Display } from './display.ts';
import { launchTalon, type Talon } from './launch.ts';
import { until, type Stage } from './stage.ts';

/** What a receptionist, or a test, does at the desk; by the keyboard, as it is worked all day. */

export const DESK_SIZE = { width: 1366, height: 768 };

/** A desk of the demo's office, with the virtual printer of the stage. */
export const launchDesk = async (
  stage: Stage,
  about: {
    userData: string;
    display: Display;
    forTests: boolean;
    env?: Record<string, string>;
    args?: readonly string[];
  },
): Promise<Talon> => {
  const code = await stage.centre.code('desk');
  return launchTalon({
    userData: about.userData,
    config: { ...stage.config, settings: { ...stage.config.settings, 'centre.enrolmentCode': code } },
    args: about.args ?? ['--roles=desk', `--window=${DESK_SIZE.width}x${DESK_SIZE.height}`],
    display: about.display,
    forTests: about.forTests,
    ...(about.env ? { env: about.env } : {}),
  });
};

/** Signs in as a person of the demo. */
export const signIn = async (page: Page, id: string): Promise<void> => {
  const person = DEMO_STAFF.find((one) => one.id === id);
  if (!person) throw new Error(`nobody of the demo is ${id}`);
  const button = page.locator(`[data-action="person"][data-id="${id}"]`);
  await button.focus({ timeout: 30_000 });
  await page.keyboard.press('Enter');
  await page.locator('[data-action="pin"]').waitFor();
  await page.keyboard.type(person.pin);
  await page.keyboard.press('Enter');
  if (person.totp !== null) {
    await page.locator('[data-action="totp"]').waitFor();
    await page.keyboard.type(await nextCode(person.id, person.totp));
    await page.keyboard.press('Enter');
  }
  await page.locator('[data-view]').waitFor();
};

/** Each code opens once: who signs in again within half a minute takes the next one, which is good already. */
const usedSteps = new Map<string, number>();
const STEP_MS = 30_000;
const nextCode = async (id: string, secret: string): Promise<string> => {
  const last = usedSteps.get(id) ?? 0;
  const step = await until(
    'a code that is good already',
    () => {
      const now = Math.floor(Date.now() / STEP_MS);
      return Math.max(now, last + 1) <= now + 1 ? Math.max(now, last + 1) : null;
    },
    40_000,
  );
  usedSteps.set(id, step);
  return totpAt(secret, step * STEP_MS);
};

/** Real keys in the window that shows `page`, as fast as a scanner types them, with Enter behind. */
export const scanAt = async (app: ElectronApplication, page: Page, text: string): Promise<void> => {
  const url = page.url();
  await app.evaluate(
    ({ webContents }, [address, symbols]) => {
      const contents = webContents.getAllWebContents().find((one) => one.getURL() === address);
      if (!contents) throw new Error('there is no such window');
      for (const symbol of [...Array.from(symbols ?? ''), 'Enter']) {
        const upper = /^[A-Z]$/.test(symbol);
        const modifiers: 'shift'[] = upper ? ['shift'] : [];
        contents.sendInputEvent({ type: 'keyDown', keyCode: symbol, modifiers });
        if (symbol !== 'Enter') contents.sendInputEvent({ type: 'char', keyCode: symbol, modifiers });
        contents.sendInputEvent({ type: 'keyUp', keyCode: symbol, modifiers });
      }
    },
    [url, text] as const,
  );
};

/** Types into the search and waits until somebody of `key` is shown. */
export const findPerson = async (page: Page, text: string, key: string): Promise<void> => {
  await page.keyboard.press('F1');
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  await page.keyboard.type(text);
  await page.locator(`aside [data-key="${key}"]`).waitFor({ timeout: 20_000 });
};

/** @returns the number that stands on the card when he is checked in */
export const ticketOf = (page: Page): Promise<string> =>
  until('the ticket on the card', async () => {
    const ticket = page.locator('aside [data-ticket]');
    return (await ticket.count()) > 0 ? await ticket.getAttribute('data-ticket') : null;
  });

export const shootDesk = async (page: Page, out: string, name: string): Promise<void> => {
  await page.screenshot({ path: join(out, `desk-${name}.png`) });
};
