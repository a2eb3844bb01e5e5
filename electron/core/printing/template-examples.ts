import type { TicketExample } from '../../../shared/contracts/ticket-template.ts';
import type { I18nText } from '../../../shared/domain/language.ts';
import { assertNever } from '../../../shared/domain/model.ts';
import { visitCode } from '../../../shared/domain/visit-code.ts';
import type { TicketContent } from '../ports.ts';

/** Tickets to look at while the template is changed: nobody's, and each shows something that not every ticket has. */

const PASSPORT: I18nText = {
  ru: 'Замена паспорта',
  en: 'Passport replacement',
  tt: 'Паспортны алыштыру',
  uz: 'Pasportni almashtirish',
  tg: 'Ивази шиноснома',
  ky: 'Паспортту алмаштыруу',
  zh: '更换护照',
  ar: 'استبدال جواز السفر',
};
const RESIDENCE: I18nText = {
  ru: 'Регистрация по месту жительства',
  en: 'Registration of residence',
  tt: 'Яшәү урыны буенча теркәү',
  uz: 'Yashash joyi boʻyicha roʻyxatga olish',
  tg: 'Бақайдгирӣ аз рӯи ҷойи истиқомат',
  ky: 'Жашаган жери боюнча каттоо',
  zh: '居住地登记',
  ar: 'التسجيل في مكان الإقامة',
};
const LONG: I18nText = {
  ru: 'Государственная регистрация прав на недвижимое имущество и сделок с ним, предоставление сведений из реестра',
  en: 'State registration of rights to real estate and of transactions with it, extracts from the register',
};
const WINDOWS: I18nText = {
  ru: 'зал Б, окна 4–7',
  en: 'hall Б, windows 4–7',
  tt: 'Б залы, 4–7 тәрәзәләр',
  uz: 'Б zali, 4–7-oynalar',
  tg: 'толори Б, тирезаҳои 4–7',
  ky: 'Б залы, 4–7-терезелер',
  zh: 'Б 厅，4–7 号窗口',
  ar: 'القاعة Б، النوافذ 4–7',
};
const OLD_PASSPORT: I18nText = {
  ru: 'паспорт, который меняете',
  en: 'the passport you are replacing',
  tt: 'алыштырыла торган паспорт',
  uz: 'almashtirilayotgan pasport',
  tg: 'шиносномаи ивазшаванда',
  ky: 'алмаштырыла турган паспорт',
  zh: '需更换的护照',
  ar: 'جواز السفر المراد استبداله',
};
const DISABLED: I18nText = {
  ru: 'Инвалид I группы',
  en: 'Person with a disability, group I',
};
const CERTIFICATE: I18nText = { ru: 'справка об инвалидности', en: 'certificate of disability' };
/** No visit has it. */
const NOBODY = visitCode('00000000-0000-7000-8000-000000000000');
const HALF_AN_HOUR = 1_800_000;
const SIX_MINUTES = 360_000;

export interface ExampleOptions {
  /** As the office is called, where the machine has one. */
  office: I18nText;
  officeSubtitle: I18nText;
  timeZone: string;
  language: string;
  staffLanguage: string;
  /** Epoch ms. */
  now: number;
}

export const exampleTicket = (
  example: TicketExample,
  { now, language, staffLanguage, office, officeSubtitle, timeZone }: ExampleOptions,
): TicketContent => {
  const startsAt = Math.ceil((now + SIX_MINUTES) / HALF_AN_HOUR) * HALF_AN_HOUR;
  const booking: TicketContent = {
    kind: 'ticket',
    office,
    officeSubtitle,
    timeZone,
    language,
    staffLanguage,
    number: 'А\xA0047',
    stations: [
      {
        service: PASSPORT,
        place: WINDOWS,
      },
    ],
    startsAt,
    printedAt: now,
    wait: {
      ahead: 2,
      fromMinutes: 5,
      toMinutes: 10,
    },
    priority: null,
    late: false,
    papers: [OLD_PASSPORT],
    qr: NOBODY,
    copy: 0,
    provisional: false,
  };
  switch (example) {
    case 'booking':
      return booking;
    case 'walk-in':
      return { ...booking, number: 'М\u00a0888', startsAt: null, wait: { ahead: 21, fromMinutes: 45, toMinutes: 70 } };
    case 'several':
      return {
        ...booking,
        stations: [booking.stations[0] ?? { service: PASSPORT, place: null }, { service: RESIDENCE, place: WINDOWS }],
      };
    case 'priority':
      return {
        ...booking,
        priority: { name: DISABLED, level: 'first', confirmed: false, document: CERTIFICATE },
      };
    case 'provisional':
      return { ...booking, provisional: true, wait: null };
    case 'copy':
      return { ...booking, copy: 2, wait: null };
    case 'long':
      return { ...booking, number: 'Х\u00a044444', stations: [{ service: LONG, place: WINDOWS }] };
    default:
      return assertNever(example);
  }
};
