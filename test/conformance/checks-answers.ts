import { problem, PROBLEMS, SCHEMA_VERSION } from '../../shared/contracts/centre/schemas.ts';
import { ask, askAs, callAs, good, mustRefuse, problemIn, told } from './device.ts';
import type { Answer } from './http.ts';
import { must, skip, type Check } from './suite.ts';
import type { World } from './world.ts';

/** What holds of every answer: headers, problems, time, versions. */

const ofPath = ({ method, path, status }: Answer): string => `${method} ${path} (${status})`;

/** Some answers of each kind, beside what has been answered before. */
const provoke = async (world: World): Promise<Answer[]> => {
  const device = await world.device();
  await ask(world.wire, 'time', {});
  await ask(world.wire, 'challenge', {});
  await ask(world.wire, 'challenge', {}, { body: '{"device_id":' });
  await ask(world.wire, 'keys', {});
  await askAs(device, 'keys', {});
  await askAs(device, 'leases', { n: -1 });
  await askAs(device, 'changes', { limit: 0 });
  return world.wire.answers;
};

const header = (answer: Answer, name: string): string => {
  const value = answer.headers[name];
  return typeof value === 'string' ? value : '';
};

export const answerChecks: readonly Check[] = [
  {
    id: 'answers.headers',
    about: 'every answer, also a problem, carries Sync-Schema, Sync-Schema-Min, Sync-Epoch and Server-Time-Ms',
    run: async (world) => {
      for (const answer of await provoke(world)) {
        for (const name of ['sync-schema', 'sync-schema-min', 'server-time-ms']) {
          must(/^\d{1,16}$/.test(header(answer, name)), `${ofPath(answer)} has no ${name} with a whole number`);
        }
        must(header(answer, 'sync-epoch') !== '', `${ofPath(answer)} has no sync-epoch`);
      }
    },
  },
  {
    id: 'answers.epoch',
    about: 'Sync-Epoch is the epoch that devices were enrolled in',
    run: async (world) => {
      const { epoch } = await world.device();
      const other = (await provoke(world)).find((answer) => header(answer, 'sync-epoch') !== epoch);
      must(
        !other,
        `${other ? ofPath(other) : ''} names another epoch than the enrolment: there is one for the whole centre`,
      );
    },
  },
  {
    id: 'answers.schema',
    about: 'Sync-Schema and Sync-Schema-Min allow the schema that is checked here',
    run: async (world) => {
      for (const answer of await provoke(world)) {
        const [min, max] = [Number(header(answer, 'sync-schema-min')), Number(header(answer, 'sync-schema'))];
        must(
          min <= SCHEMA_VERSION && SCHEMA_VERSION <= max,
          `${ofPath(answer)} says that schemas ${min} to ${max} are served; this suite, and the devices that it came with, speak ${SCHEMA_VERSION}`,
        );
      }
    },
  },
  {
    id: 'answers.problems',
    about: 'who says no says why: application/problem+json of RFC 9457 with a type of the contract',
    run: async (world) => {
      for (const answer of await provoke(world)) {
        if (answer.status < 400) continue;
        const type = header(answer, 'content-type');
        must(
          type.startsWith('application/problem+json'),
          `${ofPath(answer)} is ${type || 'of no type'}: it must be application/problem+json`,
        );
        const read = problem.safeParse(answer.json);
        must(read.success, `${ofPath(answer)} is no problem of RFC 9457: type, title and status are needed`);
        const said = read.data;
        const name = said.type.replace(/^\/problems\//, '');
        must(
          said.type.startsWith('/problems/') && Object.hasOwn(PROBLEMS, name),
          `${ofPath(answer)} has the type ${said.type}, which is none of the contract`,
        );
        must(
          said.status === answer.status && PROBLEMS[name as keyof typeof PROBLEMS] === answer.status,
          `${ofPath(answer)} says ${said.type} and status ${said.status}: the three must agree with the table of the contract`,
        );
      }
    },
  },
  {
    id: 'answers.invalid',
    about: 'what does not fit the contract is refused with invalid-request',
    run: async (world) => {
      const device = await world.device();
      const why = 'a request that does not fit the contract is taken';
      mustRefuse(await ask(world.wire, 'challenge', {}), 400, 'invalid-request', `${why} (no device_id)`);
      const cut = await ask(world.wire, 'challenge', {}, { body: '{"device_id":' });
      mustRefuse(cut, 400, 'invalid-request', `${why} (no JSON)`);
      mustRefuse(await askAs(device, 'leases', { n: -1 }), 400, 'invalid-request', `${why} (a lease of -1)`);
      mustRefuse(await askAs(device, 'changes', { limit: 0 }), 400, 'invalid-request', `${why} (limit=0)`);
    },
  },
  {
    id: 'time.answer',
    about: 'the time is told without a token, and agrees with the header',
    run: async (world) => {
      const answer = await ask(world.wire, 'time', {});
      const { now } = good('time', answer);
      const stamp = Number(header(answer, 'server-time-ms'));
      must(Math.abs(now - stamp) <= 1000, `now (${now}) and Server-Time-Ms (${stamp}) are two clocks: use one`);
    },
  },
  {
    id: 'time.forward',
    about: "the centre's clock does not go back",
    run: async (world) => {
      for (let i = 0; i < 10; i += 1) await ask(world.wire, 'time', {});
      // Only those that were asked one after the other: of two at once any may come first.
      const told = world.wire.answers
        .filter(({ path }) => path.endsWith('/time'))
        .map((a) => Number(header(a, 'server-time-ms')));
      const back = told.findIndex((at, i) => i > 0 && at < (told[i - 1] ?? 0) - 50);
      must(
        back < 0,
        `Server-Time-Ms went back by ${(told[back - 1] ?? 0) - (told[back] ?? 0)} ms: several servers with clocks apart, or a clock that was set`,
      );
    },
  },
  {
    id: 'schema.pull',
    about: 'who speaks an older schema than Sync-Schema-Min pulls nothing: 426',
    run: async (world) => {
      const device = await world.device();
      const min = await leastSchema(world);
      if (min <= 1) skip('the centre serves all schemas: Sync-Schema-Min is 1');
      const answer = await askAs(device, 'changes', {}, { headers: { 'sync-schema': String(min - 1) } });
      mustRefuse(
        answer,
        426,
        'schema-unsupported',
        `schema ${min - 1} is below Sync-Schema-Min and gets rows that it cannot read`,
      );
    },
  },
  {
    id: 'schema.push',
    about: 'who speaks an older schema may still tell what happened',
    run: async (world) => {
      const device = await world.device();
      const min = await leastSchema(world);
      if (min <= 1) skip('the centre serves all schemas: Sync-Schema-Min is 1');
      const answer = await askAs(device, 'ops', {}, { headers: { 'sync-schema': String(min - 1) } });
      must(
        problemIn(answer)?.type === '/problems/invalid-request',
        `a push of schema ${min - 1} is refused with ${told(answer)}: what happened has to be taken from old devices too`,
      );
    },
  },
  {
    id: 'health.report',
    about: 'a report of health is taken',
    run: async (world) => {
      await callAs(await world.device(), 'health', {
        app: 'conformance/1',
        printer: 'ready',
        waiting: 0,
        parked: 0,
        clock_offset_ms: null,
      });
    },
  },
];

const leastSchema = async (world: World): Promise<number> =>
  Number(header(await ask(world.wire, 'time', {}), 'sync-schema-min'));
