import fastify, { type FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import { API_PREFIX } from '../../shared/contracts/centre/schemas.ts';
import { addApi, sendProblem, stamp } from './api.ts';
import { backUp, beginRestored } from './backup.ts';
import { createContext, type Context } from './context.ts';
import { controlSchema, createGate, type Control, type ControlInput, type Gate } from './control.ts';
import { addControlRoutes } from './control-routes.ts';
import { demoSeed } from './demo.ts';
import { DEMO_OFFICE } from './demo-services.ts';
import { createCode, openCodes } from './devices.ts';
import { openHall, type Hall } from './hall.ts';
import { turnKnobs, type ControlAnswer } from './knobs.ts';
import { addPages } from './pages.ts';
import { ProblemError } from './problems.ts';
import { purge } from './retention.ts';
import { applySeed, type Seed } from './seed.ts';

/**
 * The reference centre: the central booking API (RegSync/1) on one SQLite file. It serves the demo and the tests, and
 * shows to whoever integrates a real one how each call behaves.
 */

export interface CentreOptions {
  /** SQLite file; made when it is not there. `:memory:` for one that forgets. */
  db: string;
  /** 0: any free one. */
  port?: number;
  /** What to put in at the start; `demo`: a made-up day at an office, with pages to play with. */
  seed?: Seed | 'demo';
  /** Opens `/control`, by which tests stop and disturb it. */
  control?: boolean;
  /** The windows of the demo call and serve, and others come in between; `seed` is what chance begins with. */
  counters?: { seed: number };
  /** Milliseconds since 1970. */
  now?: () => number;
  /** The database is a backup that was put back: a new history begins. */
  restored?: boolean;
  /** The oldest schema that may pull; the present one unless told otherwise. */
  minSchema?: number;
  /** A further base URL under which devices reach it (through a proxy). */
  publicUrl?: string;
  /** Errors and alarms, one a line. */
  log?: (line: string) => void;
}

export interface Centre {
  port: number;
  url: string;
  /** For tests that look behind the API. */
  context: Context;
  /** Enrolment codes that are not used yet. */
  codes(): string[];
  createCode(officeId: number, roles?: readonly ('kiosk' | 'desk')[]): string;
  /**
   * Turns the knobs, like `POST /control`.
   * @throws ProblemError `not-found` for a booking, office or device that is not there
   */
  control(change: Omit<ControlInput, 'backup'>): ControlAnswer;
  /**
   * Saves the database to a file while it is in use: what devices have told until now is durable.
   * @throws Error when it cannot be written
   */
  backup(file: string): Promise<void>;
  /** Calls that stand still, and counts. */
  gate: Gate;
  /** Answers who waits, and ends. */
  close(): Promise<void>;
}

/** How often it is looked whether something has become too old to be kept. */
const PURGE_MS = 3_600_000;

/** @returns a function that ends it */
const keepPurging = (context: Context): (() => void) => {
  const look = (): void => {
    try {
      purge(context);
    } catch (error) {
      context.log(`purge failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  };
  look();
  const timer = setInterval(look, PURGE_MS);
  return () => clearInterval(timer);
};

const newServer = (context: Context): FastifyInstance => {
  const app = fastify({
    // Keys that would become prototypes are left out; the operation around them is still read.
    onProtoPoisoning: 'remove',
    onConstructorPoisoning: 'remove',
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: false },
  });
  app.setErrorHandler((error, request, reply) => {
    if (request.url.startsWith(API_PREFIX)) stamp(context, reply);
    return sendProblem(context, reply, error);
  });
  app.setNotFoundHandler((request, reply) => {
    if (request.url.startsWith(API_PREFIX)) stamp(context, reply);
    return sendProblem(
      context,
      reply,
      new ProblemError('not-found', `there is no ${request.method} ${request.url.slice(0, 200)}`),
    );
  });
  return app;
};

/**
 * Starts a centre on 127.0.0.1.
 * @throws Error when the port is taken, or the database or the seed cannot be used
 */
export const startCentre = async (options: CentreOptions): Promise<Centre> => {
  const { now = Date.now, log = (line) => process.stderr.write(`centre: ${line}\n`) } = options;
  const context = createContext(options.db, now, log);
  const closing = new AbortController();
  const gate = createGate();
  const app = newServer(context);
  let port = 0;
  let hall: Hall | null = null;
  let endPurging = (): void => undefined;
  const turn = (change: Control): ControlAnswer => turnKnobs(context, gate, hall, change);
  if (options.minSchema !== undefined) context.minSchema = options.minSchema;
  /** One after the other. */
  let backups: Promise<void> = Promise.resolve();
  const backup = async (file: string): Promise<void> => {
    const mine = backups.then(async () => backUp(context, file));
    backups = mine.catch(() => undefined);
    return mine;
  };
  try {
    if (options.restored === true) beginRestored(context);
    if (options.seed === 'demo') applySeed(context, demoSeed(context));
    else if (options.seed) applySeed(context, options.seed);
    const audiences = (): string[] => {
      const bases = [`http://127.0.0.1:${port}`, `http://localhost:${port}`];
      if (options.publicUrl !== undefined) bases.push(options.publicUrl.replace(/\/+$/, ''));
      return bases.flatMap((base) => [base, base + API_PREFIX]);
    };
    addApi(app, context, audiences, options.control === true ? gate : null, closing.signal);
    addPages(app, context, options.seed === 'demo', closing.signal);
    if (options.control === true) {
      addControlRoutes(
        app,
        gate,
        async (change) => {
          const answer = turn(change);
          if (change.backup !== undefined) await backup(change.backup);
          return answer;
        },
        closing.signal,
      );
    }
    // Always there for the knobs of a demo; it moves by itself only when it was asked for.
    if (options.seed === 'demo') hall = openHall(context, DEMO_OFFICE, options.counters?.seed ?? 1);
    if (options.counters) hall?.run(true);
    endPurging = keepPurging(context);
    await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });
    ({ port } = app.server.address() as AddressInfo);
  } catch (error) {
    endPurging();
    hall?.close();
    await app.close();
    context.db.close();
    throw error;
  }

  let closed: Promise<void> | null = null;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    context,
    codes: () => openCodes(context),
    createCode: (officeId, roles = ['kiosk']) => createCode(context, officeId, roles),
    control: (change) => turn(controlSchema.parse(change)),
    backup,
    gate,
    close: async () => {
      closed ??= (async () => {
        closing.abort();
        endPurging();
        hall?.close();
        gate.close();
        await app.close();
        await backups;
        context.db.close();
      })();
      return closed;
    },
  };
};
