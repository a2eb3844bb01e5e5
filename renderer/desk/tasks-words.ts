import type { TFunction } from 'i18next';
import type { DeskTask } from '../../shared/contracts/desk.ts';
import type { Formats } from '../i18n/format.ts';

/** What there is to decide, in words. */

const CONFLICTS = [
  'double-checkin',
  'from-cancelled',
  'cancel-reverted',
  'other-day',
  'other-office',
  'already-served',
  'needs-redirect',
  'possible-duplicate',
  'number-used-twice',
  'request-rejected',
  'no-show-withdrawn',
] as const;
const REQUESTS = ['visit.edit', 'booking.create', 'booking.reschedule', 'booking.cancel', 'device.order'] as const;
const WHY = ['stale-revision', 'slot-taken', 'not-found', 'not-allowed'] as const;

export const taskWords = (t: TFunction, task: DeskTask, formats: Formats): { title: string; text: string } => {
  const about = {
    other: task.other ? formats.number(task.other) : '',
    since: task.since === null ? '' : formats.dayTime(task.since),
  };
  switch (task.kind) {
    case 'conflict': {
      const type = CONFLICTS.find((one) => one === task.type) ?? 'other';
      return { title: t(`desk.conflict.${type}.title`), text: t(`desk.conflict.${type}.text`, about) };
    }
    case 'request': {
      const type = REQUESTS.find((one) => one === task.type) ?? 'other';
      const why = WHY.find((one) => one === task.problem) ?? 'other';
      return { title: t(`desk.rejected.${type}`), text: t(`desk.why.${why}`) };
    }
    case 'print':
      return { title: t('desk.task.printTitle'), text: t('desk.task.printText') };
    default:
      return { title: t('desk.task.parkedTitle'), text: t('desk.task.parkedText', { problem: task.problem ?? '' }) };
  }
};

export const choiceWords = (
  t: TFunction,
  task: DeskTask,
  how: DeskTask['choices'][number],
): { name: string; effect: string } => {
  if (how === 'seen') {
    if (task.kind === 'parked') return { name: t('desk.choice.leave'), effect: t('desk.choice.leaveEffect') };
    if (task.type === 'double-checkin' || task.type === 'possible-duplicate')
      return { name: t('desk.choice.one'), effect: t('desk.choice.oneEffect') };
    return { name: t('desk.choice.seen'), effect: t('desk.choice.seenEffect') };
  }
  return { name: t(`desk.choice.${how}`), effect: t(`desk.choice.${how}Effect`) };
};
