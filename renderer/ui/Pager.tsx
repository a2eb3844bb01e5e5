import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';

/** One page of a list. `page` is within what there is, whatever was asked for. */
export interface Page<T> {
  shown: readonly T[];
  page: number;
  pages: number;
}

/** @param size items on a page, 1 or more. @param wanted from 0 */
export const pageOf = <T,>(items: readonly T[], size: number, wanted: number): Page<T> => {
  const pages = Math.max(1, Math.ceil(items.length / size));
  const page = Math.min(Math.max(0, wanted), pages - 1);
  return { shown: items.slice(page * size, (page + 1) * size), page, pages };
};

/** The room of the screen: `low` is a landscape screen that is much wider than high. */
export type Room = 'portrait' | 'landscape' | 'low';

const LANDSCAPE = '(orientation: landscape)';
const LOW = '(min-aspect-ratio: 3/2)';
const subscribe = (changed: () => void): (() => void) => {
  globalThis.addEventListener('resize', changed);
  return () => globalThis.removeEventListener('resize', changed);
};
const measure = (): Room =>
  matchMedia(LOW).matches ? 'low' : matchMedia(LANDSCAPE).matches ? 'landscape' : 'portrait';

/** How many items go on a page is told by this. */
export const useRoom = (): Room => useSyncExternalStore(subscribe, measure);

/** Two large buttons and where one is; nothing when there is one page only. */
export const Pager = ({ page, pages, onPage }: { page: number; pages: number; onPage: (page: number) => void }) => {
  const { t } = useTranslation();
  if (pages < 2) return null;
  return (
    <nav className="pager" aria-label={t('pager.label')}>
      <button
        type="button"
        className="btn press"
        data-action="page-back"
        aria-label={t('pager.back')}
        disabled={page === 0}
        onClick={() => onPage(page - 1)}
      >
        <ChevronLeft aria-hidden />
      </button>
      <span className="pager-at" role="status">
        {t('pager.at', { page: page + 1, pages })}
      </span>
      <button
        type="button"
        className="btn press"
        data-action="page-on"
        disabled={page >= pages - 1}
        onClick={() => onPage(page + 1)}
      >
        <span>{t('pager.on')}</span>
        <ChevronRight aria-hidden />
      </button>
    </nav>
  );
};
