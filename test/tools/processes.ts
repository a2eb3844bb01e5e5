import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Who belongs to whom among the processes of this machine, and how to end a whole tree of them.
 *
 * A child that has lost its parent can no longer be found by parentage, so everything we start carries a mark in its
 * environment (`MARK`), which its descendants inherit. On Linux both are read from /proc; elsewhere only parentage.
 */

/** Name of the environment variable that marks what belongs together. The value is a UUID per start. */
export const MARK = 'TALON_TEST_TREE';

/** A process, told apart from a later one with the same number by its start time. */
export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  /** Opaque: the start time as the system counts it; empty where it is not known. */
  readonly started: string;
  readonly command: string;
}

/** @returns every living process; zombies are left out, they are dead already. */
function listProcesses(): ProcessInfo[] {
  if (process.platform === 'linux') return listFromProc();
  if (process.platform === 'win32') return listOnWindows();
  const text = execFileSync('ps', ['-Ao', 'pid=,ppid=,stat=,lstart=,command='], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  const found: ProcessInfo[] = [];
  for (const line of text.split('\n')) {
    // The start time has five words: "Mon Nov 23 02:30:00 2026".
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+((?:\S+\s+){4}\S+)\s+(.*)$/.exec(line);
    if (match === null || match[3]?.startsWith('Z') === true) continue;
    found.push({ pid: Number(match[1]), parent: Number(match[2]), started: match[4] ?? '', command: match[5] ?? '' });
  }
  return found;
}

function listFromProc(): ProcessInfo[] {
  const found: ProcessInfo[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readProc(name, 'stat');
    if (stat === null) continue;
    // "pid (comm) state ppid ...": comm may hold anything, so count from its closing bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') continue;
    const commandLine = (readProc(name, 'cmdline') ?? '').replaceAll('\0', ' ').trim();
    found.push({
      pid: Number(name),
      parent: Number(fields[1]),
      started: fields[19] ?? '',
      command: commandLine === '' ? stat.slice(stat.indexOf('('), stat.lastIndexOf(')') + 1) : commandLine,
    });
  }
  return found;
}

function listOnWindows(): ProcessInfo[] {
  const script =
    'Get-CimInstance Win32_Process | Select-Object ProcessId,ParentProcessId,CreationDate,Name | ConvertTo-Csv -NoTypeInformation';
  const text = execFileSync('powershell.exe', ['-NoProfile', '-Command', script], { encoding: 'utf8' });
  const found: ProcessInfo[] = [];
  for (const line of text.split(/\r?\n/).slice(1)) {
    const cells = line.split('","').map((cell) => cell.replaceAll('"', ''));
    if (cells.length < 4) continue;
    found.push({ pid: Number(cells[0]), parent: Number(cells[1]), started: cells[2] ?? '', command: cells[3] ?? '' });
  }
  return found;
}

function readProc(pid: string | number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return null; // gone in the meantime, or another user's
  }
}

/**
 * @param root pid of the tree's root; -1 when it is gone (its number may be another's by now)
 * @param mark the value of `MARK` that the tree was started with
 * @returns the living processes of the tree: the root, its descendants, and strays that carry the mark
 */
export function processTree(root: number, mark?: string): ProcessInfo[] {
  const all = listProcesses();
  const members = new Set<number>([root]);
  if (mark !== undefined && process.platform === 'linux') {
    const wanted = `${MARK}=${mark}`;
    for (const { pid } of all) {
      if (pid !== process.pid && readProc(pid, 'environ')?.split('\0').includes(wanted) === true) members.add(pid);
    }
  }
  let grew = true;
  while (grew) {
    grew = false;
    for (const { pid, parent } of all) {
      if (members.has(parent) && !members.has(pid) && pid !== process.pid) {
        members.add(pid);
        grew = true;
      }
    }
  }
  return all.filter(({ pid }) => members.has(pid));
}

/** @returns those of `processes` that still live (the same process, not a later one with its number). */
export function stillAlive(processes: readonly ProcessInfo[]): ProcessInfo[] {
  if (processes.length === 0) return [];
  const now = new Map(listProcesses().map((one) => [one.pid, one.started]));
  return processes.filter((one) => now.get(one.pid) === one.started);
}

/** Sends the signal to each of them that still is the process it was. One that is gone is no error. */
export function signalAll(processes: readonly ProcessInfo[], signal: NodeJS.Signals): void {
  for (const { pid } of stillAlive(processes)) signalPid(pid, signal);
}

/** @returns whether the signal was sent; false when there is no such process any more */
export function signalPid(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/**
 * Polls a condition that sends no event.
 * @returns whether it came true within the limit
 */
export async function eventually(condition: () => boolean, limitMs: number, everyMs = 50): Promise<boolean> {
  const end = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() >= end) return condition();
    await delay(everyMs);
  }
  return true;
}

/**
 * Kills what is left of a tree, including processes that appear while it is being killed.
 * @returns the processes that had to be killed
 * @throws when something survives (it names what)
 */
export async function killTree(root: number, mark?: string): Promise<ProcessInfo[]> {
  const killed = new Map<number, ProcessInfo>();
  const gone = await eventually(() => {
    const left = processTree(root, mark);
    for (const one of left) killed.set(one.pid, one);
    signalAll(left, 'SIGKILL');
    return left.length === 0;
  }, 10_000);
  if (!gone) throw new Error(`These processes could not be killed:\n${describe(processTree(root, mark))}`);
  return [...killed.values()];
}

/** @returns one line per process, for an error message */
export function describe(processes: readonly ProcessInfo[]): string {
  return processes.map(({ pid, command }) => `  ${pid} ${command.slice(0, 160)}`).join('\n');
}
