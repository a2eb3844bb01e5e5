import type { Clock, Log } from '../ports.ts';
import type { Airborne, Encode, Loaded, Paper, Route, RouteLanding } from './route.ts';
import type { SpoolerJob, SpoolerJobState, SpoolerPort } from './spooler.ts';

/**
 * A printer behind a queue of the operating system. The queue says when it has handed a job over (grade D), never that it
 * is on paper; and it prints by itself, minutes later, what it could not print at once. So one job at a time is given to
 * it, and taken back when its visitor has gone.
 */

export interface SpoolerTimeouts {
  /** For one answer of the queue. */
  preflightMs: number;
  /** For taking a job over. */
  submitMs: number;
  queueAskMs: number;
  /** How long a job may be said to be printing: a queue says so too while it looks for its printer. */
  queuePrintMs: number;
}

export interface SpoolerRouteOptions {
  spooler: SpoolerPort;
  clock: Clock;
  log: Log;
  timeouts: SpoolerTimeouts;
  encode: Encode;
}

const why = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const createSpoolerRoute = ({ spooler, clock, log, timeouts, encode }: SpoolerRouteOptions): Route => {
  let looking: ReturnType<SpoolerPort['look']> | null = null;
  const look = (): ReturnType<SpoolerPort['look']> => {
    looking ??= spooler
      .look(timeouts.preflightMs)
      .catch((error: unknown) => {
        log.debug('print.unreachable', { printer: spooler.name, why: why(error) });
        return { ready: false, reason: 'unreachable' } as const;
      })
      .finally(() => {
        looking = null;
      });
    return looking;
  };

  const load = ({ ops }: Paper, jobId: string): Loaded => {
    const bytes = encode(ops, { processId: null, fence: false, tellChanges: false });
    return {
      processId: null,
      bytes: bytes.length,
      alive: () => true,
      launch: ({ expiresAt, written, condition }): Airborne => {
        let stopped = false;
        let wake = (): void => undefined;
        const pause = (ms: number): Promise<void> =>
          new Promise((resolve) => {
            const cancel = clock.after(ms, resolve);
            wake = () => {
              cancel();
              resolve();
            };
          });
        /** Whatever becomes of it: it must not come out when nobody waits for it any more. */
        const takeBack = async (job: SpoolerJob): Promise<boolean> => {
          try {
            return await job.cancel(timeouts.preflightMs);
          } catch (error) {
            log.warn('print.not-cancelled', { jobId, printer: spooler.name, why: why(error) });
            return false;
          }
        };
        const stateOf = (job: SpoolerJob): Promise<SpoolerJobState | null> =>
          job.state(timeouts.preflightMs).catch(() => null);

        /** @returns how it ended, null while it goes on */
        const judge = async (job: SpoolerJob, printingSince: { at: number | null }): Promise<RouteLanding | null> => {
          const state = await stateOf(job);
          switch (state) {
            case 'completed':
              return { end: 'settled', grade: 'D' };
            case 'gone':
              return { end: 'lost', why: 'gone' };
            case 'stopped':
              await takeBack(job);
              return { end: 'lost', why: 'stopped' };
            default:
          }
          if (state === 'printing') printingSince.at ??= clock.monotonic();
          const late = clock.now() >= expiresAt;
          const stuck = printingSince.at !== null && clock.monotonic() - printingSince.at >= timeouts.queuePrintMs;
          if (!late && !stuck) return null;
          // Only what nobody had begun has surely not come out.
          const unbegun = state === 'waiting' && printingSince.at === null;
          const back = await takeBack(job);
          if (back && unbegun && late) return { end: 'recalled' };
          const last = back ? null : await stateOf(job);
          return last === 'completed' ? { end: 'settled', grade: 'D' } : { end: 'lost', why: 'timeout' };
        };
        const fly = async (): Promise<RouteLanding> => {
          let job: SpoolerJob;
          try {
            job = await spooler.submit(bytes, `talon ${jobId}`, timeouts.submitMs);
          } catch (error) {
            // Even if it is sure that it has taken nothing: the journal says otherwise, and stands.
            log.warn('print.not-submitted', { jobId, printer: spooler.name, why: why(error) });
            return { end: 'lost', why: 'not-submitted' };
          }
          written();
          const printingSince: { at: number | null } = { at: null };
          for (;;) {
            const landing = await judge(job, printingSince);
            if (landing) return landing;
            if (stopped) return { end: 'lost', why: 'stopped' };
            await pause(timeouts.queueAskMs);
            const seen = await look();
            condition({ blocked: seen.ready ? null : seen.reason, paperLow: false });
          }
        };
        return {
          landed: fly(),
          stop: () => {
            stopped = true;
            wake();
          },
        };
      },
    };
  };

  return {
    look: async () => {
      const seen = await look();
      return seen.ready
        ? { ready: true, mute: false, paperLow: false, load }
        : { ready: false, reason: seen.reason, paperLow: null };
    },
    get looking() {
      return looking !== null;
    },
    mute: false,
    open: false,
    owed: false,
    doubt: () => undefined,
    close: () => Promise.resolve(),
  };
};
