import { randomUUID } from 'node:crypto';
import { centreApi, type CentreApi } from '../../shared/contracts/centre/api.ts';
import { newKey } from './crypto.ts';
import {
  ask,
  askAs,
  assertionOf,
  callAs,
  enrolmentOf,
  good,
  mustRefuse,
  nonceFor,
  problemIn,
  told,
  tokenRequestOf,
} from './device.ts';
import type { Answer } from './http.ts';
import { must, skip, type Check } from './suite.ts';
import type { World } from './world.ts';

/** Enrolment and sign-in. */

/** As somebody types it who does not see the difference. */
const asTyped = (code: string): string => {
  const plain = code.replaceAll(/[\s-]/g, '').toLowerCase();
  return `${plain.slice(0, 4)} - ${plain.slice(4)}`;
};

/** Refused enrolments so far, by what was wrong; the door closes after five. */
const refusals = new WeakMap<World, Map<string, Answer>>();
const wrongEnrolment = async (world: World, what: string, ask: () => Promise<Answer>): Promise<Answer> => {
  const made = refusals.get(world) ?? new Map<string, Answer>();
  refusals.set(world, made);
  const answer = made.get(what) ?? (await ask());
  made.set(what, answer);
  if (answer.status === 429) {
    must(
      answer.headers['retry-after'] !== undefined,
      'a closed door (429) does not say when it opens: add Retry-After, in seconds',
    );
    skip(
      `the centre has closed its door for wrong enrolments, as it should: run it again in ${answer.headers['retry-after']} s`,
    );
  }
  return answer;
};
const unknownCode = async (world: World): Promise<Answer> =>
  wrongEnrolment(world, 'unknown', async () => ask(world.wire, 'enrol', enrolmentOf(newKey(), 'ZZZZ-ZZZZ')));
const usedCode = async (world: World): Promise<Answer> => {
  await world.enrol(0);
  return wrongEnrolment(world, 'used', async () =>
    ask(world.wire, 'enrol', enrolmentOf(newKey(), world.codes[0] ?? '')),
  );
};
const wrongProof = async (world: World): Promise<Answer> =>
  wrongEnrolment(world, 'proof', async () => {
    if (world.spent(0)) skip('the code is spent by now: it is checked before the first enrolment');
    return ask(world.wire, 'enrol', enrolmentOf(newKey(), world.codes[0] ?? '', newKey()));
  });

const refusedToken = async (
  world: World,
  what: string,
  assertion: (nonce: string) => Promise<string>,
): Promise<void> => {
  const device = await world.device();
  const answer = await ask(world.wire, 'token', tokenRequestOf(await assertion(await nonceFor(device))));
  mustRefuse(answer, 401, 'unauthorized', what);
};

const WITH_TOKEN = (Object.keys(centreApi) as (keyof CentreApi)[]).filter((name) => centreApi[name].auth);

export const signInChecks: readonly Check[] = [
  {
    id: 'enrol.proof',
    about: 'a proof by another key enrols nobody, and does not spend the code',
    run: async (world) => {
      const answer = await wrongProof(world);
      mustRefuse(answer, 400, 'code-invalid', 'a proof that was signed by another key than public_jwk is taken');
      await world.enrol(0);
    },
  },
  {
    id: 'enrol.as-typed',
    about: 'case, spaces and dashes of a code do not matter',
    run: async (world) => {
      const code = world.codes[0] ?? '';
      if (world.spent(0) && world.codes.length < 2) {
        skip('the only code is spent by now: give a further --code');
      }
      const i = world.spent(0) ? 1 : 0;
      const key = newKey();
      if (world.spent(i)) skip('all codes are spent by now');
      // A used code would do as well, but a wrong one is counted.
      const answer = await ask(world.wire, 'enrol', enrolmentOf(key, asTyped(world.codes[i] ?? code)));
      good('enrol', answer);
      world.adopt(i, key, answer);
    },
  },
  {
    id: 'enrol.answer',
    about: 'the answer is 201 and tells device, office, slot, roles and epoch',
    run: async (world) => {
      const device = await world.enrol(0);
      const answer = world.wire.answers.find(({ path, status }) => path.endsWith('/enrolments') && status < 300);
      must(answer?.status === 201, `an enrolment makes something new: answer 201, not ${answer?.status ?? 0}`);
      const stamped = answer.headers['sync-epoch'];
      must(
        stamped === device.epoch,
        `the epoch of the answer (${device.epoch}) is not that of Sync-Epoch (${String(stamped)})`,
      );
    },
  },
  {
    id: 'enrol.once',
    about: 'a code enrols one device',
    run: async (world) => {
      mustRefuse(await usedCode(world), 400, 'code-invalid', 'a code can be used twice');
    },
  },
  {
    id: 'enrol.unknown',
    about: 'a code that was never given out enrols nobody',
    run: async (world) => {
      mustRefuse(await unknownCode(world), 400, 'code-invalid', 'a code that nobody has given out is taken');
    },
  },
  {
    id: 'enrol.same-words',
    about: 'what was wrong with a code is not told',
    run: async (world) => {
      const words = async (answer: Promise<Answer>): Promise<string> => {
        const { instance: _, ...said } = problemIn(await answer) ?? {};
        return JSON.stringify([(await answer).status, said]);
      };
      const unknown = await words(unknownCode(world));
      const used = await words(usedCode(world));
      must(
        unknown === used,
        `whoever guesses can tell a used code (${used}) from an unknown one (${unknown}): use the same words`,
      );
      const tried = refusals.get(world)?.get('proof');
      if (!tried) return;
      const proof = await words(Promise.resolve(tried));
      must(
        proof === unknown,
        `whoever guesses can tell that a code is right (${proof}): use the same words as for an unknown one`,
      );
    },
  },
  {
    id: 'sign-in.challenge',
    about: 'each challenge brings another nonce',
    run: async (world) => {
      const device = await world.device();
      const nonces = [await nonceFor(device), await nonceFor(device), await nonceFor(device)];
      must(new Set(nonces).size === 3, 'two challenges brought the same nonce: draw a new one each time');
    },
  },
  {
    id: 'sign-in.stranger',
    about: 'a challenge does not tell which devices there are',
    run: async (world) => {
      const answer = await ask(world.wire, 'challenge', { device_id: randomUUID() });
      must(
        answer.status === 200,
        `the challenge for an unknown device is refused with ${told(answer)}: hand out a nonce to anybody`,
      );
      good('challenge', answer);
    },
  },
  {
    id: 'sign-in.nonce-once',
    about: 'a nonce signs in once',
    run: async (world) => {
      const device = await world.device();
      const request = tokenRequestOf(assertionOf(device, await nonceFor(device)));
      good('token', await ask(world.wire, 'token', request));
      mustRefuse(await ask(world.wire, 'token', request), 401, 'unauthorized', 'an assertion can be replayed');
    },
  },
  {
    id: 'sign-in.nonce-known',
    about: 'a nonce that the centre did not hand out signs in nobody',
    run: async (world) =>
      refusedToken(world, "a nonce of the device's own making is taken", async () =>
        assertionOf(await world.device(), randomUUID()),
      ),
  },
  {
    id: 'sign-in.audience',
    about: 'an assertion for another centre signs in nobody',
    run: async (world) =>
      refusedToken(world, 'an assertion with another `aud` is taken', async (nonce) =>
        assertionOf(await world.device(), nonce, { aud: 'https://another-centre.example.org' }),
      ),
  },
  {
    id: 'sign-in.key',
    about: 'an assertion by another key signs in nobody',
    run: async (world) =>
      refusedToken(world, "an assertion that the device's key has not signed is taken", async (nonce) =>
        assertionOf(await world.device(), nonce, {}, newKey()),
      ),
  },
  {
    id: 'sign-in.subject',
    about: 'nobody signs in as another device',
    run: async (world) =>
      refusedToken(world, 'an assertion whose `sub` is not its `iss` is taken', async (nonce) =>
        assertionOf(await world.device(), nonce, { sub: randomUUID() }),
      ),
  },
  {
    id: 'sign-in.clock',
    about: 'a device whose clock is years off can sign in',
    run: async (world) => {
      const device = await world.device();
      const assertion = assertionOf(device, await nonceFor(device), { iat: 946_684_800, exp: 946_688_400 });
      const answer = await ask(world.wire, 'token', tokenRequestOf(assertion));
      must(
        answer.status === 200,
        `an assertion from the year 2000 is refused with ${told(answer)}: go by the nonce, not by iat and exp`,
      );
    },
  },
  {
    id: 'sign-in.token',
    about: 'every call that needs a token is refused without one and with a wrong one',
    run: async (world) => {
      const device = await world.device();
      for (const name of WITH_TOKEN) {
        for (const token of [null, 'this-is-no-token-of-anybody']) {
          const answer = await ask(world.wire, name, {}, { token, timeoutMs: 10_000 });
          mustRefuse(
            answer,
            401,
            'unauthorized',
            `${name} is served ${token === null ? 'without a' : 'with a wrong'} token`,
          );
        }
      }
      await callAs(device, 'keys', {});
    },
  },
  {
    id: 'sign-in.again',
    about: 'a new token does not end the one before',
    run: async (world) => {
      const device = await world.device();
      const before = device.token;
      const assertion = assertionOf(device, await nonceFor(device));
      device.token = good('token', await ask(world.wire, 'token', tokenRequestOf(assertion))).access_token;
      const answer = await askAs(device, 'keys', {}, { token: before });
      must(answer.status === 200, `the token before is refused with ${told(answer)}: requests under way would fail`);
    },
  },
];
