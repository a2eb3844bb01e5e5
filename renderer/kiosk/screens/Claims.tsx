import { HandHeart, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { inLanguage } from '../../../shared/domain/language.ts';
import { Pager, pageOf, useRoom, type Room } from '../../ui/Pager.tsx';
import { Button, Pictogram } from '../../ui/Tile.tsx';
import type { Comfort } from '../steps.ts';
import { useView } from '../view.ts';

const SIZE: Record<Room, Record<Comfort['text'], number>> = {
  portrait: { 1: 5, 1.5: 4, 2: 3 },
  landscape: { 1: 8, 1.5: 4, 2: 4 },
  low: { 1: 4, 1.5: 4, 2: 2 },
};

/** Who goes before others here, and what the desk will want to see. */
export const Claims = ({ chosen }: { chosen: string | null }) => {
  const { t } = useTranslation();
  const { state, send, now } = useView();
  const { language, text } = state.comfort;
  const room = useRoom();
  const [page, setPage] = useState(0);
  const claims = state.catalogue?.claims ?? [];
  const order = [...claims.filter((c) => c.level === 'out-of-turn'), ...claims.filter((c) => c.level === 'first')];
  const { shown, ...at } = pageOf(order, SIZE[room][text], page);
  return (
    <div className="page claims">
      <div className="services-top">
        <h2>{t('claims.title')}</h2>
        {room === 'portrait' ? null : <Pager {...at} onPage={setPage} />}
      </div>
      {(['out-of-turn', 'first'] as const).map((level) => {
        const claimsOf = shown.filter((c) => c.level === level);
        const words = {
          'out-of-turn': [t('claims.outOfTurn'), t('claims.outOfTurnHint')],
          first: [t('claims.first'), t('claims.firstHint')],
        }[level];
        return claimsOf.length === 0 ? null : (
          <section key={level} className="level" aria-label={words[0]}>
            <p>
              <b>{words[0]}</b>
              <span>{words[1]}</span>
            </p>
            <div className="service-list">
              {claimsOf.map((c) => (
                <button
                  key={c.id}
                  type="button"
                  className="tile service claim press"
                  data-action="claim"
                  data-id={c.id}
                  aria-pressed={c.id === chosen}
                  onClick={() => send({ type: 'claim', claim: c.id, now: now() })}
                >
                  <Pictogram icon={c.id === chosen ? ShieldCheck : HandHeart} />
                  <span className="words">
                    <span className="h3">{inLanguage(c.name, language)}</span>
                    <span className="small">
                      {c.document === null
                        ? t('claims.check')
                        : t('claims.document', { document: inLanguage(c.document, language) })}
                    </span>
                  </span>
                </button>
              ))}
            </div>
          </section>
        );
      })}
      {room === 'portrait' ? <Pager {...at} onPage={setPage} /> : null}
      <Button action="claim" id="" onPress={() => send({ type: 'claim', claim: null, now: now() })}>
        {t('claims.none')}
      </Button>
    </div>
  );
};
