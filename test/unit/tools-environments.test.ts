import { readdirSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../tools/paths.ts';
import { ENVIRONMENTS } from '../tools/typecheck.ts';

/**
 * The environments are really separated: files that use a name of another environment, compiled with the very settings
 * of their own, must fail, and with the error that says so. Without this, one wrong `types` entry would let everything
 * pass unnoticed.
 */

const broken = path.join(ROOT, 'test', 'fixtures', 'broken', 'env');

/** "Cannot find name", as it is, with the hint to install Node's types, and with the hint to add the DOM library. */
const NO_SUCH_NAME = [2304, 2580, 2584, 2591];
const NO_SUCH_MODULE = [2307, 2591];

const cases: readonly { file: string; environment: (typeof ENVIRONMENTS)[number]; errors: readonly number[] }[] = [
  { file: 'shared/document.ts', environment: 'shared', errors: NO_SUCH_NAME },
  { file: 'shared/process.ts', environment: 'shared', errors: NO_SUCH_NAME },
  { file: 'shared/timer.ts', environment: 'shared', errors: NO_SUCH_NAME },
  { file: 'shared/node-module.ts', environment: 'shared', errors: NO_SUCH_MODULE },
  { file: 'core/window.ts', environment: 'electron/core', errors: NO_SUCH_NAME },
  { file: 'main/document.ts', environment: 'electron/main', errors: NO_SUCH_NAME },
  { file: 'preload/process.ts', environment: 'electron/preload', errors: NO_SUCH_NAME },
  { file: 'preload/require.ts', environment: 'electron/preload', errors: NO_SUCH_NAME },
  { file: 'preload/buffer.ts', environment: 'electron/preload', errors: NO_SUCH_NAME },
  { file: 'renderer/buffer.ts', environment: 'renderer', errors: NO_SUCH_NAME },
  { file: 'renderer/process.ts', environment: 'renderer', errors: NO_SUCH_NAME },
  { file: 'renderer/electron.ts', environment: 'renderer', errors: NO_SUCH_NAME },
];

/** The settings of an environment, as its tsconfig.json gives them to the compiler. */
function settingsOf(environment: string): ts.CompilerOptions {
  const file = path.join(ROOT, environment, 'tsconfig.json');
  const parsed = ts.getParsedCommandLineOfConfigFile(
    file,
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (problem) => {
        throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, '\n'));
      },
    },
  );
  if (parsed === undefined) throw new Error(`${file} cannot be read`);
  return parsed.options;
}

/** The declarations that an environment brings along itself, like the few Electron names of a sandboxed preload. */
function declarationsOf(environment: string): string[] {
  const folder = path.join(ROOT, environment);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.d.ts'))
    .map((name) => path.join(folder, name));
}

describe('a name of another environment does not compile', () => {
  test.each(cases)('$environment: $file', ({ file, environment, errors }) => {
    const full = path.join(broken, file);
    const program = ts.createProgram([full, ...declarationsOf(environment)], settingsOf(environment));
    const source = program.getSourceFile(full);
    const codes = program.getSemanticDiagnostics(source).map(({ code }) => code);
    expect(codes, `error codes of ${file}`).toHaveLength(1);
    expect(errors).toContain(codes[0]);
  });

  test('every broken file is tried', () => {
    const files = readdirSync(broken, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    expect(files.map((name) => name.replaceAll('\\', '/')).sort()).toEqual(cases.map(({ file }) => file).sort());
  });

  test('every environment is checked by the typecheck and is tried here, except the tests', () => {
    const tried = new Set(cases.map(({ environment }) => environment));
    expect(ENVIRONMENTS.filter((environment) => !tried.has(environment))).toEqual(['test']);
  });
});
