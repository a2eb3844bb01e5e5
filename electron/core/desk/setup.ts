import { randomInt } from 'node:crypto';
import type { z } from 'zod';
import type { AppContract } from '../../../shared/contracts/app.ts';
import { CallFailure } from '../../../shared/contracts/result.ts';
import type { Handlers } from '../dispatch.ts';
import type { SettingKey } from '../settings/schema.ts';

/** The first start of a machine that belongs to no office yet. Whoever begins it may finish it; then it is over for good. */

export interface SetupPorts {
  /** It belongs to an office, and goes on. */
  isSetUp: () => boolean;
  enrol: (about: { url: string; code: string }) => Promise<{ office: number }>;
  tryPrinter: (host: string, port: number) => Promise<boolean>;
  trial: (
    printer: { host: string; port: number; width: 576 | 384 },
    code: string,
  ) => Promise<'printed' | 'taken' | 'failed'>;
  /** @throws Error when the device's file cannot be written */
  save: (key: SettingKey, value: z.core.util.JSONType | undefined) => void;
  restart: () => void;
}

type SetupHandlers = Pick<Handlers<AppContract>, Extract<keyof AppContract['methods'], `setup.${string}`>>;

export const createSetup = (ports: SetupPorts) => {
  let begun = false;
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
    'setup.tryPrinter': async ({ host, port }) => {
      begin();
      return { answers: await ports.tryPrinter(host, port) };
    },
    'setup.printer': ({ printer }) => {
      begin();
      ports.save('printer.kind', printer ? 'tcp' : undefined);
      ports.save('printer.host', printer?.host);
      ports.save('printer.port', printer?.port);
      ports.save('printer.width', printer?.width);
      return {};
    },
    'setup.machine': ({ roles, kioskDisplay, inches, camera }) => {
      begin();
      if (roles !== undefined) ports.save('windows.roles', roles);
      if (kioskDisplay !== undefined) ports.save('windows.kioskDisplay', kioskDisplay);
      if (inches !== undefined) ports.save('screen.inches', inches ?? undefined);
      if (camera !== undefined) ports.save('scan.camera', camera ?? undefined);
      return {};
    },
    'setup.trial': async (printer) => {
      begin();
      // Another one each time, so that an old paper before the scanner is not taken for the new one.
      const code = `TALON-TEST-${String(randomInt(10_000)).padStart(4, '0')}`;
      return { code, outcome: await ports.trial(printer, code) };
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
