import { ArrowLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

/** One step of the first start. */

/** How many there are. */
const STEPS = 8;

interface PageProps {
  step: number;
  title: string;
  text: string;
  icon: ReactNode;
  /** More than a question: a page of its own. */
  wide?: boolean;
  /** To the step before; not there: it cannot be left that way. */
  onBack?: (() => void) | undefined;
  children: ReactNode;
}
export const Page = ({ step, title, text, icon, wide = false, onBack, children }: PageProps) => {
  const { t } = useTranslation();
  return (
    <main className={wide ? 'setup-wide' : 'door'} data-setup={step}>
      <section className={wide ? 'settings printers' : 'door-card'} aria-labelledby="setup-title">
        <div className="setup-where">
          <p className="door-office">
            {t('desk.setup.title')} · {t('desk.setup.step', { step, of: STEPS })}
          </p>
          {onBack === undefined ? null : (
            <button type="button" data-action="setup-back" onClick={onBack}>
              <ArrowLeft aria-hidden />
              {t('desk.setup.back')}
            </button>
          )}
        </div>
        <h1 id="setup-title">
          {icon} {title}
        </h1>
        <p>{text}</p>
        {children}
      </section>
    </main>
  );
};
