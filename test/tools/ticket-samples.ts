import { visitCode } from '../../shared/domain/visit-code.ts';
import type { TicketContent } from '../../electron/core/ports.ts';

/** Tickets to look at and to test with: the ordinary ones, and the ones that are hard to lay out. */

const BOOKING: TicketContent = {
  office: { ru: 'Мои документы', en: 'My Documents' },
  officeSubtitle: { ru: 'Центральный район', en: 'Central District' },
  number: 'А\u00a0047',
  service: { ru: 'Паспорт гражданина РФ', en: 'Passport of a citizen of Russia' },
  startsAt: Date.UTC(2026, 10, 21, 7, 30),
  printedAt: Date.UTC(2026, 10, 21, 7, 24),
  timeZone: 'Europe/Moscow',
  place: { ru: 'зал Б, окна 4–7', en: 'hall Б, windows 4–7' },
  papers: [
    { ru: 'паспорт, который меняете', en: 'the passport you are replacing' },
    { ru: 'две фотографии 35×45', en: 'two photographs 35×45' },
  ],
  qr: visitCode('0197f3a2-5c1e-7b44-9a10-3f6f2b8d9e01'),
  copy: 0,
  provisional: false,
  language: 'ru',
};

export const SAMPLES: Readonly<Record<string, TicketContent>> = {
  booking: BOOKING,
  'walk-in': {
    ...BOOKING,
    number: 'М\u00a0888',
    startsAt: null,
    service: { ru: 'Регистрация по месту жительства', en: 'Registration of residence' },
    papers: [],
  },
  copy: { ...BOOKING, copy: 2, printedAt: Date.UTC(2026, 10, 21, 11, 7) },
  provisional: { ...BOOKING, provisional: true, place: null },
  'long-names': {
    ...BOOKING,
    number: 'Х\u00a0444',
    office: {
      ru: 'Многофункциональный центр предоставления государственных и муниципальных услуг',
      en: 'Multifunctional Centre of State and Municipal Services',
    },
    officeSubtitle: { ru: 'Петропавловск-Камчатский городской округ, проспект 50 лет Октября, дом 15' },
    service: {
      ru:
        'Государственная регистрация прав на недвижимое имущество и сделок с ним, предоставление сведений, ' +
        'содержащихся в Едином государственном реестре недвижимости',
      en: 'State registration of rights to real estate',
    },
    place: { ru: 'второй этаж, зал регистрации недвижимости, окна 14–22' },
    papers: [
      { ru: 'паспорт или документ, удостоверяющий личность' },
      { ru: 'правоустанавливающие документы в двух экземплярах' },
      { ru: 'нотариально удостоверенная доверенность представителя' },
      { ru: 'квитанция об уплате государственной пошлины' },
      { ru: 'согласие супруга' },
      { ru: 'технический план помещения' },
    ],
  },
  'five-digits': { ...BOOKING, number: 'А\u00a007\u00a0012' },
  english: { ...BOOKING, language: 'en', copy: 1, provisional: true },
};
