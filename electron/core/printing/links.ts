import { assertNever } from '../../../shared/domain/model.ts';
import type { PrinterPort } from '../ports.ts';
import { devicePrinter } from './link-device.ts';
import { serialPrinter } from './link-serial.ts';
import { tcpPrinter } from './link-tcp.ts';
import type { PrinterLinkConfig } from './printer-config.ts';
import { cupsSpooler } from './spooler-cups.ts';
import { winspoolSpooler } from './spooler-winspool.ts';
import type { SpoolerPort } from './spooler.ts';

/** A way to a printer: a stream that it answers on, or a queue of the operating system. Both name themselves for logs. */
export type PrinterWay = { kind: 'stream'; port: PrinterPort } | { kind: 'spooler'; port: SpoolerPort };

/**
 * Makes the way that is set. Nothing is opened and no native module loaded yet.
 * @throws RangeError with what is wrong, also where this system has no such thing
 */
export const printerWay = (link: PrinterLinkConfig, platform: NodeJS.Platform = process.platform): PrinterWay => {
  switch (link.kind) {
    case 'tcp':
      return { kind: 'stream', port: tcpPrinter(link) };
    case 'device':
      if (platform === 'win32')
        throw new RangeError(`printer ${link.path}: Windows has no device files; set it as a printer of Windows`);
      return { kind: 'stream', port: devicePrinter(link) };
    case 'serial':
      return { kind: 'stream', port: serialPrinter(link) };
    case 'cups':
      return { kind: 'spooler', port: cupsSpooler(link) };
    case 'winspool':
      if (platform !== 'win32') throw new RangeError(`printer ${link.queue}: printers of Windows are on Windows only`);
      return { kind: 'spooler', port: winspoolSpooler(link) };
    default:
      return assertNever(link);
  }
};
