import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { calmDayChange, DAY_CHANGE_ENV } from './office-day.ts';
import { ROOT } from './paths.ts';
import { startProcess, type StartedProcess } from './proc.ts';

/**
 * What stands around a device in the demo and in the end-to-end tests: the reference centre and the virtual printer, as
 * processes of their own, on ports that are free.
 */

const centreReady = z.looseObject({ url: z.string(), port: z.number(), enrolment: z.array(z.string()).min(1) });
const printerReady = z.looseObject({ port: z.number(), http: z.number() });

const demoBooking = z.looseObject({
  id: z.string(),
  kind: z.enum([
    'today',
    'other-office',
    'other-day',
    'cancelled',
    'forged',
    'unknown',
    'early',
    'late',
    'superseded',
    'multi',
    'twice',
  ]),
  number: z.string(),
  token: z.string(),
  starts_at: z.number(),
  status: z.string(),
  language: z.string().nullable(),
});
export type DemoBooking = z.output<typeof demoBooking>;

const officeVisit = z.looseObject({
  visit_id: z.string(),
  booking_id: z.string().nullable(),
  /** As shown: `А 047`. */
  ticket: z.string(),
  provisional: z.boolean(),
});
export type OfficeVisit = z.output<typeof officeVisit>;

const paper = z.looseObject({
  n: z.number(),
  complete: z.boolean(),
  lengthMm: z.number(),
  sha256: z.string(),
  png: z.string(),
});
export type Paper = z.output<typeof paper>;

const getJson = async <T>(url: string, schema: z.ZodType<T>): Promise<T> => {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status} ${await response.text()}`);
  return schema.parse(await response.json());
};
const postJson = async (url: string, body: unknown): Promise<unknown> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status} ${text}`);
  return text === '' ? null : JSON.parse(text);
};

/** Follows server-sent events until `stop` is called; each event's `data` is JSON. */
const follow = async (url: string, listener: (event: string, data: unknown) => void): Promise<() => void> => {
  const abort = new AbortController();
  const response = await fetch(url, { signal: abort.signal });
  if (!response.ok || !response.body) throw new Error(`${url}: HTTP ${response.status}`);
  const read = async (body: ReadableStream<Uint8Array>): Promise<void> => {
    let rest = '';
    const decoder = new TextDecoder();
    for await (const chunk of body) {
      const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const field = (name: string) =>
          block
            .split('\n')
            .filter((line) => line.startsWith(`${name}:`))
            .map((line) => line.slice(name.length + 1).trim())
            .join('\n');
        const data = field('data');
        if (data !== '') listener(field('event') || 'message', JSON.parse(data));
      }
    }
  };
  read(response.body).catch(() => undefined);
  return () => abort.abort();
};

export class Centre {
  readonly #args: readonly string[];
  #process: StartedProcess;
  readonly url: string;
  readonly enrolment: readonly string[];

  private constructor(args: readonly string[], started: StartedProcess) {
    this.#args = args;
    this.#process = started;
    const ready = centreReady.parse(started.ready);
    this.url = ready.url;
    this.enrolment = ready.enrolment;
  }

  static async start(db: string, options: { seed?: string } = {}): Promise<Centre> {
    const args = ['--db', db, '--seed', options.seed ?? 'demo', '--control'];
    return new Centre(args, await Centre.#run(args, 0));
  }

  static #run(args: readonly string[], port: number): Promise<StartedProcess> {
    return startProcess({
      name: 'centre',
      cmd: process.execPath,
      args: [join(ROOT, 'test/centre/cli.ts'), '--port', String(port), ...args],
      env: { [DAY_CHANGE_ENV]: String(calmDayChange(Date.now())) },
      readyEvent: 'ready',
    });
  }

  bookings(): Promise<DemoBooking[]> {
    return getJson(`${this.url}/demo/bookings.json`, z.array(demoBooking));
  }
  visits(): Promise<OfficeVisit[]> {
    return getJson(`${this.url}/office/visits.json`, z.array(officeVisit));
  }
  control(change: Record<string, unknown>): Promise<unknown> {
    return postJson(`${this.url}/control`, change);
  }
  /** A code that enrols a device of the demo's office. */
  async code(role: 'kiosk' | 'desk'): Promise<string> {
    const answer = await this.control({ code: { office_id: 7701, roles: [role] } });
    return z.looseObject({ code: z.string() }).parse(answer).code;
  }
  /** What is asked of it and answered, as it happens: events `request` and `response`. */
  watch(listener: (event: string, data: unknown) => void): Promise<() => void> {
    return follow(`${this.url}/control/events`, listener);
  }
  heldRequests(): Promise<unknown> {
    return getJson(`${this.url}/control`, z.unknown());
  }
  async stop(signal?: NodeJS.Signals): Promise<void> {
    await this.#process.stop(signal);
  }
  /** Again on the same port, with the same database. */
  async restart(): Promise<void> {
    this.#process = await Centre.#run(this.#args, Number(new URL(this.url).port));
  }
}

export class Printer {
  readonly #process: StartedProcess;
  readonly port: number;
  readonly url: string;

  private constructor(started: StartedProcess) {
    this.#process = started;
    const ready = printerReady.parse(started.ready);
    this.port = ready.port;
    this.url = `http://127.0.0.1:${ready.http}`;
  }

  static async start(args: readonly string[] = []): Promise<Printer> {
    return new Printer(
      await startProcess({
        name: 'printer',
        cmd: process.execPath,
        args: [join(ROOT, 'test/printer/cli.ts'), '--port', '0', '--http', '0', ...args],
        readyEvent: 'ready',
      }),
    );
  }

  papers(): Promise<Paper[]> {
    return getJson(`${this.url}/tickets`, z.array(paper));
  }
  async png(n: number): Promise<Buffer> {
    return Buffer.from(await (await fetch(`${this.url}/tickets/${n}.png`)).arrayBuffer());
  }
  /** What happens in it, as it happens; @returns stops watching. */
  watch(listener: (event: string, data: unknown) => void): Promise<() => void> {
    return follow(`${this.url}/events`, listener);
  }
  state(): Promise<Record<string, unknown>> {
    return getJson(`${this.url}/state`, z.record(z.string(), z.unknown()));
  }
  control(change: Record<string, unknown>): Promise<unknown> {
    return postJson(`${this.url}/control`, change);
  }
  async stop(signal?: NodeJS.Signals): Promise<void> {
    await this.#process.stop(signal);
  }
}

export interface Stage {
  readonly centre: Centre;
  readonly printer: Printer;
  /** For the device's settings file: enrols by itself and prints to the printer of the stage. */
  readonly config: { readonly version: number; readonly settings: Readonly<Record<string, unknown>> };
  close(): Promise<void>;
}

/** @param dir folder for the centre's database; it is kept */
export const openStage = async (
  dir: string,
  options: { seed?: string; printerArgs?: readonly string[]; settings?: Record<string, unknown> } = {},
): Promise<Stage> => {
  await mkdir(dir, { recursive: true });
  const centre = await Centre.start(join(dir, 'centre.db'), options.seed === undefined ? {} : { seed: options.seed });
  const printer = await Printer.start(options.printerArgs).catch(async (error: unknown) => {
    await centre.stop();
    throw error;
  });
  return {
    centre,
    printer,
    config: {
      version: 1,
      settings: {
        'centre.url': centre.url,
        'centre.enrolmentCode': centre.enrolment[0],
        'printer.kind': 'tcp',
        'printer.host': '127.0.0.1',
        'printer.port': printer.port,
        'log.level': 'debug',
        ...options.settings,
      },
    },
    close: async () => {
      await Promise.allSettled([centre.stop(), printer.stop()]);
    },
  };
};

/** Asks again every 25 ms until `get` gives something other than null; says `what` did not come when it takes too long. */
export const until = async <T>(what: string, get: () => Promise<T | null> | T | null, limitMs = 20_000): Promise<T> => {
  const limit = Date.now() + limitMs;
  for (;;) {
    const found = await get();
    if (found !== null) return found;
    if (Date.now() > limit) throw new Error(`${what}: not within ${limitMs} ms`);
    await new Promise((resolve) => {
      setTimeout(resolve, 25);
    });
  }
};
