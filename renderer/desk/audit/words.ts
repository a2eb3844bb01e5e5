import type { TFunction } from 'i18next';
import type { AuditLine } from '../../../shared/contracts/audit.ts';
import { SERIES } from '../../../shared/domain/ticket-number.ts';
import type { Formats } from '../../i18n/format.ts';
import { settingName } from '../settings/words.ts';

/** The entries of the log in words. What there are no words for is shown by its name: nothing is left out. */

const ACTIONS = {
  checkin: 'audit.action.checkin',
  'checkin.undo': 'audit.action.checkinUndo',
  'checkin.override': 'audit.action.checkinOverride',
  walkin: 'audit.action.walkin',
  'scan.refused': 'audit.action.scanRefused',
  'entry.locked': 'audit.action.entryLocked',
  'ticket.copy': 'audit.action.ticketCopy',
  'ticket.send': 'audit.action.ticketSend',
  'booking.create': 'audit.action.bookingCreate',
  'booking.reschedule': 'audit.action.bookingReschedule',
  'booking.cancel': 'audit.action.bookingCancel',
  'booking.no-show': 'audit.action.bookingNoShow',
  'request.withdrawn': 'audit.action.requestWithdrawn',
  'visit.edit': 'audit.action.visitEdit',
  'visit.stage': 'audit.action.visitStage',
  'person.seen': 'audit.action.personSeen',
  'person.found': 'audit.action.personFound',
  'list.printed': 'audit.action.listPrinted',
  help: 'audit.action.help',
  'help.take': 'audit.action.helpTake',
  feedback: 'audit.action.feedback',
  'device.order': 'audit.action.deviceOrder',
  'device.enrolled': 'audit.action.deviceEnrolled',
  'device.stopped': 'audit.action.deviceStopped',
  'conflict.resolve': 'audit.action.conflictResolve',
  'parked.retry': 'audit.action.parkedRetry',
  'parked.drop': 'audit.action.parkedDrop',
  'print.settled': 'audit.action.printSettled',
  'staff.sign-in': 'audit.action.staffIn',
  'staff.sign-in-failed': 'audit.action.staffInFailed',
  'staff.lock': 'audit.action.staffLock',
  'staff.unlock': 'audit.action.staffUnlock',
  'staff.sign-out': 'audit.action.staffOut',
  'staff.emergency': 'audit.action.staffEmergency',
  'settings.set': 'audit.action.settingsSet',
  'settings.not-set': 'audit.action.settingsNotSet',
  'audit.seen': 'audit.action.auditSeen',
  'audit.exported': 'audit.action.auditExported',
  'numbers.exported': 'audit.action.numbersExported',
  'store.recovered': 'audit.action.storeRecovered',
  'journal.replayed': 'audit.action.journalReplayed',
  'fact.replayed': 'audit.action.factReplayed',
} as const;

const ACTORS = {
  kiosk: 'audit.who.kiosk',
  system: 'audit.who.system',
  service: 'audit.who.service',
  staff: 'audit.who.staff',
  unknown: 'audit.who.unknown',
} as const;

const FIELDS = {
  provisional: 'audit.field.provisional',
  reason: 'audit.field.reason',
  why: 'audit.field.why',
  copy: 'audit.field.copy',
  what: 'audit.field.what',
  until: 'audit.field.until',
  from: 'audit.field.from',
  services: 'audit.field.services',
  claim: 'audit.field.claim',
  contact: 'audit.field.contact',
  screen: 'audit.field.screen',
  over: 'audit.field.over',
  score: 'audit.field.score',
  kind: 'audit.field.kind',
  office: 'audit.field.office',
  carried: 'audit.field.carried',
  again: 'audit.field.again',
  backup: 'audit.field.backup',
  replayed: 'audit.field.replayed',
  lost: 'audit.field.lost',
  journal: 'audit.field.journal',
  operations: 'audit.field.operations',
  type: 'audit.field.type',
  seq: 'audit.field.seq',
  rows: 'audit.field.rows',
  actor: 'audit.field.actor',
  action: 'audit.field.action',
  thing: 'audit.field.thing',
  before: 'audit.field.before',
  after: 'audit.field.after',
  second: 'audit.field.second',
  to: 'audit.field.to',
  window: 'audit.field.window',
  order: 'audit.field.order',
  visit: 'audit.field.visit',
  how: 'audit.field.how',
  role: 'audit.field.role',
  unreadable: 'audit.field.unreadable',
} as const;

/** Values that are words of the program, by the field that they stand in. */
const VALUES = {
  'reason not-ours': 'audit.value.notOurs',
  'reason other-office': 'settings.choice.otherOffice',
  'reason cancelled': 'settings.choice.cancelled',
  'reason superseded': 'settings.choice.superseded',
  'reason other-day': 'settings.choice.otherDay',
  'reason already-used': 'settings.choice.alreadyUsed',
  'reason too-early': 'settings.choice.tooEarly',
  'reason too-late': 'settings.choice.tooLate',
  'what device': 'audit.value.device',
  'what number': 'audit.value.number',
  'what pin': 'audit.value.pin',
  'what code': 'audit.value.totp',
  'how seen': 'audit.value.seen',
  'how split': 'audit.value.split',
  'how retry': 'audit.value.retry',
  'how came-out': 'audit.value.cameOut',
  'how copy': 'audit.value.copy',
  'order close': 'audit.value.close',
  'order open': 'audit.value.open',
  'order message': 'audit.value.message',
  'order restart': 'audit.value.restart',
  'to waiting': 'desk.state.waiting',
  'to called': 'desk.state.called',
  'to serving': 'desk.state.serving',
  'to done': 'desk.state.done',
  'to no-show': 'desk.state.no-show',
  'role receptionist': 'desk.role.receptionist',
  'role senior': 'desk.role.senior',
  'role administrator': 'desk.role.administrator',
  'role auditor': 'desk.role.auditor',
} as const;

const has = <T extends object>(table: T, key: string): key is Extract<keyof T, string> => Object.hasOwn(table, key);
/** Numbers of this size are moments. */
const MOMENTS_FROM = 1_000_000_000_000;

export const actionWords = (t: TFunction, action: string): string =>
  has(ACTIONS, action) ? t(ACTIONS[action]) : t('audit.action.other', { action });

export const actorWords = (t: TFunction, id: string, name: string | null): string =>
  name ?? (has(ACTORS, id) ? t(ACTORS[id]) : id);

export interface Detail {
  field: string;
  words: string;
  /** It says that something is not so, or is not known: not worth a place where there is little. */
  empty: boolean;
}

/**
 * @param people names of the members of staff, by id
 * @returns what else an entry tells, each with what it is
 */
export const detailWords = (
  t: TFunction,
  { detail }: AuditLine,
  formats: Formats,
  people: ReadonlyMap<string, string>,
): Detail[] => {
  const said: Detail[] = [];
  const series = SERIES.find((one) => one === detail['series']);
  const number = detail['number'];
  const isTicket = series !== undefined && typeof number === 'number' && number > 0 && number % 1000 !== 0;
  if (isTicket) said.push({ field: t('audit.field.number'), words: formats.number({ series, number }), empty: false });
  for (const [key, value] of Object.entries(detail)) {
    if (isTicket && (key === 'series' || key === 'number')) continue;
    const field = has(FIELDS, key) ? t(FIELDS[key]) : key;
    said.push({ field, words: wordsOf(t, key, value, formats, people), empty: value === null || value === false });
  }
  return said;
};

const wordsOf = (
  t: TFunction,
  key: string,
  value: AuditLine['detail'][string],
  formats: Formats,
  people: ReadonlyMap<string, string>,
): string => {
  if (value === null) return t('audit.value.none');
  if (typeof value === 'boolean') return t(value ? 'audit.value.yes' : 'audit.value.no');
  if (typeof value === 'number') return value >= MOMENTS_FROM ? formats.dayTime(value) : String(value);
  if (key === 'action') return actionWords(t, value);
  if (key === 'actor' || key === 'second') return actorWords(t, value, people.get(value) ?? null);
  const known = `${key} ${value}`;
  return has(VALUES, known) ? t(VALUES[known]) : value;
};

/** @returns what people call the thing of an entry; null when it is about none */
export const thingWords = (t: TFunction, { action, entity, entityName }: AuditLine): string | null => {
  if (entity === '') return null;
  return entityName ?? (action.startsWith('settings.') ? settingName(t, entity) : entity);
};

/** Names that nobody remembers are shown by their end where there is little room. */
const SHORT = 20;
export const shortThing = (thing: string): string => (thing.length > SHORT ? `…${thing.slice(-8)}` : thing);
