import { z } from 'zod';
import { read, write } from './define.ts';

/** The device's settings as the desk may see and change them. */

/** How a value is typed: what there is to choose from, a number, a line of text, or a list of them. */
const settingInput = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('choice'), of: z.array(z.union([z.string(), z.number()])).min(1) }),
  z.strictObject({ kind: z.literal('number') }),
  z.strictObject({ kind: z.literal('text') }),
  z.strictObject({ kind: z.literal('list') }),
]);

export const settingRow = z.strictObject({
  key: z.string(),
  /** What holds now; secrets are masked. */
  value: z.json(),
  /** The layer that it comes from: build < centre < device. */
  source: z.enum(['build', 'centre', 'device']),
  /** What was changed since the start and will hold from the next one; null: nothing was. */
  pending: z.strictObject({ value: z.json(), source: z.enum(['build', 'centre', 'device']) }).nullable(),
  /** When a change takes effect. */
  effect: z.enum(['restart', 'enrolment']),
  /** Whether whoever is signed in may change it here; `machine`: nobody may, only who can write the device's file. */
  editable: z.union([z.literal(true), z.enum(['right', 'machine'])]),
  /** Part of it is hidden: it can only be typed anew as a whole. */
  masked: z.boolean(),
  /** It may be left empty. */
  optional: z.boolean(),
  input: settingInput,
});
export type SettingRow = z.output<typeof settingRow>;

export const settingOutcome = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('saved'), row: settingRow }),
  /** `hidden`: the masked part was sent back. `message` is for logs, in English. */
  z.strictObject({ outcome: z.literal('wrong'), why: z.enum(['value', 'hidden']), message: z.string() }),
]);
export type SettingOutcome = z.output<typeof settingOutcome>;

export const settingsMethods = {
  'settings.view': read(['desk'], z.strictObject({}), z.array(settingRow)),
  /** Without `value` the device's own value is taken away: the centre's holds again, or the one that was built in. */
  'settings.set': write(
    ['desk'],
    z.strictObject({ key: z.string().min(1).max(100), value: z.json().optional() }),
    settingOutcome,
    { repeatable: false },
  ),
} as const;
