import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mergeSettings, readSettingsFile, SettingsError } from '../../electron/core/settings/settings.ts';
import { SETTINGS } from '../../electron/core/settings/schema.ts';
import { isAllowedUrl } from '../../electron/core/sync/enrol.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'talon-settings-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const written = (content: unknown): string => {
  const file = join(dir, 'talon.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
};
const problem = (content: unknown): string => {
  try {
    readSettingsFile(written(content));
    return 'accepted';
  } catch (error) {
    return error instanceof SettingsError ? error.message : `not a SettingsError: ${String(error)}`;
  }
};

describe('settings', () => {
  it('come from the build, unless the centre, unless the device says otherwise; each tells from where', () => {
    const device = readSettingsFile(written({ version: 1, settings: { 'printer.kind': 'tcp', 'log.level': 'error' } }));
    const ignored: string[] = [];
    const merged = mergeSettings(
      new Map<string, unknown>([
        ['log.level', 'debug'],
        ['printer.speedMmPerS', 250],
        ['printer.host', 'printer.evil.example'],
        ['printer.nonsense', 1],
      ]),
      device,
      (key, why) => ignored.push(`${key}: ${why}`),
    );
    const of = (key: string) => merged.list().find((s) => s.key === key);
    expect(of('printer.width')).toEqual({ key: 'printer.width', value: 576, source: 'build' });
    expect(of('printer.speedMmPerS')).toEqual({ key: 'printer.speedMmPerS', value: 250, source: 'centre' });
    expect(of('log.level')).toEqual({ key: 'log.level', value: 'error', source: 'device' });
    expect(merged.get('printer.host')).toBe('127.0.0.1');
    expect(ignored).toEqual([
      'printer.host: not a setting of the centre',
      'printer.nonsense: not a setting of the centre',
    ]);
    expect(merged.list()).toHaveLength(Object.keys(SETTINGS).length);
  });

  it('leave out a value of the centre that does not fit', () => {
    const ignored: string[] = [];
    const merged = mergeSettings(new Map([['log.level', 'loud']]), {}, (key, why) => ignored.push(`${key}: ${why}`));
    expect([merged.get('log.level'), ignored]).toEqual(['info', ['log.level: the value does not fit']]);
  });

  it('show no enrolment code', () => {
    const merged = mergeSettings(new Map(), { 'centre.enrolmentCode': 'ABCD-2345' });
    expect(JSON.stringify(merged.list())).not.toContain('ABCD');
    expect(merged.get('centre.enrolmentCode')).toBe('ABCD-2345');
  });

  it('show no name and password of a proxy', () => {
    const shown = (proxy: string | null) =>
      mergeSettings(new Map(), { 'centre.proxy': proxy })
        .list()
        .find(({ key }) => key === 'centre.proxy')?.value;
    expect(shown('http://talon:top%20secret@proxy.office:3128')).toBe('http://***@proxy.office:3128');
    expect(shown('http://token@proxy.office:3128')).toBe('http://***@proxy.office:3128');
    expect(shown('http://proxy.office:3128')).toBe('http://proxy.office:3128');
    expect(shown(null)).toBeNull();
  });

  it.each<[string, unknown]>([
    ['centre.proxy', 'https://proxy.office:3128'],
    ['centre.proxy', 'proxy.office:3128'],
    ['centre.proxy', 'http://proxy.office:3128/path'],
    ['centre.pins', ['sha256/abc']],
    ['centre.caFiles', ['office-ca.pem']],
    ['centre.caFiles', '/etc/talon/office-ca.pem'],
  ])('refuse %s with %j, and name it', (key, value) => {
    expect(problem({ version: 1, settings: { [key]: value } })).toContain(key);
  });

  it.each<[string, unknown, RegExp]>([
    ['no JSON', '{', /talon\.json.*JSON/s],
    ['another version', { version: 2, settings: {} }, /version/],
    ['an unknown key', { version: 1, settings: { 'printer.colour': 'red' } }, /printer\.colour/],
    ['a wrong value', { version: 1, settings: { 'printer.width': 500 } }, /printer\.width/],
    [
      'a centre without TLS',
      { version: 1, settings: { 'centre.url': 'http://registry.example' } },
      /centre\.url.*https/s,
    ],
    ['fields beside', { version: 1, settings: {}, extra: 1 }, /extra/],
    ['a prototype', '{"version":1,"settings":{"__proto__":{"printer.kind":"tcp"}}}', /accepted|__proto__/],
  ])('refuse a file with %s, and say what is wrong', (_name, content, expected) => {
    expect(problem(content)).toMatch(expected);
    expect(({} as Record<string, unknown>)['printer.kind']).toBeUndefined();
  });

  it('refuse a file that is not there: nobody asked for one means nobody named one', () => {
    expect(() => readSettingsFile(join(dir, 'absent.json'))).toThrow(/absent\.json/);
    expect(readSettingsFile(null)).toEqual({});
  });

  it.each([
    ['https://centre.example', true],
    ['http://127.0.0.1:8080', true],
    ['http://localhost:1', true],
    ['http://[::1]:1', true],
    ['http://127.0.0.1.evil.example', false],
    ['http://localhost.evil.example', false],
    ['ftp://127.0.0.1', false],
    ['centre.example', false],
  ])('allow %s as a centre: %s', (url, allowed) => {
    expect(isAllowedUrl(url)).toBe(allowed);
  });
});
