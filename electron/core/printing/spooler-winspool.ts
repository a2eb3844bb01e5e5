import {
  blockedBy,
  READY,
  type SpoolerJob,
  type SpoolerJobState,
  type SpoolerLook,
  type SpoolerPort,
  UncertainSubmit,
  within,
} from './spooler.ts';
import { loadWinspool, type WinHandle, type WinPrinter, type Winspool } from './winspool.ts';

/**
 * A printer of Windows, with datatype RAW: the bytes go as they are to its port. The rules here are tested against a library
 * that plays winspool.drv; they have not been run on Windows. How much Windows knows of a printer is up to its driver and its
 * port monitor: many tell nothing but «ready».
 */

/** PRINTER_STATUS_*. */
const PRINTER = {
  paused: 0x1,
  error: 0x2,
  pendingDeletion: 0x4,
  paperJam: 0x8,
  paperOut: 0x10,
  paperProblem: 0x40,
  offline: 0x80,
  outputBinFull: 0x800,
  notAvailable: 0x1000,
  noToner: 0x4_0000,
  pagePunt: 0x8_0000,
  userIntervention: 0x10_0000,
  outOfMemory: 0x20_0000,
  doorOpen: 0x40_0000,
  serverOffline: 0x200_0000,
} as const;
/** PRINTER_ATTRIBUTE_WORK_OFFLINE: «Use printer offline». */
const WORK_OFFLINE = 0x400;

/** JOB_STATUS_*. */
const JOB = {
  error: 0x2,
  deleting: 0x4,
  printing: 0x10,
  printed: 0x80,
  deleted: 0x100,
  blocked: 0x200,
  complete: 0x1000,
} as const;
/** JOB_CONTROL_DELETE; JOB_CONTROL_CANCEL is not to be used any more. */
const JOB_DELETE = 5;
/** PRINTER_ENUM_LOCAL | PRINTER_ENUM_CONNECTIONS. */
const LOCAL_AND_CONNECTED = 0x2 | 0x4;

const MAX_ROOM = 16 * 1024 * 1024;
const MAX_JOBS = 10_000;
const WRITE_AT_ONCE = 64 * 1024;

const any = (bits: number, ...wanted: number[]): boolean => wanted.some((bit) => (bits & bit) !== 0);

/** What PRINTER_INFO_2W says; what somebody must fetch (paper) before what he must look up. */
export const lookOfPrinter = ({ Status, Attributes }: Pick<WinPrinter, 'Status' | 'Attributes'>): SpoolerLook => {
  if (any(Status, PRINTER.doorOpen)) return blockedBy('cover-open');
  if (any(Status, PRINTER.paperOut)) return blockedBy('paper-out');
  const { offline, paused, pendingDeletion, notAvailable, serverOffline } = PRINTER;
  if (any(Attributes, WORK_OFFLINE) || any(Status, offline, paused, pendingDeletion, notAvailable, serverOffline))
    return blockedBy('offline');
  const { error, paperJam, paperProblem, outputBinFull, noToner, pagePunt, userIntervention, outOfMemory } = PRINTER;
  return any(Status, error, paperJam, paperProblem, outputBinFull, noToner, pagePunt, userIntervention, outOfMemory)
    ? blockedBy('error')
    : READY;
};

/** What JOB_INFO_1W says of a job that is in the queue. Paper out and offline are waited for: printing goes on afterwards. */
export const stateOfJob = (status: number): SpoolerJobState => {
  if (any(status, JOB.deleting, JOB.deleted)) return 'gone';
  if (any(status, JOB.complete, JOB.printed)) return 'completed';
  if (any(status, JOB.error, JOB.blocked)) return 'stopped';
  return any(status, JOB.printing) ? 'printing' : 'waiting';
};

const no = (what: string): never => {
  throw new Error(`Windows refused ${what}`);
};

/**
 * Asks for the size first, then with as much room, as the functions want it; again when it has grown meanwhile.
 * @throws Error when Windows refuses
 */
const filled = async (
  what: string,
  call: (room: Uint8Array | null, size: number, needed: [number], returned: [number]) => Promise<number>,
): Promise<{ room: Uint8Array; count: number }> => {
  let size = 0;
  for (let tries = 0; tries < 5; tries += 1) {
    const room = size === 0 ? null : new Uint8Array(size);
    const needed: [number] = [0];
    const returned: [number] = [0];
    const done = await call(room, size, needed, returned);
    if (done !== 0) return { room: room ?? new Uint8Array(0), count: room ? returned[0] : 0 };
    if (needed[0] <= size || needed[0] > MAX_ROOM) break;
    [size] = needed;
  }
  return no(what);
};

interface Deadline {
  passed: boolean;
}

export interface WinspoolOptions {
  queue: string;
  /** Loads Windows' own library when it is not given. */
  load?: () => Promise<Winspool>;
}

/** @throws RangeError when it can be no printer's name */
export const winspoolSpooler = ({ queue, load = loadWinspool }: WinspoolOptions): SpoolerPort => {
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  if (queue.trim() === '' || queue.length > 220 || /[\u0000-\u001f]/.test(queue))
    throw new RangeError(`winspool.queue ${JSON.stringify(queue)} is no name of a printer`);
  const name = `winspool ${queue}`;
  let loaded: Promise<Winspool> | null = null;
  const winspool = (): Promise<Winspool> => {
    loaded ??= load().catch((error: unknown) => {
      loaded = null;
      throw error;
    });
    return loaded;
  };

  /** Calls come one after the other: a spooler that hangs holds one thread, not all of them. */
  let last: Promise<unknown> = Promise.resolve();
  const withPrinter = <T>(
    timeoutMs: number,
    work: (spool: Winspool, handle: WinHandle, deadline: Deadline) => Promise<T>,
  ): Promise<T> => {
    const deadline: Deadline = { passed: false };
    const run = async (): Promise<T> => {
      if (deadline.passed) throw new Error(`${name}: too late`);
      const spool = await winspool();
      const opened: [WinHandle | null] = [null];
      const done = await spool.library.OpenPrinterW(queue, opened, null);
      const [handle] = opened;
      if (done === 0 || handle === null) return no(`to open ${JSON.stringify(queue)}`);
      try {
        return await work(spool, handle, deadline);
      } finally {
        await spool.library.ClosePrinter(handle);
      }
    };
    const result = last.then(run);
    last = result.catch(() => undefined);
    return within(result, timeoutMs, name).finally(() => {
      deadline.passed = true;
    });
  };

  const jobOf = (id: number): SpoolerJob => {
    let cancelled = false;
    let before: SpoolerJobState = 'waiting';
    return {
      state: (timeoutMs) =>
        withPrinter(timeoutMs, async ({ library, memory }, handle) => {
          const { room, count } = await filled('to list its jobs', (into, size, needed, returned) =>
            library.EnumJobsW(handle, 0, MAX_JOBS, 1, into, size, needed, returned),
          );
          const job = memory.jobs(room, count).find(({ JobId }) => JobId === id);
          // A job that was printed leaves the queue, as does one that somebody deleted: then it was seen to be in trouble.
          if (job) before = stateOfJob(job.Status);
          else before = cancelled || before === 'gone' || before === 'stopped' ? 'gone' : 'completed';
          return before;
        }),
      cancel: (timeoutMs) =>
        withPrinter(timeoutMs, async ({ library }, handle) => {
          const done = await library.SetJobW(handle, id, 0, null, JOB_DELETE);
          cancelled ||= done !== 0;
          return done !== 0;
        }),
    };
  };

  return {
    name,
    look: (timeoutMs) =>
      withPrinter(timeoutMs, async ({ library, memory }, handle) => {
        const { room } = await filled('to say how the printer is', (into, size, needed) =>
          library.GetPrinterW(handle, 2, into, size, needed),
        );
        const [printer] = room.length === 0 ? [] : memory.printers(room, 1);
        return printer ? lookOfPrinter(printer) : blockedBy('error');
      }),
    submit: async (bytes, title, timeoutMs) => {
      const job: { id: number } = { id: 0 };
      const hand = async ({ library }: Winspool, handle: WinHandle, deadline: Deadline): Promise<void> => {
        const inTime = (): void => {
          if (deadline.passed) throw new Error(`${name}: too late`);
        };
        inTime();
        job.id = await library.StartDocPrinterW(handle, 1, { pDocName: title, pOutputFile: null, pDatatype: 'RAW' });
        if (job.id === 0) no('a raw job');
        try {
          inTime();
          if ((await library.StartPagePrinter(handle)) === 0) no('a page');
          for (let from = 0; from < bytes.length;) {
            inTime();
            const part = bytes.subarray(from, from + WRITE_AT_ONCE);
            const written: [number] = [0];
            const done = await library.WritePrinter(handle, part, part.length, written);
            if (done === 0 || written[0] <= 0 || written[0] > part.length) no(`bytes from ${from} on`);
            from += written[0];
          }
          if ((await library.EndPagePrinter(handle)) === 0) no('the end of the page');
          inTime();
        } catch (error) {
          await library.AbortPrinter(handle);
          throw error;
        }
        const ended = await library.EndDocPrinter(handle);
        if (ended !== 0 && !deadline.passed) return;
        await library.SetJobW(handle, job.id, 0, null, JOB_DELETE);
        no('the end of the job');
      };
      try {
        await withPrinter(timeoutMs, hand);
      } catch (error) {
        if (job.id === 0) throw error;
        // It prints while it takes, unless it was set not to.
        throw new UncertainSubmit(`${name} may have begun ${title}`, { cause: error });
      }
      return jobOf(job.id);
    },
  };
};

export interface WinspoolQueue {
  queue: string;
  driver: string;
  port: string;
}

/** All printers that Windows knows. @throws Error on any other system, or when it refuses */
export const winspoolQueues = async (timeoutMs: number, load = loadWinspool): Promise<WinspoolQueue[]> => {
  const list = async (): Promise<WinspoolQueue[]> => {
    const { library, memory } = await load();
    const { room, count } = await filled('to list the printers', (into, size, needed, returned) =>
      library.EnumPrintersW(LOCAL_AND_CONNECTED, null, 2, into, size, needed, returned),
    );
    return memory
      .printers(room, count)
      .map(({ pPrinterName, pDriverName, pPortName }) => ({
        queue: pPrinterName ?? '',
        driver: pDriverName ?? '',
        port: pPortName ?? '',
      }))
      .filter(({ queue }) => queue !== '');
  };
  return within(list(), timeoutMs, 'Windows');
};
