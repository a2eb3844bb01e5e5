import { visitCode } from '../../shared/domain/visit-code.ts';
import type { Printable, SlipContent, TicketContent } from '../../electron/core/ports.ts';
import { DEFAULT_TEMPLATE, type TicketTemplate } from '../../electron/core/printing/template.ts';

/** Tickets to look at and to test with: the ordinary ones, and the ones that are hard to lay out. */

const PASSPORT = {
  ru: 'Паспорт гражданина РФ',
  en: 'Passport of a citizen of Russia',
  tt: 'Россия гражданы паспорты',
  uz: 'Rossiya fuqarosi pasporti',
  tg: 'Шиносномаи шаҳрванди Русия',
  ky: 'Россиянын жаранынын паспорту',
  zh: '俄罗斯公民护照',
  ar: 'جواز سفر مواطن روسيا',
};

const BOOKING: TicketContent = {
  kind: 'ticket',
  office: {
    ru: 'Мои документы',
    en: 'My Documents',
    tt: 'Минем документлар',
    uz: 'Mening hujjatlarim',
    tg: 'Ҳуҷҷатҳои ман',
    ky: 'Менин документтерим',
    zh: '我的文件',
    ar: 'مستنداتي',
  },
  officeSubtitle: {
    ru: 'Центральный район',
    en: 'Central District',
    tt: 'Үзәк район',
    uz: 'Markaziy tuman',
    tg: 'Ноҳияи марказӣ',
    ky: 'Борбордук район',
    zh: '中央区',
    ar: 'المنطقة المركزية',
  },
  number: 'А\u00a0047',
  stations: [
    {
      service: PASSPORT,
      place: {
        ru: 'зал Б, окна 4–7',
        en: 'hall Б, windows 4–7',
        tt: 'Б залы, 4–7 тәрәзәләр',
        uz: 'Б zali, 4–7-oynalar',
        tg: 'толори Б, тирезаҳои 4–7',
        ky: 'Б залы, 4–7-терезелер',
        zh: 'Б 厅，4–7 号窗口',
        ar: 'القاعة Б، النوافذ 4–7',
      },
    },
  ],
  startsAt: Date.UTC(2026, 10, 21, 7, 30),
  printedAt: Date.UTC(2026, 10, 21, 7, 24),
  timeZone: 'Europe/Moscow',
  wait: { ahead: 2, fromMinutes: 5, toMinutes: 10 },
  priority: null,
  late: false,
  papers: [
    {
      ru: 'паспорт, который меняете',
      en: 'the passport you are replacing',
      tt: 'алыштырыла торган паспорт',
      uz: 'almashtirilayotgan pasport',
      tg: 'шиносномаи ивазшаванда',
      ky: 'алмаштырыла турган паспорт',
      zh: '需更换的护照',
      ar: 'جواز السفر المراد استبداله',
    },
    {
      ru: 'две фотографии 35×45',
      en: 'two photographs 35×45',
      tt: 'ике фотосурәт 35×45',
      uz: 'ikkita fotosurat 35×45',
      tg: 'ду акси 35×45',
      ky: 'эки сүрөт 35×45',
      zh: '两张 35×45 毫米照片',
      ar: 'صورتان 35×45',
    },
  ],
  qr: visitCode('0197f3a2-5c1e-7b44-9a10-3f6f2b8d9e01'),
  copy: 0,
  provisional: false,
  language: 'ru',
  staffLanguage: 'ru',
};

const at = (ru: string, en: string, place: { ru: string; en: string } | null = null) => ({
  service: { ru, en },
  place,
});

/** As long as a confirmation is: 154 characters. */
const TOKEN = `EZ1${'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.repeat(5).slice(0, 151)}`;
const SLIP: SlipContent = {
  kind: 'slip',
  office: BOOKING.office,
  officeSubtitle: BOOKING.officeSubtitle,
  printedAt: BOOKING.printedAt,
  timeZone: BOOKING.timeZone,
  papers: BOOKING.papers,
  copy: 0,
  language: 'ru',
  staffLanguage: 'ru',
  bookingNumber: '7K4M-2Q9X',
  services: [PASSPORT],
  startsAt: Date.UTC(2026, 10, 24, 7, 30),
  arriveFrom: Date.UTC(2026, 10, 24, 7, 0),
  address: { ru: 'ул. Садовая, д. 14', en: '14 Sadovaya Street' },
  confirmed: true,
  qr: TOKEN,
};

export const SAMPLES: Readonly<Record<string, Printable>> = {
  booking: BOOKING,
  'walk-in': {
    ...BOOKING,
    number: 'М\u00a0888',
    startsAt: null,
    stations: [at('Регистрация по месту жительства', 'Registration of residence')],
    wait: { ahead: 21, fromMinutes: 45, toMinutes: 70 },
    papers: [],
  },
  copy: { ...BOOKING, copy: 2, printedAt: Date.UTC(2026, 10, 21, 11, 7) },
  provisional: { ...BOOKING, provisional: true, wait: null },
  'long-names': {
    ...BOOKING,
    number: 'Х\u00a0444',
    office: {
      ru: 'Многофункциональный центр предоставления государственных и муниципальных услуг',
      en: 'Multifunctional Centre of State and Municipal Services',
    },
    officeSubtitle: { ru: 'Петропавловск-Камчатский городской округ, проспект 50 лет Октября, дом 15' },
    stations: [
      at(
        'Государственная регистрация прав на недвижимое имущество и сделок с ним, предоставление сведений, ' +
          'содержащихся в Едином государственном реестре недвижимости',
        'State registration of rights to real estate',
        { ru: 'второй этаж, зал регистрации недвижимости, окна 14–22', en: 'second floor, windows 14–22' },
      ),
    ],
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
  several: {
    ...BOOKING,
    stations: [
      at('Заграничный паспорт', 'Passport for travel abroad', { ru: 'зал А, окна 1–4', en: 'hall A, windows 1–4' }),
      at('Регистрация по месту жительства', 'Registration of residence', {
        ru: 'зал А, окна 5–7',
        en: 'hall A, windows 5–7',
      }),
      at('ИНН', 'Taxpayer number', { ru: 'зал Б, окна 1–3', en: 'hall Б, windows 1–3' }),
    ],
  },
  'five-services': {
    ...BOOKING,
    language: 'en',
    provisional: true,
    stations: [
      at('Заграничный паспорт', 'Passport for travel abroad', { ru: 'зал А, окна 1–4', en: 'hall А, windows 1–4' }),
      at('Регистрация по месту жительства', 'Registration of residence', {
        ru: 'зал А, окна 5–7',
        en: 'hall А, windows 5–7',
      }),
      at('ИНН', 'Taxpayer number', { ru: 'зал Б, окна 1–3', en: 'hall Б, windows 1–3' }),
      at('Выдача, замена и аннулирование охотничьего билета единого федерального образца', 'Hunting licence'),
      at('Справка об отсутствии судимости', 'Certificate of no criminal record', {
        ru: 'зал В, окно 12',
        en: 'hall В, window 12',
      }),
    ],
  },
  'one-place': {
    ...BOOKING,
    startsAt: null,
    papers: [],
    stations: [
      at('Заграничный паспорт', 'Passport for travel abroad', { ru: 'зал А, окна 1–4', en: 'hall А, windows 1–4' }),
      at('ИНН', 'Taxpayer number', { ru: 'зал А, окна 1–4', en: 'hall А, windows 1–4' }),
    ],
  },
  claim: {
    ...BOOKING,
    startsAt: null,
    priority: {
      name: {
        ru: 'Родители с детьми до трёх лет',
        en: 'Parents with children under three',
        ky: 'Үч жашка чейинки балдары бар ата-энелер',
      },
      level: 'first',
      confirmed: false,
      document: {
        ru: 'свидетельство о рождении ребёнка',
        en: 'the birth certificate of the child',
        ky: 'баланын туулгандыгы жөнүндө күбөлүк',
      },
    },
  },
  'claim-confirmed': {
    ...BOOKING,
    priority: { name: { ru: 'По записи', en: 'By appointment' }, level: 'first', confirmed: true, document: null },
  },
  'claim-english': {
    ...BOOKING,
    language: 'en',
    late: true,
    priority: {
      name: { ru: 'Ветераны', en: 'Veterans' },
      level: 'out-of-turn',
      confirmed: false,
      document: { ru: 'удостоверение ветерана', en: 'the veteran’s card' },
    },
  },
  'claim-long': {
    ...BOOKING,
    late: true,
    priority: {
      name: {
        ru:
          'Герои Советского Союза, Герои Российской Федерации, полные кавалеры ордена Славы, инвалиды и участники ' +
          'Великой Отечественной войны',
      },
      level: 'out-of-turn',
      confirmed: false,
      document: { ru: 'удостоверение Героя, кавалера ордена, инвалида или участника Великой Отечественной войны' },
    },
  },
  late: { ...BOOKING, late: true },
  slip: SLIP,
  'slip-english': { ...SLIP, language: 'en' },
  'slip-copy': { ...SLIP, language: 'en', copy: 1 },
  'slip-services': {
    ...SLIP,
    services: [
      { ru: 'Заграничный паспорт', en: 'Passport for travel abroad' },
      { ru: 'Регистрация по месту жительства', en: 'Registration of residence' },
      { ru: 'ИНН', en: 'Taxpayer number' },
    ],
    // A Wednesday in September: the longest day there is.
    startsAt: Date.UTC(2026, 8, 23, 6, 0),
    arriveFrom: Date.UTC(2026, 8, 23, 5, 15),
    address: { ru: 'г. Петропавловск-Камчатский, проспект 50 лет Октября, д. 15, корп. 2, второй этаж' },
    papers: [
      { ru: 'паспорт или документ, удостоверяющий личность' },
      { ru: 'правоустанавливающие документы в двух экземплярах' },
      { ru: 'квитанция об уплате государственной пошлины' },
    ],
  },
  'slip-unconfirmed': { ...SLIP, confirmed: false, bookingNumber: null, qr: null },
  'slip-unconfirmed-english': { ...SLIP, language: 'en', confirmed: false, bookingNumber: null, qr: null, papers: [] },
};

/** What an office may make of its ticket: its own sign and words, the services before the number, no wait. */
export const OWN_TEMPLATE: TicketTemplate = {
  ...DEFAULT_TEMPLATE,
  logo: {
    path: 'M12 2 22 8v8l-10 6L2 16V8Zm0 5-5.500 3.200v5.600L12 19l5.500-3.200v-5.600Z',
    box: 24,
    drawn: 'filled',
  },
  bilingual: false,
  sections: [
    { section: 'logo' },
    { section: 'text', size: 'large', text: { ru: 'Добро пожаловать!', en: 'Welcome!', uz: 'Xush kelibsiz!' } },
    { section: 'services' },
    { section: 'number', label: { ru: 'Номер в очереди', en: 'Number in the queue', uz: 'Navbatdagi raqam' } },
    { section: 'office' },
    { section: 'window' },
    { section: 'time' },
    { section: 'qr' },
    {
      section: 'footer',
      text: {
        ru: 'Сохраните талон до конца приёма.',
        en: 'Keep the ticket until you leave.',
        uz: 'Talonni qabul oxirigacha saqlang.',
      },
    },
    { section: 'papers' },
    { section: 'text', size: 'small', text: { ru: 'Справки: 8 800 555-35-35', uz: 'Maʼlumot: 8 800 555-35-35' } },
  ],
};
