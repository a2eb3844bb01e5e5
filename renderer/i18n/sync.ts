import type { TFunction } from 'i18next';
import type { SyncState } from '../../shared/contracts/app.ts';
import type { Formats } from './format.ts';

/** The connection to the centre in words: a small sign for visitors, the whole of it for staff. */

/** Shorter interruptions are nobody's business. */
const NOTICED_MS = 20_000;
/** Older times of day need their date. */
const TODAY_MS = 12 * 3_600_000;

const moment = (at: number, now: number, formats: Formats): string =>
  now - at < TODAY_MS ? formats.time(at) : formats.dayTime(at);

/**
 * What a visitor is told; null: nothing, all is well for him.
 * @param now epoch ms
 */
export const syncSign = (t: TFunction, s: SyncState, now: number, formats: Formats): string | null => {
  switch (s.state) {
    case 'never':
      return t('sign.never');
    case 'offline':
      if (s.since === null) return t('sign.never');
      return now - s.since < NOTICED_MS ? null : t('sign.offline', { time: moment(s.since, now, formats) });
    case 'attention':
      return t('sign.attention', { code: `SYNC-${(s.problem ?? 'parked').toUpperCase()}` });
    default:
      return s.progress ? t('sign.loading') : null;
  }
};

/**
 * The whole state in one sentence, for staff.
 * @param now epoch ms
 */
export const syncSentence = (t: TFunction, s: SyncState, now: number, formats: Formats): string => {
  const waiting =
    s.waiting === 0 || s.oldestAt === null
      ? ''
      : t('sync.waiting', { count: s.waiting, time: moment(s.oldestAt, now, formats) });
  const since = s.since === null ? '' : moment(s.since, now, formats);
  switch (s.state) {
    case 'live':
      return t('sync.live');
    case 'catching-up':
      if (s.progress) {
        const { done, total } = s.progress;
        return total === null ? t('sync.reading', { done }) : t('sync.readingOf', { done, total });
      }
      return waiting === '' ? t('sync.catchingUp') : `${t('sync.catchingUp')}: ${waiting}`;
    case 'never':
      return waiting === '' ? t('sync.never') : `${t('sync.never')}: ${waiting}`;
    case 'offline':
      return waiting === '' ? t('sync.offline', { time: since }) : `${t('sync.offline', { time: since })}: ${waiting}`;
    case 'attention':
      switch (s.problem) {
        case 'parked':
          return t('sync.parked', { count: s.parked });
        case 'schema':
          return t('sync.schema');
        case 'revoked':
          return t('sync.revoked');
        case 'fork':
          return t('sync.fork');
        default:
          return t('sync.attention');
      }
    default:
      return s.state satisfies never;
  }
};
