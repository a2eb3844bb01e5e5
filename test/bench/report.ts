import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../tools/paths.ts';

/** @returns the value below which `share` (0 to 1) of the values lie */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
};

export interface Line {
  what: string;
  value: number;
  unit: string;
  /** As text, with its comparison: `<= 100`. */
  aim?: string;
  met?: boolean;
}

const round = (n: number): number => (Math.abs(n) >= 100 ? Math.round(n) : Math.round(n * 100) / 100);

/** Prints the table, then the same as JSON, and writes it to `out/bench/NAME.json`. */
export const report = async (name: string, lines: readonly Line[]): Promise<void> => {
  const wide = Math.max(...lines.map((l) => l.what.length));
  for (const l of lines) {
    const aim = l.aim === undefined ? '' : `   aim ${l.aim}: ${l.met === true ? 'met' : 'NOT met'}`;
    console.log(`${l.what.padEnd(wide)}  ${String(round(l.value)).padStart(9)} ${l.unit.padEnd(5)}${aim}`);
  }
  const text = JSON.stringify({ bench: name, lines: lines.map((l) => ({ ...l, value: round(l.value) })) });
  console.log(text);
  const folder = join(ROOT, 'out', 'bench');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.json`), `${text}\n`);
};
