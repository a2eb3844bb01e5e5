import { BROKEN_ACCESS } from './broken-access.ts';
import { BROKEN_READING } from './broken-reading.ts';
import { BROKEN_WRITING } from './broken-writing.ts';
import type { Mutation } from './proxy.ts';

/**
 * For each check, by its id, a centre that does just that wrong: a check that nothing can fail says nothing. Each is made
 * anew for a run.
 */
export const BROKEN: Readonly<Record<string, () => Mutation>> = {
  ...BROKEN_ACCESS,
  ...BROKEN_READING,
  ...BROKEN_WRITING,
};
