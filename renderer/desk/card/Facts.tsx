import { useTranslation } from 'react-i18next';
import type { DeskCard } from '../../../shared/contracts/desk.ts';
import { useDesk } from '../view.ts';

/** What is known of a person, for reading and copying. */
export const Facts = ({ card }: { card: DeskCard }) => {
  const { t } = useTranslation();
  const { say } = useDesk();
  const claim = card.claim && [
    card.claim.name ? say(card.claim.name) : null,
    card.claim.document ?? t('desk.card.unseen'),
  ];
  const facts: [string, string | null][] = [
    [t('desk.card.phone'), card.phone],
    [t('desk.card.document'), card.document],
    [t('desk.card.number'), card.bookingNumber],
    [t('desk.card.claim'), claim && claim.filter((one) => one !== null).join(' · ')],
    [t('desk.card.people'), card.people > 1 ? String(card.people) : null],
    [t('desk.card.companion'), card.companion ? t('desk.yes') : null],
    [t('desk.card.copies'), card.copies !== null && card.copies > 1 ? String(card.copies) : null],
    [t('desk.card.note'), card.note],
  ];
  const known = facts.filter(([, value]) => value !== null);
  return (
    <>
      {known.length === 0 ? null : (
        <dl>
          {known.map(([title, value]) => (
            <div key={title}>
              <dt>{title}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {card.papers.length === 0 ? null : (
        <section>
          <h4>{t('desk.card.papers')}</h4>
          <ul>
            {card.papers.map((paper) => (
              <li key={paper.ru}>{say(paper)}</li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
};
