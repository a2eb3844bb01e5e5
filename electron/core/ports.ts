import type { z } from 'zod';
import type { I18nText } from '../../shared/domain/language.ts';
import type { FindResult } from './printing/find-printers.ts';
import type { PrinterLinkConfig } from './printing/printer-config.ts';
import type { PrinterWay } from './printing/links.ts';
import type { TicketTemplate } from './printing/template.ts';
import type { SettingKey } from './settings/schema.ts';
import type { Vault } from './vault/vault.ts';

type JSONType = z.core.util.JSONType;

/** Everything the core needs from outside. Nothing in the core reads a clock, makes an id or opens a socket otherwise. */
export interface CorePorts {
  clock: Clock;
  ids: Ids;
  log: Log;
  /** Opens the database. The shipped one is better-sqlite3; anything that speaks SQLite will do. */
  openStore: () => SqlDriver;
  /** The database with a journal and backups beside it, instead of `openStore` alone; the shipped core has it. */
  openVault?: (ports: { clock: Clock; ids: Ids; log: Log }) => Vault;
  /** HTTP to the centre. */
  fetch: typeof fetch;
  /** From 0 to below 1, for waits that must differ between devices; Math.random when it is not given. */
  random?: () => number;
  /** Private key and access of this device. */
  secrets: Secrets;
  /** Opens the byte stream to the printer, while the settings list none. */
  printer: PrinterPort;
  /** The way to a printer that they list. @throws Error when this machine has no such way */
  printerWay?: (link: PrinterLinkConfig) => PrinterWay;
  /** Looks for printers on this machine and at these addresses, for the set-up; without it none are found. */
  findPrinters?: (addresses: readonly { host: string; port: number }[]) => Promise<FindResult>;
  /** Draws a ticket. */
  render: TicketRenderer;
  /** Writes the device's own layer of the settings. @throws Error when it cannot be written; without it none can be changed */
  saveSetting?: (key: SettingKey, value: JSONType | undefined) => void;
}

export interface Clock {
  /** Wall clock, epoch milliseconds. May jump. */
  now(): number;
  /** Milliseconds that only ever grow. */
  monotonic(): number;
  /** Calls once after `ms`; the returned function cancels. */
  after(ms: number, run: () => void): () => void;
}

export interface Ids {
  /** A new UUIDv7 (RFC 9562). */
  uuid(): string;
}

export type LogFields = Record<string, unknown>;
/** JSON lines. `event` is a stable dotted name; fields never hold personal data, code texts or secrets. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export interface Secrets {
  /** @returns null when there is none of that name. */
  get(name: string): string | null;
  /** Durable when it returns. */
  set(name: string, value: string | null): void;
}

// --- SQL -------------------------------------------------------------------------------------------------------------

export type SqlValue = string | number | bigint | null | Uint8Array;
export type SqlRow = Record<string, SqlValue>;

export interface SqlStatement {
  run(...params: SqlValue[]): { changes: number };
  get(...params: SqlValue[]): SqlRow | undefined;
  all(...params: SqlValue[]): SqlRow[];
}

/** The little of a SQLite library that the store uses. Synchronous; throws errors whose `code` is SQLite's (SQLITE_FULL ...). */
export interface SqlDriver {
  prepare(sql: string): SqlStatement;
  exec(sql: string): void;
  pragma(text: string): SqlRow[];
  close(): void;
}

// --- Printing --------------------------------------------------------------------------------------------------------

export interface PrinterPort {
  /**
   * Opens the stream.
   * @throws Error when nothing answers within `timeoutMs`; no byte has left then.
   */
  open(timeoutMs: number): Promise<PrinterLink>;
  /** Where it prints to, for logs: `tcp 10.0.0.5:9100`. */
  readonly name: string;
}

export interface PrinterLink {
  /** Resolves when the bytes were taken by the operating system and there is room for more. Rejects when the link died. */
  write(bytes: Uint8Array): Promise<void>;
  /** Bytes that come back. One listener. */
  onData(listener: (bytes: Uint8Array) => void): void;
  /** Called once when the stream is gone, whoever closed it. */
  onClose(listener: (error: Error | null) => void): void;
  /** Ends gracefully, waits for the other side at most `timeoutMs`, then drops the line. Never rejects. */
  close(timeoutMs: number): Promise<void>;
}

/** What every paper has: the head and the foot. Texts are already in the paper's language(s). */
interface PaperContent {
  office: I18nText;
  officeSubtitle: I18nText;
  printedAt: number;
  timeZone: string;
  papers: readonly I18nText[];
  /** 0 = first paper; n = «ПОВТОР № n». */
  copy: number;
  /** Of the visitor. */
  language: string;
  /** Staff must be able to read it too: what differs stands in this language as well. */
  staffLanguage: string;
}

/** What stands on a ticket; the renderer decides how. */
export interface TicketContent extends PaperContent {
  kind: 'ticket';
  /** As shown: `А 047`. */
  number: string;
  /** All services in their order; where there are several the order is printed. */
  stations: readonly { service: I18nText; place: I18nText | null }[];
  /** Booked time as epoch ms, null for a walk-in. */
  startsAt: number | null;
  /** People ahead and minutes, on the first paper of a visit and where it is known. */
  wait: { ahead: number; fromMinutes: number; toMinutes: number } | null;
  /** A claim to go before others: the mark, and whether the desk has yet to see the document. */
  priority: { name: I18nText; level: 'first' | 'out-of-turn'; confirmed: boolean; document: I18nText | null } | null;
  /** He came after his time. */
  late: boolean;
  /** Text of the QR of the visit (ASCII, upper case). */
  qr: string;
  /** Not confirmed by the centre yet. */
  provisional: boolean;
}

/** A time that was booked or moved here: to be brought along. */
export interface SlipContent extends PaperContent {
  kind: 'slip';
  /** As people read it, `XXXX-XXXX`; null while the centre has not given one. */
  bookingNumber: string | null;
  services: readonly I18nText[];
  startsAt: number;
  /** From when one can check in. */
  arriveFrom: number;
  address: I18nText;
  /** False: the centre has yet to say yes, and the paper says so. */
  confirmed: boolean;
  /** Its confirmation; null while there is none. */
  qr: string | null;
}

export type Printable = TicketContent | SlipContent;

export interface TicketBitmap {
  /** Dots per row, a multiple of 8. */
  width: number;
  height: number;
  /** Row-major, 1 bit a dot, most significant bit first, 1 = black; width / 8 bytes a row. */
  bits: Uint8Array;
}

export interface TicketRenderer {
  /** Draws a paper `width` dots wide (576, 512 or 640 for 80 mm, 384 for 58 mm), by the office's template or the one we ship. */
  draw(content: Printable, width: number, template?: TicketTemplate): TicketBitmap;
}
