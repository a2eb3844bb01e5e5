import { appendFileSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';

export type LogFields = Record<string, unknown>;

/** JSON lines. `event` is a stable dotted name; fields never hold personal data, code texts or secrets. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export interface FileLog extends Log {
  /** A line that another process of ours wrote. JSON lines are kept as they are, anything else is wrapped. */
  foreign(source: string, line: string): void;
}

const MAX_BYTES = 5 * 1024 * 1024;
const KEPT_FILES = 4;
const MAX_FOREIGN = 4000;

/**
 * Writes to standard error and to `<folder>/shell.jsonl`, which is rotated at 5 MiB; four older files are kept. A disk
 * that takes no more lines never stops the app: the line is then on standard error only.
 *
 * @param folder null: standard error only
 */
export function createLog(folder: string | null, now: () => Date = () => new Date()): FileLog {
  const file = folder === null ? null : path.join(folder, 'shell.jsonl');
  let bytes = 0;
  if (folder !== null && file !== null) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    } catch {
      // Said by every line that follows being on standard error only.
    }
  }
  const write = (line: string): void => {
    process.stderr.write(line);
    if (file === null) return;
    try {
      if (bytes + line.length > MAX_BYTES) {
        rotate(file);
        bytes = 0;
      }
      appendFileSync(file, line, { mode: 0o600 });
      bytes += Buffer.byteLength(line);
    } catch {
      // See above.
    }
  };
  const at =
    (level: string) =>
    (event: string, fields: LogFields = {}): void =>
      write(`${JSON.stringify({ time: now().toISOString(), level, process: 'shell', event, ...fields })}\n`);
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    foreign: (source, line) => {
      if (line.startsWith('{') && line.endsWith('}')) write(`${line}\n`);
      else if (line.trim() !== '') at('warn')(`${source}.output`, { text: line.slice(0, MAX_FOREIGN) });
    },
  };
}

function rotate(file: string): void {
  rmSync(`${file}.${KEPT_FILES}`, { force: true });
  for (let n = KEPT_FILES - 1; n >= 0; n--) {
    const from = n === 0 ? file : `${file}.${n}`;
    if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, `${file}.${n + 1}`);
  }
}
