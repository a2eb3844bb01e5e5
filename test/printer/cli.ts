import { parseArgs } from 'node:util';
import { startVirtualPrinter, type VirtualPrinterOptions } from './index.ts';
import { PROFILE_NAMES } from './profiles.ts';

const USAGE = `Virtual ticket printer (ESC/POS or Star over TCP, serial or a device file) with a page of its tickets.

npm run printer -- [options]
  --port N              print port, 0 = any free one (default 9100)
  --host ADDRESS        where it listens (default 127.0.0.1)
  --http N              port of the page and the controls, 0 = any free one (default 9101)
  --profile NAME        epson, clone, star, custom or mute (default epson)
  --pty FILE            serves this device file as well, as one end of a socat pair of terminals
  --paper ok|near|out   paper at the start (default ok)
  --mute                answers no status request
  --gs-h, --no-gs-h     knows GS ( H, or not, like older and cheaper printers (default by profile)
  --asb                 tells of changes by itself from power-on
  --lose-buffer         throws away all it has when it runs out of paper
  --speed MM_PER_S|max  print speed (default 250)
  --width 576|512|640|384  dots per row (default 576)
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
        host: { type: 'string', default: '127.0.0.1' },
        http: { type: 'string', default: '9101' },
        profile: { type: 'string', default: 'epson' },
        pty: { type: 'string' },
        paper: { type: 'string', default: 'ok' },
        mute: { type: 'boolean', default: false },
        'gs-h': { type: 'boolean', default: false },
        'no-gs-h': { type: 'boolean', default: false },
        asb: { type: 'boolean', default: false },
        'lose-buffer': { type: 'boolean', default: false },
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
  const { out, pty } = values;
  return {
    help: values.help,
    withParent: values['exit-with-parent'],
    options: {
      port: integer('port', values.port, 0, 65_535),
      host: values.host,
      httpPort: integer('http', values.http, 0, 65_535),
      profile: choice('profile', values.profile, PROFILE_NAMES),
      paper: choice('paper', values.paper, ['ok', 'near', 'out']),
      asb: values.asb,
      loseBuffer: values['lose-buffer'],
      // What is not said is as the profile has it.
      ...(values.mute ? { mute: true } : {}),
      ...(values['gs-h'] || values['no-gs-h'] ? { gsH: !values['no-gs-h'] } : {}),
      ...(pty === undefined ? {} : { pty }),
      speed: values.speed === 'max' ? 'max' : integer('speed', values.speed, 1, 10_000),
      widthDots: Number(choice('width', values.width, ['576', '512', '640', '384'])),
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
