import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { PrintersPage } from '../printers/PrintersPage.tsx';
import { TicketPage } from '../ticket/TicketPage.tsx';
import { SettingsPage } from './SettingsPage.tsx';

const TABS = ['all', 'printers', 'ticket'] as const;
const TAB_WORDS = {
  all: 'printers.tabs.all',
  printers: 'printers.tabs.printers',
  ticket: 'printers.tabs.ticket',
} as const;

/** The settings one by one, and what has a page of its own. */
export const SettingsView = () => {
  const { t } = useTranslation();
  const [tab, setTab] = useState<(typeof TABS)[number]>('all');
  return (
    <>
      <div className="filters" role="group" aria-label={t('printers.tabs.label')}>
        {TABS.map((one) => (
          <button
            key={one}
            type="button"
            data-action="settings-tab"
            data-id={one}
            aria-pressed={tab === one}
            onClick={() => setTab(one)}
          >
            {t(TAB_WORDS[one])}
          </button>
        ))}
      </div>
      {tab === 'all' ? <SettingsPage /> : tab === 'printers' ? <PrintersPage /> : <TicketPage />}
    </>
  );
};
