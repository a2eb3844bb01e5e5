import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ground, openGround } from './ground.ts';
import { judge, type TrialFacts } from './judge.ts';
import type { Setup, Trial } from './plan.ts';
import type { Result } from './report.ts';
import { tryFault } from './try.ts';
import { openWorld, type World } from './world.ts';

export interface RunOptions {
  /** Rows of printers at once. */
  parallel: number;
  /** What was seen of a trial, as it ends. */
  onResult?: (result: Result, facts: TrialFacts | null) => void;
}

const bySetup = (trials: readonly Trial[]): { setup: Setup; trials: Trial[] }[] => {
  const groups = new Map<string, { setup: Setup; trials: Trial[] }>();
  for (const trial of trials) {
    const group = groups.get(trial.setup.id) ?? { setup: trial.setup, trials: [] };
    group.trials.push(trial);
    groups.set(trial.setup.id, group);
  }
  return [...groups.values()];
};

/** Runs the trials with real processes; one that does not come to an end is a broken promise of its own. */
export const runTrials = async (trials: readonly Trial[], { parallel, onResult }: RunOptions): Promise<Result[]> => {
  const dir = await mkdtemp(join(tmpdir(), 'talon-faults-'));
  const left = bySetup(trials);
  const results: Result[] = [];
  let worlds = 0;

  const tryOne = async (trial: Trial, world: World, ground: Ground): Promise<boolean> => {
    const started = performance.now();
    let facts: TrialFacts | null = null;
    let verdict: Result['verdict'];
    try {
      facts = await tryFault(trial.fault, world, ground);
      verdict = judge(facts);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      verdict = { violations: [why], outcome: 'no end', unsure: false };
    }
    const result = { ...trial, verdict, ms: performance.now() - started };
    results.push(result);
    onResult?.(result, facts);
    return facts !== null;
  };
  const row = async (n: number): Promise<void> => {
    let ground: Ground | null = null;
    try {
      for (let group = left.shift(); group; group = left.shift()) {
        ground ??= await openGround(join(dir, `ground-${n}`));
        let world: World | null = null;
        try {
          for (const trial of group.trials) {
            world ??= await openWorld(group.setup, ground, join(dir, `world-${(worlds += 1)}`));
            if (await tryOne(trial, world, ground)) continue;
            // Whatever it is stuck in, the next trial begins anew.
            await world.close();
            world = null;
          }
        } finally {
          await world?.close();
        }
      }
    } finally {
      await ground?.close();
    }
  };
  try {
    await Promise.all(Array.from({ length: parallel }, (_, n) => row(n)));
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
  return results;
};
