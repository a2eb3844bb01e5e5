import type { CorePorts, Printable, PrinterPort, TicketBitmap, TicketRenderer } from '../ports.ts';
import type { Settings } from '../settings/settings.ts';
import { DIALECTS } from './dialects/index.ts';
import type { PaperOp } from './paper-ops.ts';
import { PRINTER_ROLES, type PrinterConfig } from './printer-config.ts';
import type { PrinterSetup } from './printers.ts';
import { PROFILES } from './profiles.ts';
import type { Paper } from './route.ts';
import type { SpoolerPort } from './spooler.ts';
import { DEFAULT_TEMPLATE, readTemplate, type TicketTemplate } from './template.ts';
import { textTicket } from './text-ticket.ts';

/** What the settings say of printers, made into printers. */

const DOTS_PER_MM = 8;
/** From the head to the cutter. */
const FEED_MM = 15;
/** Of a line of the printer's own type, and how far apart they stand at least. */
const TYPE_DOTS = 24;
const LINE_DOTS = 30;
/** Modules of a code as large as a ticket's. */
const QR_MODULES = 33;
/** A picture takes too long on anything slower. */
const SLOW_BAUD = 115_200;

const dotsOf = (op: PaperOp): number => {
  switch (op.op) {
    case 'raster':
      return op.bitmap.height;
    case 'feed':
      return op.dots;
    case 'qr':
      return QR_MODULES * op.moduleDots;
    default:
      return Math.max(LINE_DOTS, TYPE_DOTS * Math.max(1, ...op.runs.map(({ high = 1 }) => high)));
  }
};
const paperOf = (ops: readonly PaperOp[]): Paper => ({
  ops,
  mm: ops.reduce((sum, op) => sum + dotsOf(op), 0) / DOTS_PER_MM + FEED_MM,
});
export const rasterPaper = (bitmap: TicketBitmap): Paper => paperOf([{ op: 'raster', bitmap }]);

const wantsText = ({ mode, link, codePage }: PrinterConfig): boolean => {
  if (mode === 'raster' || codePage === null) return false;
  return mode === 'text' || (link.kind === 'serial' && link.baudRate < SLOW_BAUD);
};

/** Text where it is wanted and the printer's page has all of it, else a picture. */
export const createPaper =
  (config: PrinterConfig, template: TicketTemplate, renderer: TicketRenderer) =>
  (content: Printable): Paper => {
    const page = wantsText(config) ? config.codePage?.page : undefined;
    const text = page === undefined ? null : textTicket(content, template, { page, width: config.width });
    return text ? paperOf(text) : rasterPaper(renderer.draw(content, config.width, template));
  };

/** Without a list: the printer of the simple keys, for everything. */
export const mainOf = (settings: Settings): PrinterConfig => ({
  id: 'main',
  name: 'main',
  roles: [...PRINTER_ROLES],
  link: { kind: 'tcp', host: settings.get('printer.host'), port: settings.get('printer.port') },
  profile: 'epson',
  mode: 'raster',
  width: settings.get('printer.width'),
  codePage: null,
  answers: null,
  speedMmPerS: settings.get('printer.speedMmPerS'),
});

export interface SetupPorts {
  renderer: TicketRenderer;
  /** Of the printer that the simple keys tell of. */
  main: PrinterPort;
  /** Not there: the machine knows no way but that to the main printer. */
  way?: CorePorts['printerWay'] | undefined;
  problem: (why: string) => void;
}

const nowhere = (name: string): PrinterPort => ({ name, open: () => Promise.reject(new Error(`no way to ${name}`)) });

/** @returns at least one printer; what cannot be used as it is set blocks its papers and is told */
export const printersOf = (settings: Settings, { renderer, main, way, problem }: SetupPorts): PrinterSetup[] => {
  const read = readTemplate(settings.get('ticket.template') ?? DEFAULT_TEMPLATE);
  if (!read.ok) problem('ticket.template');
  const template = read.ok ? read.template : DEFAULT_TEMPLATE;
  const wayTo = (config: PrinterConfig): PrinterPort | SpoolerPort => {
    try {
      return way?.(config.link).port ?? nowhere(config.id);
    } catch (error) {
      problem(`${config.id}: ${error instanceof Error ? error.message : String(error)}`);
      return nowhere(config.id);
    }
  };
  const setup = (config: PrinterConfig, to: PrinterPort | SpoolerPort): PrinterSetup => {
    const profile = PROFILES[config.profile];
    if (!profile) problem(`${config.id}: no profile ${config.profile}`);
    const dialect = DIALECTS[profile?.dialect ?? 'generic'];
    const { codePage, width } = config;
    const { processId, fence } = config.answers ?? profile?.tells ?? { processId: false, fence: false };
    return {
      config,
      way: to,
      paper: createPaper(config, template, renderer),
      dialect,
      encode: (ops, how) => dialect.job(ops, { ...how, codePage, width, cutter: profile?.cutter ?? true }),
      confirms: { processId, fence },
    };
  };
  const list = settings.get('printers');
  return list.length === 0 ? [setup(mainOf(settings), main)] : list.map((config) => setup(config, wayTo(config)));
};
