/** Free times of a day as pages of large buttons, under the parts of the day (pure). */

export type DayPart = 'morning' | 'day' | 'evening';

export interface Section<T> {
  part: DayPart;
  slots: readonly T[];
}

const NOON = 12;
const EVENING = 17;
/** A heading takes this share of a row of times. */
const HEADING = 0.5;

/** @param hour 0-23, on the clock of the office */
export const partOf = (hour: number): DayPart => (hour < NOON ? 'morning' : hour < EVENING ? 'day' : 'evening');

/**
 * @param slots in the order of their times
 * @param hourOf the hour of a slot's time on the clock of the office
 * @param columns times in a row
 * @param rows rows that fit on a page; at least one row of times comes on each, and a heading never stands alone
 */
export const slotPages = <T extends { startsAt: number }>(
  slots: readonly T[],
  hourOf: (at: number) => number,
  { columns, rows }: { columns: number; rows: number },
): readonly (readonly Section<T>[])[] => {
  const pages: Section<T>[][] = [];
  let left = 0;
  let last: DayPart | null = null;
  for (let i = 0; i < slots.length;) {
    const part = partOf(hourOf(slots[i]?.startsAt ?? 0));
    let end = i;
    while (end < slots.length && end - i < columns && partOf(hourOf(slots[end]?.startsAt ?? 0)) === part) end += 1;
    const row = slots.slice(i, end);
    const page = pages.at(-1);
    const section = page?.at(-1);
    const needed = part === last ? 1 : 1 + HEADING;
    if (page && section && left >= needed) {
      if (part === last) page[page.length - 1] = { part, slots: [...section.slots, ...row] };
      else page.push({ part, slots: row });
      left -= needed;
    } else {
      pages.push([{ part, slots: row }]);
      left = rows - 1 - HEADING;
    }
    last = part;
    i = end;
  }
  return pages;
};
