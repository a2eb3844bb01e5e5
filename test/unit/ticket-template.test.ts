import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createTicketTemplate } from '../../electron/core/desk/ticket-template.ts';
import { bundledFonts, createTicketRenderer } from '../../electron/core/printing/ticket.ts';
import { DEFAULT_TEMPLATE, readTemplate, SECTIONS } from '../../electron/core/printing/template.ts';
import type { TicketRenderer } from '../../electron/core/ports.ts';
import { mergeSettings } from '../../electron/core/settings/settings.ts';
import type { Store } from '../../electron/core/store/store.ts';
import {
  TICKET_EXAMPLES,
  TICKET_LANGUAGES,
  TICKET_PARTS,
  type TicketTemplateView,
} from '../../shared/contracts/ticket-template.ts';
import { CallFailure } from '../../shared/contracts/result.ts';
import { addPart, dropPart, missingParts, movePart, setPart, setWords } from '../../renderer/desk/ticket/edit.ts';
import { createHandClock } from '../fixtures/hand-clock.ts';

/** The template at the desk: what is shown is what is printed, and what is wrong is told in sentences. */

let renderer: TicketRenderer;
beforeAll(() => {
  renderer = createTicketRenderer(bundledFonts());
});

const OURS = DEFAULT_TEMPLATE as TicketTemplateView;
const setUp = (set: { allowed?: boolean; value?: TicketTemplateView; page?: string } = {}) => {
  const written: unknown[] = [];
  const printers = set.page
    ? [
        {
          id: 'a',
          name: 'A',
          roles: ['kiosk'],
          link: {
            kind: 'tcp',
            host: 'h',
            port: 9100,
          },
          profile: 'epson',
          mode: 'auto',
          width: 576,
          codePage: {
            page: set.page,
            number: 17,
          },
          answers: null,
          speedMmPerS: 150,
        },
      ]
    : [];
  const settings = mergeSettings(new Map(), {
    ...(set.value ? { 'ticket.template': set.value } : {}),
    ...(set.page ? { printers } : {}),
  });
  let now: unknown = settings.get('ticket.template');
  const store = { read: () => null } as unknown as Store;
  const desk = createTicketTemplate({
    store,
    clock: createHandClock().clock,
    settings: () => settings,
    settingsView: {
      holds: (() => now) as never,
      sourceOf: () => (now === null ? 'build' : 'device'),
      write: (who, key, value) => {
        written.push([who, key, value]);
        now = value ?? null;
        return Promise.resolve();
      },
    },
    renderer,
    actor: () => {
      if (set.allowed === false) throw new CallFailure('forbidden', 'no');
      return 'vera';
    },
  });
  return { desk, written };
};
const ASK = { template: OURS, example: 'booking', language: 'ru', width: 576, page: null } as const;

describe('the preview', () => {
  it('is the picture that is printed, dot for dot, in every language and example, on both papers', () => {
    const { desk } = setUp();
    for (const language of TICKET_LANGUAGES)
      for (const width of [576, 384] as const) {
        const seen = desk.preview({ ...ASK, language, width });
        if (seen.outcome !== 'picture') throw new Error(seen.outcome);
        expect([language, seen.width, seen.bits.length > 1000, seen.insteadOfText]).toEqual([
          language,
          width,
          true,
          false,
        ]);
        expect(Buffer.from(seen.bits, 'base64')).toHaveLength((seen.width / 8) * seen.height);
        expect(seen.mm).toBeGreaterThan(80);
        expect(seen.bytes).toBeGreaterThan(5000);
      }
    const pictures = TICKET_EXAMPLES.map((example) => JSON.stringify(desk.preview({ ...ASK, example })));
    expect(new Set(pictures).size).toBe(TICKET_EXAMPLES.length);
  });

  it('shows what was changed, and is shorter without a part', () => {
    const { desk } = setUp();
    const heightOf = (template: TicketTemplateView): number => {
      const seen = desk.preview({ ...ASK, template });
      return seen.outcome === 'picture' ? seen.height : Number.NaN;
    };
    const full = heightOf(OURS);
    const papers = OURS.sections.findIndex(({ section }) => section === 'papers');
    expect(heightOf(dropPart(OURS, papers))).toBeLessThan(full);
    const own = addPart(OURS, 'text');
    const at = own.sections.findIndex(({ section }) => section === 'text');
    const said = setPart(own, at, setWords(own.sections[at] ?? { section: 'text' }, 'text', 'ru', 'Wi-Fi: гость'));
    expect(heightOf(said)).toBeGreaterThan(full);
  });

  it('in text is a few hundred bytes in the grid of the printer; what its page lacks is a picture, and said', () => {
    const { desk } = setUp({ page: 'cp866' });
    expect(desk.view().printers).toEqual([{ id: 'a', name: 'A', width: 576, page: 'cp866' }]);
    const text = desk.preview({ ...ASK, page: 'cp866' });
    if (text.outcome !== 'text') throw new Error(text.outcome);
    expect([text.columns, text.bytes < 1500]).toEqual([48, true]);
    const words = text.lines.flatMap((line) => (line.is === 'line' ? line.runs.map((run) => run.text) : []));
    expect(words.join('\n')).toContain('047');
    expect(text.lines.some(({ is }) => is === 'code')).toBe(true);
    const drawn = desk.preview({ ...ASK, page: 'cp866', language: 'tt' });
    expect(drawn).toMatchObject({ outcome: 'picture', insteadOfText: true });
  });

  it('of what is wrong are sentences that name it', () => {
    const { desk } = setUp();
    const qr = OURS.sections.findIndex(({ section }) => section === 'qr');
    const seen = desk.preview({ ...ASK, template: dropPart(OURS, qr) });
    if (seen.outcome !== 'wrong') throw new Error(seen.outcome);
    expect(seen.problems).toEqual([
      {
        ru: 'На талоне нет части «QR-код»: без неё он бесполезен',
        en: 'The ticket has no QR code: it is useless without',
      },
    ]);
  });
});

describe('keeping it', () => {
  it('writes what was checked, and takes it away again', async () => {
    const { desk, written } = setUp();
    const moved = movePart(OURS, 2, -1);
    expect(await desk.save(moved)).toMatchObject({ outcome: 'kept', source: 'device', waits: true, template: moved });
    expect(await desk.save(null)).toMatchObject({ outcome: 'kept', source: 'build', waits: false, template: OURS });
    expect(written).toEqual([
      ['vera', 'ticket.template', moved],
      ['vera', 'ticket.template', undefined],
    ]);
    const wrong = await desk.save({ ...OURS, sections: [] });
    expect(wrong.outcome).toBe('wrong');
    expect(written).toHaveLength(2);
  });

  it('is for those who may', async () => {
    const { desk } = setUp({ allowed: false });
    for (const call of [() => desk.view(), () => desk.preview(ASK), () => desk.read('{}')]) expect(call).toThrow(/no/);
    await expect(desk.save(OURS)).rejects.toThrow(/no/);
  });
});

describe('a pasted template', () => {
  it('is read back as it was given out', () => {
    const { desk } = setUp();
    expect(desk.read(JSON.stringify(OURS, null, 2))).toEqual({ outcome: 'read', template: OURS });
    expect(desk.read('{"version": 1')).toMatchObject({ outcome: 'wrong' });
  });
  it('may be anything: it is read or refused with a sentence, and never harms', () => {
    const { desk } = setUp();
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), (text) => {
        const seen = desk.read(text);
        if (seen.outcome === 'wrong') expect(seen.problems.every(({ ru }) => ru.length > 10)).toBe(true);
        else expect(readTemplate(seen.template).ok).toBe(true);
      }),
    );
  });
});

describe('changing it', () => {
  const change = fc.oneof(
    fc.record({ do: fc.constant('move' as const), at: fc.nat(15), by: fc.constantFrom(-1 as const, 1 as const) }),
    fc.record({ do: fc.constant('drop' as const), at: fc.nat(15) }),
    fc.record({ do: fc.constant('add' as const), at: fc.nat(15) }),
  );
  it('by buttons gives a template that can be kept: nothing stands twice, nothing needed is lost', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        let now = OURS;
        for (const one of changes) {
          const part = now.sections[one.at]?.section;
          if (one.do === 'move') now = movePart(now, one.at, one.by);
          // The page has no button for those that are always there.
          else if (one.do === 'drop') now = part === 'number' || part === 'qr' ? now : dropPart(now, one.at);
          else {
            const missing = missingParts(now);
            const chosen = missing[one.at % Math.max(1, missing.length)];
            if (!chosen) continue;
            now = addPart(now, chosen);
            const at = now.sections.findIndex(({ section, text }) => section === 'text' && text?.['ru'] === '');
            if (at >= 0)
              now = setPart(now, at, setWords(now.sections[at] ?? { section: 'text' }, 'text', 'ru', 'Слова'));
          }
        }
        const read = readTemplate(now);
        expect(read.ok ? [] : read.problems).toEqual([]);
      }),
    );
  });
  it('words that are taken away again leave what is built in', () => {
    const number = { section: 'number' } as const;
    const own = setWords(setWords(number, 'label', 'ru', 'Номер'), 'label', 'en', 'Number');
    expect(own).toEqual({ section: 'number', label: { ru: 'Номер', en: 'Number' } });
    expect(setWords(setWords(own, 'label', 'en', ''), 'label', 'ru', '')).toEqual(number);
  });
  it('knows the parts that the core knows', () => {
    expect([...TICKET_PARTS].toSorted()).toEqual([...SECTIONS].toSorted());
  });
});
