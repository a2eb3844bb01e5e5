import { createContext, use } from 'react';
import type { SystemState } from '../../shared/contracts/app.ts';
import type { StaffState } from '../../shared/contracts/desk.ts';
import type { I18nText, Language } from '../../shared/domain/language.ts';
import type { Right } from '../../shared/domain/rights.ts';
import type { Formats } from '../i18n/format.ts';
import type { Client } from '../ui/client.ts';

/** What every part of the desk's page has at hand. */
export interface DeskView {
  client: Client;
  system: SystemState | null;
  staff: StaffState | null;
  setStaff: (state: StaffState) => void;
  formats: Formats;
  language: Language;
  setLanguage: (language: Language) => void;
  /** A text of the centre in the language of the desk. */
  say: (text: I18nText) => string;
  may: (right: Right) => boolean;
  /** The core's clock, epoch ms. */
  now: () => number;
}

export const DeskContext = createContext<DeskView | null>(null);

/** @throws Error outside of the desk */
export const useDesk = (): DeskView => {
  const view = use(DeskContext);
  if (!view) throw new Error('there is no desk around this');
  return view;
};
