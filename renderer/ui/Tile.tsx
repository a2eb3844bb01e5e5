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
  action,
  onPress,
}: {
  icon: LucideIcon;
  tone?: Tone;
  title: string;
  hint?: ReactNode;
  action?: string;
  onPress?: () => void;
}) => {
  const body = (
    <>
      <Pictogram icon={icon} {...(tone ? { tone } : {})} />
      <span className="words">
        <span className="h3">{title}</span>
        {hint === undefined ? null : <span className="small">{hint}</span>}
      </span>
    </>
  );
  return onPress ? (
    <button type="button" className="tile press" data-action={action} onClick={onPress}>
      {body}
    </button>
  ) : (
    <div className="tile">{body}</div>
  );
};

export const Button = ({
  icon: Icon,
  primary = false,
  action,
  onPress,
  children,
}: {
  icon?: LucideIcon;
  primary?: boolean;
  action: string;
  onPress: () => void;
  children: ReactNode;
}) => (
  <button type="button" className={`btn press${primary ? ' primary' : ''}`} data-action={action} onClick={onPress}>
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
