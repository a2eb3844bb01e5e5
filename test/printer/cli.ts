import { parseArgs } from 'node:util';
import { startVirtualPrinter, type VirtualPrinterOptions } from './index.ts';

const USAGE = `Virtual ticket printer (Epson ESC/POS over TCP) with a page on which the tickets appear.

npm run printer -- [options]
  --port N              print port, 0 = any free one (default 9100)
  --http N              port of the page and the controls, 0 = any free one (default 9101)
  --paper ok|near|out   paper at the start (default ok)
  --mute                answers no status request
  --no-gs-h             does not know GS ( H, like older and cheaper printers
  --speed MM_PER_S|max  print speed (default 250)
  --width 576|384       dots per row (default 576)
  --bytes-per-second N  takes data in no faster
  --one-session         serves one connection at a time
  --out DIR             writes ticket-N.png and ticket-N.txt
  --exit-with-parent    ends when its standard input is closed
  --help                this text
`;

class UsageError extends Error {}

function integer(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new UsageError(`--${name} ${text}: expected a whole number from ${min} to ${max}`);
  }
  return value;
}

function choice<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const found = choices.find((one) => one === text);
  if (found === undefined) throw new UsageError(`--${name} ${text}: expected ${choices.join(' or ')}`);
  return found;
}

function read(argv: readonly string[]): { help: boolean; withParent: boolean; options: VirtualPrinterOptions } {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string', default: '9100' },
        http: { type: 'string', default: '9101' },
        paper: { type: 'string', default: 'ok' },
        mute: { type: 'boolean', default: false },
        'no-gs-h': { type: 'boolean', default: false },
        speed: { type: 'string', default: '250' },
        width: { type: 'string', default: '576' },
        'bytes-per-second': { type: 'string' },
        'one-session': { type: 'boolean', default: false },
        out: { type: 'string' },
        'exit-with-parent': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const bytesPerSecond = values['bytes-per-second'];
  const { out } = values;
  return {
    help: values.help,
    withParent: values['exit-with-parent'],
    options: {
      port: integer('port', values.port, 0, 65_535),
      httpPort: integer('http', values.http, 0, 65_535),
      paper: choice('paper', values.paper, ['ok', 'near', 'out']),
      mute: values.mute,
      gsH: !values['no-gs-h'],
      speed: values.speed === 'max' ? 'max' : integer('speed', values.speed, 1, 10_000),
      widthDots: Number(choice('width', values.width, ['576', '384'])),
      oneSession: values['one-session'],
      ...(bytesPerSecond === undefined
        ? {}
        : { bytesPerSecond: integer('bytes-per-second', bytesPerSecond, 1, 1_000_000_000) }),
      ...(out === undefined ? {} : { out }),
    },
  };
}

async function main(): Promise<void> {
  const { help, withParent, options } = read(process.argv.slice(2));
  if (help) {
    process.stdout.write(USAGE);
    return;
  }
  const printer = await startVirtualPrinter(options);
  let closing = false;
  const close = (): void => {
    if (closing) return;
    closing = true;
    printer.close().then(
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
  process.stdout.write(`${JSON.stringify({ event: 'ready', port: printer.port, http: printer.httpPort })}\n`);
}

function fail(error: unknown): void {
  process.stderr.write(`virtual printer: ${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof UsageError) process.stderr.write(`\n${USAGE}`);
  process.exit(error instanceof UsageError ? 2 : 1);
}

main().catch(fail);
