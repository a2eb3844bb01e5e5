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
  children: ReactNode;
}
export const Page = ({ step, title, text, icon, wide = false, children }: PageProps) => {
  const { t } = useTranslation();
  return (
    <main className={wide ? 'setup-wide' : 'door'} data-setup={step}>
      <section className={wide ? 'settings printers' : 'door-card'} aria-labelledby="setup-title">
        <p className="door-office">
          {t('desk.setup.title')} · {t('desk.setup.step', { step, of: STEPS })}
        </p>
        <h1 id="setup-title">
          {icon} {title}
        </h1>
        <p>{text}</p>
        {children}
      </section>
    </main>
  );
};
