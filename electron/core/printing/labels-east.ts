import type { TicketLabels } from './labels.ts';
import { always, type CountedWords, dashed, NBSP, people, plural, waiting } from './words.ts';

/** Chinese (simplified) and Arabic. Figures stay as they are on the boards of the hall. */

const ZH_UNITS = { minute: always('分钟'), hour: always('小时') };
const ZH_WORDS: CountedWords = {
  figures: 'en-GB',
  person: always('人'),
  ...ZH_UNITS,
  upTo: (figure, n, unit) => `最多${NBSP}${figure}${NBSP}${ZH_UNITS[unit](n)}`,
  lessThan: (figure) => `不到${NBSP}${figure}${NBSP}分钟`,
  span: dashed(ZH_UNITS),
};
const ZH_DAYS = '星期日 星期一 星期二 星期三 星期四 星期五 星期六'.split(' ');

export const ZH: TicketLabels = {
  language: 'zh',
  rtl: false,
  // As the national standard writes dates (GB/T 7408); the one with the characters is half as long again.
  date: ({ year, month, day }) => `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`,
  day: ({ weekday, day, month }) => `${month}月${day}日 ${ZH_DAYS[weekday]}`,
  yourNumber: '您的号码',
  bookedFor: '预约时间',
  place: '办理地点',
  bring: '请备好',
  more: (count) => `另有${NBSP}${count}${NBSP}项`,
  copy: '补打',
  notConfirmed: '尚未确认',
  notConfirmedNote: '叫到您时将核对您的预约。',
  footer: '请留意显示屏和语音叫号。',
  ahead: '您前面',
  people: (count) => (count === 0 ? '无人' : people(ZH_WORDS, count)),
  wait: '等候时间',
  minutes: (from, to) => waiting(ZH_WORDS, from, to),
  inOrder: '按以下顺序办理',
  priority: { first: '优先办理', 'out-of-turn': '免排队' },
  showDocument: '请向工作人员出示证件',
  late: '您已错过预约时间，请等候按顺序叫号',
  booked: '您已预约',
  askedFor: '您申请的时间',
  arriveFrom: (time) => `${time} 起可签到`,
  bookingNumber: '预约编号',
  address: '地址',
  slipFooter: '到达后，请在自助机上出示此码。',
  slipNotConfirmedNote: '申请已受理，时间稍后确认。请咨询工作人员。',
};

/** One and two are said without a figure; a range is said with «from» and «to», which no reader can turn round. */
const AR_UNITS = {
  minute: plural('ar', { few: 'دقائق', other: 'دقيقة' }),
  hour: plural('ar', { few: 'ساعات', other: 'ساعة' }),
};
const AR_TWO = { minute: 'دقيقتين', hour: 'ساعتين' };
const AR_ONE = { minute: 'دقيقة واحدة', hour: 'ساعة واحدة' };
/** A length of time after a preposition. */
const arabic = (figure: string, n: number, unit: 'minute' | 'hour'): string =>
  n === 1 ? AR_ONE[unit] : n === 2 ? AR_TWO[unit] : `${figure}${NBSP}${AR_UNITS[unit](n)}`;
const AR_WORDS: CountedWords = {
  figures: 'en-GB',
  person: plural('ar', { few: 'أشخاص', many: 'شخصًا', other: 'شخص' }),
  ...AR_UNITS,
  upTo: (figure, n, unit) => `حتى${NBSP}${arabic(figure, n, unit)}`,
  lessThan: (figure, n) => `أقل من${NBSP}${arabic(figure, n, 'minute')}`,
  span: (from, to, n, unit) =>
    from === to ? `نحو${NBSP}${arabic(to, n, unit)}` : `من${NBSP}${from} إلى${NBSP}${arabic(to, n, unit)}`,
};
const AR_MONTHS = 'يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر'.split(' ');
const AR_DAYS = 'الأحد الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت'.split(' ');
const AR_FEW_PEOPLE = ['لا أحد', 'شخص واحد', 'شخصان'];

export const AR: TicketLabels = {
  language: 'ar',
  rtl: true,
  date: ({ year, month, day }) => `${day}${NBSP}${AR_MONTHS[month - 1]}${NBSP}${year}`,
  day: ({ weekday, day, month }) => `${AR_DAYS[weekday]}، ${day}${NBSP}${AR_MONTHS[month - 1]}`,
  yourNumber: 'رقمكم',
  bookedFor: 'موعدكم',
  place: 'المكان',
  bring: 'يُرجى إحضار',
  more: (count) => `وأيضًا: ${count}`,
  copy: 'نسخة مكررة',
  notConfirmed: 'غير مؤكد',
  notConfirmedNote: 'سيتم التحقق من حجزكم عند استدعائكم.',
  footer: 'سيتم استدعاؤكم برقمكم على الشاشة وبالصوت.',
  ahead: 'أمامكم',
  people: (count) => AR_FEW_PEOPLE[count] ?? people(AR_WORDS, count),
  wait: 'مدة الانتظار',
  minutes: (from, to) => waiting(AR_WORDS, from, to),
  inOrder: 'الخدمات بالترتيب',
  priority: { first: 'لكم الأولوية', 'out-of-turn': 'دون انتظار الدور' },
  showDocument: 'يُرجى إبراز المستند للموظف',
  late: 'وصلتم بعد موعدكم: سيتم استدعاؤكم عندما يحين دوركم',
  booked: 'تم حجز موعدكم',
  askedFor: 'الموعد المطلوب',
  arriveFrom: (time) => `يمكنكم تسجيل الوصول من الساعة ${time}`,
  bookingNumber: 'رقم الحجز',
  address: 'العنوان',
  slipFooter: 'عند وصولكم، اعرضوا هذا الرمز على الجهاز.',
  slipNotConfirmedNote: 'تم استلام طلبكم، وسيتم تأكيد الموعد لاحقًا. يُرجى سؤال الموظف.',
};
