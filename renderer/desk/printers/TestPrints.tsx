import { useId, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { PrinterSet, TestKind, TestView } from '../../../shared/contracts/printers-setup.ts';
import { withWidth } from './draft.ts';
import type { PrinterTools } from './tools.ts';
import { REASON_WORDS } from './words.ts';

const WIDTHS = [384, 512, 576, 640] as const;
/** What stands on each line of the page of codes. */
const SAMPLE = 'АБВ абв ёЁ №';
const MODES = {
  auto: 'printers.test.ticket.auto',
  raster: 'printers.test.ticket.raster',
  text: 'printers.test.ticket.always',
} as const;
const isMode = (text: string): text is PrinterSet['mode'] => Object.hasOwn(MODES, text);

const FAILED = {
  busy: 'printers.busy',
  wrong: 'printers.test.said.wrong',
  failed: 'printers.failed',
} as const;

type Lines = Extract<TestView, { outcome: 'sent' }>['lines'];

/** What became of a paper, or why it was not even tried. */
type Answer = TestView | { outcome: keyof typeof FAILED };

interface Props {
  printer: PrinterSet;
  tools: Pick<PrinterTools, 'test' | 'profiles'>;
  onChange: (printer: PrinterSet) => void;
}

/** Papers to look at, and what was seen on them: the width, the line that can be read, the ticket itself. */
export const TestPrints = ({ printer, tools, onChange }: Props) => {
  const { t } = useTranslation();
  const id = useId();
  const [said, setSaid] = useState<{ kind: TestKind; answer: Answer } | null>(null);
  const [printing, setPrinting] = useState<TestKind | null>(null);
  const [lines, setLines] = useState<Lines>([]);

  const wordsOf = (view: Answer): string => {
    switch (view.outcome) {
      case 'sent':
        return t(
          view.grade === 'A'
            ? 'printers.test.said.a'
            : view.grade === 'B'
              ? 'printers.test.said.b'
              : 'printers.test.said.sent',
        );
      case 'blocked':
        return t('printers.test.said.blocked', { reason: t(REASON_WORDS[view.reason]) });
      case 'lost':
        return t('printers.test.said.lost');
      case 'unsaid':
        return t('printers.test.said.unsaid');
      default:
        return t(FAILED[view.outcome]);
    }
  };
  const print = async (kind: TestKind): Promise<void> => {
    if (printing !== null) return;
    setPrinting(kind);
    setSaid(null);
    const result = await tools.test(printer, kind);
    setPrinting(null);
    if (!result.ok) {
      const { code } = result.error;
      const outcome = code === 'conflict' ? 'busy' : code === 'invalid-input' ? 'wrong' : 'failed';
      setSaid({ kind, answer: { outcome } });
      return;
    }
    const { value } = result;
    if (value.outcome === 'sent' && kind === 'code-pages') setLines(value.lines);
    setSaid({ kind, answer: value });
  };
  const act = (kind: TestKind, words: string): ReactNode => (
    <button
      type="button"
      data-action="printer-test"
      data-id={kind}
      aria-disabled={printing !== null}
      onClick={() => void print(kind)}
    >
      {words}
    </button>
  );
  const result = (...kinds: TestKind[]): ReactNode => {
    const mine = said !== null && kinds.includes(said.kind) ? said.answer : null;
    const busy = printing !== null && kinds.includes(printing);
    return (
      <p className={mine && mine.outcome !== 'sent' ? 'bad' : 'said'} role="status" data-test={kinds[0]}>
        {busy ? t('printers.test.busy') : mine && wordsOf(mine)}
      </p>
    );
  };
  const { codePage, width, mode } = printer;
  const chosen = lines.find(({ page, number }) => codePage?.page === page && codePage.number === number)?.n ?? null;

  return (
    <section className="printers-box" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{t('printers.test.title')}</h2>
      <p className="hint">{t('printers.test.about')}</p>

      <fieldset className="printers-test">
        <legend>{t('printers.test.width.title')}</legend>
        <div className="printers-acts">{act('width', t('printers.test.width.do'))}</div>
        {result('width')}
        <p>{t('printers.test.width.ask')}</p>
        <div className="printers-choices">
          {WIDTHS.map((dots) => (
            <label key={dots}>
              <input
                type="radio"
                name={`${id}-width`}
                data-action="printer-width"
                data-id={dots}
                checked={width === dots}
                onChange={() => onChange(withWidth(printer, dots, tools.profiles))}
              />
              {t('printers.test.width.one', { dots })}
            </label>
          ))}
        </div>
      </fieldset>

      <fieldset className="printers-test">
        <legend>{t('printers.test.letters.title')}</legend>
        <div className="printers-acts">{act('code-pages', t('printers.test.letters.do'))}</div>
        {result('code-pages')}
        {lines.length === 0 ? null : (
          <>
            <p>
              <b>{t('printers.test.letters.ask')}.</b> {t('printers.test.letters.reads')}{' '}
              <b className="printers-sample">{SAMPLE}</b>
            </p>
            <div className="printers-choices">
              {lines.map(({ n, page, number }) => (
                <label key={n}>
                  <input
                    type="radio"
                    name={`${id}-line`}
                    data-action="printer-line"
                    data-id={n}
                    checked={chosen === n}
                    onChange={() => onChange({ ...printer, codePage: { page, number } })}
                  />
                  {t('printers.test.letters.one', { line: n })}
                </label>
              ))}
              <label>
                <input
                  type="radio"
                  name={`${id}-line`}
                  data-action="printer-line"
                  data-id="none"
                  checked={codePage === null}
                  onChange={() => onChange({ ...printer, codePage: null })}
                />
                {t('printers.test.letters.none')}
              </label>
            </div>
          </>
        )}
        <p className="hint">
          {codePage !== null
            ? t('printers.test.letters.chosen', { page: codePage.page.toUpperCase(), number: codePage.number })
            : t(lines.length === 0 ? 'printers.test.letters.first' : 'printers.test.letters.noneMeans')}
        </p>
      </fieldset>

      <fieldset className="printers-test">
        <legend>{t('printers.test.ticket.title')}</legend>
        <div className="printers-acts">
          {act('ticket', t('printers.test.ticket.picture'))}
          {act('text', t('printers.test.ticket.text'))}
        </div>
        {result('ticket', 'text')}
        <p className="hint">{t('printers.test.ticket.ask')}</p>
        <label className="printers-field">
          {t('printers.test.ticket.mode')}
          <select
            data-action="printer-mode"
            value={mode}
            onChange={({ target }) => (isMode(target.value) ? onChange({ ...printer, mode: target.value }) : undefined)}
          >
            {Object.entries(MODES).map(([one, words]) => (
              <option key={one} value={one}>
                {t(words)}
              </option>
            ))}
          </select>
        </label>
      </fieldset>
    </section>
  );
};
