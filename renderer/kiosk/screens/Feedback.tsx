import { Angry, Check, Frown, Laugh, Meh, PenLine, Send, Smile } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { inLanguage } from '../../../shared/domain/language.ts';
import { Keyboard } from '../../ui/Keyboard.tsx';
import { Button, Pictogram } from '../../ui/Tile.tsx';
import type { Step } from '../steps.ts';
import { secondsLeft, useView } from '../view.ts';

const LONGEST = 500;
const MOST_REASONS = 3;

/** After the visit: one touch is enough, everything else is optional. */
export const Feedback = ({ step }: { step: Extract<Step, { at: 'feedback' }> }) => {
  const { t } = useTranslation();
  const { state, send, now, at, formats, newAttempt } = useView();
  const { language } = state.comfort;
  const { score, chosen, writing } = step;
  if (step.sent) {
    return (
      <div className="page thanks" data-sent>
        <div className="wait" role="status">
          <Pictogram icon={Check} tone="green" large />
          <h1>{t('feedback.sent')}</h1>
          <p>{t('feedback.sentText')}</p>
        </div>
        <Button primary action="home" onPress={() => send({ type: 'home', now: now() })}>
          {`${t('feedback.finish')} · ${secondsLeft(step.until, at)}`}
        </Button>
      </div>
    );
  }
  const faces: { score: 1 | 2 | 3 | 4 | 5; icon: LucideIcon; words: string }[] = [
    { score: 1, icon: Angry, words: t('feedback.score1') },
    { score: 2, icon: Frown, words: t('feedback.score2') },
    { score: 3, icon: Meh, words: t('feedback.score3') },
    { score: 4, icon: Smile, words: t('feedback.score4') },
    { score: 5, icon: Laugh, words: t('feedback.score5') },
  ];
  const write = (text: string): void => send({ type: 'words', text: text.slice(0, LONGEST), now: now() });
  const stop = (): void => send({ type: 'writing', writing: false, now: now() });
  return (
    <div className={`page feedback${writing ? ' typing' : ''}`}>
      {writing ? null : (
        <>
          <div className="feedback-ask">
            <h2>{t('feedback.title')}</h2>
            <p>{t('feedback.number', { number: formats.number(step.number) })}</p>
          </div>
          <div className="faces" role="radiogroup" aria-label={t('feedback.scores')}>
            {faces.map((f) => (
              <button
                key={f.score}
                type="button"
                className="face press"
                data-action="score"
                data-id={f.score}
                role="radio"
                aria-checked={f.score === score}
                onClick={() => send({ type: 'score', score: f.score, now: now() })}
              >
                <f.icon aria-hidden />
                <span>{f.words}</span>
              </button>
            ))}
          </div>
          {step.reasons.length === 0 || score === null ? null : (
            <div className="feedback-why">
              <p>{t('feedback.why')}</p>
              <div className="chips">
                {step.reasons.map((r) => {
                  const on = chosen.includes(r.id);
                  return (
                    <button
                      key={r.id}
                      type="button"
                      className="chip press"
                      data-action="reason"
                      data-id={r.id}
                      aria-pressed={on}
                      disabled={!on && chosen.length >= MOST_REASONS}
                      onClick={() => send({ type: 'feedback-reason', id: r.id, now: now() })}
                    >
                      {on ? <Check aria-hidden /> : null}
                      {inLanguage(r.name, language)}
                    </button>
                  );
                })}
              </div>
            </div>
          )}
        </>
      )}
      {step.words && (score !== null || writing) ? (
        <button
          type="button"
          className="words-field press"
          data-action="write"
          onClick={() => send({ type: 'writing', writing: !writing, now: now() })}
        >
          <PenLine aria-hidden />
          {step.text !== '' || writing ? (
            <span className="find-text">
              {step.text}
              {writing ? <i className="caret" aria-hidden /> : null}
            </span>
          ) : (
            <span>{t('feedback.words')}</span>
          )}
        </button>
      ) : null}
      {writing ? (
        <Keyboard
          language={language}
          label={t('feedback.words')}
          onKey={(letter) => write(step.text + letter)}
          onDelete={() => write(step.text.slice(0, -1))}
          onDone={stop}
        />
      ) : (
        <Button
          icon={Send}
          primary
          action="send"
          disabled={score === null}
          onPress={() => send({ type: 'feedback-send', attempt: newAttempt(), now: now() })}
        >
          {t('feedback.send')}
        </Button>
      )}
    </div>
  );
};
