import type { World } from './world.ts';

/** Checks of a centre, and how they are run. */

/** What a centre does against the contract, said so that whoever wrote it knows what to change. */
export class Failed extends Error {}
/** What cannot be seen from outside here, with the reason. */
export class Skipped extends Error {}

/** @throws Failed */
export function fail(why: string): never {
  throw new Failed(why);
}
/** @throws Skipped */
export function skip(why: string): never {
  throw new Skipped(why);
}
/** @throws Failed with the words for whoever has to mend it */
export function must(holds: boolean, why: string): asserts holds {
  if (!holds) throw new Failed(why);
}

export interface Check {
  /** `part.what`: the part may be asked for alone. */
  id: string;
  about: string;
  run: (world: World) => Promise<void>;
}

export interface Result {
  id: string;
  about: string;
  result: 'ok' | 'failed' | 'skipped';
  /** Empty when it is ok. */
  why: string;
  ms: number;
}

/** @param patterns ids or beginnings of ids */
export const fits = (id: string, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => id === pattern || id.startsWith(`${pattern}.`));

/** @param told hears each result as it is there */
export const runChecks = async (
  checks: readonly Check[],
  world: World,
  told: (result: Result) => void = () => undefined,
): Promise<Result[]> => {
  const results: Result[] = [];
  for (const { id, about, run } of checks) {
    const begun = performance.now();
    const done = (result: Result['result'], why: string): void => {
      const one = { id, about, result, why, ms: Math.round(performance.now() - begun) };
      results.push(one);
      told(one);
    };
    try {
      await run(world);
      done('ok', '');
    } catch (error) {
      if (error instanceof Skipped) done('skipped', error.message);
      else if (error instanceof Failed) done('failed', error.message);
      else done('failed', `no usable answer: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  world.close();
  return results;
};
