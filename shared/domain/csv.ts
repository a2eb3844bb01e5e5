/**
 * Tables for spreadsheets: RFC 4180, with a byte order mark, since Excel takes a file without one for a local code page;
 * for Russian with `;` and a decimal comma, which is what a Russian Excel expects.
 */

export type Cell = string | number | null;

/** A cell that begins so is a formula to a spreadsheet: whoever wrote a name or a note must not make one. */
const FORMULA = /^[=+\-@\t\r]/;

const cellOf = (cell: Cell, separator: string, comma: boolean): string => {
  if (cell === null) return '';
  if (typeof cell === 'number') return comma ? String(cell).replace('.', ',') : String(cell);
  const safe = FORMULA.test(cell) ? `'${cell}` : cell;
  return /["\r\n]/.test(safe) || safe.includes(separator) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** @returns the text of the file, with its byte order mark and CRLF */
export const toCsv = (rows: readonly (readonly Cell[])[], language: 'ru' | 'en'): string => {
  const separator = language === 'ru' ? ';' : ',';
  const lines = rows.map((row) => row.map((cell) => cellOf(cell, separator, language === 'ru')).join(separator));
  return `\uFEFF${lines.map((line) => `${line}\r\n`).join('')}`;
};
