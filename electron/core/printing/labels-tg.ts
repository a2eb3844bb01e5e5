import { dotted } from './dates.ts';
import type { TicketLabels } from './labels.ts';
import { always, type CountedWords, dashed, NBSP, people, waiting } from './words.ts';

const UNITS = { minute: always('дақиқа'), hour: always('соат') };
const WORDS: CountedWords = {
  figures: 'ru-RU',
  person: always('нафар'),
  ...UNITS,
  upTo: (figure, n, unit) => `то${NBSP}${figure}${NBSP}${UNITS[unit](n)}`,
  lessThan: (figure) => `камтар аз${NBSP}${figure}${NBSP}дақиқа`,
  span: dashed(UNITS),
};
const MONTHS = 'январ феврал март апрел май июн июл август сентябр октябр ноябр декабр'.split(' ');
const DAYS = 'Якшанбе Душанбе Сешанбе Чоршанбе Панҷшанбе Ҷумъа Шанбе'.split(' ');

/** Tajik. */
export const TG: TicketLabels = {
  language: 'tg',
  rtl: false,
  date: dotted,
  day: ({ weekday, day, month }) => `${DAYS[weekday]}, ${day}${NBSP}${MONTHS[month - 1]}`,
  yourNumber: 'Рақами шумо',
  bookedFor: 'Вақти қабул',
  place: 'Ба куҷо',
  bring: 'Бо худ гиред',
  more: (count) => `ва боз: ${count}`,
  copy: 'ТАКРОР',
  notConfirmed: 'Тасдиқ нашудааст',
  notConfirmedNote: 'Ҳангоми даъват сабти шуморо месанҷанд.',
  footer: 'Шуморо аз рӯйи рақам дар табло ва бо овоз даъват мекунанд.',
  ahead: 'Пеш аз шумо',
  people: (count) => (count === 0 ? 'ҳеҷ кас нест' : people(WORDS, count)),
  wait: 'Интизорӣ',
  minutes: (from, to) => waiting(WORDS, from, to),
  inOrder: 'Хизматҳо бо тартиб',
  priority: { first: 'Дар навбати аввал', 'out-of-turn': 'Бе навбат' },
  showDocument: 'Ҳуҷҷатро ба корманд нишон диҳед',
  late: 'Шумо аз вақти муқарраршуда дертар омадед: навбататон расад, даъват мекунанд',
  booked: 'Шумо сабт шудед',
  askedFor: 'Вақти дархостшуда',
  arriveFrom: (time) => `Қайди ҳузур аз соати ${time}`,
  bookingNumber: 'Сабти №',
  address: 'Суроға',
  slipFooter: 'Вақте ки меоед, ин рамзро ба киоск нишон диҳед.',
  slipNotConfirmedNote: 'Дархост қабул шуд, вақт дертар тасдиқ мешавад. Аз корманд пурсед.',
};
