import { describe, expect, it } from 'vitest';
import { codePages, pageHas } from '../../electron/core/printing/code-pages.ts';
import { DIALECTS } from '../../electron/core/printing/dialects/index.ts';
import { PRINTER_WIDTHS, printerConfig } from '../../electron/core/printing/printer-config.ts';
import { PROFILES } from '../../electron/core/printing/profiles.ts';

describe.each(Object.entries(PROFILES))('the profile %s', (key, profile) => {
  it('can be set: its key, its widths, its pages', () => {
    expect(key).toMatch(/^[a-z0-9-]{1,40}$/);
    expect(profile.name.length).toBeGreaterThan(0);
    expect(profile.widths.length).toBeGreaterThan(0);
    for (const width of profile.widths) expect(PRINTER_WIDTHS).toContain(width);
    const [width] = profile.widths;
    for (const [page, number] of Object.entries(profile.codePages)) {
      expect(codePages()).toContain(page);
      const config = {
        id: 'main',
        name: 'x',
        roles: ['kiosk'],
        link: { kind: 'tcp', host: 'printer', port: 9100 },
        profile: key,
        mode: 'auto',
        width,
        codePage: { page, number },
        answers: null,
        speedMmPerS: 150,
      };
      expect(printerConfig.safeParse(config).success).toBe(true);
    }
  });
  it('has a dialect that can do what it is said to tell', () => {
    const dialect = DIALECTS[profile.dialect];
    expect(dialect.id).toBe(profile.dialect);
    const packet = [0x23, 0x06, 0, 0, 0, 0, 0, 0, 0];
    const id = dialect.nextProcessId(new Map([[1, packet]]), 1);
    if (profile.tells.processId) expect(id).not.toBeNull();
    const job = (fence: boolean) =>
      dialect.job([], { processId: null, fence, tellChanges: false, codePage: null, width: 576, cutter: true });
    if (profile.tells.fence) expect(job(true)).not.toEqual(job(false));
  });
  it('writes text in each of its pages under the number of that page', () => {
    for (const [page, number] of Object.entries(profile.codePages)) {
      const text = pageHas(page, 'Ж') ? 'Ж' : 'A';
      const job = DIALECTS[profile.dialect].job([{ op: 'line', runs: [{ text }], align: 'left' }], {
        processId: null,
        fence: false,
        tellChanges: false,
        codePage: { page, number },
        width: profile.widths[0] ?? 576,
        cutter: profile.cutter,
      });
      const select = profile.dialect === 'star' ? [0x1b, 0x1d, 0x74, number] : [0x1b, 0x74, number];
      expect(Buffer.from(job).includes(Buffer.from(select))).toBe(true);
    }
  });
});

describe('the profiles', () => {
  it('know the pages of clones that are not as with Epson', () => {
    const numbers = (key: string): unknown => {
      const { cp866, cp1251 } = PROFILES[key]?.codePages ?? {};
      return [cp866, cp1251];
    };
    expect(numbers('epson')).toEqual([17, 46]);
    expect(numbers('star')).toEqual([10, 34]);
    expect(numbers('rongta-rp80')).toEqual([7, 6]);
    expect(numbers('pos-58')).toEqual([17, 73]);
    expect(numbers('kefar-kr306')).toEqual([12, 51]);
    expect(numbers('yhd-8390')).toEqual([12, 18]);
    expect(numbers('citizen-ct-s651')).toEqual([7, undefined]);
    expect(numbers('xprinter-n160ii')).toEqual([9, undefined]);
    expect(PROFILES['epson']?.codePages['kz1048']).toBe(53);
  });
  it('have one of the name of each dialect, for printers of which nothing else is known', () => {
    for (const id of Object.keys(DIALECTS)) expect(PROFILES[id]?.dialect).toBe(id);
  });
});
