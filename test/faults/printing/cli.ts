import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { FAULTS, QUICK, SETUPS, trialsOf } from './plan.ts';
import { reportOf, summaryOf } from './report.ts';
import { runTrials } from './run.ts';

/** `npm run faults:print`: everything that can go wrong with a printer, on every way to one, with every grade. */
const USAGE = `usage: npm run faults:print -- [options]

  --quick          each kind of fault on three printers, in about a minute
  --fault NAME     only this, or all that begin so (paper, drop, kill-core); may be repeated
  --setup NAME     only this, or all that begin so (tcp, "serial A", cups); may be repeated
  --parallel N     rows of printers at once (4)
  --json FILE      what was seen of each trial
  --help           this text

faults: ${FAULTS.join(', ')}
setups: ${SETUPS.map(({ id }) => id).join(', ')}
CUPS and socat must be installed: apt-get install cups socat`;

const stopWith = (why: string): never => {
  console.error(`${why}\n\n${USAGE}`);
  return process.exit(2);
};

const readArgs = () => {
  try {
    const { values } = parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        fault: { type: 'string', multiple: true, default: [] },
        setup: { type: 'string', multiple: true, default: [] },
        parallel: { type: 'string', default: '4' },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    return stopWith(error instanceof Error ? error.message : String(error));
  }
};

const args = readArgs();
if (args.help) {
  console.log(USAGE);
  process.exit(0);
}
const parallel = Number(args.parallel);
if (!Number.isInteger(parallel) || parallel < 1 || parallel > 16) stopWith(`--parallel ${args.parallel}: 1 to 16`);
const trials = trialsOf(args.quick ? QUICK : { faults: args.fault, setups: args.setup });
if (trials.length === 0) stopWith('no such fault or setup');

const started = performance.now();
const seen: unknown[] = [];
const results = await runTrials(trials, {
  parallel,
  onResult: ({ fault, setup, verdict, ms }, facts) => {
    seen.push({ fault, setup: setup.id, ...verdict, ms: Math.round(ms), facts });
    const words = verdict.violations.map((what) => `!! ${what}`);
    console.error(
      `${setup.id}: ${fault}: ${verdict.outcome} (${Math.round(ms)} ms)${words.map((w) => `\n    ${w}`).join('')}`,
    );
  },
});
const summary = summaryOf(results, performance.now() - started);
console.log(reportOf(results, summary));
if (args.json !== undefined) await writeFile(args.json, `${JSON.stringify({ summary, trials: seen }, null, 2)}\n`);
process.exitCode = summary.violations === 0 ? 0 : 1;
