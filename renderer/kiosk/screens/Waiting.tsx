import type { LucideIcon } from 'lucide-react';

/** Something is on its way: what, in words, and a calm movement. */
export const Waiting = ({ icon: Icon, title, hint }: { icon: LucideIcon; title: string; hint?: string }) => (
  <div className="wait" role="status">
    <div className="disc" aria-hidden>
      <Icon />
    </div>
    <h2>{title}</h2>
    {hint === undefined ? null : <p>{hint}</p>}
  </div>
);
