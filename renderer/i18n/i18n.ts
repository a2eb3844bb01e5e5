import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { LANGUAGES, type Language } from '../../shared/domain/language.ts';
import { locales, type Locale } from '../../shared/locales/index.ts';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: Locale };
  }
}

/** Texts of the page. They are in the bundle: nothing is loaded, nothing can be missing at run time. */
export const startI18n = async (): Promise<void> => {
  await i18next.use(initReactI18next).init({
    lng: 'ru',
    fallbackLng: 'ru',
    supportedLngs: LANGUAGES,
    resources: Object.fromEntries(LANGUAGES.map((l: Language) => [l, { translation: locales[l] }])),
    // React escapes.
    interpolation: { escapeValue: false },
    returnNull: false,
  });
};

export const switchLanguage = async (language: Language): Promise<void> => {
  if (i18next.language !== language) await i18next.changeLanguage(language);
};
