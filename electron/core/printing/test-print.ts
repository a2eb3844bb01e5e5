import { randomUUID } from 'node:crypto';
import type { BlockReason, Grade } from '../../../shared/domain/model.ts';
import { assertNever } from '../../../shared/domain/model.ts';
import type { Clock, Log, PrinterPort, TicketContent, TicketRenderer } from '../ports.ts';
import { DIALECTS } from './dialects/index.ts';
import type { PaperOp } from './paper-ops.ts';
import type { PrinterConfig } from './printer-config.ts';
import { PROFILES } from './profiles.ts';
import { createPaper } from './route-setup.ts';
import { createSpoolerRoute } from './route-spooler.ts';
import { createStreamRoute } from './route-stream.ts';
import type { Encode, Paper, Route } from './route.ts';
import { SPOOL_TIMEOUTS, type SpoolTimeouts } from './spool.ts';
import type { SpoolerPort } from './spooler.ts';
import type { TicketTemplate } from './template.ts';
import { type CodePageLine, codePageBytes, codePageLines, sampleTicket, widthRulers } from './test-papers.ts';
import { textTicket } from './text-ticket.ts';

/**
 * Prints one paper for whoever sets a printer up, over a line of its own: no job, in no journal, never tried again. It is
 * sent as tickets are, so that what the printer confirms of it is what it will confirm of them.
 */

export type TestPaper = 'code-pages' | 'width' | 'ticket' | 'text';

export type TestOutcome =
  | { outcome: 'sent'; grade: Grade; lines: CodePageLine[] }
  | { outcome: 'blocked'; reason: BlockReason }
  | { outcome: 'lost' }
  /** Not all of it is in the page of the printer, or no page was chosen. */
  | { outcome: 'unsaid' };

export interface TestPrintPorts {
  clock: Clock;
  log: Log;
  renderer: TicketRenderer;
  template: TicketTemplate;
  timeZone: string;
  /** What stands on the ticket, instead of the sample. */
  content?: TicketContent;
  timeouts?: Partial<SpoolTimeouts>;
}

/** Somebody stands before the printer and waits for the answer. */
const TIMEOUTS: SpoolTimeouts = { ...SPOOL_TIMEOUTS, troubleMs: 4000, queuePrintMs: 8000 };
const QUEUE_MS = 10_000;

const LINE_MM = 4;
const RULER_MM = 30;
const END_MM = 15;

/** What is sent: `before` as it is, then `paper`, whose end cuts and asks for confirmation. */
interface Sheet {
  before: Uint8Array;
  paper: Paper;
  width: number;
  lines: CodePageLine[];
}

const bare = { processId: null, fence: false, tellChanges: false } as const;
const NOTHING = Buffer.of();

const sheetOf = (config: PrinterConfig, kind: TestPaper, ports: TestPrintPorts): Sheet | null => {
  const dialect = DIALECTS[PROFILES[config.profile]?.dialect ?? 'generic'];
  const { width } = config;
  const paperOf = (ops: readonly PaperOp[], mm: number): Paper => ({ ops, mm: mm + END_MM });
  switch (kind) {
    case 'code-pages': {
      const lines = codePageLines(config.profile);
      return { before: codePageBytes(dialect.id, lines), paper: paperOf([], lines.length * LINE_MM), width, lines };
    }
    case 'width': {
      const rulers = widthRulers();
      const last = rulers.pop();
      if (!last) return null;
      const jobs = rulers.map((one) =>
        dialect.job(one.ops, { ...bare, codePage: null, width: one.width, cutter: false }),
      );
      return {
        before: Buffer.concat(jobs),
        paper: paperOf(last.ops, (rulers.length + 1) * RULER_MM),
        width: last.width,
        lines: [],
      };
    }
    case 'ticket':
    case 'text': {
      const content = ports.content ?? sampleTicket(ports.clock.now(), ports.timeZone);
      const page = config.codePage?.page;
      const inText = kind === 'text';
      if (inText && (page === undefined || !textTicket(content, ports.template, { page, width }))) return null;
      const mode = inText ? 'text' : 'raster';
      const paper = createPaper({ ...config, mode }, ports.template, ports.renderer)(content);
      return { before: NOTHING, paper, width, lines: [] };
    }
    default:
      return assertNever(kind);
  }
};

const routeTo = (
  to: PrinterPort | SpoolerPort,
  config: PrinterConfig,
  encode: Encode,
  { clock, log, timeouts: own }: TestPrintPorts,
): Route => {
  const timeouts = { ...TIMEOUTS, ...own };
  if ('submit' in to) return createSpoolerRoute({ spooler: to, clock, log, timeouts, encode });
  const profile = PROFILES[config.profile];
  const { processId, fence } = config.answers ?? profile?.tells ?? { processId: false, fence: false };
  return createStreamRoute(
    {
      printer: to,
      clock,
      log,
      timeouts,
      confirms: { processId, fence },
      dialect: DIALECTS[profile?.dialect ?? 'generic'],
      known: config.answers?.questions ?? null,
      speed: config.speedMmPerS,
      encode,
    },
    { confirmed: () => undefined, condition: () => undefined },
  );
};

/** Never rejects. The line is closed when it resolves. Nobody else may have one to this printer meanwhile. */
export const testPrint = async (
  to: PrinterPort | SpoolerPort,
  config: PrinterConfig,
  kind: TestPaper,
  ports: TestPrintPorts,
): Promise<TestOutcome> => {
  const sheet = sheetOf(config, kind, ports);
  if (!sheet) return { outcome: 'unsaid' };
  const profile = PROFILES[config.profile];
  const dialect = DIALECTS[profile?.dialect ?? 'generic'];
  const { codePage } = config;
  const { before, paper, width, lines } = sheet;
  const encode: Encode = (ops, how) =>
    Buffer.concat([
      before,
      dialect.job(ops, { ...how, tellChanges: false, codePage, width, cutter: profile?.cutter ?? true }),
    ]);
  const route = routeTo(to, config, encode, ports);
  try {
    const look = await route.look();
    if (!look.ready) return { outcome: 'blocked', reason: look.reason };
    const loaded = look.load(paper, randomUUID());
    if (!loaded.alive()) return { outcome: 'blocked', reason: 'unreachable' };
    const { landed } = loaded.launch({
      expiresAt: ports.clock.now() + QUEUE_MS,
      written: () => undefined,
      condition: () => undefined,
    });
    const landing = await landed;
    ports.log.info('printer.tested', { printer: to.name, kind, end: landing.end });
    return landing.end === 'lost' || landing.end === 'recalled'
      ? { outcome: 'lost' }
      : { outcome: 'sent', grade: landing.grade, lines };
  } catch (error) {
    ports.log.warn('printer.test-failed', {
      printer: to.name,
      why: error instanceof Error ? error.message : String(error),
    });
    return { outcome: 'blocked', reason: 'render' };
  } finally {
    await route.close(TIMEOUTS.closeMs);
  }
};
