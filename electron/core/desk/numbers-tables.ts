import type { NumbersLine, NumbersReport, NumbersTable } from '../../../shared/contracts/numbers.ts';
import type { Cell } from '../../../shared/domain/csv.ts';
import { inLanguage } from '../../../shared/domain/language.ts';

/** The tables of a report as rows of cells, with a heading. */

type Language = 'ru' | 'en';

const HEADINGS = {
  ru: {
    date: 'День',
    hour: 'Час, с',
    code: 'Код',
    service: 'Услуга',
    window: 'Окно',
    way: 'Где взят талон',
    visits: 'Посетителей',
    perDay: 'В среднем за день',
    usual: 'Обычно в такой день',
    expected: 'Ожидаем сегодня',
    booked: 'По записи',
    walkIns: 'Без записи',
    left: 'Ушли',
    noShows: 'Не пришли по записи',
    waits: (limit: number) => [
      'Ожиданий измерено',
      'Ожидание: медиана, мин',
      'Ожидание: 90 % не дольше, мин',
      `Ожидание дольше ${limit} мин`,
      `Ожидание дольше ${limit} мин, %`,
    ],
    serving: ['Приёмов измерено', 'Приём: медиана, мин', 'Приём: 90 % не дольше, мин'],
    kiosk: 'Киоск',
    desk: 'Стойка',
  },
  en: {
    date: 'Day',
    hour: 'Hour, from',
    code: 'Code',
    service: 'Service',
    window: 'Window',
    way: 'Ticket taken at',
    visits: 'Visitors',
    perDay: 'Average per day',
    usual: 'Usual on such a day',
    expected: 'Expected today',
    booked: 'Booked',
    walkIns: 'Walk-ins',
    left: 'Left',
    noShows: 'Booked and did not come',
    waits: (limit: number) => [
      'Waits measured',
      'Wait: median, min',
      'Wait: 90 % at most, min',
      `Wait over ${limit} min`,
      `Wait over ${limit} min, %`,
    ],
    serving: ['Servings measured', 'Serving: median, min', 'Serving: 90 % at most, min'],
    kiosk: 'Kiosk',
    desk: 'Desk',
  },
} as const;

const tenth = (n: number | null): number | null => (n === null ? null : Math.round(n * 10) / 10);

const lineHeads = (report: NumbersReport, language: Language, noShows: boolean): Cell[] => {
  const h = HEADINGS[language];
  const missed = noShows ? [h.noShows] : [];
  return [h.visits, h.booked, h.walkIns, h.left, ...missed, ...h.waits(report.limitMinutes), ...h.serving];
};
const lineCells = ({ visits, booked, walkIns, left, waits, serving }: NumbersLine, noShows?: number): Cell[] => [
  visits,
  booked,
  walkIns,
  left,
  ...(noShows === undefined ? [] : [noShows]),
  waits.count,
  waits.median,
  waits.p90,
  waits.over,
  tenth(waits.overShare === null ? null : waits.overShare * 100),
  serving.count,
  serving.median,
  serving.p90,
];

const TABLES: Record<NumbersTable, (report: NumbersReport, language: Language) => Cell[][]> = {
  days: (report, language) => [
    [HEADINGS[language].date, ...lineHeads(report, language, true)],
    ...report.days.map((day) => [day.date, ...lineCells(day, day.noShows)]),
  ],
  hours: ({ hours, openDays }, language) => {
    const h = HEADINGS[language];
    return [
      [h.hour, h.visits, h.perDay, h.usual, h.expected],
      ...hours.map(({ hour, visits, usual, expected }) => [
        hour,
        visits,
        openDays === 0 ? null : tenth(visits / openDays),
        tenth(usual),
        tenth(expected),
      ]),
    ];
  },
  services: (report, language) => [
    [HEADINGS[language].code, HEADINGS[language].service, ...lineHeads(report, language, true)],
    ...report.services.map((one) => [one.id, inLanguage(one.name, language), ...lineCells(one, one.noShows)]),
  ],
  windows: (report, language) => [
    [HEADINGS[language].code, HEADINGS[language].window, ...lineHeads(report, language, false)],
    ...report.windows.map((one) => [one.id, inLanguage(one.name, language), ...lineCells(one)]),
  ],
  ways: (report, language) => [
    [HEADINGS[language].way, ...lineHeads(report, language, false)],
    ...report.ways.map((one) => [HEADINGS[language][one.way], ...lineCells(one)]),
  ],
};

/** @returns one of the report's tables, its heading first; times in whole minutes, shares in per cent */
export const tableOf = (table: NumbersTable, report: NumbersReport, language: Language): Cell[][] =>
  TABLES[table](report, language);
