import { addDays } from '../../shared/domain/business-day.ts';
import { DEMO_OFFICE, OTHER_OFFICE } from './demo-services.ts';
import type { SeedInput } from './seed.ts';

/** The two offices of the demo: their hours, who goes first, what is asked, and their windows. */

type Offices = SeedInput['offices'];
type Claims = NonNullable<Offices[number]['priority_claims']>;

/** Four in the morning; who plays at night says otherwise (test/tools/office-day.ts). */
const DAY_CHANGE = Number(process.env['TALON_DEMO_DAY_CHANGE'] ?? 240);
const HOUR = 60;
const AROUND_THE_CLOCK = [{ from: 0, until: 24 * HOUR }];
const WITH_LUNCH = [
  { from: 9 * HOUR, until: 13 * HOUR },
  { from: 14 * HOUR, until: 18 * HOUR },
];

/** By Russian practice; each office has its own list. */
const claims: Claims = [
  {
    id: 'war-veteran',
    name: {
      ru: 'Участники, инвалиды и ветераны Великой Отечественной войны',
      en: 'Veterans and invalids of the Great Patriotic War',
    },
    level: 'out-of-turn',
    document: { ru: 'Удостоверение ветерана или участника войны', en: 'Veteran’s certificate' },
    at_once: true,
  },
  {
    id: 'hero',
    name: {
      ru: 'Герои Советского Союза, Герои России, кавалеры ордена Славы',
      en: 'Heroes of the Soviet Union and of Russia, holders of the Order of Glory',
    },
    level: 'out-of-turn',
    document: { ru: 'Книжка Героя или орденская книжка', en: 'Hero’s or order book' },
    at_once: true,
  },
  {
    id: 'disabled-1-2',
    name: { ru: 'Инвалиды I и II группы', en: 'People with a disability of group I or II' },
    level: 'first',
    document: { ru: 'Справка об инвалидности', en: 'Disability certificate' },
  },
  {
    id: 'disabled-child',
    name: { ru: 'Дети-инвалиды и их сопровождающие', en: 'Disabled children and those who accompany them' },
    level: 'first',
    document: { ru: 'Справка об инвалидности ребёнка', en: 'The child’s disability certificate' },
  },
  {
    id: 'pregnant',
    name: { ru: 'Беременные женщины', en: 'Pregnant women' },
    level: 'first',
    document: { ru: 'Обменная карта или справка, если срок не виден', en: 'Medical card, if it is not visible' },
    at_once: true,
  },
  {
    id: 'infant',
    name: { ru: 'Родители с детьми до 3 лет', en: 'Parents with children under 3' },
    level: 'first',
    document: { ru: 'Свидетельство о рождении ребёнка', en: 'The child’s birth certificate' },
  },
  {
    id: 'large-family',
    name: { ru: 'Многодетные семьи', en: 'Families with three or more children' },
    level: 'first',
    document: { ru: 'Удостоверение многодетной семьи', en: 'Certificate of a large family' },
  },
  {
    id: 'svo',
    name: {
      ru: 'Ветераны боевых действий и члены их семей',
      en: 'Combat veterans and their families',
    },
    level: 'first',
    document: { ru: 'Удостоверение ветерана боевых действий', en: 'Combat veteran’s certificate' },
  },
];

const consent = {
  version: '1',
  text: {
    ru:
      'Я согласен на обработку номера телефона, чтобы МФЦ сообщил мне об очереди и о записи. Номер хранится до конца ' +
      'следующего рабочего дня, другим не передаётся. Без согласия талон тоже выдаётся. Отозвать его можно у стойки ' +
      'администратора.',
    en:
      'I agree that my phone number is used to tell me about the queue and my booking. It is kept until the end of the ' +
      'next working day and passed on to nobody. You get a ticket without it too. You can withdraw this at the desk.',
  },
};

const feedbackReasons = [
  { id: 'long-wait', name: { ru: 'Долго ждали', en: 'Long wait' } },
  { id: 'unclear', name: { ru: 'Непонятно, что делать', en: 'Unclear what to do' } },
  { id: 'rude', name: { ru: 'Невежливо', en: 'Impolite staff' } },
  { id: 'not-solved', name: { ru: 'Вопрос не решили', en: 'Not resolved' } },
  { id: 'fast', name: { ru: 'Быстро', en: 'Quick' } },
  { id: 'kind', name: { ru: 'Вежливо и понятно', en: 'Kind and clear' } },
];

/** @param today business day: the other office has a day off three days from it */
export const demoOffices = (today: string): Offices => [
  {
    id: DEMO_OFFICE,
    name: { ru: 'МФЦ «Мои документы»', en: 'Public Services Centre' },
    subtitle: { ru: 'Центральный район', en: 'Central District' },
    address: { ru: 'ул. Садовая, д. 14', en: '14 Sadovaya Street' },
    time_zone: 'Europe/Moscow',
    day_change_minutes: DAY_CHANGE,
    languages: ['ru', 'en'],
    // Whoever starts the demo finds it open.
    hours: { week: Array.from({ length: 7 }, () => AROUND_THE_CLOCK) },
    closed_message: {
      ru: 'Сейчас мы закрыты. Записаться можно на портале Госуслуг в любое время.',
      en: 'We are closed now. You can book online at any time.',
    },
    priority_claims: claims,
    consent,
    feedback_reasons: feedbackReasons,
  },
  {
    id: OTHER_OFFICE,
    name: { ru: 'МФЦ «Мои документы»', en: 'Public Services Centre' },
    subtitle: { ru: 'Заречный район', en: 'Zarechny District' },
    address: { ru: 'Набережная ул., д. 3, корп. 1', en: '3 Naberezhnaya Street, building 1' },
    time_zone: 'Europe/Moscow',
    day_change_minutes: 240,
    languages: ['ru', 'en'],
    hours: {
      week: [...Array.from({ length: 5 }, () => WITH_LUNCH), [{ from: 9 * HOUR, until: 15 * HOUR }], []],
      exceptions: [
        {
          date: addDays(today, 3),
          spans: [],
          note: { ru: 'Санитарный день', en: 'Closed for cleaning' },
        },
      ],
    },
    closed_message: {
      ru: 'Сейчас мы закрыты. Приходите в часы работы или запишитесь на портале Госуслуг.',
      en: 'We are closed now. Come during opening hours or book online.',
    },
    priority_claims: claims,
    consent,
    feedback_reasons: feedbackReasons,
  },
];

const window = (
  id: number,
  officeId: number,
  hall: 'А' | 'Б',
  n: number,
  services: number[],
): NonNullable<SeedInput['windows']>[number] => ({
  id,
  office_id: officeId,
  name: { ru: `Зал ${hall}, окно ${n}`, en: `Hall ${hall === 'А' ? 'A' : 'B'}, window ${n}` },
  service_ids: services,
  state: 'open',
});

/** As the places of the services say; some of the windows there are have nobody to sit at them. */
export const demoWindows: NonNullable<SeedInput['windows']> = [
  window(1, DEMO_OFFICE, 'А', 1, [101, 102]),
  window(2, DEMO_OFFICE, 'А', 2, [101, 102]),
  window(5, DEMO_OFFICE, 'А', 5, [103]),
  window(8, DEMO_OFFICE, 'А', 8, [301, 302, 303]),
  window(9, DEMO_OFFICE, 'А', 9, [301, 302, 303]),
  window(11, DEMO_OFFICE, 'Б', 1, [401, 402, 403]),
  window(12, DEMO_OFFICE, 'Б', 2, [401, 402, 403]),
  window(14, DEMO_OFFICE, 'Б', 4, [201, 202]),
  window(15, DEMO_OFFICE, 'Б', 5, [201, 202]),
  window(18, DEMO_OFFICE, 'Б', 8, [203]),
];
