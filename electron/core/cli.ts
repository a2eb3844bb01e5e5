import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { request, type FromCore } from '../../shared/contracts/wire.ts';
import { fail } from '../../shared/contracts/result.ts';
import type { Core } from './core.ts';
import { createShippedCore } from './shipped.ts';

/**
 * `npm run core -- --data DIR [--config FILE] [--log stderr]`: the core alone. Requests come as JSON lines on stdin
 * (`{"id": 1, "method": "system.state", "params": {}}`), answers and events go as JSON lines to stdout. Ends with stdin.
 */
const USAGE = 'usage: core --data DIR [--config FILE] [--log file|stderr]';

const say = (message: FromCore): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`);
};
const stopWith = (why: string, code: number): never => {
  process.stderr.write(`${why}\n`);
  process.exit(code);
};

const readArgs = () => {
  try {
    const { values } = parseArgs({
      options: { data: { type: 'string' }, config: { type: 'string' }, log: { type: 'string', default: 'file' } },
    });
    if (values.data === undefined || (values.log !== 'file' && values.log !== 'stderr')) return stopWith(USAGE, 2);
    return { dataDir: values.data, configFile: values.config ?? null, log: values.log } as const;
  } catch (error) {
    return stopWith(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`, 2);
  }
};

const answer = async (core: Core, line: string): Promise<void> => {
  let raw: unknown;
  try {
    raw = JSON.parse(line);
  } catch {
    say({ id: '', ...fail('invalid-input', 'this line is not JSON') });
    return;
  }
  const message = request.safeParse(raw);
  if (!message.success) {
    const id = typeof raw === 'object' && raw !== null && 'id' in raw && typeof raw.id === 'string' ? raw.id : '';
    say({ id, ...fail('invalid-input', 'expected {"id": ..., "method": ..., "params": {...}}') });
    return;
  }
  const { id, method, params, role } = message.data;
  say({ id, ...(await core.call(role ?? 'service', method, params)) });
};

const args = readArgs();
const core = await createShippedCore({ ...args, resourcesDir: 'resources' }, args.log).catch((error: unknown) =>
  stopWith(error instanceof Error ? error.message : String(error), 1),
);
core.onEvent((event, payload) => say({ event, payload }));
await core.start();
say({ event: 'ready', payload: { pid: process.pid } });

const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
const open = new Set<Promise<void>>();
lines.on('line', (line) => {
  if (line.trim() === '') return;
  const one = answer(core, line).finally(() => open.delete(one));
  open.add(one);
});
const stop = async (): Promise<void> => {
  lines.close();
  await Promise.all(open);
  await core.stop();
  process.exit(0);
};
lines.on('close', () => void stop());
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
