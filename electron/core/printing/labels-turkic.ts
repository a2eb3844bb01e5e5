import { dotted } from './dates.ts';
import type { TicketLabels } from './labels.ts';
import { always, type CountedWords, dashed, NBSP, people, waiting } from './words.ts';

/**
 * Tatar, Uzbek and Kyrgyz: a word is not bent after a number, and «up to» and «less than» stand behind it. The letters Oʻ
 * and Gʻ of Uzbek are written with the quotation mark that looks the same, which fonts and code pages have.
 */

const TT_UNITS = { minute: always('минут'), hour: always('сәгать') };
const TT_WORDS: CountedWords = {
  figures: 'ru-RU',
  person: always('кеше'),
  ...TT_UNITS,
  upTo: (figure, _n, unit) => `${figure}${NBSP}${unit === 'hour' ? 'сәгатькә' : 'минутка'}${NBSP}кадәр`,
  lessThan: (figure) => `${figure}${NBSP}минуттан${NBSP}азрак`,
  span: dashed(TT_UNITS),
};
const TT_MONTHS = 'гыйнвар февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь'.split(' ');
const TT_DAYS = 'якшәмбе дүшәмбе сишәмбе чәршәмбе пәнҗешәмбе җомга шимбә'.split(' ');

export const TT: TicketLabels = {
  language: 'tt',
  rtl: false,
  date: dotted,
  day: ({ weekday, day, month }) => `${day}${NBSP}${TT_MONTHS[month - 1]}, ${TT_DAYS[weekday]}`,
  yourNumber: 'Сезнең номерыгыз',
  bookedFor: 'Язылу вакыты',
  place: 'Кая барырга',
  bring: 'Үзегез белән алыгыз',
  more: (count) => `һәм тагын: ${count}`,
  copy: 'КАБАТЛАУ',
  notConfirmed: 'Расланмаган',
  notConfirmedNote: 'Сезне чакырганда язылуыгызны тикшерәчәкләр.',
  footer: 'Сезне номерыгыз буенча таблода һәм тавыш белән чакырырлар.',
  ahead: 'Сезнең алда',
  people: (count) => (count === 0 ? 'беркем дә юк' : people(TT_WORDS, count)),
  wait: 'Көтү вакыты',
  minutes: (from, to) => waiting(TT_WORDS, from, to),
  inOrder: 'Хезмәтләр тәртип буенча',
  priority: { first: 'Беренче чиратта', 'out-of-turn': 'Чиратсыз' },
  showDocument: 'Документны хезмәткәргә күрсәтегез',
  late: 'Сез билгеләнгән вакыттан соңрак килдегез: чиратыгыз җиткәч чакырырлар',
  booked: 'Сез язылдыгыз',
  askedFor: 'Сез сораган вакыт',
  arriveFrom: (time) => `Теркәлү ${time} сәгатьтән башлана`,
  bookingNumber: 'Язылу №',
  address: 'Адрес',
  slipFooter: 'Килгәч, бу кодны киоскка күрсәтегез.',
  slipNotConfirmedNote: 'Гариза кабул ителде, вакыты соңрак расланачак. Хезмәткәрдән сорагыз.',
};

const UZ_UNITS = { minute: always('daqiqa'), hour: always('soat') };
const UZ_WORDS: CountedWords = {
  figures: 'ru-RU',
  person: always('kishi'),
  ...UZ_UNITS,
  upTo: (figure, _n, unit) => `${figure}${NBSP}${UZ_UNITS[unit](0)}gacha`,
  lessThan: (figure) => `${figure}${NBSP}daqiqadan${NBSP}kam`,
  span: dashed(UZ_UNITS),
};
const UZ_MONTHS = 'yanvar fevral mart aprel may iyun iyul avgust sentabr oktabr noyabr dekabr'.split(' ');
const UZ_DAYS = 'yakshanba dushanba seshanba chorshanba payshanba juma shanba'.split(' ');

export const UZ: TicketLabels = {
  language: 'uz',
  rtl: false,
  date: dotted,
  day: ({ weekday, day, month }) => `${day}-${UZ_MONTHS[month - 1]}, ${UZ_DAYS[weekday]}`,
  yourNumber: 'Sizning raqamingiz',
  bookedFor: 'Qabul vaqti',
  place: 'Qayerga',
  bring: 'O‘zingiz bilan oling',
  more: (count) => `va yana: ${count}`,
  copy: 'TAKROR',
  notConfirmed: 'Tasdiqlanmagan',
  notConfirmedNote: 'Sizni chaqirganda yozilishingiz tekshiriladi.',
  footer: 'Sizni raqamingiz bo‘yicha tabloda va ovoz bilan chaqirishadi.',
  ahead: 'Sizdan oldin',
  people: (count) => (count === 0 ? 'hech kim yo‘q' : people(UZ_WORDS, count)),
  wait: 'Kutish vaqti',
  minutes: (from, to) => waiting(UZ_WORDS, from, to),
  inOrder: 'Xizmatlar tartib bilan',
  priority: { first: 'Birinchi navbatda', 'out-of-turn': 'Navbatsiz' },
  showDocument: 'Hujjatni xodimga ko‘rsating',
  late: 'Siz belgilangan vaqtdan kech keldingiz: navbatingiz kelganda chaqirishadi',
  booked: 'Siz qabulga yozildingiz',
  askedFor: 'Siz so‘ragan vaqt',
  arriveFrom: (time) => `Kelganingizni soat ${time} dan qayd etish mumkin`,
  bookingNumber: 'Yozilish №',
  address: 'Manzil',
  slipFooter: 'Kelganingizda bu kodni kioskka ko‘rsating.',
  slipNotConfirmedNote: 'Arizangiz qabul qilindi, vaqti keyinroq tasdiqlanadi. Xodimdan so‘rang.',
};

const KY_UNITS = { minute: always('мүнөт'), hour: always('саат') };
const KY_WORDS: CountedWords = {
  figures: 'ru-RU',
  person: always('киши'),
  ...KY_UNITS,
  upTo: (figure, _n, unit) => `${figure}${NBSP}${unit === 'hour' ? 'саатка' : 'мүнөткө'}${NBSP}чейин`,
  lessThan: (figure) => `${figure}${NBSP}мүнөттөн${NBSP}аз`,
  span: dashed(KY_UNITS),
};
const KY_MONTHS = 'январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь'.split(' ');
const KY_DAYS = 'жекшемби дүйшөмбү шейшемби шаршемби бейшемби жума ишемби'.split(' ');

export const KY: TicketLabels = {
  language: 'ky',
  rtl: false,
  date: dotted,
  day: ({ weekday, day, month }) => `${day}-${KY_MONTHS[month - 1]}, ${KY_DAYS[weekday]}`,
  yourNumber: 'Сиздин номериңиз',
  bookedFor: 'Кабыл алуу',
  place: 'Кайда барасыз',
  bring: 'Өзүңүз менен алыңыз',
  more: (count) => `жана дагы: ${count}`,
  copy: 'КАЙТАЛОО',
  notConfirmed: 'Ырастала элек',
  notConfirmedNote: 'Сизди чакырганда жазылууңуз такталат.',
  footer: 'Сизди номериңиз боюнча таблодо жана үн менен чакырышат.',
  ahead: 'Алдыңызда',
  people: (count) => (count === 0 ? 'эч ким жок' : people(KY_WORDS, count)),
  wait: 'Күтүү',
  minutes: (from, to) => waiting(KY_WORDS, from, to),
  inOrder: 'Кызматтар ирети менен',
  priority: { first: 'Биринчи кезекте', 'out-of-turn': 'Кезексиз' },
  showDocument: 'Документти кызматкерге көрсөтүңүз',
  late: 'Сиз белгиленген убакыттан кеч келдиңиз: кезегиңиз келгенде чакырышат',
  booked: 'Сиз жазылдыңыз',
  askedFor: 'Сиз сураган убакыт',
  arriveFrom: (time) => `Каттоонун башталышы: ${time}`,
  bookingNumber: 'Жазылуу №',
  address: 'Дарек',
  slipFooter: 'Келгениңизде бул кодду киоскко көрсөтүңүз.',
  slipNotConfirmedNote: 'Өтүнмө кабыл алынды, убактысы кийин ырасталат. Кызматкерден сураңыз.',
};
