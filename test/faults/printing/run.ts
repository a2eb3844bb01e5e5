import { chmod, mkdtemp, rm } from 'node:fs/promises';
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
  // The helpers of CUPS run as another user.
  await chmod(dir, 0o755);
  const left = bySetup(trials);
  const results: Result[] = [];
  let worlds = 0;

  /** @returns the world for the next trial, null when this one is stuck: then that begins anew */
  const tryOne = async (trial: Trial, at: World | null, ground: Ground): Promise<World | null> => {
    const started = performance.now();
    let world = at;
    let facts: TrialFacts | null = null;
    let verdict: Result['verdict'];
    try {
      world ??= await openWorld(trial.setup, ground, join(dir, `world-${(worlds += 1)}`));
      facts = await tryFault(trial.fault, world, ground);
      verdict = judge(facts);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      verdict = { violations: [why], outcome: 'no end', unsure: false };
    }
    const result = { ...trial, verdict, ms: performance.now() - started };
    results.push(result);
    onResult?.(result, facts);
    if (facts !== null) return world;
    await world?.close();
    return null;
  };
  const row = async (n: number): Promise<void> => {
    let ground: Ground | null = null;
    try {
      for (let group = left.shift(); group; group = left.shift()) {
        ground ??= await openGround(join(dir, `ground-${n}`));
        let world: World | null = null;
        try {
          for (const trial of group.trials) {
            world = await tryOne(trial, world, ground);
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
    const rows = await Promise.allSettled(Array.from({ length: parallel }, (_, n) => row(n)));
    const broken = rows.find(({ status }) => status === 'rejected');
    if (broken?.status === 'rejected') throw broken.reason;
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
  return results;
};
