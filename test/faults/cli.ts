import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { CALM, FAULTS, type FaultRates } from './plan.ts';
import { startFaultProxy } from './proxy.ts';

/**
 * `npm run faults -- --target URL`: a bad network before a centre, to try a device with. Prints its address as one line
 * of JSON; is told more by lines of JSON on stdin, and ends with stdin or SIGTERM.
 */
const USAGE = `usage: npm run faults -- --target URL [--port N] [--seed N] [--rate SHARE] [--delay MS] [--only FAULT]...

  --target URL   the centre; start it with --public-url and the address of this proxy, devices sign for that
  --rate SHARE   of the requests something happens to, 0 to 1 (0.1)
  --delay MS     the longest delay (2000)
  --only FAULT   only this; may be repeated: ${FAULTS.slice(1).join(', ')}

Lines on stdin: {"cut": true}, {"rate": 0.5, "delay": 500, "only": ["reset"]}, {"next": "/sync/ops", "fault": "lost-answer"}`;

const fault = z.enum(FAULTS);
const share = z.number().min(0).max(1);
const delay = z.int().min(0).max(600_000);
const order = z.union([
  z.strictObject({ cut: z.boolean() }),
  z.strictObject({ next: z.string(), fault }),
  z.strictObject({ rate: share, delay: delay.default(2_000), only: z.array(fault).default([]) }),
]);

const ratesOf = (rate: number, delayMs: number, only: readonly z.output<typeof fault>[]): FaultRates => ({
  ...CALM,
  rate,
  delayMs,
  weights: only.length === 0 ? {} : Object.fromEntries(FAULTS.map((name) => [name, only.includes(name) ? 1 : 0])),
});

const stopWith = (why: string): never => {
  console.error(`${why}\n\n${USAGE}`);
  return process.exit(2);
};

const readArgs = () => {
  try {
    const { values } = parseArgs({
      options: {
        target: { type: 'string' },
        port: { type: 'string', default: '0' },
        seed: { type: 'string', default: '1' },
        rate: { type: 'string', default: '0.1' },
        delay: { type: 'string', default: '2000' },
        only: { type: 'string', multiple: true, default: [] },
      },
    });
    return z
      .object({
        target: z.url({ protocol: /^http$/ }),
        port: z.coerce.number().int().min(0).max(65_535),
        seed: z.coerce.number().int(),
        rate: z.coerce.number().pipe(share),
        delay: z.coerce.number().pipe(delay),
        only: z.array(fault),
      })
      .parse(values);
  } catch (error) {
    return stopWith(error instanceof z.ZodError ? z.prettifyError(error) : String(error));
  }
};

const args = readArgs();
const proxy = await startFaultProxy(args);
proxy.set(ratesOf(args.rate, args.delay, args.only));
console.log(JSON.stringify({ url: proxy.url }));

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  let raw: unknown = null;
  try {
    raw = JSON.parse(line);
  } catch {
    // Said below: it is none of the orders.
  }
  const read = order.safeParse(raw);
  if (!read.success) {
    console.log(JSON.stringify({ error: `expected an order as in the usage, got ${line.slice(0, 100)}` }));
    return;
  }
  const say = read.data;
  if ('cut' in say) proxy.cut(say.cut);
  else if ('next' in say) proxy.next(say.next, say.fault);
  else proxy.set(ratesOf(say.rate, say.delay, say.only));
  console.log(JSON.stringify({ ok: true }));
});
const stop = async (): Promise<void> => {
  console.log(JSON.stringify({ counts: proxy.counts() }));
  await proxy.close();
  process.exit(0);
};
lines.on('close', () => void stop());
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
