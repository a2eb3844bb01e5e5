import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startCentre, type CentreOptions } from './index.ts';
import { parseSeed, type Seed } from './seed.ts';

const USAGE = `Reference centre: the central booking API that devices sync with, on one SQLite file.

npm run centre -- [options]
  --port N            port, 0 = any free one (default 9200)
  --db FILE           SQLite file, made when it is not there (required)
  --seed FILE|demo    what to put in: a JSON file, or a made-up day at an office with pages at /demo and /office
  --now ISO           the centre's clock starts at this time, such as 2026-03-16T09:00:00+03:00
  --restored          the file is a backup that was put back: devices are told to tell again what it has not
  --min-schema N      the oldest schema that may pull (default: the present one)
  --public-url URL    a further base URL under which devices reach it
  --counters          the windows of the demo call and serve, and others come in between (the demo does so unless told not to)
  --no-counters       the hall of the demo stands still
  --counters-seed N   what chance begins with in the hall (default 1)
  --control           opens /control, by which tests stop and disturb it
  --exit-with-parent  ends when its standard input is closed
  --help              this text
`;

class UsageError extends Error {}

function integer(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new UsageError(`--${name} ${text}: expected a whole number from ${min} to ${max}`);
  }
  return value;
}

/** A clock that showed `text` at the start and goes on from there. */
function clockFrom(text: string): () => number {
  const start = Date.parse(text);
  // Without an offset it would mean another moment on each machine.
  if (Number.isNaN(start) || !/(?:Z|[+-]\d\d:\d\d)$/.test(text)) {
    throw new UsageError(`--now ${text}: expected a time with its offset, such as 2026-03-16T09:00:00+03:00`);
  }
  const from = performance.now();
  return () => Math.floor(start + performance.now() - from);
}

function seedFrom(file: string): Seed | 'demo' {
  if (file === 'demo') return 'demo';
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`--seed ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return parseSeed(value, file);
}

function url(text: string): string {
  if (!URL.canParse(text) || !/^https?:\/\//i.test(text)) {
    throw new UsageError(`--public-url ${text}: expected an http or https URL`);
  }
  return text;
}

function read(argv: readonly string[]): { help: boolean; withParent: boolean; options: CentreOptions } {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string', default: '9200' },
        db: { type: 'string' },
        seed: { type: 'string' },
        now: { type: 'string' },
        restored: { type: 'boolean', default: false },
        'min-schema': { type: 'string' },
        'public-url': { type: 'string' },
        counters: { type: 'boolean', default: false },
        'no-counters': { type: 'boolean', default: false },
        'counters-seed': { type: 'string', default: '1' },
        control: { type: 'boolean', default: false },
        'exit-with-parent': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  if (values.help) return { help: true, withParent: false, options: { db: '' } };
  const { db, seed, now, 'public-url': publicUrl, 'min-schema': minSchema } = values;
  if (db === undefined || db === '') throw new UsageError('--db FILE is missing');
  if (values.counters && values['no-counters']) throw new UsageError('--counters and --no-counters exclude each other');
  if (values.counters && seed !== 'demo') throw new UsageError('--counters: only the demo has a hall, add --seed demo');
  const countersSeed = integer('counters-seed', values['counters-seed'], 0, 0xffff_ffff);
  return {
    help: false,
    withParent: values['exit-with-parent'],
    options: {
      db,
      port: integer('port', values.port, 0, 65_535),
      control: values.control,
      restored: values.restored,
      ...(minSchema === undefined ? {} : { minSchema: integer('min-schema', minSchema, 0, 1000) }),
      ...(seed === undefined ? {} : { seed: seedFrom(seed) }),
      ...(seed === 'demo' && !values['no-counters'] ? { counters: { seed: countersSeed } } : {}),
      ...(now === undefined ? {} : { now: clockFrom(now) }),
      ...(publicUrl === undefined ? {} : { publicUrl: url(publicUrl) }),
    },
  };
}

async function main(): Promise<void> {
  const { help, withParent, options } = read(process.argv.slice(2));
  if (help) {
    process.stdout.write(USAGE);
    return;
  }
  const centre = await startCentre(options);
  let closing = false;
  const close = (): void => {
    if (closing) return;
    closing = true;
    centre.close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGTERM', close);
  process.on('SIGINT', close);
  if (withParent) {
    process.stdin.on('end', close).on('close', close).on('error', close);
    process.stdin.resume();
  }
  const ready = { event: 'ready', port: centre.port, url: centre.url, enrolment: centre.codes() };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

function fail(error: unknown): void {
  process.stderr.write(`centre: ${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof UsageError) process.stderr.write(`\n${USAGE}`);
  process.exit(error instanceof UsageError ? 2 : 1);
}

main().catch(fail);
