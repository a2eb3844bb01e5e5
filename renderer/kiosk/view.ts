import { createContext, use } from 'react';
import type { PartState } from '../../shared/contracts/centre/schemas.ts';
import type { CallError } from '../../shared/contracts/result.ts';
import type { Formats } from '../i18n/format.ts';
import type { FlowEvent, FlowState } from './steps.ts';

/** What every screen is drawn from. */
export interface View {
  state: FlowState;
  send: (event: FlowEvent) => void;
  /** The flow's clock, ms: only grows. */
  now: () => number;
  /** `now()` of the last drawing; a new one each second. */
  at: number;
  /** Wall clock of the core, epoch ms; null before the core was heard. */
  clock: number | null;
  formats: Formats;
  newAttempt: () => string;
  /** How the camera turned out to be: staff see it at their desk. */
  report: (camera: PartState) => void;
  /** What was read last while this machine belonged to nobody; else nothing is kept. */
  scanned: { text: string } | null;
  /** Makes this machine one of an office. @returns why it did not work, or null */
  enrol: (about: { url: string; code: string }) => Promise<CallError | null>;
}

export const ViewContext = createContext<View | null>(null);

export const useView = (): View => {
  const view = use(ViewContext);
  if (!view) throw new Error('a screen is drawn outside of the app');
  return view;
};

/** Whole seconds that are left, never below 0. */
export const secondsLeft = (until: number, at: number): number => Math.max(0, Math.ceil((until - at) / 1000));
