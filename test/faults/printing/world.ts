import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { z } from 'zod';
import type { JobState } from '../../../shared/domain/model.ts';
import { startCore } from '../../tools/core-cli.ts';
import { readPaper } from '../../tools/read-paper.ts';
import { Printer, until } from '../../tools/stage.ts';
import type { Ground } from './ground.ts';
import type { PaperSeen, StateSeen } from './judge.ts';
import { type Line, openLine } from './line.ts';
import type { Setup } from './plan.ts';

/** One device with one printer: the core and the printer as processes that can be killed and come again. */
export interface World {
  readonly setup: Setup;
  readonly printer: Printer;
  take(): Promise<Taken>;
  copyOf(visit: string): Promise<string>;
  /** What the visitor says who was asked. */
  answer(job: string, out: boolean): Promise<StateSeen>;
  state(job: string): Promise<StateSeen>;
  /** As the desk sees it in the printer's history. */
  atDesk(job: string): Promise<{ state: JobState; finished: boolean } | null>;
  /** Why nothing is printed now, as the desk sees it. */
  trouble(): Promise<string | null>;
  /** The program has asked the printer how it is, and knows that it talks. */
  heard(): Promise<boolean>;
  told(job: string): readonly StateSeen[];
  /** All papers so far, of all lives of the printer. */
  papers(): Promise<readonly PaperSeen[]>;
  /** Papers of this life of the printer so far that lie where they are found after it has been killed. */
  count(): Promise<number>;
  lineEmpty(): Promise<boolean>;
  killCore(): Promise<void>;
  startCore(): Promise<void>;
  killPrinter(): Promise<void>;
  startPrinter(): Promise<void>;
  close(): Promise<void>;
}

export interface Taken {
  visit: string;
  job: string;
}

const seen = (view: Record<string, unknown>): StateSeen => ({
  state: view['state'] as StateSeen['state'],
  reason: (view['reason'] ?? null) as StateSeen['reason'],
  grade: (view['grade'] ?? null) as StateSeen['grade'],
  word: (view['word'] ?? null) as StateSeen['word'],
});

/** A machine that is busy with other printers takes its time. */
const START_MS = 90_000;
/** Of the demo. */
const OFFICE = 7701;
const SERVICE = 101;

interface History {
  jobs: { id: string; state: JobState; finishedAt: number | null }[];
}

export const openWorld = async (setup: Setup, ground: Ground, dir: string): Promise<World> => {
  await mkdir(dir, { recursive: true });
  let life = 0;
  const outOf = (n: number): string => join(dir, `papers-${n}`);
  const makeArgs = (port: number): string[] => [
    '--profile',
    setup.make,
    '--speed',
    'max',
    '--out',
    outOf(life),
    '--port',
    String(port),
    ...(setup.link === 'tcp6' ? ['--host', '::1'] : []),
  ];
  let printer = await Printer.start(makeArgs(0));
  const { port } = printer;
  let line: Line | null = null;
  let core: Awaited<ReturnType<typeof startCore>> | null = null;
  const close = async (): Promise<void> => {
    await core?.stop();
    await line?.close();
    await printer.stop();
  };

  const told = new Map<string, StateSeen[]>();
  const listen = (event: string, payload: Record<string, unknown>): void => {
    if (event !== 'print.changed') return;
    const id = String(payload['id']);
    told.set(id, [...(told.get(id) ?? []), seen(payload)]);
  };
  try {
    line = await openLine(setup.link, dir, port);
    const settings = {
      'centre.url': ground.centre.url,
      'centre.enrolmentCode': await ground.centre.code('kiosk'),
      'log.level': 'debug',
      printers: [
        {
          id: 'ticket',
          name: setup.id,
          roles: ['kiosk', 'desk', 'copy'],
          link: line.link,
          profile: setup.profile,
          mode: 'raster',
          width: 576,
          codePage: null,
          answers: setup.answers,
          speedMmPerS: 150,
        },
      ],
    };
    const start = async () => {
      const started = await startCore(join(dir, 'core'), { version: 1, settings });
      started.listeners.add(listen);
      return started;
    };
    core = await start();
    const call = async (method: string, params: unknown): Promise<Record<string, unknown>> => {
      if (!core) throw new Error('the core is not there');
      return core.call(method, params);
    };
    await until(
      'live',
      async () => {
        const { sync } = (await call('system.state', {})) as { sync: { state: string } };
        return sync.state === 'live' ? true : null;
      },
      START_MS,
    );
    const looked = new Map<string, PaperSeen>();
    const look = async (name: string, whole: boolean, png: () => Promise<Buffer>): Promise<PaperSeen> => {
      const known = looked.get(name);
      if (known) return known;
      const paper = { ...(await readPaper(await png())), whole };
      looked.set(name, paper);
      return paper;
    };
    /** What lies in the folder of a printer that was killed; what it had not cut, nobody finds. */
    const ofLife = async (n: number): Promise<PaperSeen[]> => {
      const files = (await readdir(outOf(n))).filter((name) => name.endsWith('.png'));
      return Promise.all(files.map((name) => look(`${n} ${name}`, true, () => readFile(join(outOf(n), name)))));
    };
    const history = async (): Promise<History['jobs']> =>
      ((await call('printers.history', {})) as unknown as History[])[0]?.jobs ?? [];

    return {
      setup,
      get printer() {
        return printer;
      },
      take: async () => {
        // Somebody with a booking: of those without there is a limit to how many may come at once.
        const booked = await ground.centre.control({
          book: { office_id: OFFICE, service_id: SERVICE, starts_at: Math.floor(Date.now() / 60_000) * 60_000 },
        });
        const { token } = z.looseObject({ booking: z.looseObject({ token: z.string() }) }).parse(booked).booking;
        const taken = await call('checkin.scan', { attempt: v7(), text: token, source: 'camera' });
        if (taken['outcome'] !== 'accepted') throw new Error(`no number was given: ${JSON.stringify(taken)}`);
        const { visit, job } = taken as unknown as { visit: { id: string }; job: { id: string } };
        return { visit: visit.id, job: job.id };
      },
      copyOf: async (visit) => String((await call('ticket.copy', { attempt: v7(), visit }))['id']),
      answer: async (job, out) => seen(await call('print.answer', { job, out })),
      state: async (job) => seen(await call('print.job', { job })),
      atDesk: async (job) => {
        const found = (await history()).find(({ id }) => id === job);
        return found ? { state: found.state, finished: found.finishedAt !== null } : null;
      },
      trouble: async () => {
        const { printers } = (await call('system.state', {})) as { printers: { reason: string | null }[] };
        return printers[0]?.reason ?? null;
      },
      heard: async () => {
        const { printers } = (await call('system.state', {})) as { printers: { state: string }[] };
        return printers[0]?.state === 'ready';
      },
      told: (job) => told.get(job) ?? [],
      papers: async () => {
        const old = await Promise.all(Array.from({ length: life }, (_, n) => ofLife(n)));
        const now = await printer.papers();
        const fresh = await Promise.all(
          now.map(({ n, complete }) => look(`${life} ticket-${n}.png`, complete, () => printer.png(n))),
        );
        return [...old.flat(), ...fresh];
      },
      count: async () => (await readdir(outOf(life))).filter((name) => name.endsWith('.png')).length,
      lineEmpty: async () => (await line?.empty()) ?? true,
      killCore: async () => {
        if (!core) return;
        process.kill(core.pid, 'SIGKILL');
        await core.ended;
      },
      startCore: async () => {
        core = await start();
        await until('up', async () => ((await call('core.ping', {}))['pid'] === core?.pid ? true : null));
      },
      killPrinter: () => printer.stop('SIGKILL'),
      startPrinter: async () => {
        life += 1;
        printer = await Printer.start(makeArgs(port));
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
