import { randomUUID } from 'node:crypto';
import type { z } from 'zod';

import {
  change as changeSchema,
  COLLECTIONS,
  officeRecord,
  type Change,
  type CollectionDigest,
  type CollectionName,
  type RECORDS,
} from '../../shared/contracts/centre/schemas.ts';
import { newKey, type Ed25519 } from './crypto.ts';
import {
  ask,
  because,
  callAs,
  deviceOf,
  enrolmentOf,
  good,
  hello,
  makeOp,
  pushOne,
  signIn,
  type Device,
  type Op,
  type OpFields,
  type Wire,
} from './device.ts';
import type { Answer } from './http.ts';
import { must, skip } from './suite.ts';

/** What the checks of one run share: the devices, what they hold, and numbers to give. Each thing is made when it is wanted. */

export interface Options {
  url: string;
  /** One-time codes of enrolment, of which one may be for a desk. */
  codes: readonly string[];
}

type Row = Extract<Change, { op: 'put' }>;
type RowOf<C extends CollectionName> = {
  id: string | number;
  rev: number;
  data: z.output<(typeof RECORDS)[C]['data']>;
};

/** What a device holds of the feed. */
export interface Feed {
  cursor: string;
  rows: Map<string, Row>;
  digests: readonly CollectionDigest[] | null;
}

export interface World {
  wire: Wire;
  codes: readonly string[];
  /** Not used yet. */
  spent: (i: number) => boolean;
  /** Enrols with a code, signs in and says hello; the same device each time. */
  enrol: (i: number) => Promise<Device>;
  /** A check has enrolled with the code itself. @param answer of the enrolment */
  adopt: (i: number, key: Ed25519, answer: Answer) => void;
  /** The device that most checks are about: one that is no desk, where there is one. */
  device: () => Promise<Device>;
  /** @throws Skipped */
  kiosk: () => Promise<Device>;
  /** @throws Skipped */
  desk: () => Promise<Device>;
  /** Another device than that of `device`. @throws Skipped */
  other: () => Promise<Device>;
  /** What the device holds, as it was read first. */
  feed: () => Promise<Feed>;
  /** The centre's clock, as it was last told. */
  now: () => number;
  /** When and on which business day something is said to happen; now. */
  moment: () => Promise<OpFields>;
  /** One number, leased. @throws Skipped when the day's are used up */
  number: () => Promise<{ series: 'A'; number: number }>;
  /** A walk-in with a leased number, not sent yet. */
  walkIn: (more?: Record<string, unknown>) => Promise<Op>;
  close: () => void;
  onClose: (end: () => void) => void;
}

const keyOf = ({ c, id }: { c: string; id: string | number }): string => `${c} ${String(id)}`;

export const rowsOf = <C extends CollectionName>(feed: Feed, c: C): RowOf<C>[] =>
  [...feed.rows.values()].filter((row) => row.c === c) as unknown as RowOf<C>[];

/** Brings rows of the feed into what is held, as a device does. */
export const applyRows = (feed: Feed, changes: readonly unknown[]): void => {
  for (const raw of changes) {
    const read = changeSchema.safeParse(raw);
    if (!read.success) continue;
    const row = read.data;
    if (row.op === 'put') feed.rows.set(keyOf(row), row);
    else feed.rows.delete(keyOf(row));
  }
};

const MAX_PAGES = 5_000;

/**
 * Reads a feed to its end.
 * @param from null: from the start
 * @returns what is held then, and the pages
 */
export const readFeed = async (
  device: Device,
  from: Feed | null = null,
  { limit = 500, digests = false }: { limit?: number; digests?: boolean } = {},
) => {
  const feed: Feed = { cursor: from?.cursor ?? '', rows: new Map(from?.rows ?? []), digests: null };
  const pages: Awaited<ReturnType<typeof callAs<'changes'>>>[] = [];
  for (;;) {
    const page = await callAs(device, 'changes', { cursor: feed.cursor, limit, wait: 0, digests: digests ? 1 : 0 });
    pages.push(page);
    applyRows(feed, page.changes);
    must(
      !page.has_more || page.cursor !== feed.cursor,
      'changes says that there is more, but its cursor does not move: a device would ask for ever',
    );
    feed.cursor = page.cursor;
    feed.digests = page.digests ?? null;
    if (!page.has_more) return { feed, pages, changes: pages.flatMap(({ changes }) => changes) };
    must(pages.length < MAX_PAGES, `changes has no end: ${MAX_PAGES} pages and still more`);
  }
};

/** The business day of an office: `YYYY-MM-DD`. */
export const businessDay = (at: number, timeZone: string, changeMinutes: number): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    at - changeMinutes * 60_000,
  );

export const addDays = (day: string, n: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + n * 86_400_000).toISOString().slice(0, 10);

export const isCollection = (c: string): c is CollectionName => Object.hasOwn(COLLECTIONS, c);

const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | null = null;
  return async () => (made ??= make());
};

export const createWorld = ({ url, codes }: Options): World => {
  const wire: Wire = { base: new URL(url), answers: [] };
  const devices = new Map<number, Promise<Device>>();
  const ends: (() => void)[] = [];

  const begin = async (key: Ed25519, answer: Answer): Promise<Device> => {
    const device = deviceOf(wire, key, good('enrol', answer));
    await signIn(device);
    good('hello', await hello(device));
    return device;
  };
  const enrolNew = async (i: number): Promise<Device> => {
    const code = codes[i];
    if (code === undefined) return skip('there is no enrolment code for it: give a further --code');
    const key = newKey();
    const answer = await ask(wire, 'enrol', enrolmentOf(key, code));
    const wait = answer.headers['retry-after'];
    must(
      answer.status !== 429,
      `the centre has closed its door for wrong enrolments (429): run again in ${wait ?? '300'} s with codes that are not used yet`,
    );
    return begin(key, answer);
  };
  const enrol = async (i: number): Promise<Device> => {
    const known = devices.get(i) ?? enrolNew(i);
    devices.set(i, known);
    return known;
  };
  const all = once(async () => {
    const made: Device[] = [];
    for (let i = 0; i < codes.length; i += 1) made.push(await enrol(i));
    return made;
  });
  const isDesk = ({ roles }: Device): boolean => roles.includes('desk');
  const device = async (): Promise<Device> => {
    const made = await all();
    return made.find((one) => !isDesk(one)) ?? made[0] ?? skip('there is no enrolment code');
  };
  const feed = once(async () => (await readFeed(await device(), null, { digests: true })).feed);
  const now = (): number => {
    const last = wire.answers.findLast(({ headers }) => headers['server-time-ms'] !== undefined);
    const told = Number(last?.headers['server-time-ms']);
    return Number.isSafeInteger(told) ? told : Date.now();
  };
  const moment = async (): Promise<OpFields> => {
    const { office_id } = await device();
    const office = rowsOf(await feed(), 'office').find(({ id }) => id === office_id);
    const read = officeRecord.safeParse(office?.data);
    must(read.success, `the feed has no row of the device's own office ${office_id}`);
    return {
      occurred_at: now(),
      business_date: businessDay(now(), read.data.time_zone, read.data.day_change_minutes),
    };
  };
  const number = async (): Promise<{ series: 'A'; number: number }> => {
    const { business_date } = await moment();
    const mine = await device();
    const { numbers } = await callAs(mine, 'leases', {
      request_id: randomUUID(),
      business_date,
      series: 'A',
      kind: 'online',
      n: 1,
      epoch: mine.epoch,
    });
    return { series: 'A', number: numbers[0] ?? skip("the centre gives no numbers: the day's may be used up") };
  };
  return {
    wire,
    codes,
    spent: (i) => devices.has(i),
    enrol,
    adopt: (i, key, answer) => devices.set(i, begin(key, answer)),
    device,
    kiosk: async () =>
      (await all()).find((one) => !isDesk(one)) ??
      skip('no code is for a device that is no desk: give a further --code'),
    desk: async () => (await all()).find(isDesk) ?? skip('no code is for a desk: give a further --code'),
    other: async () => {
      const mine = await device();
      return (await all()).find((one) => one !== mine) ?? skip('it needs a second device: give a further --code');
    },
    feed,
    now,
    moment,
    number,
    walkIn: async (more = {}) => {
      const [service] = rowsOf(await feed(), 'service');
      if (!service) return skip('the feed has no service');
      const visit_id = randomUUID();
      return makeOp(
        'walkin',
        await moment(),
        { visit_id, service_id: Number(service.id), ticket: await number(), language: 'ru' },
        { entity_id: visit_id, ...more },
      );
    },
    close: () => {
      for (const end of ends.splice(0)) end();
    },
    onClose: (end) => ends.push(end),
  };
};

/** Pushes a walk-in that has to be taken. @returns the id of its visit */
export const addWalkIn = async (world: World, device: Device): Promise<string> => {
  const op = await world.walkIn();
  const { status, problem } = await pushOne(device, op);
  must(status !== 'rejected', `a walk-in is refused${because(problem)}: facts are never refused`);
  return String(op['entity_id']);
};
