import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const cruise = (...what: string[]): string => {
  const run = spawnSync(
    process.execPath,
    [
      'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs',
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'err',
      ...what,
    ],
    { encoding: 'utf8' },
  );
  return run.stdout + run.stderr;
};

describe('the import rules', () => {
  it('bite: each broken file is found, by the rule that is meant for it', () => {
    const found = cruise('test/fixtures/broken/imports')
      .split('\n')
      .map((line) =>
        /error ([a-z-]+): test\/fixtures\/broken\/imports\/(\S+) → (?:test\/fixtures\/broken\/imports\/)?(\S+)/.exec(
          line,
        ),
      )
      .filter((m) => m !== null)
      .map(([, rule, file, to]) => `${rule} ${file} ${to?.replace(/node_modules\/([^/]+)\/.*/, '$1')}`);
    for (const expected of [
      'shared-is-pure shared/bad.ts fs',
      'shared-imports-only-shared shared/bad.ts electron/core/bad.ts',
      'shared-packages shared/bad.ts pino',
      'core-imports electron/core/bad.ts renderer/kiosk/bad.ts',
      'core-knows-no-electron electron/core/bad.ts electron',
      'main-imports electron/main/bad.ts electron/core/bad.ts',
      'preload-imports electron/preload/bad.ts electron/main/bad.ts',
      'preload-is-sandboxed electron/preload/bad.ts fs',
      'renderer-imports renderer/kiosk/bad.ts electron/core/bad.ts',
      'renderer-is-a-page renderer/kiosk/bad.ts fs',
      'renderer-no-electron renderer/kiosk/bad.ts electron',
      'kiosk-not-desk renderer/kiosk/bad.ts renderer/desk/page.ts',
      'desk-not-kiosk renderer/desk/bad.ts renderer/kiosk/bad.ts',
    ]) {
      expect(found).toContain(expected);
    }
  });
});
