import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBlack } from '../../electron/core/printing/bitmap.ts';
import { forBoth, paperWords, ticketLabels } from '../../electron/core/printing/labels.ts';
import { bundledFonts, createTicketRenderer } from '../../electron/core/printing/ticket.ts';
import type { Printable, SlipContent, TicketContent } from '../../electron/core/ports.ts';
import { formats } from '../../renderer/i18n/format.ts';
import { LANGUAGES } from '../../shared/domain/language.ts';
import { SAMPLES } from '../tools/ticket-samples.ts';

/** What tickets and slips say. Words are compared as text; whether they stand on the paper, by drawing it with and without. */

const renderer = createTicketRenderer(bundledFonts());
const draw = (content: Printable) => renderer.draw(content, 576);
const height = (content: Printable): number => draw(content).height;
const ticket = (name: string): TicketContent => {
  const found = SAMPLES[name];
  if (found?.kind !== 'ticket') throw new Error(`no ticket ${name}`);
  return found;
};
const slip = (name: string): SlipContent => {
  const found = SAMPLES[name];
  if (found?.kind !== 'slip') throw new Error(`no slip ${name}`);
  return found;
};
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('the words', () => {
  const { people, minutes, more } = ticketLabels('ru');
  it.each([
    [0, 'никого'],
    [1, '1 человек'],
    [2, '2 человека'],
    [5, '5 человек'],
    [11, '11 человек'],
    [22, '22 человека'],
    [101, '101 человек'],
  ])('%i ahead: %s', (count, words) => expect(plain(people(count))).toBe(words));
  it.each([
    [0, 5, 'меньше 5 минут'],
    [0, 21, 'до 21 минуты'],
    [15, 25, '15–25 минут'],
    [20, 21, '20–21 минута'],
    [60, 90, '60–90 минут'],
    [20, 100, 'до 2 часов'],
    [60, 91, '1–2 часа'],
    [95, 150, '1,5–2,5 часа'],
    [120, 120, '2 часа'],
    [250, 300, '4–5 часов'],
  ])('%i to %i minutes: %s', (from, to, words) => expect(plain(minutes(from, to))).toBe(words));
  it.each(LANGUAGES)('tell a wait in %s as the screen does', (language) => {
    const screen = formats(language, 'Europe/Moscow');
    const paper = ticketLabels(language);
    fc.assert(
      fc.property(fc.nat(400), fc.nat(400), (from, longer) => {
        expect(plain(paper.minutes(from, from + longer))).toBe(plain(screen.wait(from, from + longer)));
        expect(paper.people(from + 1)).toBe(screen.people(from + 1));
      }),
    );
  });
  it('count what was left out', () => expect(more(17)).toBe('и ещё: 17'));
  it('fall back to Russian for a language Talon is not written in', () => {
    expect(ticketLabels('hy')).toBe(ticketLabels('ru'));
    expect(ticketLabels('')).toBe(ticketLabels('ru'));
    expect(ticketLabels('en-US').yourNumber).toBe('Your number');
  });
  it('are in both languages, the visitor’s first, only where they differ', () => {
    const mark = (language: string, staffLanguage: string) =>
      forBoth(paperWords({ language, staffLanguage }), (labels) => labels.copy);
    expect(mark('en', 'ru')).toEqual(['COPY', 'ПОВТОР']);
    expect(mark('ru', 'en')).toEqual(['ПОВТОР', 'COPY']);
    expect(mark('ru', 'ru')).toEqual(['ПОВТОР']);
    expect(mark('tt', 'ru')).toEqual(['КАБАТЛАУ', 'ПОВТОР']);
    expect(mark('hy', 'ru')).toEqual(['ПОВТОР']);
  });
});

/** Every way to change one thing on a paper, each of which must show. */
const shows = <T extends Printable>(base: T, changes: Record<string, Partial<T>>): void => {
  const before = draw(base);
  it.each(Object.entries(changes))('shows %s', (_, change) => expect(draw({ ...base, ...change })).not.toEqual(before));
};

describe('a ticket', () => {
  const booking = ticket('booking');
  const claim = ticket('claim');
  const several = ticket('several');

  shows(booking, {
    office: { office: { ru: 'Другой офис' } },
    'its part of town': { officeSubtitle: { ru: 'Южный район' } },
    number: { number: 'А 048' },
    service: { stations: [{ service: { ru: 'Виза' }, place: booking.stations[0]?.place ?? null }] },
    place: { stations: booking.stations.map((station) => ({ ...station, place: { ru: 'зал В' } })) },
    'the booked time': { startsAt: (booking.startsAt ?? 0) + 60_000 },
    'the wait': { wait: { ahead: 3, fromMinutes: 5, toMinutes: 10 } },
    'a claim': { priority: claim.priority },
    'that he came late': { late: true },
    'that it is not confirmed': { provisional: true },
    papers: { papers: [{ ru: 'справка' }] },
    'when it was printed': { printedAt: booking.printedAt + 60_000 },
  });

  it('of a copy has no wait', () => {
    const copy = { ...booking, copy: 1 };
    expect(draw(copy)).toEqual(draw({ ...copy, wait: null }));
  });
  it('says nothing of a wait that is not known', () => {
    expect(height({ ...booking, wait: null })).toBeLessThan(height(booking));
  });
  it('says the day of a booking only where it is not today', () => {
    const tomorrow = { ...booking, printedAt: booking.printedAt - 86_400_000 };
    expect(draw(tomorrow)).not.toEqual(draw(booking));
    const zone = { ...booking, timeZone: 'Asia/Kamchatka' };
    expect(draw(zone)).not.toEqual(draw(booking));
  });

  it('lists several services in their order, each with its place', () => {
    const turned = { ...several, stations: several.stations.toReversed() };
    expect(draw(turned)).not.toEqual(draw(several));
    const placeless = several.stations.map(({ service }) => ({ service, place: null }));
    expect(height({ ...several, stations: placeless })).toBeLessThan(height(several));
  });
  it('says a place that all services share once', () => {
    const place = { ru: 'зал А, окна 1–4' };
    const shared = { ...several, stations: several.stations.map(({ service }) => ({ service, place })) };
    expect(height(shared)).toBeLessThan(height(several));
    expect(draw({ ...shared, stations: shared.stations.map(({ service }) => ({ service, place: null })) })).not.toEqual(
      draw(shared),
    );
  });

  it('asks for the document of a claim until the desk has seen it, and names the claim after that too', () => {
    const { priority } = claim;
    if (!priority) throw new Error('no claim');
    const given = (change: Partial<typeof priority>) => draw({ ...claim, priority: { ...priority, ...change } });
    expect(given({ document: null })).not.toEqual(given({}));
    expect(given({ confirmed: true })).toEqual(given({ confirmed: true, document: null }));
    expect(given({ confirmed: true }).height).toBeLessThan(given({}).height);
    expect(given({ confirmed: true, name: { ru: 'Герои' } })).not.toEqual(given({ confirmed: true }));
    expect(given({ level: 'out-of-turn' })).not.toEqual(given({}));
  });
  it('shows the mark of a claim as a black bar that is seen from across a desk', () => {
    const bar = (content: TicketContent): number => {
      const bitmap = draw(content);
      let rows = 0;
      for (let y = 0; y < bitmap.height; y += 1) {
        let black = 0;
        for (let x = 0; x < bitmap.width; x += 1) if (isBlack(bitmap, x, y)) black += 1;
        // Dots of letters are white in it, and the dashes and frames are thin.
        if (black > bitmap.width * 0.55 && isBlack(bitmap, 30, y) && isBlack(bitmap, 545, y)) rows += 1;
      }
      return rows;
    };
    expect(bar(claim) - bar({ ...claim, priority: null })).toBeGreaterThan(40);
  });

  it.each(['service', 'claim', 'not confirmed'])('speaks to the staff in their language too: %s', (what) => {
    const base: TicketContent = {
      ...booking,
      language: 'en',
      provisional: what === 'not confirmed',
      priority: what === 'claim' ? claim.priority : null,
    };
    expect(draw({ ...base, staffLanguage: 'en' })).not.toEqual(draw(base));
  });
  it('says nothing twice where visitor and staff share a language', () => {
    const stations = [{ service: { ru: 'ИНН' }, place: null }];
    const armenian = { ...booking, stations, language: 'hy' };
    expect(draw(armenian)).toEqual(draw({ ...armenian, language: 'ru' }));
    const tatar = { ...armenian, language: 'tt' };
    const named = { ...tatar, stations: [{ service: { ru: 'ИНН', tt: 'ИСН' }, place: null }] };
    expect(height(tatar)).toBeLessThan(height(named));
  });
});

describe('a slip', () => {
  const booked = slip('slip');
  const unconfirmed = slip('slip-unconfirmed');

  shows(booked, {
    'the day': { startsAt: booked.startsAt + 86_400_000 },
    'the time': { startsAt: booked.startsAt + 60_000 },
    'from when one can check in': { arriveFrom: booked.arriveFrom - 60_000 },
    'the number of the booking': { bookingNumber: '7K4M-2Q9Y' },
    'that there is no number yet': { bookingNumber: null },
    services: { services: [...booked.services, { ru: 'ИНН' }] },
    address: { address: { ru: 'ул. Мира, д. 1' } },
    papers: { papers: [] },
    'that it has no code': { qr: null },
    'that it is not confirmed': { confirmed: false },
    'that it is a copy': { copy: 1 },
    'the zone of the office': { timeZone: 'Asia/Kamchatka' },
  });

  it('has a time that is nearly as large as the number of a ticket', () => {
    const bitmap = draw(booked);
    let longest = 0;
    let run = 0;
    for (let y = 0; y < bitmap.height / 2; y += 1) {
      let ink = 0;
      for (let x = 0; x < bitmap.width; x += 1) if (isBlack(bitmap, x, y)) ink += 1;
      run = ink > 0 ? run + 1 : 0;
      longest = Math.max(longest, run);
    }
    expect(longest).toBeGreaterThanOrEqual(14 * 8);
  });
  it('promises nothing before the centre has said yes', () => {
    const later = { ...unconfirmed, arriveFrom: unconfirmed.arriveFrom + 600_000 };
    expect(draw(later)).toEqual(draw(unconfirmed));
  });
  it('speaks to the staff in their language too: the day, the service, that it is not confirmed', () => {
    for (const content of [booked, unconfirmed]) {
      const english = { ...content, language: 'en' };
      expect(height({ ...english, staffLanguage: 'en' })).toBeLessThan(height(english));
    }
  });
});
