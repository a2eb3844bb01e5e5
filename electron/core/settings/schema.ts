import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { printerConfig } from '../printing/printer-config.ts';
import { readTemplate } from '../printing/template.ts';
import { isAllowedUrl } from '../sync/enrol.ts';

/** `http://[name:password@]host:port` and nothing else. */
const isProxyUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname, search, hash } = new URL(text);
  return protocol === 'http:' && pathname === '/' && search === '' && hash === '';
};

/**
 * Every setting, by its dotted key: what it may be and what the program takes when nobody says otherwise. How to add
 * one: a line here, and where it is used read it from `Settings`; nothing else.
 */
export const SETTINGS = {
  /** Where an un-enrolled device enrols by itself at start, with `centre.enrolmentCode`. */
  'centre.url': {
    schema: z.string().refine(isAllowedUrl, 'must begin with https:// (http:// only for this machine)').nullable(),
    value: null,
  },
  'centre.enrolmentCode': { schema: z.string().min(4).max(32).nullable(), value: null },
  /** PEM files of authorities that are trusted beside those of the machine: an office with an authority of its own. */
  'centre.caFiles': {
    schema: z.array(z.string().refine(isAbsolute, 'must be a full path')).max(20),
    value: [],
  },
  /** SHA-256 of public keys in base64; when there are any, the centre's chain must have one of them. */
  'centre.pins': {
    schema: z
      .array(
        z.string().regex(/^[A-Za-z0-9+/]{43}=$/, 'must be the SHA-256 of a public key in base64: 43 characters and ='),
      )
      .max(20),
    value: [],
  },
  /** Everything to the centre goes through it (CONNECT). May hold a name and a password, which are shown to nobody. */
  'centre.proxy': {
    schema: z
      .string()
      .max(500)
      .refine(isProxyUrl, 'must be http://host:port or http://name:password@host:port')
      .nullable(),
    value: null,
  },
  /** Which windows this machine opens; the command line goes before it. */
  'windows.roles': {
    schema: z
      .array(z.enum(['kiosk', 'desk']))
      .min(1)
      .max(2),
    value: ['kiosk'],
  },
  /** Where the kiosk stands when there are two displays; the desk takes the other one. */
  'windows.kioskDisplay': { schema: z.enum(['main', 'other']), value: 'main' },
  /** Diagonal of the kiosk's screen in inches: what a finger must hit is at least 15 mm large. null: not known. */
  'screen.inches': { schema: z.number().min(7).max(100).nullable(), value: null },
  /** The camera that reads codes, as its driver names it; null: the one that looks at the visitor, as far as names tell. */
  'scan.camera': { schema: z.string().min(1).max(200).nullable(), value: null },
  /** `tcp` or none. Without a printer every ticket is `blocked`, and the number is shown on the screen. */
  'printer.kind': { schema: z.enum(['none', 'tcp']), value: 'none' },
  'printer.host': { schema: z.string().min(1).max(255), value: '127.0.0.1' },
  'printer.port': { schema: z.int().min(1).max(65535), value: 9100 },
  /** Dots a row: 576 for 80 mm paper, 384 for 58 mm. */
  'printer.width': { schema: z.union([z.literal(576), z.literal(384)]), value: 576 },
  /** Speed of the paper, for time limits. */
  'printer.speedMmPerS': { schema: z.number().min(20).max(500), value: 150 },
  /**
   * Printers with their roles, instead of the one that `printer.*` tells of; who comes first is asked first. Empty: there is
   * that one, `main`, for everything.
   */
  printers: {
    schema: z
      .array(printerConfig)
      .max(8)
      .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'each printer needs an id of its own'),
    value: [],
  },
  /** What stands on a ticket and where, as data (template.ts); null: as it was built. */
  'ticket.template': {
    schema: z
      .json()
      .nullable()
      .refine((template) => template === null || readTemplate(template).ok, 'is no template of a ticket'),
    value: null,
  },
  /** A desk that nobody touches is locked after so many minutes. */
  'desk.lockMinutes': { schema: z.int().min(1).max(120), value: 5 },
  /** Minutes of waiting from which somebody is shown as one to watch, and as one who waits too long. */
  'desk.warnMinutes': { schema: z.int().min(1).max(240), value: 12 },
  'desk.limitMinutes': { schema: z.int().min(1).max(240), value: 15 },
  /** Reasons of a refusal that staff may go against only with a second person. */
  'desk.secondPersonFor': {
    schema: z.array(z.string().max(40)).max(20),
    value: ['cancelled', 'other-office', 'other-day'],
  },
  'log.level': { schema: z.enum(['debug', 'info', 'warn', 'error']), value: 'info' },
} as const satisfies Record<string, { schema: z.ZodType; value: unknown }>;

export type SettingKey = keyof typeof SETTINGS;
export type SettingValue<K extends SettingKey> = z.output<(typeof SETTINGS)[K]['schema']>;
export type SettingSource = 'build' | 'centre' | 'device';

/** What of a setting is shown, where not all of it may be. */
export const SHOWN: Partial<Record<SettingKey, (value: string) => string>> = {
  // A one-time code is a secret until it is used.
  'centre.enrolmentCode': () => '***',
  'centre.proxy': (value) => {
    const url = new URL(value);
    return `${url.protocol}//${url.username === '' && url.password === '' ? '' : '***@'}${url.host}`;
  },
};

/** A fleet may not be pointed elsewhere, nor a printer be chosen, from the centre: those belong to the device. */
export const CENTRE_MAY_SET: readonly SettingKey[] = [
  'printer.speedMmPerS',
  'ticket.template',
  'desk.lockMinutes',
  'desk.warnMinutes',
  'desk.limitMinutes',
  'desk.secondPersonFor',
  'log.level',
];

/** What the centre may say beside the settings; read where it is used, and nothing that a device's file may say. */
export const CENTRE_ONLY: readonly string[] = ['staff.rights'];

/** The device's file: `{"version": 1, "settings": {"printer.kind": "tcp", ...}}`. */
export const settingsFile = z.strictObject({
  version: z.literal(1),
  settings: z.partialRecord(z.enum(Object.keys(SETTINGS) as [SettingKey, ...SettingKey[]]), z.json()),
});
