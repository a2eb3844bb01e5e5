import {
  CalendarClock,
  CalendarX,
  Hand,
  Hash,
  Layers,
  MessageSquareText,
  Pencil,
  Printer,
  Star,
  Undo2,
  UserX,
  type LucideIcon,
} from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { DeskCard } from '../../../shared/contracts/desk.ts';
import type { Right } from '../../../shared/domain/rights.ts';
import { useDesk } from '../view.ts';

export type PanelName = 'override' | 'claim' | 'services' | 'note' | 'reschedule' | 'cancel' | 'send';

interface Props {
  card: DeskCard;
  onPanel: (name: PanelName) => void;
  /** A check-in without paper. */
  onCheckIn: () => void;
  onDone: (words: string, visit: string | null) => Promise<void>;
  onSaid: (words: string) => void;
}

/** Whatever else can be done with a person now, and only that. */
export const Acts = ({ card, onPanel, onCheckIn, onDone, onSaid }: Props) => {
  const { t } = useTranslation();
  const { client, may } = useDesk();
  const { row, decision } = card;
  const { visit, booking } = row;
  const inQueue = visit !== null && (row.state === 'waiting' || row.state === 'called' || row.state === 'serving');

  const undo = async (): Promise<void> => {
    if (visit === null) return;
    const result = await client.call('desk.undo', { visit });
    await onDone(t(result.ok ? 'desk.card.undone' : 'desk.failed'), null);
  };
  const copy = async (): Promise<void> => {
    if (visit === null) return;
    const result = await client.call('desk.copy', { attempt: crypto.randomUUID(), visit });
    onSaid(t(result.ok ? 'desk.card.copied' : 'desk.failed'));
  };
  const noShow = async (): Promise<void> => {
    if (booking === null) return;
    const result = await client.call('desk.noShow', { booking });
    await onDone(t(result.ok ? 'desk.card.notCome' : 'desk.failed'), null);
  };

  const all: { name: string; icon: LucideIcon; right: Right; when: boolean; run: () => void }[] = [
    {
      name: 'override',
      icon: Hand,
      right: 'override',
      when: visit === null && !decision.may && decision.override !== 'no',
      run: () => onPanel('override'),
    },
    { name: 'noPaper', icon: Hash, right: 'checkin', when: visit === null && decision.may, run: onCheckIn },
    { name: 'copy', icon: Printer, right: 'reprint', when: visit !== null, run: () => void copy() },
    { name: 'send', icon: MessageSquareText, right: 'send', when: inQueue, run: () => onPanel('send') },
    { name: 'claim', icon: Star, right: 'priority', when: inQueue, run: () => onPanel('claim') },
    { name: 'services', icon: Layers, right: 'edit', when: inQueue, run: () => onPanel('services') },
    { name: 'note', icon: Pencil, right: 'edit', when: visit !== null, run: () => onPanel('note') },
    {
      name: 'reschedule',
      icon: CalendarClock,
      right: 'reschedule',
      when: card.movable,
      run: () => onPanel('reschedule'),
    },
    { name: 'cancel', icon: CalendarX, right: 'cancel', when: card.movable, run: () => onPanel('cancel') },
    {
      name: 'noShow',
      icon: UserX,
      right: 'noshow',
      when: row.state === 'late' || (row.state === 'expected' && !decision.may),
      run: () => void noShow(),
    },
    { name: 'undo', icon: Undo2, right: 'undo', when: card.undoable, run: () => void undo() },
  ];
  const names = {
    override: t('desk.act.override'),
    noPaper: t('desk.act.noPaper'),
    copy: t('desk.act.copy'),
    send: t('desk.act.send'),
    claim: t('desk.act.claim'),
    services: t('desk.act.services'),
    note: t('desk.act.note'),
    reschedule: t('desk.act.reschedule'),
    cancel: t('desk.act.cancel'),
    noShow: t('desk.act.noShow'),
    undo: t('desk.act.undo'),
  };
  return (
    <div className="acts">
      {all
        .filter(({ right, when }) => when && may(right))
        .map(({ name, icon: Icon, run }) => (
          <button key={name} type="button" data-action={name} onClick={run}>
            <Icon aria-hidden />
            {names[name as keyof typeof names]}
          </button>
        ))}
    </div>
  );
};
