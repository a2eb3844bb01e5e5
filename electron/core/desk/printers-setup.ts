import { z } from 'zod';
import {
  type FindView,
  PRINTERS_AT_MOST,
  type PrinterLinkView,
  type PrinterProfileView,
  type PrinterSet,
  type PrintersSetView,
  type ProbeView,
  type SaveView,
  type TestKind,
  type TestView,
  type WrongPrinter,
} from '../../../shared/contracts/printers-setup.ts';
import { CallFailure } from '../../../shared/contracts/result.ts';
import type { Clock, CorePorts, Log, TicketContent, TicketRenderer } from '../ports.ts';
import { codePages } from '../printing/code-pages.ts';
import type { PrinterWay } from '../printing/links.ts';
import { printerConfig, type PrinterConfig, printerLink } from '../printing/printer-config.ts';
import type { Printers } from '../printing/printers.ts';
import { probePrinter, type ProbeTimeouts } from '../printing/probe.ts';
import { PROFILES } from '../printing/profiles.ts';
import { mainOf } from '../printing/route-setup.ts';
import type { SpoolTimeouts } from '../printing/spool.ts';
import { DEFAULT_TEMPLATE, readTemplate } from '../printing/template.ts';
import { testPrint } from '../printing/test-print.ts';
import type { Settings } from '../settings/settings.ts';
import { readDevice, readOffice } from '../store/registry.ts';
import { sql, text } from '../store/sql.ts';
import type { Store } from '../store/store.ts';
import type { SettingsView } from './settings-view.ts';

// --- looking, asking, trying: whoever may do that ---

export interface PrinterToolsPorts {
  store: Store;
  clock: Clock;
  log: Log;
  settings: () => Settings;
  renderer: TicketRenderer;
  find?: CorePorts['findPrinters'] | undefined;
  way?: CorePorts['printerWay'] | undefined;
  lend: Printers['lend'];
  timeouts?: { probe?: ProbeTimeouts; print?: Partial<SpoolTimeouts> };
}

/** How long a ticket may take that is just being printed; whoever calls gives up after half a minute. */
const LEND_MS = 8_000;
const NO_NAMES: ProbeView['names'] = { maker: null, model: null, firmware: null };

/** One line, whatever it is of. */
const sameLine = (a: PrinterLinkView, b: PrinterLinkView): boolean => {
  const where = (link: PrinterLinkView): string =>
    JSON.stringify(link.kind === 'serial' || link.kind === 'device' ? link.path : link);
  return where(a) === where(b);
};

/** What the printers are now, as the program was started: also that of the simple keys. */
export const runningOf = (settings: Settings): readonly PrinterConfig[] => {
  const list = settings.get('printers');
  return list.length > 0 ? list : simpleOf(settings);
};
const simpleOf = (settings: Settings): PrinterConfig[] =>
  settings.get('printer.kind') === 'none' ? [] : [mainOf(settings)];

export const createPrinterTools = (ports: PrinterToolsPorts) => {
  const { store, clock, log, settings, renderer } = ports;
  /** Ways that somebody tries just now: a second line would be taken for a fault of the printer. */
  const inUse = new Set<string>();

  const wayTo = (link: PrinterLinkView): PrinterWay => {
    const checked = printerLink.safeParse(link);
    if (!checked.success) throw new CallFailure('invalid-input', `the link: ${z.prettifyError(checked.error)}`);
    if (!ports.way) throw new CallFailure('conflict', 'this machine has no way to printers');
    try {
      return ports.way(checked.data);
    } catch (error) {
      throw new CallFailure('invalid-input', error instanceof Error ? error.message : String(error));
    }
  };
  /** @throws CallFailure conflict while it prints, or is tried by somebody else */
  const alone = async <T>(way: string, run: () => Promise<T>): Promise<T> => {
    if (inUse.has(way)) throw new CallFailure('conflict', `${way} is in use`);
    inUse.add(way);
    try {
      return await ports.lend(way, run, LEND_MS);
    } finally {
      inUse.delete(way);
    }
  };

  return {
    find: async (addresses: readonly { host: string; port: number }[]): Promise<FindView> => {
      const running = runningOf(settings());
      const knownAt = (link: PrinterLinkView): string | null =>
        running.find((one) => sameLine(one.link, link))?.id ?? null;
      const links = addresses.map(({ host, port }) => ({ kind: 'tcp' as const, host, port }));
      // One that serves a single line has it with us: it would seem not to be there.
      const asked = links.filter((link) => knownAt(link) === null);
      const { found, failed } = (await ports.find?.(asked)) ?? { found: [], failed: [] };
      const own = links.flatMap((link) => {
        const printer = knownAt(link);
        return printer === null ? [] : [{ link, label: `${link.host}:${link.port}`, printer }];
      });
      return { found: [...own, ...found.map((one) => ({ ...one, printer: knownAt(one.link) }))], failed };
    },

    probe: (link: PrinterLinkView): Promise<ProbeView> => {
      const way = wayTo(link);
      const nothing = { dialect: null, answers: null, condition: null, names: NO_NAMES, steps: [] };
      return alone(way.port.name, async () => {
        if (way.kind === 'stream') {
          const report = await probePrinter(way.port, clock, ports.timeouts?.probe);
          return { ...report, steps: [...report.steps] };
        }
        try {
          const look = await way.port.look(ports.timeouts?.probe?.connectMs ?? 3000);
          const blocked = look.ready ? null : look.reason;
          return {
            found: 'queue',
            ...nothing,
            condition: { blocked, paperLow: false },
            complete: look.ready,
            steady: true,
          };
        } catch (error) {
          log.info('printer.queue-silent', { printer: way.port.name, why: String(error) });
          return { found: 'unreachable', ...nothing, complete: false, steady: true };
        }
      });
    },

    /**
     * @param content of the ticket, instead of the sample
     * @throws CallFailure invalid-input for what could not be saved either
     */
    test: async (printer: PrinterSet, kind: TestKind, content?: TicketContent): Promise<TestView> => {
      const wrong = wrongIn([printer]);
      if (wrong) throw new CallFailure('invalid-input', wrong.message);
      const config = printerConfig.parse(printer);
      const { port } = wayTo(config.link);
      const read = readTemplate(settings().get('ticket.template') ?? DEFAULT_TEMPLATE);
      const office = store.read((db) => {
        const device = readDevice(db);
        return device && readOffice(db, device.officeId);
      });
      return alone(port.name, () =>
        testPrint(port, config, kind, {
          clock,
          log,
          renderer,
          template: read.ok ? read.template : DEFAULT_TEMPLATE,
          timeZone: office?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
          ...(content ? { content } : {}),
          ...(ports.timeouts?.print ? { timeouts: ports.timeouts.print } : {}),
        }),
      );
    },
  };
};
export type PrinterTools = ReturnType<typeof createPrinterTools>;

// --- keeping what was found: whoever is signed in and may ---

const FIELDS = ['id', 'name', 'roles', 'link', 'profile', 'width', 'codePage'] as const;

/** @returns what is wrong with the first that is, null when all can be used */
const wrongIn = (printers: readonly PrinterSet[]): WrongPrinter | null => {
  const wrong = (at: number | null, why: WrongPrinter['why'], message: string): WrongPrinter => ({
    outcome: 'wrong',
    at,
    why,
    message,
  });
  for (const [at, printer] of printers.entries()) {
    const checked = printerConfig.safeParse(printer);
    if (!checked.success) {
      const field = FIELDS.find((one) => one === checked.error.issues[0]?.path[0]) ?? 'other';
      return wrong(at, field, z.prettifyError(checked.error));
    }
    const { profile, codePage } = checked.data;
    if (!Object.hasOwn(PROFILES, profile)) return wrong(at, 'profile', `there is no profile ${profile}`);
    if (codePage && !codePages().includes(codePage.page)) return wrong(at, 'codePage', `no code page ${codePage.page}`);
    const before = printers.slice(0, at);
    if (before.some(({ id }) => id === printer.id)) return wrong(at, 'id', `a second printer ${printer.id}`);
    // Two spools would print into one another.
    if (before.some(({ link }) => sameLine(link, printer.link)))
      return wrong(at, 'same', 'a second one with this link');
  }
  return printers.length > PRINTERS_AT_MOST ? wrong(null, 'many', `at most ${PRINTERS_AT_MOST} printers`) : null;
};

/** @returns them as a setting holds them, or what is wrong with them */
export const readPrinters = (printers: readonly PrinterSet[]): { printers: PrinterConfig[] } | WrongPrinter =>
  wrongIn(printers) ?? { printers: printers.map((one) => printerConfig.parse(one)) };

/** The models that are known, as somebody chooses one. */
export const profileViews = (): PrinterProfileView[] =>
  Object.entries(PROFILES).map(([id, { name, dialect, widths, cutter }]) => ({
    id,
    name,
    dialect,
    widths: [...widths],
    cutter,
  }));

export interface PrintersSetupPorts {
  store: Store;
  settings: () => Settings;
  settingsView: Pick<SettingsView, 'holds' | 'write'>;
  /** Who is signed in, as the audit log names him. @throws CallFailure forbidden */
  actor: () => string;
  restart: () => void;
}

/** So far back a change is looked for. */
const CHANGES = 20;
const previous = z.array(printerConfig);

export const createPrintersSetup = ({ store, settings, settingsView, actor, restart }: PrintersSetupPorts) => {
  const holds = (): readonly PrinterConfig[] => settingsView.holds('printers');
  /**
   * The audit log knows what was before, also after the start that a change takes: nobody sees that it was wrong earlier.
   * @returns null when nothing was changed yet
   */
  const before = (): PrinterConfig[] | null => {
    const now = JSON.stringify(holds());
    const rows = store.read((db) =>
      db.all(sql`SELECT detail FROM audit WHERE entity_id = 'printers' AND action = 'settings.set'
        ORDER BY seq DESC LIMIT ${CHANGES}`),
    );
    for (const row of rows) {
      const detail = JSON.parse(text(row, 'detail')) as { before?: unknown; after?: unknown };
      // One that could not be written, or the file was changed by hand since.
      if (detail.after !== now || detail.before === now || typeof detail.before !== 'string') continue;
      const read = previous.safeParse(JSON.parse(detail.before));
      return read.success ? read.data : null;
    }
    return null;
  };
  /** Without a list the simple keys hold again. */
  const write = (printers: PrinterConfig[]): Promise<void> =>
    settingsView.write(actor(), 'printers', printers.length === 0 ? undefined : printers);
  const list = (): PrintersSetView => {
    const set = holds();
    const simple = set.length === 0;
    return {
      printers: (simple ? simpleOf(settings()) : set).map((one) => ({ ...one })),
      simple,
      waits: JSON.stringify(set) !== JSON.stringify(settings().get('printers')),
      before: before()?.length ?? null,
      profiles: profileViews(),
    };
  };

  return {
    /** @throws CallFailure forbidden */
    list: (): PrintersSetView => {
      actor();
      return list();
    },
    /** @throws CallFailure forbidden; whatever the settings throw that cannot be written */
    save: async (printers: readonly PrinterSet[]): Promise<SaveView> => {
      actor();
      const read = readPrinters(printers);
      if ('outcome' in read) return read;
      await write(read.printers);
      return { outcome: 'saved', set: list() };
    },
    /** @throws CallFailure forbidden | conflict */
    undo: async (): Promise<PrintersSetView> => {
      actor();
      const was = before();
      if (was === null) throw new CallFailure('conflict', 'no printer was set here yet');
      await write(was);
      return list();
    },
    restart: (): void => {
      actor();
      restart();
    },
  };
};
