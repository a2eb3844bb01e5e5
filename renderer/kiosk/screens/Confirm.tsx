import type { Step } from '../steps.ts';
import { Claims } from './Claims.tsx';
import { ConfirmCancel } from './ConfirmCancel.tsx';
import { ConfirmSlot } from './ConfirmSlot.tsx';
import { ConfirmWalkIn } from './ConfirmWalkIn.tsx';
import { ManyWait } from './ManyWait.tsx';
import { Phone } from './Phone.tsx';

/** What has been put together is looked at once more before it becomes true. */
export const Confirm = ({ step }: { step: Extract<Step, { at: 'confirm' }> }) => {
  if (step.what === 'cancel') return <ConfirmCancel moving={step.moving} />;
  if (step.part === 'phone') return <Phone contact={step.walkIn?.contact ?? null} slot={step.what === 'slot'} />;
  if (step.what === 'slot') return <ConfirmSlot walkIn={step.walkIn} moving={step.moving} startsAt={step.startsAt} />;
  if (step.part === 'claim') return <Claims chosen={step.walkIn.claim} />;
  if (step.manyWait) return <ManyWait walkIn={step.walkIn} many={step.manyWait} />;
  return <ConfirmWalkIn walkIn={step.walkIn} />;
};
