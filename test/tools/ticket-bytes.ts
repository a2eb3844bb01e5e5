import type { Printable, TicketRenderer } from '../../electron/core/ports.ts';
import type { JobOptions } from '../../electron/core/printing/dialect.ts';
import { DIALECTS } from '../../electron/core/printing/dialects/index.ts';
import type { PaperOp } from '../../electron/core/printing/paper-ops.ts';
import { type Profile, PROFILES } from '../../electron/core/printing/profiles.ts';
import type { TicketTemplate } from '../../electron/core/printing/template.ts';
import { textTicket } from '../../electron/core/printing/text-ticket.ts';

/** A paper as the bytes that a printer of a profile would get. */

export const profileNamed = (name: string): Profile => {
  const found = Object.hasOwn(PROFILES, name) ? PROFILES[name] : undefined;
  if (!found) throw new RangeError(`--profile ${name} is not known; it may be ${Object.keys(PROFILES).join(', ')}`);
  return found;
};

export interface PaperJob {
  ops: readonly PaperOp[];
  page: JobOptions['codePage'];
  width: number;
}

/**
 * @param page the only page to try; null tries those of the profile in its order.
 * @throws RangeError when no page of the profile has all the characters of this paper.
 */
export const textJob = (
  content: Printable,
  template: TicketTemplate,
  { profile, width, page }: { profile: Profile; width: number; page: string | null },
): PaperJob => {
  const pages = Object.entries(profile.codePages).filter(([name]) => page === null || name === page);
  for (const [name, number] of pages) {
    const ops = textTicket(content, template, { page: name, width });
    if (ops) return { ops, page: { page: name, number }, width };
  }
  const tried = pages.map(([name]) => name).join(', ') || `${page} is none of its pages`;
  throw new RangeError(`this paper cannot be said in the pages of ${profile.name} (${tried}); draw it: --mode raster`);
};

export const rasterJob = (
  renderer: TicketRenderer,
  content: Printable,
  template: TicketTemplate,
  width: number,
): PaperJob => ({
  ops: [{ op: 'raster', bitmap: renderer.draw(content, width, template) }],
  page: null,
  width,
});

/** The job without questions after its fate. */
export const jobBytes = (profile: Profile, { ops, page, width }: PaperJob): Uint8Array =>
  DIALECTS[profile.dialect].job(ops, {
    processId: null,
    fence: false,
    tellChanges: false,
    codePage: page,
    width,
    cutter: profile.cutter,
  });
