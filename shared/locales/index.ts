import type { Language } from '../domain/language.ts';
import { en } from './en.ts';
import { ru, type Locale } from './ru.ts';

export type { Locale };

/** Every language that Talon is written in, complete (the type sees to it). */
export const locales: Record<Language, Locale> = { ru, en };
