import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DEMO_STAFF } from '../centre/demo-staff.ts';
import { ensureBuilt } from './build.ts';
import { ensureSystemLibraries, withDisplay } from './display.ts';
import { playDesk } from './demo-desk.ts';
import { playVisits } from './demo-visits.ts';
import { ROOT } from './paths.ts';
import { startProcess } from './proc.ts';
import { resolveElectron } from './runtime.ts';
import { openStage } from './stage.ts';

/**
 * `npm start`: the reference centre, the virtual printer and the kiosk, enrolled by itself. With a display: the window,
 * until it is closed. Without one, or with `--headless`: the same under Xvfb, playing four visits and a
 * receptionist's jobs.
 */
const OUT = join(ROOT, 'out', 'demo');
const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const readArgs = () => {
  try {
    return parseArgs({ options: { headless: { type: 'boolean', default: false } } }).values;
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}\nnpm start [-- --headless]`);
    return process.exit(2);
  }
};
const { headless } = readArgs();

const runtime = await resolveElectron();
await ensureSystemLibraries({ executablePath: runtime.executablePath, forTests: false });
await ensureBuilt();
await rm(OUT, { recursive: true, force: true });
await mkdir(OUT, { recursive: true });

const display = await withDisplay({ width: 1080, height: 1920, headless });
const stage = await openStage(OUT, { printerArgs: ['--out', join(OUT, 'papers')] });
let failed = false;
try {
  if (display.headless) {
    const visits = await playVisits(stage, { out: OUT, display, version: runtime.version, say });
    const desk = await playDesk(stage, { out: OUT, display, say });
    const ok = visits.ok && desk.every((job) => job.ok);
    await writeFile(join(OUT, 'summary.json'), `${JSON.stringify({ ...visits, ok, desk }, null, 2)}\n`);
    say(`${ok ? 'All as it should be' : 'NOT as it should be'}: ${join('out', 'demo', 'summary.json')}`);
    failed = !ok;
  } else {
    const data = join(OUT, 'kiosk');
    await mkdir(data, { recursive: true });
    await writeFile(join(data, 'talon.json'), JSON.stringify(stage.config, null, 2));
    say(`
Киоск запущен (Electron ${runtime.version}). Откройте в браузере:
  коды записей, чтобы показать их камере     ${stage.centre.url}/demo
  кто отметился                              ${stage.centre.url}/office
  что напечатано                             ${stage.printer.url}/

Рядом стойка администратора. Кто работает и с каким ПИН:
${DEMO_STAFF.filter(({ totp, emergency }) => totp === null && !emergency)
  .map(({ name, pin }) => `  ${name.padEnd(43)}${pin}`)
  .join('\n')}
Код можно и набрать на клавиатуре сканером. Закройте окно киоска, чтобы закончить.
`);
    const atDesk = join(OUT, 'desk');
    await mkdir(atDesk, { recursive: true });
    const settings = { ...stage.config.settings, 'centre.enrolmentCode': await stage.centre.code('desk') };
    await writeFile(join(atDesk, 'talon.json'), JSON.stringify({ ...stage.config, settings }, null, 2));
    const open = (name: string, folder: string, args: readonly string[]) =>
      startProcess({
        name,
        cmd: runtime.executablePath,
        args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), `--user-data-dir=${folder}`, ROOT, ...args],
        env: { ...display.env },
      });
    const kiosk = await open('kiosk', data, ['--window=540x960']);
    const desk = await open('desk', atDesk, ['--roles=desk', '--window=1366x768']);
    const stop = (): void => void Promise.all([kiosk.stop(), desk.stop()]);
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    await kiosk.exited;
    await desk.stop();
  }
} finally {
  await stage.close();
  await display.close();
}
process.exitCode = failed ? 1 : 0;
