import type { TFunction } from 'i18next';
import type { RequestOutcome, ScanOutcome, WalkInOutcome } from '../../../shared/contracts/app.ts';
import type { SignInOutcome } from '../../../shared/contracts/desk.ts';
import type { Formats } from '../../i18n/format.ts';

/** What became of something, in words. */

const REASONS = [
  'other-office',
  'cancelled',
  'superseded',
  'other-day',
  'already-used',
  'too-early',
  'too-late',
  'unknown',
  'not-ours',
  'closed',
  'closing',
  'booking-only',
  'contingent',
  'slot-taken',
  'request-rejected',
  'centre-away',
  'no-match',
  'locked',
  'paper-not-out',
  'paper-unknown',
] as const;
type Reason = (typeof REASONS)[number] | 'other';
/** Reasons that there are words for at the desk; of any other it is said that it is not possible. */
export const reasonOf = (reason: string): Reason => REASONS.find((one) => one === reason) ?? 'other';

export const outcomeWords = (t: TFunction, formats: Formats, outcome: ScanOutcome | WalkInOutcome): string => {
  switch (outcome.outcome) {
    case 'accepted':
      return t('desk.card.done', { number: formats.number(outcome.visit.number) });
    case 'refused':
      return t(`desk.reason.${reasonOf(outcome.reason)}`, { time: '' });
    default:
      return t('desk.failed');
  }
};

export const requestWords = (t: TFunction, formats: Formats, outcome: RequestOutcome): string => {
  if (outcome.outcome === 'refused') return t(`desk.reason.${reasonOf(outcome.reason)}`, { time: '' });
  if (outcome.kind === 'cancel')
    return t(outcome.outcome === 'confirmed' ? 'desk.request.cancelled' : 'desk.request.cancelAsked');
  return t(outcome.outcome === 'confirmed' ? 'desk.request.confirmed' : 'desk.request.asked', {
    time: formats.dayTime(outcome.startsAt),
  });
};

/** Null: there is nothing to say, he goes on. */
export const signInWords = (t: TFunction, outcome: SignInOutcome): string | null => {
  switch (outcome.outcome) {
    case 'wrong':
      return outcome.left === null ? t('desk.signIn.notHim') : t('desk.signIn.wrong');
    case 'wait':
      return t('desk.signIn.wait', { seconds: outcome.seconds });
    case 'totp-impossible':
      return outcome.why === 'clock' ? t('desk.signIn.noClock') : t('desk.signIn.noSecret');
    default:
      return null;
  }
};
