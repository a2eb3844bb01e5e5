/** Languages and texts in several of them. No schemas here: the pages use this, and a schema library in a page trips its CSP. */

/** Interface languages that Talon is written in. Names of offices and services may carry more. */
export const LANGUAGES = ['ru', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** A text per language (BCP 47 code -> text); Russian is always there and is what others fall back to. */
export interface I18nText {
  ru: string;
  [language: string]: string;
}

/** @returns the text in `lang`, else in Russian. */
export const inLanguage = (text: I18nText, lang: string): string => text[lang] || text.ru;
