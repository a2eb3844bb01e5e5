import { z } from 'zod';

/**
 * What is set for a printer: where it is, what it is, what it was found to answer. One list of them is the setting
 * `printers`; who prints where is told by their roles.
 */

/** Where the bytes go. */
export const printerLink = z.discriminatedUnion('kind', [
  /** Raw TCP; the host a name, an IPv4 or an IPv6 address. */
  z.strictObject({ kind: z.literal('tcp'), host: z.string().min(1).max(255), port: z.int().min(1).max(65_535) }),
  /** A device file that is read and written, as `/dev/usb/lp0`. */
  z.strictObject({ kind: z.literal('device'), path: z.string().min(1).max(255) }),
  z.strictObject({
    kind: z.literal('serial'),
    path: z.string().min(1).max(255),
    baudRate: z.union([
      z.literal(9600),
      z.literal(19_200),
      z.literal(38_400),
      z.literal(57_600),
      z.literal(115_200),
      z.literal(230_400),
    ]),
    rtscts: z.boolean(),
  }),
  /** A raw queue of CUPS, over IPP. */
  z.strictObject({
    kind: z.literal('cups'),
    host: z.string().min(1).max(255),
    port: z.int().min(1).max(65_535),
    queue: z.string().regex(/^[^\s/#?]{1,127}$/),
  }),
  /** A printer of Windows, by its name there. */
  z.strictObject({ kind: z.literal('winspool'), queue: z.string().min(1).max(220) }),
]);
export type PrinterLinkConfig = z.output<typeof printerLink>;

/** What papers a printer is for. */
export const PRINTER_ROLES = ['kiosk', 'desk', 'copy'] as const;
export type PrinterRole = (typeof PRINTER_ROLES)[number];

/** What a printer was found to answer at set-up; null where nobody has asked yet. */
export const printerAnswers = z.strictObject({
  /** Questions of its dialect, by their numbers there. None: it is mute. */
  questions: z.array(z.int().min(0).max(255)).max(16),
  /** Answers with the id of a job when that is printed (grade A). */
  processId: z.boolean(),
  /** Answers a request queued behind a job (grade B). */
  fence: z.boolean(),
});
export type PrinterAnswers = z.output<typeof printerAnswers>;

/** 576, 512 or 640 dots are paper 80 mm wide, 384 are 58 mm. */
export const PRINTER_WIDTHS = [576, 512, 640, 384] as const;

export const printerConfig = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,20}$/),
  name: z.string().min(1).max(60),
  roles: z.array(z.enum(PRINTER_ROLES)).min(1).max(PRINTER_ROLES.length),
  link: printerLink,
  /** A key of PROFILES (profiles.ts). */
  profile: z.string().min(1).max(40),
  /** `auto`: text on a slow line where all of a paper fits one page, else a picture. */
  mode: z.enum(['auto', 'raster', 'text']),
  width: z.literal(PRINTER_WIDTHS),
  /** The page that was seen to be right on this very printer: its name here, its number there. null: text is not used. */
  codePage: z.strictObject({ page: z.string().min(1).max(20), number: z.int().min(0).max(255) }).nullable(),
  answers: printerAnswers.nullable(),
  speedMmPerS: z.number().min(20).max(500),
});
export type PrinterConfig = z.output<typeof printerConfig>;
