import { ArrowDownToLine, Printer, PrinterX } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { PrintJobView } from '../../../shared/contracts/app.ts';
import { Qr } from '../../ui/Qr.tsx';
import { Button } from '../../ui/Tile.tsx';
import { blockedBy, paperOf } from '../flow.ts';
import { secondsLeft, useView } from '../view.ts';

/** What is said of the paper; a ticket and the slip of a booking differ in words only. */
export interface PaperWords {
  take: string;
  askTitle: string;
  blockedTitle: string;
  blockedHint: string;
  /** "Yes, I have it." */
  yes: string;
}

/**
 * What the paper does, in words, and the way out.
 *
 * @param since when the job was seen first, on the flow's clock
 */
export const PaperState = ({
  job,
  since,
  until,
  words,
  copy,
  code,
}: {
  job: PrintJobView;
  since: number;
  until: number;
  words: PaperWords;
  /** It can be printed again from here. */
  copy: boolean;
  /** What the paper would have had on it, to be photographed while there is none; null where nothing is to be shown again. */
  code: string | null;
}) => {
  const { t } = useTranslation();
  const { send, now, at, newAttempt } = useView();
  const paper = paperOf(job, at - since);
  const left = secondsLeft(until, at);
  const home = (label: string) => (
    <Button primary action="home" onPress={() => send({ type: 'taken', now: now() })}>
      {`${label} · ${left}`}
    </Button>
  );
  const again = (label: string) =>
    copy ? (
      <Button icon={Printer} action="copy" onPress={() => send({ type: 'copy', attempt: newAttempt(), now: now() })}>
        {label}
      </Button>
    ) : null;
  const reason = blockedBy(job) ?? 'none';
  return (
    <div className="next-side" data-paper={paper}>
      {paper === 'out' ? (
        <div className="take">
          <span className="h3">{words.take}</span>
          <ArrowDownToLine className="arrow" aria-hidden />
        </div>
      ) : (
        <div className="notice amber" role="status">
          <PrinterX aria-hidden />
          <span className="words">
            <span className="h3">{paper === 'ask' ? words.askTitle : words.blockedTitle}</span>
            <span className="p">
              {paper === 'ask' ? t('done.askHint') : `${t(`done.reason.${reason}`)} ${words.blockedHint}`}
            </span>
          </span>
        </div>
      )}
      {paper === 'blocked' && code !== null ? (
        <figure className="photo">
          <Qr text={code} label={t('done.photo')} />
          <figcaption className="p strong">{t('done.photo')}</figcaption>
        </figure>
      ) : null}
      <div className="row">
        {paper === 'out' ? (
          <>
            {again(t('done.notOut'))}
            {home(t('done.ready'))}
          </>
        ) : paper === 'ask' ? (
          <>
            {again(t('done.again'))}
            {home(words.yes)}
          </>
        ) : (
          home(t('done.ready'))
        )}
      </div>
    </div>
  );
};
