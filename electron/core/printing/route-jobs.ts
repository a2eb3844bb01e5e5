import type { Job } from './jobs.ts';
import { PRINTER_ROLES, type PrinterRole } from './printer-config.ts';
import { waits } from './spool-rules.ts';

/** Which printer a paper goes to. Pure: the same papers, printers and times give the same answer in every spool. */

export interface Stand {
  id: string;
  roles: readonly PrinterRole[];
}

export interface Fleet {
  /** In the order of the settings: the first that fits is where a paper belongs. */
  printers: readonly Stand[];
  /** Since when something has been the matter with a printer, epoch ms; null while it can print. */
  troubledSince: (id: string) => number | null;
  /** How long a paper waits for its own printer. */
  failoverMs: number;
}

type Wanted = Pick<Job, 'place' | 'copy'>;

/** A copy belongs to the printer for copies, of several to that of its own window; else to where a first paper belongs. */
const ranksOf = ({ place, copy }: Wanted): ((roles: readonly PrinterRole[]) => boolean)[] => {
  const own = (roles: readonly PrinterRole[]): boolean => roles.includes(place);
  const copies = (roles: readonly PrinterRole[]): boolean => roles.includes('copy');
  return copy === 0 ? [own] : [(roles) => own(roles) && copies(roles), copies, own];
};

/** @returns the printers that may print a job, the one it belongs to first; all of them where none has the role */
export const orderFor = (printers: readonly Stand[], job: Wanted): Stand[] => {
  const fitting = ranksOf(job).flatMap((fits) => printers.filter(({ roles }) => fits(roles)));
  return fitting.length > 0 ? [...new Set(fitting)] : [...printers];
};

/** @returns the id of the printer that has a job, or that it belongs to while nobody has */
const holderOf = ({ printers }: Fleet, job: Job): string | undefined => job.printer ?? orderFor(printers, job)[0]?.id;

/** Whether a printer may take over what another one has: not begun, blocked by the printer, and for long enough. */
const mayTakeOver = (fleet: Fleet, me: string, job: Job, now: number): boolean => {
  if (!waits(job) || job.state !== 'blocked' || job.reason === 'render' || job.printer === null) return false;
  if (!orderFor(fleet.printers, job).some(({ id }) => id === me)) return false;
  const since = Math.min(job.blockedAt ?? now, fleet.troubledSince(job.printer) ?? now);
  return now - since >= fleet.failoverMs;
};

/** @returns the jobs that wait for this printer, as it should try them: what cannot be drawn lets the others go first */
export const ownJobs = (fleet: Fleet, me: string, waiting: readonly Job[]): Job[] => {
  const own = waiting.filter((job) => holderOf(fleet, job) === me);
  return [...own.filter(({ reason }) => reason !== 'render'), ...own.filter(({ reason }) => reason === 'render')];
};

/** @returns the job that a printer is to try next, null when there is none for it */
export const chooseJob = (fleet: Fleet, me: string, waiting: readonly Job[], now: number): Job | null => {
  const [first] = ownJobs(fleet, me, waiting);
  if (first && first.reason !== 'render') return first;
  return waiting.find((job) => holderOf(fleet, job) !== me && mayTakeOver(fleet, me, job, now)) ?? first ?? null;
};

/** One printer for everything. */
export const alone = (id: string): Fleet => ({
  printers: [{ id, roles: PRINTER_ROLES }],
  troubledSince: () => null,
  failoverMs: Infinity,
});
