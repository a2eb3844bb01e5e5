import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { CharacterSet, PrinterTypes, ThermalPrinter } from 'node-thermal-printer';
import type { PrinterPort, TicketContent } from '../../electron/core/ports.ts';
import { tcpPrinter } from '../../electron/core/printing/link-tcp.ts';
import { DEFAULT_TEMPLATE } from '../../electron/core/printing/template.ts';
import { bundledFonts, createTicketRenderer } from '../../electron/core/printing/ticket.ts';
import { startBench } from '../integration/spool-bench.ts';
import { bitmapPng } from '../tools/one-bit-png.ts';
import { ROOT } from '../tools/paths.ts';
import { jobBytes, profileNamed, rasterJob, textJob } from '../tools/ticket-bytes.ts';
import { printedPaper } from '../tools/ticket-printed.ts';
import { SAMPLES } from '../tools/ticket-samples.ts';
import { type Line, percentile, report } from './report.ts';

/**
 * `npm run bench:print`: what a ticket costs, drawn and in text, beside the same ticket made with node-thermal-printer's own
 * calls, in turns in the same run; and how long the spool takes from the first question to the first byte of a job.
 */
const TICKETS = 200;
const JOBS = 60;
const WARM = 20;

const booking = SAMPLES['booking'] as TicketContent;
const epson = profileNamed('epson');
const renderer = createTicketRenderer(bundledFonts());

/** Every ticket is another one: its number, its time and how many are before it. */
const ticket = (n: number, language = 'ru'): TicketContent => ({
  ...booking,
  number: `А\u00a0${String(n % 1000).padStart(3, '0')}`,
  printedAt: booking.printedAt + n * 60_000,
  wait: { ahead: n % 30, fromMinutes: 5 + (n % 40), toMinutes: 15 + (n % 40) },
  language,
});

const raster = (content: TicketContent, width: number): Uint8Array =>
  jobBytes(epson, rasterJob(renderer, content, DEFAULT_TEMPLATE, width));
const text = (content: TicketContent, width: number): Uint8Array =>
  jobBytes(epson, textJob(content, DEFAULT_TEMPLATE, { profile: epson, width, page: 'cp866' }));

// Its types ask for a transport; none is needed to build bytes.
const Library = ThermalPrinter as unknown as new (config: object) => ThermalPrinter;
const library = (): ThermalPrinter =>
  new Library({ type: PrinterTypes.EPSON, width: 48, characterSet: CharacterSet.PC866_CYRILLIC2 });

/** The same ticket with the calls that the library's own examples use. */
const libraryText = (content: TicketContent): Uint8Array => {
  const printer = library();
  printer.alignCenter();
  printer.bold(true);
  printer.println(content.office.ru);
  printer.bold(false);
  printer.println(content.officeSubtitle.ru);
  printer.println('Ваш номер');
  printer.setTextSize(7, 7);
  printer.println(content.number.replace('\u00a0', ' '));
  printer.setTextNormal();
  printer.bold(true);
  for (const { service } of content.stations) printer.println(service.ru);
  printer.bold(false);
  printer.drawLine();
  printer.alignLeft();
  printer.leftRight('Запись на', '10:30');
  printer.leftRight('Куда', 'зал Б, окна 4-7');
  printer.leftRight('Перед вами', `${content.wait?.ahead} человек`);
  printer.leftRight('Ждать', `${content.wait?.fromMinutes}-${content.wait?.toMinutes} минут`);
  printer.drawLine();
  printer.println('С собой');
  for (const paper of content.papers) printer.println(`* ${paper.ru.replace('×', 'x')}`);
  printer.alignCenter();
  printer.printQR(content.qr, { cellSize: 7, correction: 'M', model: 2 });
  printer.println('Вас вызовут по номеру на табло и голосом.');
  printer.cut();
  return printer.getBuffer();
};

/** A picture that is there already: what it costs to make the picture is ours in both. */
const libraryImage = async (png: Buffer): Promise<Uint8Array> => {
  const printer = library();
  await printer.printImageBuffer(png);
  printer.cut();
  return printer.getBuffer();
};

const timed = async (run: () => unknown): Promise<number> => {
  const began = performance.now();
  await run();
  return performance.now() - began;
};

/** The ways by turns, so that whatever else the machine does falls on all of them. */
const race = async <W extends string>(
  ways: Readonly<Record<W, (n: number) => unknown>>,
): Promise<Record<W, { p50: number; p95: number }>> => {
  const names = Object.keys(ways) as W[];
  const times = new Map<W, number[]>(names.map((name) => [name, []]));
  for (let n = 0; n < TICKETS + WARM; n += 1) {
    for (const name of names) {
      const ms = await timed(() => ways[name](n));
      if (n >= WARM) times.get(name)?.push(ms);
    }
  }
  const of = (name: W) => {
    const all = times.get(name) ?? [];
    return { p50: percentile(all, 0.5), p95: percentile(all, 0.95) };
  };
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Record<W, { p50: number; p95: number }>;
};

const startPrinter = async (): Promise<{ port: number; process: ChildProcess }> => {
  const program = path.join(ROOT, 'test', 'printer', 'cli.ts');
  const options = ['--port', '0', '--http', '0', '--speed', 'max', '--exit-with-parent'];
  const child = spawn(process.execPath, [program, ...options], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { port: (JSON.parse(line) as { port: number }).port, process: child };
};

/** Questions are a few bytes; whatever is longer is a job. */
const LONGEST_QUESTION = 64;

/** From opening or the first question of a job to its first byte, of `JOBS` jobs one after the other, ms. */
const overhead = async (): Promise<number[]> => {
  const printer = await startPrinter();
  const tcp = tcpPrinter({ host: '127.0.0.1', port: printer.port });
  let began: number | null = null;
  const waits: number[] = [];
  const mark = (): void => {
    began ??= performance.now();
  };
  const watched: PrinterPort = {
    name: tcp.name,
    open: async (timeoutMs) => {
      mark();
      const link = await tcp.open(timeoutMs);
      return {
        ...link,
        onData: (listener) => link.onData(listener),
        onClose: (listener) => link.onClose(listener),
        close: (ms) => link.close(ms),
        write: (bytes) => {
          mark();
          if (bytes.length > LONGEST_QUESTION && began !== null) {
            waits.push(performance.now() - began);
            began = null;
          }
          return link.write(bytes);
        },
      };
    },
  };
  // Its own questions between jobs would be taken for those of a job.
  const quiet = { idlePollMs: 3_600_000, mutePollMs: 3_600_000 };
  const bench = startBench(watched, { timeouts: quiet });
  try {
    await bench.spool.start();
    for (let n = 0; n < JOBS + WARM; n += 1) {
      began = null;
      const job = bench.print();
      await bench.until(job, ({ state }) => state === 'printed');
    }
  } finally {
    await bench.close();
    printer.process.stdin?.end();
    await once(printer.process, 'exit');
  }
  return waits.slice(WARM);
};

const firstZh = await timed(() => raster(ticket(1, 'zh'), 576));
const png = bitmapPng(renderer.draw(ticket(7), 576));
const times = await race({
  draw: (n) => renderer.draw(ticket(n), 576),
  raster: (n) => raster(ticket(n), 576),
  narrow: (n) => raster(ticket(n), 384),
  arabic: (n) => raster(ticket(n, 'ar'), 576),
  chinese: (n) => raster(ticket(n, 'zh'), 576),
  text: (n) => text(ticket(n), 576),
  libraryText: (n) => libraryText(ticket(n)),
  libraryImage: () => libraryImage(png),
});

const made = {
  raster: raster(ticket(7), 576),
  text: text(ticket(7), 576),
  narrow: raster(ticket(7), 384),
  'text 384': text(ticket(7), 384),
  libraryText: libraryText(ticket(7)),
  libraryImage: await libraryImage(png),
};
const lengths: Record<string, number> = {};
for (const [name, bytes] of Object.entries(made)) {
  const widthDots = name.endsWith('384') || name === 'narrow' ? 384 : 576;
  lengths[name] = (await printedPaper(bytes, epson, widthDots)).mm;
}
const length = (name: keyof typeof made): number => lengths[name] ?? Number.NaN;
const waits = await overhead();

const ms = (what: string, value: number): Line => ({ what, value, unit: 'ms' });
const bytes = (what: string, name: keyof typeof made): Line => ({ what, value: made[name].length, unit: 'bytes' });
const mm = (what: string, name: keyof typeof made): Line => ({ what, value: length(name), unit: 'mm' });
const aimed = (line: Line, most: number): Line => ({
  ...line,
  aim: `<= ${most} ${line.unit}`,
  met: line.value <= most,
});
const ratio = (what: string, value: number): Line => ({ what, value, unit: 'x' });

await report('print', [
  aimed(ms('drawn, 576 dots, p50', times.draw.p50), 25),
  aimed(ms('drawn, 576 dots, p95', times.draw.p95), 25),
  ms('drawn and its bytes, 576 dots, p50', times.raster.p50),
  ms('drawn and its bytes, 576 dots, p95', times.raster.p95),
  ms('drawn and its bytes, 384 dots, p50', times.narrow.p50),
  ms('drawn and its bytes, 384 dots, p95', times.narrow.p95),
  ms('the same in Arabic, 576 dots, p95', times.arabic.p95),
  ms('the same in Chinese, 576 dots, p95', times.chinese.p95),
  ms('the first in Chinese, fonts read', firstZh),
  ms('text and its bytes, p50', times.text.p50),
  ms('text and its bytes, p95', times.text.p95),
  ms('node-thermal-printer, text, p50', times.libraryText.p50),
  ms('node-thermal-printer, text, p95', times.libraryText.p95),
  ms('node-thermal-printer, a picture ready made, p50', times.libraryImage.p50),
  ms('node-thermal-printer, a picture ready made, p95', times.libraryImage.p95),
  ratio('its picture beside our drawing and packing, p50', times.libraryImage.p50 / times.raster.p50),
  ratio('its text beside ours, p50', times.libraryText.p50 / times.text.p50),
  bytes('ticket drawn, 576 dots', 'raster'),
  bytes('ticket drawn, 384 dots', 'narrow'),
  bytes('node-thermal-printer, the same picture', 'libraryImage'),
  ratio('its picture beside ours, bytes', made.libraryImage.length / made.raster.length),
  bytes('ticket in text, 576 dots', 'text'),
  bytes('ticket in text, 384 dots', 'text 384'),
  bytes('node-thermal-printer, text', 'libraryText'),
  ratio('its text beside ours, bytes', made.libraryText.length / made.text.length),
  mm('ticket drawn, 576 dots, on paper', 'raster'),
  mm('node-thermal-printer, the same picture', 'libraryImage'),
  mm('ticket in text, 576 dots, on paper', 'text'),
  mm('node-thermal-printer, text', 'libraryText'),
  mm('ticket drawn, 384 dots, on paper', 'narrow'),
  { what: 'jobs through the spool', value: waits.length, unit: '' },
  ms('first question to first byte of the job, p50', percentile(waits, 0.5)),
  aimed(ms('first question to first byte of the job, p95', percentile(waits, 0.95)), 20),
]);
