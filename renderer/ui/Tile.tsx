import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

type Tone = 'blue' | 'amber' | 'green' | 'red';

/** A pictogram on a soft square. It never stands alone: words are beside it. */
export const Pictogram = ({
  icon: Icon,
  tone = 'blue',
  large = false,
}: {
  icon: LucideIcon;
  tone?: Tone;
  large?: boolean;
}) => (
  <div className={`pictogram ${tone}${large ? ' large' : ''}`} aria-hidden>
    <Icon />
  </div>
);

/** A card with a pictogram and words; with an action it is a button. */
export const Tile = ({
  icon,
  tone,
  title,
  hint,
  end,
  primary = false,
  stacked = false,
  action,
  id,
  onPress,
}: {
  icon: LucideIcon;
  tone?: Tone;
  title: ReactNode;
  hint?: ReactNode;
  /** Short, at the right: a time, a wait. */
  end?: ReactNode;
  /** The obvious next step: filled. One on a screen at most. */
  primary?: boolean;
  /** The pictogram above the words, for tiles side by side. */
  stacked?: boolean;
  action?: string;
  /** Which of several it is, for tests. */
  id?: string | number;
  onPress?: () => void;
}) => {
  const look = `tile${primary ? ' primary' : ''}${stacked ? ' stacked' : ''}`;
  const body = (
    <>
      <Pictogram icon={icon} {...(tone ? { tone } : {})} />
      <span className="words">
        <span className="h3">{title}</span>
        {hint === undefined || hint === null ? null : <span className="small">{hint}</span>}
      </span>
      {end === undefined || end === null ? null : <span className="end">{end}</span>}
    </>
  );
  return onPress ? (
    <button type="button" className={`${look} press`} data-action={action} data-id={id} onClick={onPress}>
      {body}
    </button>
  ) : (
    <div className={look} data-id={id}>
      {body}
    </div>
  );
};

export const Button = ({
  icon: Icon,
  primary = false,
  action,
  id,
  disabled = false,
  onPress,
  children,
}: {
  icon?: LucideIcon;
  primary?: boolean;
  action: string;
  /** Which of several it is, for tests. */
  id?: string | number;
  disabled?: boolean;
  onPress: () => void;
  children: ReactNode;
}) => (
  <button
    type="button"
    className={`btn press${primary ? ' primary' : ''}`}
    data-action={action}
    data-id={id}
    disabled={disabled}
    onClick={onPress}
  >
    {Icon ? <Icon aria-hidden /> : null}
    <span>{children}</span>
  </button>
);

export const Pill = ({
  icon: Icon,
  tone = 'blue',
  children,
}: {
  icon: LucideIcon;
  tone?: Tone;
  children: ReactNode;
}) => (
  <div className={`pill ${tone}`}>
    <Icon aria-hidden />
    <span>{children}</span>
  </div>
);
