import { X } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Catalogue } from '../../../shared/contracts/app.ts';
import { useDesk } from '../view.ts';

interface Props {
  catalogue: Catalogue | null;
  chosen: readonly number[];
  /** Cannot be taken away any more. */
  fixed: readonly number[];
  onChange: (chosen: readonly number[]) => void;
}

const MOST = 5;

/** Services in their order: typed for, chosen, taken away. */
export const ServicePick = ({ catalogue, chosen, fixed, onChange }: Props) => {
  const { t } = useTranslation();
  const { say, formats } = useDesk();
  const [typed, setTyped] = useState('');
  const services = catalogue?.services ?? [];
  const wanted = typed.trim().toLowerCase().replaceAll('ё', 'е');
  const fitting = services
    .filter(({ id }) => !chosen.includes(id))
    .filter(({ name, keywords }) =>
      `${say(name)} ${keywords ? say(keywords) : ''}`.toLowerCase().replaceAll('ё', 'е').includes(wanted),
    )
    .slice(0, 6);
  return (
    <div className="pick">
      {chosen.length === 0 ? null : (
        <ol>
          {chosen.map((id) => {
            const service = services.find((one) => one.id === id);
            return (
              <li key={id}>
                {service ? say(service.name) : id}
                {fixed.includes(id) ? null : (
                  <button
                    type="button"
                    data-action="service-drop"
                    data-id={id}
                    aria-label={t('desk.services.drop', { name: service ? say(service.name) : String(id) })}
                    onClick={() => onChange(chosen.filter((one) => one !== id))}
                  >
                    <X aria-hidden />
                  </button>
                )}
              </li>
            );
          })}
        </ol>
      )}
      {chosen.length >= MOST ? null : (
        <>
          <label>
            {t('desk.services.add')}
            <input
              autoFocus
              data-action="service-find"
              value={typed}
              maxLength={60}
              onChange={(event) => setTyped(event.target.value)}
              onKeyDown={(event) => {
                const [first] = fitting;
                if (event.key !== 'Enter' || wanted === '' || !first) return;
                event.preventDefault();
                onChange([...chosen, first.id]);
                setTyped('');
              }}
            />
          </label>
          <ul>
            {fitting.map(({ id, name, estimate, unavailable }) => (
              <li key={id}>
                <button
                  type="button"
                  data-action="service"
                  data-id={id}
                  onClick={() => {
                    onChange([...chosen, id]);
                    setTyped('');
                  }}
                >
                  <span>{say(name)}</span>
                  <small>
                    {unavailable === null
                      ? estimate.known
                        ? formats.waitShort(estimate.fromMinutes, estimate.toMinutes)
                        : ''
                      : t(`desk.reason.${unavailable}`, { time: '' })}
                  </small>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
};
