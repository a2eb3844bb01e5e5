import { z } from 'zod';
import { isAllowedUrl } from '../sync/enrol.ts';

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
  /** `tcp` or none. Without a printer every ticket is `blocked`, and the number is shown on the screen. */
  'printer.kind': { schema: z.enum(['none', 'tcp']), value: 'none' },
  'printer.host': { schema: z.string().min(1).max(255), value: '127.0.0.1' },
  'printer.port': { schema: z.int().min(1).max(65535), value: 9100 },
  /** Dots a row: 576 for 80 mm paper, 384 for 58 mm. */
  'printer.width': { schema: z.union([z.literal(576), z.literal(384)]), value: 576 },
  /** Speed of the paper, for time limits. */
  'printer.speedMmPerS': { schema: z.number().min(20).max(500), value: 150 },
  'log.level': { schema: z.enum(['debug', 'info', 'warn', 'error']), value: 'info' },
} as const satisfies Record<string, { schema: z.ZodType; value: unknown }>;

export type SettingKey = keyof typeof SETTINGS;
export type SettingValue<K extends SettingKey> = z.output<(typeof SETTINGS)[K]['schema']>;
export type SettingSource = 'build' | 'centre' | 'device';

/** A fleet may not be pointed elsewhere, nor a printer be chosen, from the centre: those belong to the device. */
export const CENTRE_MAY_SET: readonly SettingKey[] = ['printer.speedMmPerS', 'log.level'];

/** The device's file: `{"version": 1, "settings": {"printer.kind": "tcp", ...}}`. */
export const settingsFile = z.strictObject({
  version: z.literal(1),
  settings: z.partialRecord(z.enum(Object.keys(SETTINGS) as [SettingKey, ...SettingKey[]]), z.json()),
});
