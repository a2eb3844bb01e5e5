import { once } from 'node:events';
import { connect } from 'node:net';
import type { Profile } from '../../electron/core/printing/profiles.ts';
import type { Dialect } from '../printer/dialect.ts';
import { startVirtualPrinter } from '../printer/index.ts';
import { CUSTOM, EPSON, STAR } from '../printer/profiles.ts';

/** Long for a printer without a clock of its own. */
const PATIENCE_MS = 3000;

const SPEAKERS = { epson: EPSON, generic: EPSON, star: STAR, custom: CUSTOM } as const;

/** A printer with the pages of a profile where the profile says they are. */
const printerOf = ({ dialect, codePages }: Profile): Dialect => ({
  ...SPEAKERS[dialect],
  codePages: new Map(Object.entries(codePages).map(([page, number]) => [number, page])),
});

/**
 * @returns the paper that comes out of a printer of that profile for these bytes: from where the last one was cut off to
 *   its own end, where it is cut, or torn off when all of them are in.
 * @throws Error when none does.
 */
export const printedPaper = async (
  bytes: Uint8Array,
  profile: Profile,
  widthDots: number,
): Promise<{ png: Buffer; mm: number }> => {
  const printer = await startVirtualPrinter({ speed: 'max', httpPort: null, dialect: printerOf(profile), widthDots });
  try {
    const socket = connect(printer.port, '127.0.0.1');
    socket.resume();
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    socket.end(bytes);
    if (!profile.cutter) {
      await closed;
      await printer.control({ tear: true });
    }
    await printer.waitForTickets(1, PATIENCE_MS).catch(() => undefined);
    const [png, bitmap] = [await printer.png(1), printer.bitmap(1)];
    if (!png || !bitmap) throw new Error(`no paper came out of the virtual ${profile.name}`);
    return { png, mm: bitmap.height / 8 };
  } finally {
    await printer.close();
  }
};
