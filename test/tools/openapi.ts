/**
 * The central API's contract as files for integrators: resources/centre.openapi.json, and what is generated in
 * resources/centre-api.md.
 *
 *     node test/tools/openapi.ts            writes them
 *     node test/tools/openapi.ts --check    fails if a file is not what this would write
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { centreOpenApi } from '../../shared/contracts/centre/openapi.ts';
import { fillPage } from '../conformance/page.ts';
import { exampleCrypto } from '../conformance/vectors.ts';
import { ROOT } from './paths.ts';

export const OPENAPI_FILE = path.join(ROOT, 'resources', 'centre.openapi.json');
export const PAGE_FILE = path.join(ROOT, 'resources', 'centre-api.md');

/** @returns the document's text as it has to be */
export const openApiText = (): string => `${JSON.stringify(centreOpenApi(exampleCrypto), null, 2)}\n`;

/** @returns the page's text as it has to be: what is written by hand in it stays */
export const pageText = async (): Promise<string> => fillPage(readFileSync(PAGE_FILE, 'utf8'), PAGE_FILE);

async function main(args: readonly string[]): Promise<number> {
  if (args.some((arg) => arg !== '--check')) {
    console.error('usage: node test/tools/openapi.ts [--check]');
    return 2;
  }
  const files = [
    [OPENAPI_FILE, openApiText()],
    [PAGE_FILE, await pageText()],
  ] as const;
  if (!args.includes('--check')) {
    for (const [file, text] of files) writeFileSync(file, text);
    return 0;
  }
  const old = files.filter(([file, text]) => !existsSync(file) || readFileSync(file, 'utf8') !== text);
  for (const [file] of old) {
    console.error(`${path.relative(ROOT, file)} is not what the contract says: run node test/tools/openapi.ts`);
  }
  return old.length === 0 ? 0 : 1;
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2));
}
