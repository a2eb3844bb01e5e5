import type { TFunction } from 'i18next';
import type { PrinterLinkView, WrongPrinter } from '../../../shared/contracts/printers-setup.ts';

/** Printers in words. */

export const REASON_WORDS = {
  unreachable: 'printers.reason.unreachable',
  'paper-out': 'printers.reason.paperOut',
  'cover-open': 'printers.reason.coverOpen',
  cutter: 'printers.reason.cutter',
  'head-hot': 'printers.reason.headHot',
  error: 'printers.reason.error',
  offline: 'printers.reason.offline',
  render: 'printers.reason.render',
} as const;
const FAULT_WORDS = { ...REASON_WORDS, 'paper-low': 'printers.history.low', mute: 'printers.history.mute' } as const;
const OUTCOME_WORDS = {
  A: 'printers.history.outcome.a',
  B: 'printers.history.outcome.b',
  C: 'printers.history.outcome.c',
  D: 'printers.history.outcome.d',
  E: 'printers.history.outcome.e',
  said: 'printers.history.outcome.said',
  unknown: 'printers.history.outcome.unknown',
  expired: 'printers.history.outcome.expired',
} as const;
export const OUTCOMES = ['A', 'B', 'C', 'D', 'E', 'said', 'unknown', 'expired'] as const;
export const ROLE_WORDS = {
  kiosk: 'printers.role.kiosk',
  desk: 'printers.role.desk',
  copy: 'printers.role.copy',
} as const;
export const VERDICT_WORDS = {
  each: 'printers.probe.verdict.each',
  after: 'printers.probe.verdict.after',
  state: 'printers.probe.verdict.state',
  mute: 'printers.probe.verdict.mute',
  queue: 'printers.probe.verdict.queue',
  unreachable: 'printers.probe.verdict.unreachable',
  blocked: 'printers.probe.verdict.blocked',
} as const;
export const MEANS_WORDS = {
  each: 'printers.probe.means.each',
  after: 'printers.probe.means.after',
  state: 'printers.probe.means.state',
  mute: 'printers.probe.means.mute',
  queue: 'printers.probe.means.queue',
  unreachable: 'printers.probe.means.unreachable',
  blocked: 'printers.probe.means.blocked',
} as const;
export const JOB_WORDS = {
  queued: 'printers.history.job.queued',
  blocked: 'printers.history.job.blocked',
  sending: 'printers.history.job.sending',
  sent: 'printers.history.job.sent',
  printed: 'printers.history.job.printed',
  unknown: 'printers.history.job.unknown',
  expired: 'printers.history.job.expired',
} as const;

const WRONG_WORDS = {
  id: 'printers.save.wrong.id',
  name: 'printers.save.wrong.name',
  roles: 'printers.save.wrong.roles',
  link: 'printers.save.wrong.link',
  profile: 'printers.save.wrong.profile',
  width: 'printers.save.wrong.width',
  codePage: 'printers.save.wrong.codePage',
  other: 'printers.save.wrong.other',
  same: 'printers.save.wrong.same',
  many: 'printers.save.wrong.many',
} as const satisfies Record<WrongPrinter['why'], string>;
/** As the contract has it: the page must not import what checks it. */
const PRINTERS_AT_MOST = 8;

const isFault = (kind: string): kind is keyof typeof FAULT_WORDS => Object.hasOwn(FAULT_WORDS, kind);

export const faultWords = (t: TFunction, kind: string): string => (isFault(kind) ? t(FAULT_WORDS[kind]) : kind);
export const wrongWords = (t: TFunction, { why }: WrongPrinter): string =>
  t(WRONG_WORDS[why], { most: PRINTERS_AT_MOST });
export const outcomeWords = (t: TFunction, outcome: (typeof OUTCOMES)[number]): string => t(OUTCOME_WORDS[outcome]);

/** @returns so much paper in metres, as it is written in that language */
export const metresOf = (mm: number, language: string): string =>
  (mm / 1000).toLocaleString(language, { maximumFractionDigits: 1 });

export const linkWords = (t: TFunction, link: PrinterLinkView): string => {
  switch (link.kind) {
    case 'tcp':
      return t('printers.link.tcp', {
        where: `${link.host.includes(':') ? `[${link.host}]` : link.host}:${link.port}`,
      });
    case 'device':
      return t('printers.link.device', { where: link.path });
    case 'serial':
      return t('printers.link.serial', { where: link.path, baud: link.baudRate });
    case 'cups':
      return t('printers.link.cups', { where: link.queue });
    default:
      return t('printers.link.winspool', { where: link.queue });
  }
};
