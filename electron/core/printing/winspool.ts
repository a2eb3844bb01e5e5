import type * as koffiModule from 'koffi';

/**
 * The functions of Windows' winspool.drv that raw printing needs, and the memory they fill. Written against the reference of
 * Microsoft (learn.microsoft.com, «Print Spooler API Functions») and checked with koffi's own memory on Linux; it has not
 * been run on Windows.
 */

type Koffi = Pick<typeof koffiModule, 'load' | 'struct' | 'pointer' | 'opaque' | 'out' | 'sizeof' | 'decode'>;

/** HANDLE. Opaque to us. */
export type WinHandle = object | bigint;

/** DOC_INFO_1W. */
export interface DocInfo {
  pDocName: string;
  pOutputFile: string | null;
  pDatatype: string;
}

/**
 * winspool.drv as it is: each function of C is one here, run beside the event loop. BOOL and DWORD are numbers, what is
 * given out comes in arrays of one. The last error of Windows is of the thread that ran the call, so it is not known here.
 */
export interface WinspoolLibrary {
  OpenPrinterW(name: string, handle: [WinHandle | null], defaults: null): Promise<number>;
  ClosePrinter(handle: WinHandle): Promise<number>;
  /** @returns the job's id, 0 when it was refused */
  StartDocPrinterW(handle: WinHandle, level: 1, info: DocInfo): Promise<number>;
  StartPagePrinter(handle: WinHandle): Promise<number>;
  WritePrinter(handle: WinHandle, bytes: Uint8Array, count: number, written: [number]): Promise<number>;
  EndPagePrinter(handle: WinHandle): Promise<number>;
  EndDocPrinter(handle: WinHandle): Promise<number>;
  AbortPrinter(handle: WinHandle): Promise<number>;
  GetPrinterW(handle: WinHandle, level: 2, room: Uint8Array | null, size: number, needed: [number]): Promise<number>;
  EnumJobsW(
    handle: WinHandle,
    first: number,
    count: number,
    level: 1,
    room: Uint8Array | null,
    size: number,
    needed: [number],
    returned: [number],
  ): Promise<number>;
  SetJobW(handle: WinHandle, id: number, level: 0, info: null, command: number): Promise<number>;
  EnumPrintersW(
    flags: number,
    name: null,
    level: 2,
    room: Uint8Array | null,
    size: number,
    needed: [number],
    returned: [number],
  ): Promise<number>;
}

/** Of PRINTER_INFO_2W. */
export interface WinPrinter {
  pPrinterName: string | null;
  pPortName: string | null;
  pDriverName: string | null;
  Attributes: number;
  Status: number;
}

/** Of JOB_INFO_1W. */
export interface WinJob {
  JobId: number;
  Status: number;
}

/** The structures, read out of what the functions filled. */
export interface WinspoolMemory {
  printers(room: Uint8Array, count: number): WinPrinter[];
  jobs(room: Uint8Array, count: number): WinJob[];
}

const texts = (...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, 'char16_t *']));
const dwords = (...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, 'uint32_t']));

/** Declares the structures. Their order and sizes are Windows' own; koffi aligns as its compiler does. */
export const winspoolTypes = (koffi: Koffi) => {
  const pointer = koffi.pointer(koffi.opaque());
  const systemTime = koffi.struct(
    Object.fromEntries(
      ['wYear', 'wMonth', 'wDayOfWeek', 'wDay', 'wHour', 'wMinute', 'wSecond', 'wMilliseconds'].map((name) => [
        name,
        'uint16_t',
      ]),
    ),
  );
  return {
    handle: pointer,
    docInfo: koffi.struct(texts('pDocName', 'pOutputFile', 'pDatatype')),
    printerInfo: koffi.struct({
      ...texts('pServerName', 'pPrinterName', 'pShareName', 'pPortName', 'pDriverName', 'pComment', 'pLocation'),
      pDevMode: pointer,
      ...texts('pSepFile', 'pPrintProcessor', 'pDatatype', 'pParameters'),
      pSecurityDescriptor: pointer,
      ...dwords('Attributes', 'Priority', 'DefaultPriority', 'StartTime', 'UntilTime', 'Status', 'cJobs', 'AveragePPM'),
    }),
    jobInfo: koffi.struct({
      ...dwords('JobId'),
      ...texts('pPrinterName', 'pMachineName', 'pUserName', 'pDocument', 'pDatatype', 'pStatus'),
      ...dwords('Status', 'Priority', 'Position', 'TotalPages', 'PagesPrinted'),
      Submitted: systemTime,
    }),
  };
};

/** The strings in the structures point into `room` itself: it must be what the function filled, not a copy. */
export const winspoolMemory = (koffi: Koffi, types: ReturnType<typeof winspoolTypes>): WinspoolMemory => ({
  printers: (room, count) => (count === 0 ? [] : (koffi.decode(room, types.printerInfo, count) as WinPrinter[])),
  jobs: (room, count) => (count === 0 ? [] : (koffi.decode(room, types.jobInfo, count) as WinJob[])),
});

/** Binds the functions of a library that is loaded already. */
export const bindWinspool = (
  koffi: Koffi,
  types: ReturnType<typeof winspoolTypes>,
  library: ReturnType<Koffi['load']>,
): WinspoolLibrary => {
  const { handle } = types;
  const outDword = koffi.out(koffi.pointer('uint32_t'));
  const room = koffi.pointer('uint8_t');
  const bind = (name: string, ...parameters: (string | koffiModule.TypeObject | ReturnType<Koffi['out']>)[]) => {
    const run = library.func('__stdcall', name, 'uint32_t', parameters).async as (...args: unknown[]) => void;
    return (...args: unknown[]): Promise<number> =>
      new Promise((resolve, reject) => {
        run(...args, (error: Error | null, result: number) => {
          if (error) reject(error);
          else resolve(result);
        });
      });
  };
  return {
    OpenPrinterW: bind('OpenPrinterW', 'char16_t *', koffi.out(koffi.pointer(handle)), 'void *'),
    ClosePrinter: bind('ClosePrinter', handle),
    StartDocPrinterW: bind('StartDocPrinterW', handle, 'uint32_t', koffi.pointer(types.docInfo)),
    StartPagePrinter: bind('StartPagePrinter', handle),
    WritePrinter: bind('WritePrinter', handle, room, 'uint32_t', outDword),
    EndPagePrinter: bind('EndPagePrinter', handle),
    EndDocPrinter: bind('EndDocPrinter', handle),
    AbortPrinter: bind('AbortPrinter', handle),
    GetPrinterW: bind('GetPrinterW', handle, 'uint32_t', room, 'uint32_t', outDword),
    EnumJobsW: bind('EnumJobsW', handle, 'uint32_t', 'uint32_t', 'uint32_t', room, 'uint32_t', outDword, outDword),
    SetJobW: bind('SetJobW', handle, 'uint32_t', 'uint32_t', 'void *', 'uint32_t'),
    EnumPrintersW: bind('EnumPrintersW', 'uint32_t', 'char16_t *', 'uint32_t', room, 'uint32_t', outDword, outDword),
  };
};

export interface Winspool {
  library: WinspoolLibrary;
  memory: WinspoolMemory;
}

/** @throws Error on any other system, or when Windows' library cannot be loaded */
export const loadWinspool = async (): Promise<Winspool> => {
  if (process.platform !== 'win32') throw new Error('the printers of Windows are on Windows only');
  const koffi = await import('koffi');
  const types = winspoolTypes(koffi);
  // By its full path: a file of that name beside the program must not be taken for it.
  const root = process.env['SystemRoot'] ?? 'C:\\Windows';
  const library = bindWinspool(koffi, types, koffi.load(`${root}\\System32\\winspool.drv`));
  return { library, memory: winspoolMemory(koffi, types) };
};
