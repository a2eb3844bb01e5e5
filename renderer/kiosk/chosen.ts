import type { Catalogue, EstimateView, ServiceView } from '../../shared/contracts/app.ts';
import { inLanguage, type I18nText, type Language } from '../../shared/domain/language.ts';

/** What the screens without a booking ask of the catalogue (pure). */

/** More services than this are not taken in one visit. */
export const MOST_SERVICES = 5;

/** @returns the services in the order of `ids`; those that the office does not have (any more) are left out. */
export const servicesOf = (catalogue: Catalogue | null, ids: readonly number[]): readonly ServiceView[] =>
  ids.flatMap((id) => catalogue?.services.find((s) => s.id === id) ?? []);

/** Papers of several services, each once. */
export const papersOf = (services: readonly { papers: readonly I18nText[] }[], language: Language): string[] => [
  ...new Set(services.flatMap((s) => s.papers.map((paper) => inLanguage(paper, language)))),
];

/** The wait that is told for several services: that of the first, where one goes first. */
export const estimateOf = (services: readonly ServiceView[]): EstimateView | null => services[0]?.estimate ?? null;

/** A time can be booked for all of them now. */
export const canBook = (catalogue: Catalogue | null, services: readonly ServiceView[]): boolean =>
  catalogue?.online === true && services.length > 0 && services.every((s) => s.slots);

const SHOWN_DIGITS = 4;
/** The last digits, so that he knows which number it is and nobody behind him does. @param phone E.164 */
export const lastDigits = (phone: string): string => phone.slice(-SHOWN_DIGITS);
