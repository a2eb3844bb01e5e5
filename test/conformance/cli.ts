/**
 * Checks a central booking API against the contract (resources/centre-api.md).
 *
 *     npm run conformance -- --url https://booking.example.org --code 7K4M-92QX --code B3T8-04WZ
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CHECKS } from './checks.ts';
import { count, lineOf, summaryOf } from './report.ts';
import { fits, runChecks } from './suite.ts';
import { createWorld } from './world.ts';

const USAGE = `usage: npm run conformance -- --url URL --code CODE [--code CODE] [options]

Enrols devices at the centre and checks what it answers. It writes: walk-ins, bookings and their cancellations, ticket
numbers. Run it on an installation for tests. A device that was enrolled here ends up blocked.

  --url URL      base URL of the centre, the part before /kiosk/v1
  --code CODE    one-time code of enrolment; twice: one for a kiosk and one for a desk of the same office,
                 with one alone what needs two devices or a desk is skipped
  --only ID      only this check, or this group (changes, ops, ...); may be repeated
  --skip ID      not this one; may be repeated
  --json FILE    writes the results as JSON too
  --list         tells the checks

Exit code: 0 nothing failed, 1 something did, 2 it could not be run.`;

const OPTIONS = {
  url: { type: 'string' },
  code: { type: 'string', multiple: true },
  only: { type: 'string', multiple: true },
  skip: { type: 'string', multiple: true },
  json: { type: 'string' },
  list: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const readArgs = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return null;
  }
};

const main = async (args: readonly string[]): Promise<number> => {
  const given = readArgs(args);
  if (!given) return 2;
  const { url, code: codes = [], only, skip = [], json } = given;
  if (given.help === true) {
    console.log(USAGE);
    return 0;
  }
  const wanted = CHECKS.filter(({ id }) => (!only || fits(id, only)) && !fits(id, skip));
  if (given.list === true) {
    for (const { id, about } of wanted) console.log(`${id.padEnd(24)} ${about}`);
    return 0;
  }
  const base = url === undefined || !URL.canParse(url) ? null : new URL(url);
  if (!base || !/^https?:$/.test(base.protocol) || codes.length === 0 || wanted.length === 0) {
    console.error(base ? USAGE : `--url has to be the base URL of a centre\n\n${USAGE}`);
    return 2;
  }
  const width = process.stdout.columns || 120;
  const results = await runChecks(wanted, createWorld({ url: base.href, codes }), (result) =>
    console.log(lineOf(result, width)),
  );
  console.log(`\n${summaryOf(results)}`);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ url: base.href, results }, null, 2)}\n`);
  return count(results, 'failed') > 0 ? 1 : 0;
};

process.exitCode = await main(process.argv.slice(2));
