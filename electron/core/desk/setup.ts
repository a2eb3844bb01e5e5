import { randomInt } from 'node:crypto';
import type { z } from 'zod';
import type { AppContract } from '../../../shared/contracts/app.ts';
import { CallFailure } from '../../../shared/contracts/result.ts';
import type { Handlers } from '../dispatch.ts';
import { trialTicket } from '../printing/sample.ts';
import type { PrinterConfig } from '../printing/printer-config.ts';
import type { SettingKey } from '../settings/schema.ts';
import type { Settings } from '../settings/settings.ts';
import { type PrinterTools, profileViews, readPrinters, runningOf } from './printers-setup.ts';

/** The first start of a machine that belongs to no office yet. Whoever begins it may finish it; then it is over for good. */

export interface SetupPorts {
  /** It belongs to an office, and goes on. */
  isSetUp: () => boolean;
  enrol: (about: { url: string; code: string }) => Promise<{ office: number }>;
  tools: PrinterTools;
  /** As the program was started with. */
  settings: () => Settings;
  /** Epoch ms. */
  now: () => number;
  /** @throws Error when the device's file cannot be written */
  save: (key: SettingKey, value: z.core.util.JSONType | undefined) => void;
  restart: () => void;
}

type SetupHandlers = Pick<Handlers<AppContract>, Extract<keyof AppContract['methods'], `setup.${string}`>>;

export const createSetup = (ports: SetupPorts) => {
  let begun = false;
  /** Kept in this first start; null: nothing was changed since the program was started. */
  let kept: readonly PrinterConfig[] | null = null;
  /** @throws CallFailure conflict */
  const needFresh = (): void => {
    if (ports.isSetUp()) throw new CallFailure('conflict', 'this device is set up already');
  };
  const begin = (): void => {
    if (!begun) needFresh();
    begun = true;
  };

  const handlers: SetupHandlers = {
    'setup.enrol': async (about) => {
      needFresh();
      begun = true;
      return { office: (await ports.enrol(about)).office };
    },
    'setup.printers': () => {
      begin();
      const printers = kept ?? runningOf(ports.settings());
      const simple = kept === null && ports.settings().get('printers').length === 0;
      return { printers: printers.map((one) => ({ ...one })), simple, profiles: profileViews() };
    },
    'setup.find': ({ addresses }) => {
      begin();
      return ports.tools.find(addresses);
    },
    'setup.probe': ({ link }) => {
      begin();
      return ports.tools.probe(link);
    },
    'setup.testPage': ({ printer, kind }) => {
      begin();
      return ports.tools.test(printer, kind);
    },
    'setup.savePrinters': ({ printers }) => {
      begin();
      const read = readPrinters(printers);
      if ('outcome' in read) return read;
      const none = read.printers.length === 0;
      // Without a list the simple keys hold again: one they tell of would come back.
      if (none && ports.settings().get('printer.kind') !== 'none') ports.save('printer.kind', 'none');
      ports.save('printers', none ? undefined : read.printers);
      kept = read.printers;
      return { outcome: 'saved' };
    },
    'setup.machine': ({ roles, kioskDisplay, inches, camera }) => {
      begin();
      if (roles !== undefined) ports.save('windows.roles', roles);
      if (kioskDisplay !== undefined) ports.save('windows.kioskDisplay', kioskDisplay);
      if (inches !== undefined) ports.save('screen.inches', inches ?? undefined);
      if (camera !== undefined) ports.save('scan.camera', camera ?? undefined);
      return {};
    },
    'setup.trial': async ({ printer }) => {
      begin();
      // Another one each time, so that an old paper before the scanner is not taken for the new one.
      const code = `TALON-TEST-${String(randomInt(10_000)).padStart(4, '0')}`;
      const test = await ports.tools.test(printer, 'ticket', trialTicket(code, ports.now()));
      if (test.outcome !== 'sent') return { code, outcome: 'failed' };
      return { code, outcome: test.grade === 'A' || test.grade === 'B' ? 'printed' : 'taken' };
    },
    'setup.done': () => {
      begin();
      begun = false;
      ports.restart();
      return {};
    },
  };
  return {
    handlers,
    /** Somebody has signed in: whoever sets it up is done. */
    over: (): void => {
      begun = false;
    },
  };
};
