import { afterEach } from 'vitest';
import { runningApps } from '../../tools/launch.ts';

export { FakeCamera } from '../../tools/fake-camera.ts';
export { launchTalon } from '../../tools/launch.ts';
export type { Talon } from '../../tools/launch.ts';

/**
 * Call once at the top of a test file: when a test fails, what the running apps said is printed and their windows are
 * saved to `out/test/failures`.
 */
export function reportOnFailure(): void {
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    for (const talon of runningApps()) {
      const files = await talon.screenshots(task.name);
      console.error(`\n${task.name}\n${talon.report()}\n--- Windows ---\n${files.join('\n') || '  no picture'}\n`);
    }
  });
}
