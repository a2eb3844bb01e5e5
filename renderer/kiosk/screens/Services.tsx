import { LayoutGrid, Search, SearchX, X } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Catalogue, ServiceView } from '../../../shared/contracts/app.ts';
import { inLanguage } from '../../../shared/domain/language.ts';
import { pictogramOf } from '../../ui/icons.ts';
import { Keyboard } from '../../ui/Keyboard.tsx';
import { Pager, pageOf, useRoom, type Room } from '../../ui/Pager.tsx';
import { Pictogram } from '../../ui/Tile.tsx';
import { searchServices } from '../search.ts';
import type { Comfort, Step } from '../steps.ts';
import { useView } from '../view.ts';
import { useReason } from './reason.ts';
import { Waiting } from './Waiting.tsx';

/** Longer than any name of a service. */
const LONGEST_QUERY = 40;
const FREQUENT = 'frequent';

/** Services on a page: as many as can be touched and read, nothing scrolls. */
const SIZE: Record<Room, Record<Comfort['text'], number>> = {
  portrait: { 1: 5, 1.5: 4, 2: 4 },
  landscape: { 1: 8, 1.5: 6, 2: 4 },
  low: { 1: 6, 1.5: 4, 2: 2 },
};
/** The keyboard takes the lower part. */
const SIZE_TYPING: Record<Room, Record<Comfort['text'], number>> = {
  portrait: { 1: 4, 1.5: 3, 2: 2 },
  landscape: { 1: 4, 1.5: 2, 2: 2 },
  low: { 1: 2, 1.5: 2, 2: 2 },
};

/** What do you need? The frequent ones first, the others by group or by a word. */
export const Services = ({ step }: { step: Extract<Step, { at: 'services' }> }) => {
  const { t } = useTranslation();
  const { catalogue } = useView().state;
  return catalogue === null ? (
    <Waiting icon={LayoutGrid} title={t('services.loading')} />
  ) : (
    <List catalogue={catalogue} chosen={step.walkIn?.services ?? []} />
  );
};

const List = ({ catalogue, chosen }: { catalogue: Catalogue; chosen: readonly number[] }) => {
  const { t } = useTranslation();
  const { state } = useView();
  const { language, text } = state.comfort;
  const room = useRoom();
  const [group, setGroup] = useState<number | typeof FREQUENT | null>(null);
  const [query, setQuery] = useState('');
  const [typing, setTyping] = useState(false);
  const [page, setPage] = useState(0);

  const services = catalogue.services.filter((s) => !chosen.includes(s.id));
  const size = (typing ? SIZE_TYPING : SIZE)[room][text];
  const searching = query.trim() !== '';
  const chips: { id: number | typeof FREQUENT; name: string; icon: string | null }[] = [
    ...(services.some((s) => s.frequent) ? [{ id: FREQUENT, name: t('services.frequent'), icon: null } as const] : []),
    ...catalogue.groups
      .filter((g) => services.some((s) => s.group === g.id))
      .map((g) => ({ id: g.id, name: inLanguage(g.name, language), icon: g.icon })),
  ];
  // Few services need no groups.
  const grouped = services.length > size && chips.length > 1;
  const shownGroup = chips.some((c) => c.id === group) ? group : chips[0]?.id;
  const listed =
    searching || typing
      ? searchServices(services, query, language)
      : grouped
        ? services.filter((s) => (shownGroup === FREQUENT ? s.frequent : s.group === shownGroup))
        : services;
  const { shown, ...at } = pageOf(listed, size, page);
  const change = (next: (query: string) => string): void => {
    setQuery((q) => next(q).slice(0, LONGEST_QUERY));
    setPage(0);
  };
  return (
    <div className={`page services${typing ? ' typing' : ''}`}>
      <div className="services-top">
        {typing ? null : <h2>{t(chosen.length === 0 ? 'services.title' : 'services.more')}</h2>}
        <div className="find">
          <button type="button" className="find-field press" data-action="search" onClick={() => setTyping(true)}>
            <Search aria-hidden />
            {searching || typing ? (
              <span className="find-text">
                {query}
                {typing ? <i className="caret" aria-hidden /> : null}
              </span>
            ) : (
              <span>{t('services.find')}</span>
            )}
          </button>
          {searching || typing ? (
            <button
              type="button"
              className="find-clear press"
              data-action="search-clear"
              aria-label={t('services.clear')}
              onClick={() => {
                change(() => '');
                setTyping(false);
              }}
            >
              <X aria-hidden />
            </button>
          ) : null}
        </div>
        {room === 'portrait' && !typing ? null : <Pager {...at} onPage={setPage} />}
      </div>
      {!grouped || typing || searching ? null : (
        <div className="chips" role="group" aria-label={t('services.groups')}>
          {chips.map((c) => (
            <button
              key={c.id}
              type="button"
              className="chip press"
              data-action="group"
              data-id={c.id}
              aria-pressed={c.id === shownGroup}
              onClick={() => {
                setGroup(c.id);
                setPage(0);
              }}
            >
              {c.name}
            </button>
          ))}
        </div>
      )}
      {shown.length === 0 ? (
        <div className="notice blue" role="status">
          <SearchX aria-hidden />
          <span className="words">
            <span className="h3">{t('services.none')}</span>
            <span className="p">{t('services.noneHint')}</span>
          </span>
        </div>
      ) : (
        <div className="service-list">
          {shown.map((service) => (
            <Service key={service.id} service={service} online={catalogue.online} />
          ))}
        </div>
      )}
      {room === 'portrait' && !typing ? <Pager {...at} onPage={setPage} /> : null}
      {typing ? (
        <Keyboard
          language={language}
          label={t('services.find')}
          onKey={(letter) => change((q) => q + letter)}
          onDelete={() => change((q) => q.slice(0, -1))}
          onDone={() => setTyping(false)}
        />
      ) : null}
    </div>
  );
};

const Service = ({ service, online }: { service: ServiceView; online: boolean }) => {
  const { t } = useTranslation();
  const { state, send, now } = useView();
  const { language } = state.comfort;
  const reason = useReason();
  const { id, unavailable, hint } = service;
  const bookable = unavailable !== null && service.slots && online;
  const body = (
    <>
      <Pictogram icon={pictogramOf(service.icon)} />
      <span className="words">
        <span className="h3">{inLanguage(service.name, language)}</span>
        {unavailable !== null ? (
          <span className="small why">
            {bookable ? `${reason(unavailable)}, ${t('services.bookable')}` : reason(unavailable)}
          </span>
        ) : hint === null ? null : (
          <span className="small">{inLanguage(hint, language)}</span>
        )}
      </span>
      {unavailable === null ? <Wait service={service} /> : null}
    </>
  );
  if (unavailable !== null && !bookable) {
    return (
      <div className="tile service off" data-service={id} data-unavailable={unavailable}>
        {body}
      </div>
    );
  }
  return (
    <button
      type="button"
      className={`tile service press${bookable ? ' off' : ''}`}
      data-action="service"
      data-id={id}
      data-unavailable={unavailable ?? undefined}
      onClick={() => send({ type: 'service', service: id, now: now() })}
    >
      {body}
    </button>
  );
};

const Wait = ({ service: { estimate } }: { service: ServiceView }) => {
  const { t } = useTranslation();
  const { formats } = useView();
  if (estimate.known) return <span className="end">{formats.waitShort(estimate.fromMinutes, estimate.toMinutes)}</span>;
  return (
    <span className="end">
      <span aria-hidden>—</span>
      <small>{estimate.ahead === null ? t('services.waitUnknown') : formats.waiting(estimate.ahead)}</small>
    </span>
  );
};
