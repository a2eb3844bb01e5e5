import type { TFunction } from 'i18next';
import type { SettingRow } from '../../../shared/contracts/settings-view.ts';

/** Settings in words. One that there are no words for yet is shown by its key. */

const NAMES = {
  'windows.roles': 'settings.of.roles.name',
  'windows.kioskDisplay': 'settings.of.kioskDisplay.name',
  'screen.inches': 'settings.of.inches.name',
  'scan.camera': 'settings.of.camera.name',
  'centre.url': 'settings.of.centreUrl.name',
  'centre.enrolmentCode': 'settings.of.enrolmentCode.name',
  'centre.caFiles': 'settings.of.caFiles.name',
  'centre.pins': 'settings.of.pins.name',
  'centre.proxy': 'settings.of.proxy.name',
  'printer.kind': 'settings.of.printerKind.name',
  'printer.host': 'settings.of.printerHost.name',
  'printer.port': 'settings.of.printerPort.name',
  'printer.width': 'settings.of.printerWidth.name',
  'printer.speedMmPerS': 'settings.of.printerSpeed.name',
  printers: 'settings.of.printers.name',
  'ticket.template': 'settings.of.template.name',
  'desk.lockMinutes': 'settings.of.lockMinutes.name',
  'desk.warnMinutes': 'settings.of.warnMinutes.name',
  'desk.limitMinutes': 'settings.of.limitMinutes.name',
  'desk.secondPersonFor': 'settings.of.secondPerson.name',
  'log.level': 'settings.of.logLevel.name',
} as const;
const ABOUT = {
  'windows.roles': 'settings.of.roles.about',
  'windows.kioskDisplay': 'settings.of.kioskDisplay.about',
  'screen.inches': 'settings.of.inches.about',
  'scan.camera': 'settings.of.camera.about',
  'centre.url': 'settings.of.centreUrl.about',
  'centre.enrolmentCode': 'settings.of.enrolmentCode.about',
  'centre.caFiles': 'settings.of.caFiles.about',
  'centre.pins': 'settings.of.pins.about',
  'centre.proxy': 'settings.of.proxy.about',
  'printer.kind': 'settings.of.printerKind.about',
  'printer.host': 'settings.of.printerHost.about',
  'printer.port': 'settings.of.printerPort.about',
  'printer.width': 'settings.of.printerWidth.about',
  'printer.speedMmPerS': 'settings.of.printerSpeed.about',
  printers: 'settings.of.printers.about',
  'ticket.template': 'settings.of.template.about',
  'desk.lockMinutes': 'settings.of.lockMinutes.about',
  'desk.warnMinutes': 'settings.of.warnMinutes.about',
  'desk.limitMinutes': 'settings.of.limitMinutes.about',
  'desk.secondPersonFor': 'settings.of.secondPerson.about',
  'log.level': 'settings.of.logLevel.about',
} as const;
const HINTS = {
  'windows.roles': 'settings.of.roles.hint',
  'windows.kioskDisplay': 'settings.of.kioskDisplay.hint',
  'screen.inches': 'settings.of.inches.hint',
  'scan.camera': 'settings.of.camera.hint',
  'centre.proxy': 'settings.of.proxy.hint',
  'printer.kind': 'settings.of.printerKind.hint',
  'printer.host': 'settings.of.printerHost.hint',
  'printer.port': 'settings.of.printerPort.hint',
  'printer.width': 'settings.of.printerWidth.hint',
  'printer.speedMmPerS': 'settings.of.printerSpeed.hint',
  'desk.lockMinutes': 'settings.of.lockMinutes.hint',
  'desk.warnMinutes': 'settings.of.warnMinutes.hint',
  'desk.limitMinutes': 'settings.of.limitMinutes.hint',
  'log.level': 'settings.of.logLevel.hint',
} as const;
const CHOICES = {
  'windows.roles kiosk': 'settings.choice.kiosk',
  'windows.roles desk': 'settings.choice.desk',
  'windows.kioskDisplay main': 'settings.choice.mainDisplay',
  'windows.kioskDisplay other': 'settings.choice.otherDisplay',
  'printer.kind none': 'settings.choice.none',
  'printer.kind tcp': 'settings.choice.tcp',
  'printer.width 576': 'settings.choice.wide',
  'printer.width 384': 'settings.choice.narrow',
  'desk.secondPersonFor other-office': 'settings.choice.otherOffice',
  'desk.secondPersonFor cancelled': 'settings.choice.cancelled',
  'desk.secondPersonFor superseded': 'settings.choice.superseded',
  'desk.secondPersonFor other-day': 'settings.choice.otherDay',
  'desk.secondPersonFor already-used': 'settings.choice.alreadyUsed',
  'desk.secondPersonFor too-early': 'settings.choice.tooEarly',
  'desk.secondPersonFor too-late': 'settings.choice.tooLate',
  'log.level debug': 'settings.choice.debug',
  'log.level info': 'settings.choice.info',
  'log.level warn': 'settings.choice.warn',
  'log.level error': 'settings.choice.error',
} as const;

export const GROUPS = ['desk', 'machine', 'printer', 'centre', 'log', 'other'] as const;
export type Group = (typeof GROUPS)[number];

const has = <T extends object>(table: T, key: string): key is Extract<keyof T, string> => Object.hasOwn(table, key);

/** Keys that stand with others than their first word says. */
const BESIDE: Readonly<Record<string, Group>> = {
  printers: 'printer',
  ticket: 'printer',
  windows: 'machine',
  screen: 'machine',
  scan: 'machine',
};
export const groupOf = (key: string): Group => {
  const word = key.split('.', 1)[0] ?? '';
  return BESIDE[word] ?? GROUPS.find((group) => group === word) ?? 'other';
};
export const settingName = (t: TFunction, key: string): string => (has(NAMES, key) ? t(NAMES[key]) : key);
export const settingAbout = (t: TFunction, key: string): string | null => (has(ABOUT, key) ? t(ABOUT[key]) : null);
/** What a value must be. */
export const settingHint = (t: TFunction, key: string): string =>
  t(has(HINTS, key) ? HINTS[key] : 'settings.of.other.hint');

export const choiceWords = (t: TFunction, key: string, value: string | number): string => {
  const of = `${key} ${value}`;
  return has(CHOICES, of) ? t(CHOICES[of]) : String(value);
};
export const valueWords = (t: TFunction, key: string, value: SettingRow['value']): string => {
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return t('settings.notSet');
  if (Array.isArray(value))
    return value.map((one) => (typeof one === 'string' ? choiceWords(t, key, one) : JSON.stringify(one))).join(', ');
  return typeof value === 'string' || typeof value === 'number' ? choiceWords(t, key, value) : JSON.stringify(value);
};
