import type { Clock, PrinterPort, TicketBitmap } from '../ports.ts';
import { converse } from './conversation.ts';
import { epson } from './dialects/epson.ts';

/** What became of a trial: the printer said that it is out, it took the bytes and said nothing, or there is none. */
export type TrialOutcome = 'printed' | 'taken' | 'failed';

/** How long the printer may take for it. */
const LIMIT_MS = 15_000;
const CONNECT_MS = 2_500;
const TRIAL_ID = 'TEST';

/**
 * Prints one paper that is no job: before there is an office, and so a spool with anything to do.
 * Never rejects, and leaves no connection.
 */
export const printTrial = async (printer: PrinterPort, bitmap: TicketBitmap, clock: Clock): Promise<TrialOutcome> => {
  let link;
  try {
    link = await printer.open(CONNECT_MS);
  } catch {
    return 'failed';
  }
  let stopWaiting = (): void => undefined;
  try {
    return await new Promise<TrialOutcome>((resolve) => {
      const conversation = converse(link, clock, epson, {
        done: () => resolve('printed'),
        fence: () => resolve('printed'),
        condition: () => undefined,
        closed: () => resolve('failed'),
      });
      conversation.expectDone('trial', TRIAL_ID);
      conversation.expectFence('trial');
      let written = false;
      stopWaiting = clock.after(LIMIT_MS, () => resolve(written ? 'taken' : 'failed'));
      conversation
        .write(
          epson.job([{ op: 'raster', bitmap }], {
            processId: TRIAL_ID,
            fence: true,
            tellChanges: false,
            codePage: null,
            width: bitmap.width,
            cutter: true,
          }),
        )
        .then(
          () => {
            written = true;
          },
          () => resolve('failed'),
        );
    });
  } finally {
    stopWaiting();
    await link.close(CONNECT_MS);
  }
};
