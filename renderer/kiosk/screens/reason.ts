import { useTranslation } from 'react-i18next';
import type { ServiceView } from '../../../shared/contracts/app.ts';

type Unavailable = NonNullable<ServiceView['unavailable']>;

/** Why a number for a service cannot be had now, in words. */
export const useReason = (): ((why: Unavailable) => string) => {
  const { t } = useTranslation();
  const words: Record<Unavailable, string> = {
    closed: t('services.closed'),
    closing: t('services.closing'),
    'booking-only': t('services.bookingOnly'),
    contingent: t('services.contingent'),
  };
  return (why) => words[why];
};
