/** The people of the demo: nobody there is. Their initials are those that a kiosk shows. */

/** By the first letter: a man's name, a woman's. */
const FIRST: Record<string, readonly [string, string]> = {
  А: ['Андрей', 'Анна'],
  В: ['Виктор', 'Вера'],
  Г: ['Григорий', 'Галина'],
  Д: ['Дмитрий', 'Дарья'],
  Е: ['Егор', 'Елена'],
  И: ['Илья', 'Ирина'],
  К: ['Кирилл', 'Ксения'],
  Л: ['Леонид', 'Любовь'],
  М: ['Михаил', 'Мария'],
  Н: ['Николай', 'Наталья'],
  О: ['Олег', 'Ольга'],
  П: ['Павел', 'Полина'],
  Р: ['Роман', 'Раиса'],
  С: ['Сергей', 'Светлана'],
  Т: ['Тимур', 'Татьяна'],
  Ю: ['Юрий', 'Юлия'],
};
const PATRONYMICS: readonly (readonly [string, string])[] = [
  ['Алексеевич', 'Алексеевна'],
  ['Борисович', 'Борисовна'],
  ['Викторович', 'Викторовна'],
  ['Ильдарович', 'Ильдаровна'],
  ['Николаевич', 'Николаевна'],
  ['Петрович', 'Петровна'],
  ['Сергеевич', 'Сергеевна'],
];
/** Of a man; a woman's ends in «а». */
const LAST: Record<string, readonly string[]> = {
  А: ['Абрамов', 'Алексеев'],
  Б: ['Белов', 'Борисов'],
  В: ['Волков', 'Виноградов'],
  Г: ['Гусев', 'Григорьев'],
  Д: ['Дмитриев', 'Данилов'],
  З: ['Зайцев', 'Захаров'],
  И: ['Иванов', 'Ильин'],
  К: ['Козлов', 'Кузнецов'],
  Л: ['Лебедев', 'Логинов'],
  М: ['Морозов', 'Макаров'],
  Н: ['Новиков', 'Никитин'],
  О: ['Орлов', 'Осипов'],
  П: ['Павлов', 'Попов'],
  Р: ['Романов', 'Рябов'],
  С: ['Соколов', 'Семёнов'],
  Т: ['Тарасов', 'Титов'],
  Ф: ['Фёдоров', 'Филиппов'],
  Х: ['Хасанов', 'Харитонов'],
  Ч: ['Чернов', 'Чистяков'],
  Ш: ['Шарипов', 'Шестаков'],
};

const pick = <T>(list: readonly T[], n: number): T | undefined => list[n % list.length];

/**
 * @param masked initials, «И. П.»: first name, last name
 * @param bytes ten of chance
 * @param phone4 what his phone ends with
 */
export const demoPerson = (
  masked: string,
  bytes: Buffer,
  phone4: string,
): { name: string; phone: string; document: string } => {
  const [first = 'А', last = 'И'] = masked.replaceAll('.', '').split(' ');
  const sex = (bytes[0] ?? 0) % 2;
  const surname = `${pick(LAST[last] ?? ['Иванов'], bytes[1] ?? 0) ?? ''}${sex === 1 ? 'а' : ''}`;
  const name = [surname, FIRST[first]?.[sex], pick(PATRONYMICS, bytes[2] ?? 0)?.[sex]].join(' ');
  const digits = (bytes.readUIntBE(3, 4) % 1_000_000).toString().padStart(6, '0');
  return { name, phone: `+7900000${phone4}`, document: `паспорт РФ …${digits.slice(-4)}` };
};
