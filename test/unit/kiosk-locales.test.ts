import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { locales } from '../../shared/locales/index.ts';
import { ROOT } from '../tools/paths.ts';

const flat = (value: object, path = ''): [string, string][] =>
  Object.entries(value).flatMap(([key, v]: [string, unknown]) =>
    typeof v === 'string' ? [[`${path}${key}`, v] as [string, string]] : flat(v as object, `${path}${key}.`),
  );
const sources = (folder: string): string =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile() && /\.tsx?$/.test(e.name))
    .map((e) => readFileSync(join(e.parentPath, e.name), 'utf8'))
    .join('\n');

describe('the texts of the page', () => {
  it('exist in every language, with the same places to fill in', () => {
    const places = (text: string) =>
      [...text.matchAll(/\{\{(\w+)\}\}/g)].map((m) => String(m[1])).toSorted((a, b) => a.localeCompare(b));
    const ru = flat(locales.ru);
    for (const texts of Object.values(locales)) {
      const other = new Map(flat(texts));
      expect([...other.keys()].sort()).toEqual(ru.map(([key]) => key).sort());
      for (const [key, text] of ru) {
        expect([key, places(other.get(key) ?? '')]).toEqual([key, places(text)]);
        expect(other.get(key)?.trim()).not.toBe('');
      }
    }
  });

  it('are in their own script', () => {
    const strip = (text: string) => text.replaceAll(/\{\{\w+\}\}|QR|https:\/\//g, '');
    for (const [key, text] of flat(locales.ru)) expect([key, /[A-Za-z]/.test(strip(text))]).toEqual([key, false]);
    for (const [key, text] of flat(locales.en)) expect([key, /[А-Яа-яЁё]/.test(text)]).toEqual([key, false]);
  });

  it('are all used', () => {
    const code = sources('renderer');
    // Keys put together at run time: refused.<reason>.title, choose.state.<state>, done.reason.<reason>.
    const built = /^(refused\.[a-z-]+\.(title|text)|choose\.state\.|done\.reason\.|language\.name)/;
    // The desk's: `desk.state.${state}` has its own words for each state.
    const prefixes = [...code.matchAll(/\bt\(\s*`(desk\.[a-zA-Z.]+\.)\$\{/g)].map(([, prefix]) => prefix ?? '');
    const unused = flat(locales.ru)
      .map(([key]) => key)
      .filter((key) => !built.test(key) && !code.includes(`'${key}'`) && !prefixes.some((one) => key.startsWith(one)));
    expect(unused).toEqual([]);
  });
});
