import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type {
  TicketExample,
  TicketPreview as Preview,
  TicketTemplateView,
} from '../../../shared/contracts/ticket-template.ts';
import { useDesk } from '../view.ts';

/** What a change is waited for before it is drawn: somebody types. */
const WAIT_MS = 150;
const EXAMPLES = ['booking', 'walk-in', 'several', 'priority', 'provisional', 'copy', 'long'] as const;
const EXAMPLE_WORDS = {
  booking: 'ticketPage.example.booking',
  'walk-in': 'ticketPage.example.walkIn',
  several: 'ticketPage.example.several',
  priority: 'ticketPage.example.priority',
  provisional: 'ticketPage.example.provisional',
  copy: 'ticketPage.example.copy',
  long: 'ticketPage.example.long',
} as const;
/** Each in its own words: whoever looks for his language knows them. */
export const TICKET_LANGUAGES = [
  ['ru', 'Русский'],
  ['en', 'English'],
  ['tt', 'Татарча'],
  ['uz', 'Oʻzbekcha'],
  ['tg', 'Тоҷикӣ'],
  ['ky', 'Кыргызча'],
  ['zh', '中文'],
  ['ar', 'العربية'],
] as const;
type TicketLanguage = (typeof TICKET_LANGUAGES)[number][0];
type Width = 576 | 512 | 640 | 384;
const isWidth = (width: number): width is Width => [576, 512, 640, 384].includes(width);

const Picture = ({ preview }: { preview: Extract<Preview, { outcome: 'picture' }> }) => {
  const { t } = useTranslation();
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height, bits } = preview;
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const bytes = Uint8Array.from(atob(bits), (one) => one.charCodeAt(0));
    const image = context.createImageData(width, height);
    for (let dot = 0; dot < width * height; dot += 1) {
      const black = ((bytes[dot >> 3] ?? 0) >> (7 - (dot & 7))) & 1;
      image.data.fill(black === 1 ? 17 : 255, dot * 4, dot * 4 + 3);
      image.data[dot * 4 + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }, [width, height, bits]);
  return (
    <canvas
      ref={canvas}
      className="ticket-paper"
      role="img"
      aria-label={t('ticketPage.picture')}
      width={width}
      height={height}
      style={{ aspectRatio: `${width} / ${height}` }}
    />
  );
};

/** In the grid of the printer's own type: 12 by 24 dots a character, lines 30 dots apart. */
const Typed = ({ preview }: { preview: Extract<Preview, { outcome: 'text' }> }) => (
  <div className="ticket-paper ticket-typed" dir="ltr" style={{ ['--columns' as string]: preview.columns }}>
    {preview.lines.map((line, n) =>
      line.is === 'line' ? (
        <pre key={n} data-align={line.align}>
          {line.runs.map(({ text, bold, inverse, wide, high }, m) => (
            <span
              key={m}
              data-inverse={inverse}
              style={{
                fontSize: `${high}em`,
                fontWeight: bold ? 700 : 400,
                // Type is as wide as it is high unless the printer makes it otherwise.
                ...(wide === high ? {} : { display: 'inline-block', transform: `scaleX(${wide / high})` }),
              }}
            >
              {text}
            </span>
          ))}
        </pre>
      ) : line.is === 'feed' ? (
        <div key={n} style={{ height: `${line.dots / 24}em` }} />
      ) : (
        <div key={n} className="ticket-code" style={{ width: `${line.dots / 24}em` }} />
      ),
    )}
  </div>
);

interface Props {
  template: TicketTemplateView;
  /** The printers of this machine, the first one is what is shown first. */
  printers: readonly { name: string; width: number; page: string | null }[];
  onProblems: (problems: readonly { ru: string; [language: string]: string }[]) => void;
}

/** The ticket as it will come out of the printer: drawn by the same program that prints it. */
export const TicketPreview = ({ template, printers, onProblems }: Props) => {
  const { t, i18n } = useTranslation();
  const { client } = useDesk();
  const [first] = printers;
  const [example, setExample] = useState<TicketExample>('booking');
  const [language, setLanguage] = useState<TicketLanguage>('ru');
  const [width, setWidth] = useState<Width>(first && isWidth(first.width) ? first.width : 576);
  const pages = [...new Set(printers.flatMap(({ page }) => page ?? []))];
  const [page, setPage] = useState<string | null>(null);
  const [shown, setShown] = useState<Exclude<Preview, { outcome: 'wrong' }> | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let newest = true;
    const timer = setTimeout(() => {
      void client.call('ticket.preview', { template, example, language, width, page }).then((result) => {
        // The newest wins, and until it is there the one before stays.
        if (!newest) return;
        setFailed(!result.ok);
        if (!result.ok) return;
        onProblems(result.value.outcome === 'wrong' ? result.value.problems : []);
        if (result.value.outcome !== 'wrong') setShown(result.value);
      });
    }, WAIT_MS);
    return () => {
      newest = false;
      clearTimeout(timer);
    };
  }, [client, template, example, language, width, page, onProblems]);
  const number = (value: number): string => Math.round(value).toLocaleString(i18n.language);
  return (
    <section className="printers-box ticket-preview" aria-label={t('ticketPage.preview')}>
      <div className="ticket-choices">
        <label className="printers-field">
          {t('ticketPage.exampleLabel')}
          <select
            data-action="ticket-example"
            value={example}
            onChange={({ target }) => setExample(EXAMPLES.find((one) => one === target.value) ?? 'booking')}
          >
            {EXAMPLES.map((one) => (
              <option key={one} value={one}>
                {t(EXAMPLE_WORDS[one])}
              </option>
            ))}
          </select>
        </label>
        <label className="printers-field">
          {t('ticketPage.language')}
          <select
            data-action="ticket-language"
            value={language}
            onChange={({ target }) =>
              setLanguage(TICKET_LANGUAGES.find(([code]) => code === target.value)?.[0] ?? 'ru')
            }
          >
            {TICKET_LANGUAGES.map(([code, name]) => (
              <option key={code} value={code} lang={code}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label className="printers-field">
          {t('ticketPage.paper')}
          <select
            data-action="ticket-width"
            value={width}
            onChange={({ target }) => setWidth(isWidth(Number(target.value)) ? (Number(target.value) as Width) : 576)}
          >
            <option value={576}>{t('ticketPage.wide')}</option>
            <option value={384}>{t('ticketPage.narrow')}</option>
            {width === 512 || first?.width === 512 ? (
              <option value={512}>{t('ticketPage.dots', { dots: 512 })}</option>
            ) : null}
            {width === 640 || first?.width === 640 ? (
              <option value={640}>{t('ticketPage.dots', { dots: 640 })}</option>
            ) : null}
          </select>
        </label>
        {pages.length === 0 ? null : (
          <label className="printers-field">
            {t('ticketPage.mode')}
            <select
              data-action="ticket-mode"
              value={page ?? ''}
              onChange={({ target }) => setPage(target.value === '' ? null : target.value)}
            >
              <option value="">{t('ticketPage.asPicture')}</option>
              {pages.map((one) => (
                <option key={one} value={one}>
                  {t('ticketPage.asText', { page: one })}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      <p className="hint" role="status" data-preview={shown?.outcome ?? 'none'}>
        {failed
          ? t('printers.failed')
          : shown === null
            ? ''
            : t('ticketPage.size', { mm: number(shown.mm), bytes: number(shown.bytes) })}{' '}
        {shown?.outcome === 'text' ? t('ticketPage.textNote') : null}
        {shown?.outcome === 'picture' && shown.insteadOfText ? t('ticketPage.insteadOfText') : null}
      </p>
      <div className="ticket-desk">
        {shown === null ? null : shown.outcome === 'picture' ? <Picture preview={shown} /> : <Typed preview={shown} />}
      </div>
    </section>
  );
};
