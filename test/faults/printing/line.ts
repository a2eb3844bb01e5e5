import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { assertNever } from '../../../shared/domain/model.ts';
import { program, startCups } from '../../tools/cups.ts';
import { startProcess, type StartedProcess } from '../../tools/proc.ts';
import { until } from '../../tools/stage.ts';
import type { Link } from './plan.ts';

const run = promisify(execFile);

/** The way from the device to the printer's port: what the device is set to, and what lies between. */
export interface Line {
  /** For the setting `printers`. */
  link: Record<string, unknown>;
  /** Nothing more stands between the two: all that was handed over has come through, or is given up. */
  empty(): Promise<boolean>;
  close: () => Promise<void>;
}

/**
 * A terminal whose other end is the printer, for as long as both are there: when either goes it is unplugged, and plugged
 * in again at once. The printer is called when somebody opens the terminal.
 */
const cable = (path: string, port: number): { close: () => Promise<void> } => {
  const socat = program('socat', 'socat');
  let closed = false;
  let ends: StartedProcess | null = null;
  const hold = async (): Promise<void> => {
    while (!closed) {
      ends = await startProcess({
        cmd: socat,
        args: [`PTY,link=${path},rawer,wait-slave`, `TCP:127.0.0.1:${port},nodelay`],
      });
      await ends.exited;
    }
  };
  const held = hold();
  return {
    close: async () => {
      closed = true;
      await ends?.stop('SIGKILL');
      await held;
    },
  };
};

export const openLine = async (link: Link, dir: string, port: number): Promise<Line> => {
  const direct = (host: string): Line => ({
    link: { kind: 'tcp', host, port },
    empty: () => Promise.resolve(true),
    close: () => Promise.resolve(),
  });
  switch (link) {
    case 'tcp':
      return direct('127.0.0.1');
    case 'tcp6':
      return direct('::1');
    case 'serial':
    case 'device': {
      const path = join(dir, 'tty');
      const { close } = cable(path, port);
      await until('the terminal is there', () => (existsSync(path) ? true : null));
      return {
        link: link === 'serial' ? { kind: link, path, baudRate: 115_200, rtscts: false } : { kind: link, path },
        empty: () => Promise.resolve(true),
        close,
      };
    }
    case 'cups': {
      const cups = await startCups(join(dir, 'cups'), { ticket: `socket://127.0.0.1:${port}` });
      const lpstat = program('lpstat', 'cups-client');
      return {
        link: { kind: 'cups', host: cups.host, port: cups.port, queue: 'ticket' },
        empty: async () => (await run(lpstat, ['-h', `${cups.host}:${cups.port}`, '-o'])).stdout.trim() === '',
        close: cups.stop,
      };
    }
    default:
      return assertNever(link);
  }
};
