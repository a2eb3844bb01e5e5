import { dotted } from './dates.ts';
import type { TicketLabels } from './labels.ts';
import { type CountedWords, dashed, NBSP, people, plural, waiting } from './words.ts';

const RU_UNITS = {
  minute: plural('ru', { one: 'минута', few: 'минуты', many: 'минут', other: 'минуты' }),
  hour: plural('ru', { one: 'час', few: 'часа', many: 'часов', other: 'часа' }),
};
/** After «до» and «меньше». */
const RU_AT_MOST = {
  minute: plural('ru', { one: 'минуты', few: 'минут', many: 'минут', other: 'минуты' }),
  hour: plural('ru', { one: 'часа', few: 'часов', many: 'часов', other: 'часа' }),
};
const RU_WORDS: CountedWords = {
  figures: 'ru-RU',
  person: plural('ru', { one: 'человек', few: 'человека', many: 'человек', other: 'человека' }),
  ...RU_UNITS,
  upTo: (figure, n, unit) => `до${NBSP}${figure}${NBSP}${RU_AT_MOST[unit](n)}`,
  lessThan: (figure, n) => `меньше${NBSP}${figure}${NBSP}${RU_AT_MOST.minute(n)}`,
  span: dashed(RU_UNITS),
};

const RU_MONTHS = 'января февраля марта апреля мая июня июля августа сентября октября ноября декабря'.split(' ');
const RU_DAYS = 'Воскресенье Понедельник Вторник Среда Четверг Пятница Суббота'.split(' ');

export const RU: TicketLabels = {
  language: 'ru',
  rtl: false,
  date: dotted,
  day: ({ weekday, day, month }) => `${RU_DAYS[weekday]}, ${day}${NBSP}${RU_MONTHS[month - 1]}`,
  yourNumber: 'Ваш номер',
  bookedFor: 'Запись на',
  place: 'Куда',
  bring: 'С собой',
  more: (count) => `и ещё: ${count}`,
  copy: 'ПОВТОР',
  notConfirmed: 'Не подтверждено',
  notConfirmedNote: 'Запись уточнят, когда вас вызовут.',
  footer: 'Вас вызовут по номеру на табло и голосом.',
  ahead: 'Перед вами',
  people: (count) => (count === 0 ? 'никого' : people(RU_WORDS, count)),
  wait: 'Ждать',
  minutes: (from, to) => waiting(RU_WORDS, from, to),
  inOrder: 'Услуги по порядку',
  priority: { first: 'В первую очередь', 'out-of-turn': 'Вне очереди' },
  showDocument: 'Покажите документ сотруднику',
  late: 'Вы пришли позже своего времени: вызовут, как подойдёт очередь',
  booked: 'Вы записаны',
  askedFor: 'Вы просили',
  arriveFrom: (time) => `Отметиться можно с ${time}`,
  bookingNumber: 'Запись №',
  address: 'Адрес',
  slipFooter: 'Когда придёте, покажите этот код киоску.',
  slipNotConfirmedNote: 'Заявка принята, время подтвердят позже. Уточните у сотрудника.',
};

const EN_UNITS = {
  minute: plural('en', { one: 'minute', other: 'minutes' }),
  hour: plural('en', { one: 'hour', other: 'hours' }),
};
const EN_WORDS: CountedWords = {
  figures: 'en-GB',
  person: plural('en', { one: 'person', other: 'people' }),
  ...EN_UNITS,
  upTo: (figure, n, unit) => `up to${NBSP}${figure}${NBSP}${EN_UNITS[unit](n)}`,
  lessThan: (figure, n) => `less than${NBSP}${figure}${NBSP}${EN_UNITS.minute(n)}`,
  span: dashed(EN_UNITS),
};

const EN_MONTHS = 'January February March April May June July August September October November December'.split(' ');
const EN_DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

export const EN: TicketLabels = {
  language: 'en',
  rtl: false,
  // A month as a word: 11.12. is one day to some and another to others.
  date: ({ year, month, day }) => `${day}${NBSP}${EN_MONTHS[month - 1]?.slice(0, 3)}${NBSP}${year}`,
  day: ({ weekday, day, month }) => `${EN_DAYS[weekday]}, ${day}${NBSP}${EN_MONTHS[month - 1]}`,
  yourNumber: 'Your number',
  bookedFor: 'Booked for',
  place: 'Go to',
  bring: 'Have ready',
  more: (count) => `and ${count} more`,
  copy: 'COPY',
  notConfirmed: 'Not confirmed yet',
  notConfirmedNote: 'Your booking will be checked when you are called.',
  footer: 'You will be called by number, on the board and by voice.',
  ahead: 'Before you',
  people: (count) => (count === 0 ? 'nobody' : people(EN_WORDS, count)),
  wait: 'Wait',
  minutes: (from, to) => waiting(EN_WORDS, from, to),
  inOrder: 'Services in this order',
  priority: { first: 'First in line', 'out-of-turn': 'Out of turn' },
  showDocument: 'Show your document to the staff',
  late: 'You came after your time: you will be called in turn',
  booked: 'You are booked',
  askedFor: 'You asked for',
  arriveFrom: (time) => `You can check in from ${time}`,
  bookingNumber: 'Booking No.',
  address: 'Address',
  slipFooter: 'When you come, show this code to the kiosk.',
  slipNotConfirmedNote: 'Your request was taken; the time will be confirmed later. Please ask the staff.',
};
