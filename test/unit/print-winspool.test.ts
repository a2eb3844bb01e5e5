import * as koffi from 'koffi';
import { describe, expect, it } from 'vitest';
import {
  lookOfPrinter,
  stateOfJob,
  winspoolQueues,
  winspoolSpooler,
} from '../../electron/core/printing/spooler-winspool.ts';
import { UncertainSubmit } from '../../electron/core/printing/spooler.ts';
import {
  loadWinspool,
  type WinHandle,
  winspoolMemory,
  winspoolTypes,
  type Winspool,
  type WinspoolLibrary,
} from '../../electron/core/printing/winspool.ts';

/**
 * A library that plays winspool.drv: it fills the very memory that Windows would fill, laid out by hand as Windows lays it
 * out for 64 bits, so that the declarations are tested too. The real one has not been called.
 */

const POINTER = 8;
const PRINTER_INFO_2W = {
  size: 136,
  name: POINTER,
  port: 3 * POINTER,
  driver: 4 * POINTER,
  attributes: 104,
  status: 124,
};
const JOB_INFO_1W = { size: 96, id: 0, document: 32, status: 56 };
const TEXT_ROOM = 128;

interface FakePrinter {
  name: string;
  driver: string;
  port: string;
  status: number;
  attributes: number;
}
interface FakeJob {
  id: number;
  status: number;
}

/** Writes structures one after the other, their texts behind them, with pointers into the same memory. */
const fill = (
  room: Uint8Array | null,
  size: number,
  needed: [number],
  structure: number,
  count: number,
  write: (bytes: Buffer, at: number, text: (pointerAt: number, value: string) => void, index: number) => void,
): number => {
  needed[0] = count * (structure + 3 * TEXT_ROOM);
  if (!room || size < needed[0]) return 0;
  const bytes = Buffer.from(room.buffer, room.byteOffset, room.byteLength);
  const base = koffi.address(room);
  let free = count * structure;
  const text = (pointerAt: number, value: string): void => {
    bytes.write(`${value}\0`, free, 'utf16le');
    bytes.writeBigUInt64LE(base + BigInt(free), pointerAt);
    free += TEXT_ROOM;
  };
  for (let index = 0; index < count; index += 1) write(bytes, index * structure, text, index);
  return 1;
};

const HANDLE = { of: 'the printer' };

const windows = (
  printers: FakePrinter[] = [{ name: 'Талон', driver: 'Generic', port: 'USB001', status: 0, attributes: 0 }],
) => {
  const calls: string[] = [];
  const jobs: FakeJob[] = [];
  const state = { open: 0, printed: [] as number[], title: '', nextJob: 41, atOnce: 1000 };
  let current: FakePrinter | undefined;
  const say = (call: string, result: number): Promise<number> => {
    calls.push(call);
    return Promise.resolve(result);
  };
  const library: WinspoolLibrary = {
    OpenPrinterW: (name, handle) => {
      current = printers.find((printer) => printer.name === name);
      if (current) {
        handle[0] = HANDLE;
        state.open += 1;
      }
      return say('open', current ? 1 : 0);
    },
    ClosePrinter: (handle: WinHandle) => {
      expect(handle).toBe(HANDLE);
      state.open -= 1;
      return say('close', 1);
    },
    StartDocPrinterW: (_, level, info) => {
      expect([level, info.pOutputFile, info.pDatatype]).toEqual([1, null, 'RAW']);
      state.title = info.pDocName;
      state.nextJob += 1;
      jobs.push({ id: state.nextJob, status: 0x8 });
      return say('startDoc', state.nextJob);
    },
    StartPagePrinter: () => say('startPage', 1),
    WritePrinter: (_, bytes, count, written) => {
      const taken = Math.min(count, state.atOnce);
      state.printed.push(...bytes.subarray(0, taken));
      written[0] = taken;
      return say('write', 1);
    },
    EndPagePrinter: () => say('endPage', 1),
    EndDocPrinter: () => say('endDoc', 1),
    AbortPrinter: () => say('abort', 1),
    GetPrinterW: (_, level, room, size, needed) => {
      expect(level).toBe(2);
      const { status = 0, attributes = 0 } = current ?? {};
      const done = fill(room, size, needed, PRINTER_INFO_2W.size, 1, (bytes, at) => {
        bytes.writeUInt32LE(attributes, at + PRINTER_INFO_2W.attributes);
        bytes.writeUInt32LE(status, at + PRINTER_INFO_2W.status);
      });
      return say('getPrinter', done);
    },
    EnumJobsW: (_, first, __, level, room, size, needed, returned) => {
      expect([first, level]).toEqual([0, 1]);
      const done = fill(room, size, needed, JOB_INFO_1W.size, jobs.length, (bytes, at, text, index) => {
        bytes.writeUInt32LE(jobs[index]?.id ?? 0, at + JOB_INFO_1W.id);
        bytes.writeUInt32LE(jobs[index]?.status ?? 0, at + JOB_INFO_1W.status);
        text(at + JOB_INFO_1W.document, 'talon');
      });
      returned[0] = done === 0 ? 0 : jobs.length;
      // Nothing to list needs no room, and is no failure.
      return say('enumJobs', jobs.length === 0 ? 1 : done);
    },
    SetJobW: (_, id, level, info, command) => {
      expect([level, info, command]).toEqual([0, null, 5]);
      const at = jobs.findIndex((job) => job.id === id);
      if (at !== -1) jobs.splice(at, 1);
      return say(`delete ${id}`, at === -1 ? 0 : 1);
    },
    EnumPrintersW: (flags, name, level, room, size, needed, returned) => {
      expect([flags, name, level]).toEqual([6, null, 2]);
      const done = fill(room, size, needed, PRINTER_INFO_2W.size, printers.length, (__, at, text, index) => {
        const printer = printers[index];
        text(at + PRINTER_INFO_2W.name, printer?.name ?? '');
        text(at + PRINTER_INFO_2W.port, printer?.port ?? '');
        text(at + PRINTER_INFO_2W.driver, printer?.driver ?? '');
      });
      returned[0] = done === 0 ? 0 : printers.length;
      return say('enumPrinters', done);
    },
  };
  const spool: Winspool = { library, memory: winspoolMemory(koffi, winspoolTypes(koffi)) };
  const load = (): Promise<Winspool> => Promise.resolve(spool);
  return { calls, jobs, state, library, printers, load, spooler: winspoolSpooler({ queue: 'Талон', load }) };
};

/** Never ends until it is told to. */
const held = (): { promise: Promise<number>; end: (result: number) => void } => {
  let end: (result: number) => void = () => undefined;
  const promise = new Promise<number>((resolve) => {
    end = resolve;
  });
  return { promise, end };
};

describe('the structures', () => {
  it('are as long as those of Windows with 64 bits', () => {
    const types = winspoolTypes(koffi);
    expect([types.docInfo, types.printerInfo, types.jobInfo].map((type) => koffi.sizeof(type))).toEqual([24, 136, 96]);
  });
});

describe('a printer of Windows', () => {
  it('gets the bytes raw, all of them, however few it takes at once', async () => {
    const { spooler, state, calls } = windows();
    const bytes = Uint8Array.from({ length: 150_000 }, (_, at) => at % 251);
    await spooler.submit(bytes, 'talon 1', 1000);
    expect(Buffer.from(state.printed).equals(Buffer.from(bytes))).toBe(true);
    expect(state.title).toBe('talon 1');
    expect(calls.filter((call) => call !== 'write')).toEqual([
      'open',
      'startDoc',
      'startPage',
      'endPage',
      'endDoc',
      'close',
    ]);
    expect(state.open).toBe(0);
  });

  it('says how it is, by its status and its being set offline', async () => {
    const { spooler, printers } = windows();
    expect(await spooler.look(1000)).toEqual({ ready: true });
    const [printer] = printers;
    if (!printer) throw new Error('none');
    printer.status = 0x10;
    expect(await spooler.look(1000)).toEqual({ ready: false, reason: 'paper-out' });
    Object.assign(printer, { status: 0, attributes: 0x400 });
    expect(await spooler.look(1000)).toEqual({ ready: false, reason: 'offline' });
  });

  it('tells of its job while it is in the queue, and takes its leaving for its end', async () => {
    const { spooler, jobs } = windows();
    const job = await spooler.submit(Uint8Array.of(1), 'talon 2', 1000);
    jobs.unshift({ id: 7, status: 0x2 });
    expect(await job.state(1000)).toBe('waiting');
    Object.assign(jobs[1] ?? {}, { status: 0x10 });
    expect(await job.state(1000)).toBe('printing');
    jobs.pop();
    expect(await job.state(1000)).toBe('completed');
    expect(await job.state(1000)).toBe('completed');
  });

  it('tells of its job as completed also when the queue is empty at the first look', async () => {
    const { spooler, jobs } = windows();
    const job = await spooler.submit(Uint8Array.of(1), 'talon 3', 1000);
    jobs.length = 0;
    expect(await job.state(1000)).toBe('completed');
  });

  it.each([
    [0x2, 'stopped'],
    [0x4, 'gone'],
    [0x100, 'gone'],
  ] as const)('does not call a job completed that was last seen with status %i', async (status, seen) => {
    const { spooler, jobs } = windows();
    const job = await spooler.submit(Uint8Array.of(1), 'talon 4', 1000);
    Object.assign(jobs[0] ?? {}, { status });
    expect(await job.state(1000)).toBe(seen);
    jobs.length = 0;
    expect(await job.state(1000)).toBe('gone');
  });

  it('gives a job back, once', async () => {
    const { spooler, calls } = windows();
    const job = await spooler.submit(Uint8Array.of(1), 'talon 5', 1000);
    expect(await job.cancel(1000)).toBe(true);
    expect(calls).toContain('delete 42');
    expect(await job.state(1000)).toBe('gone');
    expect(await job.cancel(1000)).toBe(false);
  });

  it('that is not there takes nothing', async () => {
    const { load } = windows();
    const none = winspoolSpooler({ queue: 'Other', load });
    await expect(none.look(1000)).rejects.toThrow(/refused to open "Other"/);
    const failed: unknown = await none.submit(Uint8Array.of(1), 'talon 6', 1000).catch((error: unknown) => error);
    expect(failed).not.toBeInstanceOf(UncertainSubmit);
  });

  it('that refuses the job has taken nothing', async () => {
    const { spooler, library, state, calls } = windows();
    library.StartDocPrinterW = () => Promise.resolve(0);
    const failed: unknown = await spooler.submit(Uint8Array.of(1), 'talon 7', 1000).catch((error: unknown) => error);
    expect(String(failed)).toMatch(/a raw job/);
    expect(failed).not.toBeInstanceOf(UncertainSubmit);
    expect(calls).toEqual(['open', 'close']);
    expect(state.open).toBe(0);
  });

  it.each([
    ['a write', { WritePrinter: () => Promise.resolve(0) }],
    [
      'a write that takes nothing',
      {
        WritePrinter: (_: WinHandle, __: Uint8Array, ___: number, written: [number]) => {
          written[0] = 0;
          return Promise.resolve(1);
        },
      },
    ],
    ['a page', { StartPagePrinter: () => Promise.resolve(0) }],
    ['the end of a page', { EndPagePrinter: () => Promise.resolve(0) }],
  ] satisfies [string, Partial<WinspoolLibrary>][])(
    'breaks the job off when %s fails, and is not sure',
    async (_, bad) => {
      const { spooler, library, state, calls } = windows();
      Object.assign(library, bad);
      await expect(spooler.submit(new Uint8Array(5000), 'talon 8', 1000)).rejects.toThrow(UncertainSubmit);
      expect(calls).toContain('abort');
      expect(calls).not.toContain('endDoc');
      expect(state.open).toBe(0);
    },
  );

  it('deletes the job whose end was refused', async () => {
    const { spooler, library, calls } = windows();
    library.EndDocPrinter = () => Promise.resolve(0);
    await expect(spooler.submit(Uint8Array.of(1), 'talon 9', 1000)).rejects.toThrow(UncertainSubmit);
    expect(calls).toContain('delete 42');
  });

  it('that hangs is waited for no longer than was told, and what it takes later is taken back', async () => {
    const { spooler, library, state, calls, jobs } = windows();
    const hang = held();
    library.EndDocPrinter = () => hang.promise;
    await expect(spooler.submit(Uint8Array.of(1), 'talon 10', 30)).rejects.toThrow(UncertainSubmit);
    // Others wait behind it, and give up as well.
    await expect(spooler.look(30)).rejects.toThrow(/within 30 ms/);
    const before = calls.length;
    hang.end(1);
    expect(await spooler.look(1000)).toEqual({ ready: true });
    // The look that had given up was not made after all.
    expect(calls.slice(before)).toEqual(['delete 42', 'close', 'open', 'getPrinter', 'getPrinter', 'close']);
    expect(jobs).toEqual([]);
    expect(state.open).toBe(0);
  });

  it('that hangs while it opens has taken nothing, and takes nothing later', async () => {
    const { spooler, library, calls } = windows();
    const hang = held();
    const openPrinter = library.OpenPrinterW.bind(library);
    library.OpenPrinterW = async (...args) => {
      await hang.promise;
      return openPrinter(...args);
    };
    const failed: unknown = await spooler.submit(Uint8Array.of(1), 'talon 11', 30).catch((error: unknown) => error);
    expect(String(failed)).toMatch(/within 30 ms/);
    expect(failed).not.toBeInstanceOf(UncertainSubmit);
    hang.end(1);
    await spooler.look(1000);
    expect(calls).not.toContain('startDoc');
  });

  it('asks again when the list has grown meanwhile, and gives up when it grows for ever', async () => {
    const { spooler, library, jobs } = windows();
    const job = await spooler.submit(Uint8Array.of(1), 'talon 12', 1000);
    const enumJobs = library.EnumJobsW.bind(library);
    let grow = 2;
    library.EnumJobsW = (...args) => {
      if (grow > 0) jobs.push({ id: 100 + grow, status: 0 });
      grow -= 1;
      return enumJobs(...args);
    };
    expect(await job.state(1000)).toBe('waiting');
    grow = Number.POSITIVE_INFINITY;
    await expect(job.state(1000)).rejects.toThrow(/refused to list its jobs/);
  });

  it('loads Windows again after a failure', async () => {
    const { load } = windows();
    let tries = 0;
    const spooler = winspoolSpooler({
      queue: 'Талон',
      load: () => {
        tries += 1;
        return tries === 1 ? Promise.reject(new Error('not yet')) : load();
      },
    });
    await expect(spooler.look(1000)).rejects.toThrow('not yet');
    expect(await spooler.look(1000)).toEqual({ ready: true });
  });

  it.each([[''], ['  '], ['a\nb'], ['a'.repeat(221)]])('cannot be called %j', (queue) => {
    expect(() => winspoolSpooler({ queue })).toThrow(RangeError);
  });
});

describe('the printers of Windows', () => {
  it('are listed with their drivers and ports', async () => {
    const { load } = windows([
      { name: 'Талон', driver: 'Generic / Text Only', port: 'USB001', status: 0, attributes: 0 },
      { name: '\\\\server\\Desk', driver: 'EPSON', port: '10.0.0.5', status: 0, attributes: 0 },
    ]);
    expect(await winspoolQueues(1000, load)).toEqual([
      { queue: 'Талон', driver: 'Generic / Text Only', port: 'USB001' },
      { queue: '\\\\server\\Desk', driver: 'EPSON', port: '10.0.0.5' },
    ]);
  });
  it('are nowhere else than on Windows', async () => {
    if (process.platform === 'win32') await expect(loadWinspool()).resolves.toBeDefined();
    else await expect(loadWinspool()).rejects.toThrow(/on Windows only/);
  });
});

describe('the status bits', () => {
  it.each([
    [0, 0, null],
    [0x400, 0, null],
    [0x2_0000, 0, null],
    [0x10, 0, 'paper-out'],
    [0x40_0000 | 0x10, 0, 'cover-open'],
    [0x80, 0, 'offline'],
    [0x1, 0, 'offline'],
    [0x1000, 0, 'offline'],
    [0x200_0000, 0, 'offline'],
    [0, 0x400, 'offline'],
    [0x2, 0, 'error'],
    [0x8, 0, 'error'],
    [0x40, 0, 'error'],
    [0x10_0000, 0, 'error'],
    [0x2 | 0x80, 0, 'offline'],
    [0x2 | 0x10, 0, 'paper-out'],
  ] as const)('printer %i with attributes %i: %s', (Status, Attributes, reason) => {
    expect(lookOfPrinter({ Status, Attributes })).toEqual(reason === null ? { ready: true } : { ready: false, reason });
  });
  it.each([
    [0, 'waiting'],
    [0x1, 'waiting'],
    [0x8, 'waiting'],
    [0x10, 'printing'],
    [0x10 | 0x40, 'printing'],
    [0x20, 'waiting'],
    [0x80, 'completed'],
    [0x1000, 'completed'],
    [0x2 | 0x10, 'stopped'],
    [0x200, 'stopped'],
    [0x4 | 0x80, 'gone'],
    [0x100, 'gone'],
  ] as const)('job %i: %s', (status, state) => {
    expect(stateOfJob(status)).toBe(state);
  });
});
