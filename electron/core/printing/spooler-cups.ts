import { randomInt } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { isIPv6 } from 'node:net';
import type { BlockReason } from '../../../shared/domain/model.ts';
import {
  booleanIn,
  decodeAnswer,
  encodeRequest,
  groupOf,
  IPP_OPERATION,
  type IppAnswer,
  type IppGroup,
  type IppSent,
  JOB_GROUP,
  MAX_ANSWER_BYTES,
  numberIn,
  PRINTER_GROUP,
  textsIn,
} from './ipp.ts';
import {
  blockedBy,
  READY,
  type SpoolerJob,
  type SpoolerJobState,
  type SpoolerLook,
  type SpoolerPort,
  UncertainSubmit,
} from './spooler.ts';

/**
 * A queue of CUPS, spoken to in IPP over HTTP (RFC 8010 4, RFC 8011). One request a connection, to the given host and to no
 * other: nothing is redirected, no proxy is asked. The queue should be raw, with `printer-error-policy=abort-job`: with
 * `retry-job` CUPS begins a job again that had broken off, and the ticket may come out twice.
 */

export interface CupsHost {
  /** Name, IPv4 or IPv6 address, the latter with or without brackets. */
  host: string;
  port: number;
}

export interface CupsQueueAddress extends CupsHost {
  queue: string;
  /** After so many seconds CUPS itself throws away what could not be printed. */
  keepS?: number;
}

const USER = 'talon';

/** RFC 8011 appendix B. */
const STATUS = {
  firstError: 0x0100,
  forbidden: 0x0401,
  notAuthenticated: 0x0402,
  notAuthorized: 0x0403,
  notPossible: 0x0404,
  notFound: 0x0406,
  gone: 0x0407,
  formatNotSupported: 0x040a,
} as const;
const STATUS_WORDS: Readonly<Record<number, string>> = {
  [STATUS.forbidden]: 'it does not allow this',
  [STATUS.notAuthenticated]: 'it wants a name and a password',
  [STATUS.notAuthorized]: 'it does not allow this',
  [STATUS.notPossible]: 'that is not possible now',
  [STATUS.notFound]: 'there is no such queue or job',
  [STATUS.gone]: 'there is no such queue or job any more',
};

class StatusError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const hasStatus = (error: unknown, ...statuses: number[]): boolean =>
  error instanceof StatusError && statuses.includes(error.status);

/** The connection broke, or was not there. */
class WireError extends Error {
  /** Something of the request had left: what it asked for may have been done. */
  readonly sent: boolean;
  constructor(sent: boolean, message: string, options?: ErrorOptions) {
    super(message, options);
    this.sent = sent;
  }
}

/** @throws RangeError when the address cannot be one */
const cleanHost = (address: CupsHost): { host: string; port: number; authority: string } => {
  const host = address.host.replace(/^\[(.*)\]$/, '$1');
  if (host === '' || /[\s/@?#]/.test(host))
    throw new RangeError(`cups.host ${JSON.stringify(address.host)} is no name or address`);
  const { port } = address;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new RangeError(`cups.port ${port}: 1 to 65535`);
  return { host, port, authority: `${isIPv6(host) ? `[${host}]` : host}:${port}` };
};

interface Exchange {
  path: string;
  head: Uint8Array;
  document?: Uint8Array;
  timeoutMs: number;
}

/** @throws WireError; an Error in words where something else than IPP answers */
const exchange = (
  { host, port, authority }: ReturnType<typeof cleanHost>,
  { path, head, document = new Uint8Array(0), timeoutMs }: Exchange,
): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const name = `cups ${authority}`;
    let sent = false;
    const request = httpRequest({
      host,
      port,
      path,
      method: 'POST',
      // No agent: a connection that was kept might be dead, and a job must not be begun on it.
      agent: false,
      headers: {
        Host: authority,
        'Content-Type': 'application/ipp',
        'Content-Length': head.length + document.length,
        Accept: 'application/ipp',
        Connection: 'close',
      },
    });
    const fail = (error: Error): void => {
      clearTimeout(timer);
      request.destroy();
      reject(error);
    };
    const timer = setTimeout(
      () => fail(new WireError(sent, `${name} did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    const broken = (error: Error): void => fail(new WireError(sent, `${name}: ${error.message}`, { cause: error }));
    request.on('error', broken);
    request.on('socket', (socket) =>
      socket.once('connect', () => {
        sent = true;
      }),
    );
    request.on('response', (response) => {
      response.on('error', broken);
      const type = response.headers['content-type'] ?? '';
      if (response.statusCode !== 200 || !/^application\/ipp\b/i.test(type)) {
        const why = response.statusCode === 401 ? 'it wants a name and a password' : 'it does not speak IPP here';
        fail(new Error(`${name}: HTTP ${response.statusCode ?? 0}, ${why}`));
        return;
      }
      const parts: Uint8Array[] = [];
      let length = 0;
      response.on('data', (part: Uint8Array) => {
        length += part.length;
        if (length > MAX_ANSWER_BYTES) fail(new Error(`${name}: an answer without end`));
        else parts.push(part);
      });
      response.on('end', () => {
        clearTimeout(timer);
        resolve(Buffer.concat(parts));
      });
    });
    request.write(head);
    request.end(document);
  });

/** One request; answers that say no are errors. */
const ask = async (
  address: ReturnType<typeof cleanHost>,
  path: string,
  operation: number,
  attributes: readonly IppSent[],
  more: { jobAttributes?: readonly IppSent[]; document?: Uint8Array; timeoutMs: number },
): Promise<IppAnswer> => {
  const requestId = randomInt(1, 2 ** 31 - 1);
  const head = encodeRequest({
    operation,
    requestId,
    operationAttributes: attributes,
    jobAttributes: more.jobAttributes ?? [],
  });
  const { document, timeoutMs } = more;
  const bytes = await exchange(address, { path, head, timeoutMs, ...(document ? { document } : {}) });
  const answer = decodeAnswer(bytes);
  const name = `cups ${address.authority}${path}`;
  if (answer.status >= STATUS.firstError) {
    const code = `0x${answer.status.toString(16).padStart(4, '0')}`;
    const words = STATUS_WORDS[answer.status] ?? textsIn(answer.groups[0] ?? null, 'status-message')[0];
    throw new StatusError(answer.status, `${name}: ${code}${words === undefined ? '' : `, ${words}`}`);
  }
  if (answer.requestId !== requestId) throw new Error(`${name} answered what was not asked`);
  return answer;
};

// --- what the words of a printer mean --------------------------------------------------------------------------------

const PRINTER_PROCESSING = 4;
const PRINTER_STOPPED = 5;

/** `printer-state-reasons` (RFC 8011 5.4.12), without their severity. A cutter is a trimmer there (PWG 5100.1). */
const REASONS: readonly (readonly [RegExp, BlockReason])[] = [
  [/^(?:cover|door|interlock)-open$/, 'cover-open'],
  [/^media-(?:empty|needed)$/, 'paper-out'],
  [/^(?:trimmer|cutter)/, 'cutter'],
  [/^(?:media-jam|fuser|marker-supply-empty|spool-area-full|other|cups-)/, 'error'],
  [/^(?:connecting-to-device|timed-out)$/, 'unreachable'],
  [/^(?:offline|shutdown|paused|moving-to-paused)$/, 'offline'],
];
/** CUPS tells as a mere report that a printer is off. */
const ALWAYS_COUNTS = /^(?:offline|connecting-to-device|paused|shutdown)\b/;

/** The backends of CUPS say that they do not reach the printer in words only, and go on trying. */
const NOT_REACHED = /may not exist|unreachable|not responding|unavailable/i;

const LOOKED_AT = [
  'printer-state',
  'printer-state-message',
  'printer-state-reasons',
  'printer-is-accepting-jobs',
] as const;

/** What the attributes of a printer say of it; the worst first, in the order of REASONS. */
export const lookOf = (group: IppGroup | null): SpoolerLook => {
  const reasons = textsIn(group, 'printer-state-reasons').flatMap((reason) => {
    const mild = /-(?:report|warning)$/.test(reason) && !ALWAYS_COUNTS.test(reason);
    return mild ? [] : [reason.replace(/-(?:report|warning|error)$/, '')];
  });
  for (const [pattern, blocked] of REASONS)
    if (reasons.some((reason) => pattern.test(reason))) return blockedBy(blocked);
  const state = numberIn(group, 'printer-state');
  if (state === null) return blockedBy('error');
  const message = textsIn(group, 'printer-state-message')[0] ?? '';
  if (state === PRINTER_PROCESSING && NOT_REACHED.test(message)) return blockedBy('unreachable');
  return state === PRINTER_STOPPED || booleanIn(group, 'printer-is-accepting-jobs') === false
    ? blockedBy('offline')
    : READY;
};

/** `job-state` (RFC 8011 5.3.7). */
export const jobStateOf = (state: number | null): SpoolerJobState => {
  switch (state) {
    case 3: // pending
    case 4: // pending-held
      return 'waiting';
    case 5: // processing; also while CUPS looks for the printer
      return 'printing';
    case 6: // processing-stopped
    case 8: // aborted
      return 'stopped';
    case 9:
      return 'completed';
    default: // 7 is canceled
      return 'gone';
  }
};

// --- queues ----------------------------------------------------------------------------------------------------------

/** Without any filter, also on a queue that has a driver. */
const RAW = 'application/vnd.cups-raw';
/** What others than CUPS call it; there the queue itself must be raw. */
const OCTETS = 'application/octet-stream';
/** A core that died cannot take its job back, and a ticket must not come out hours after its visitor left. */
const KEEP_S = 600;
/** For finding a job again whose acceptance was not heard. */
const ASK_AGAIN_MS = 2000;

/** @throws RangeError when the address cannot be one, or the name no queue's */
export const cupsSpooler = (options: CupsQueueAddress): SpoolerPort => {
  const address = cleanHost(options);
  const { queue, keepS = KEEP_S } = options;
  if (!/^[^\s/#?]{1,127}$/.test(queue))
    throw new RangeError(`cups.queue ${JSON.stringify(queue)} is no name of a queue`);
  const path = `/printers/${encodeURIComponent(queue)}`;
  const who: readonly IppSent[] = [
    ['uri', 'printer-uri', `ipp://${address.authority}${path}`],
    ['name', 'requesting-user-name', USER],
  ];
  // The order of these is the order of RFC 8011: the target, then who asks, then the rest.
  const ofJob = (id: number): readonly IppSent[] => [...who.slice(0, 1), ['integer', 'job-id', id], ...who.slice(1)];

  const jobOf = (id: number): SpoolerJob => ({
    state: async (timeoutMs) => {
      try {
        const asked: readonly IppSent[] = [...ofJob(id), ['keyword', 'requested-attributes', 'job-state']];
        const answer = await ask(address, path, IPP_OPERATION.getJobAttributes, asked, { timeoutMs });
        return jobStateOf(numberIn(groupOf(answer, JOB_GROUP), 'job-state'));
      } catch (error) {
        if (hasStatus(error, STATUS.notFound, STATUS.gone)) return 'gone';
        throw error;
      }
    },
    cancel: async (timeoutMs) => {
      try {
        await ask(address, path, IPP_OPERATION.cancelJob, ofJob(id), { timeoutMs });
        return true;
      } catch (error) {
        if (error instanceof StatusError) return false;
        throw error;
      }
    },
  });

  /** The job of that title, among those not done and those done. */
  const find = async (title: string): Promise<SpoolerJob | null> => {
    for (const which of ['not-completed', 'completed']) {
      const asked: readonly IppSent[] = [
        ...who,
        ['integer', 'limit', 100],
        ['keyword', 'requested-attributes', 'job-id', 'job-name'],
        ['keyword', 'which-jobs', which],
      ];
      const answer = await ask(address, path, IPP_OPERATION.getJobs, asked, { timeoutMs: ASK_AGAIN_MS });
      const group = answer.groups.find((one) => one.tag === JOB_GROUP && textsIn(one, 'job-name').includes(title));
      const id = numberIn(group ?? null, 'job-id');
      if (id !== null) return jobOf(id);
    }
    return null;
  };

  const print = async (document: Uint8Array, title: string, format: string, timeoutMs: number): Promise<SpoolerJob> => {
    const attributes: readonly IppSent[] = [
      ...who,
      ['name', 'job-name', title],
      ['mimeType', 'document-format', format],
    ];
    const jobAttributes: readonly IppSent[] = [['integer', 'job-cancel-after', keepS]];
    const answer = await ask(address, path, IPP_OPERATION.printJob, attributes, { document, jobAttributes, timeoutMs });
    const id = numberIn(groupOf(answer, JOB_GROUP), 'job-id');
    // It said yes and does not say to what.
    if (id === null) throw new WireError(true, `${name} took a job and did not name it`);
    return jobOf(id);
  };

  const name = `cups ${address.authority}/${queue}`;
  return {
    name,
    look: async (timeoutMs) => {
      const asked: readonly IppSent[] = [...who, ['keyword', 'requested-attributes', ...LOOKED_AT]];
      const answer = await ask(address, path, IPP_OPERATION.getPrinterAttributes, asked, { timeoutMs });
      return lookOf(groupOf(answer, PRINTER_GROUP));
    },
    submit: async (bytes, title, timeoutMs) => {
      try {
        return await print(bytes, title, RAW, timeoutMs).catch((error: unknown) => {
          if (!hasStatus(error, STATUS.formatNotSupported)) throw error;
          return print(bytes, title, OCTETS, timeoutMs);
        });
      } catch (error) {
        // Without all of its bytes a job is thrown away by CUPS; a clear no is a no.
        if (error instanceof StatusError || (error instanceof WireError && !error.sent)) throw error;
        const found = await find(title).catch(() => {
          throw new UncertainSubmit(`${name} may have taken ${title}`, { cause: error });
        });
        if (found) return found;
        throw error;
      }
    },
  };
};

export interface CupsQueue {
  queue: string;
  /** What its owner calls it. */
  info: string;
  /** Where it prints to: `socket://10.0.0.5`, `usb://...`. */
  device: string;
}

/** All queues of a CUPS. @throws Error when nothing that is CUPS answers */
export const cupsQueues = async (host: CupsHost, timeoutMs: number): Promise<CupsQueue[]> => {
  const address = cleanHost(host);
  const asked: readonly IppSent[] = [
    ['name', 'requesting-user-name', USER],
    ['keyword', 'requested-attributes', 'printer-name', 'printer-info', 'device-uri'],
  ];
  try {
    const answer = await ask(address, '/', IPP_OPERATION.cupsGetPrinters, asked, { timeoutMs });
    return answer.groups
      .filter(({ tag }) => tag === PRINTER_GROUP)
      .map((group) => ({
        queue: textsIn(group, 'printer-name')[0] ?? '',
        info: textsIn(group, 'printer-info')[0] ?? '',
        device: textsIn(group, 'device-uri')[0] ?? '',
      }))
      .filter(({ queue }) => queue !== '');
  } catch (error) {
    // CUPS has none.
    if (hasStatus(error, STATUS.notFound)) return [];
    throw error;
  }
};
