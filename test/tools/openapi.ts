/**
 * The central API's contract as a file for integrators, resources/centre.openapi.json.
 *
 *     node test/tools/openapi.ts            writes it
 *     node test/tools/openapi.ts --check    fails if the file is not what this would write
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { centreOpenApi } from '../../shared/contracts/centre/openapi.ts';
import { ROOT } from './paths.ts';

export const OPENAPI_FILE = path.join(ROOT, 'resources', 'centre.openapi.json');

/** @returns the file's text as it has to be */
export const openApiText = (): string => `${JSON.stringify(centreOpenApi(), null, 2)}\n`;

function main(args: readonly string[]): number {
  if (args.some((arg) => arg !== '--check')) {
    console.error('usage: node test/tools/openapi.ts [--check]');
    return 2;
  }
  if (args.includes('--check')) {
    const same = existsSync(OPENAPI_FILE) && readFileSync(OPENAPI_FILE, 'utf8') === openApiText();
    if (!same)
      console.error('resources/centre.openapi.json is not what the schemas say: run node test/tools/openapi.ts');
    return same ? 0 : 1;
  }
  writeFileSync(OPENAPI_FILE, openApiText());
  return 0;
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = main(process.argv.slice(2));
}
