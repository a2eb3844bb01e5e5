import type {
  BookingView,
  Catalogue,
  NextStep,
  PrintJobView,
  Purpose,
  RefusedOutcome,
  RequestOutcome,
  ScanOutcome,
  ScanSource,
  SlotDay,
  SystemState,
  VisitView,
  WalkInOutcome,
} from '../../shared/contracts/app.ts';
import type { Result } from '../../shared/contracts/result.ts';
import type { Language } from '../../shared/domain/language.ts';
import type { TicketNumber } from '../../shared/domain/ticket-number.ts';

/**
 * The words of the visitor's flow: where he is (`Step`), what happens (`FlowEvent`), and what is to be done in the world
 * (`Effect`). The machine itself is flow.ts. Times are milliseconds of a clock that only grows.
 */

/** What a visitor chose for himself; reset when he is gone. */
export interface Comfort {
  language: Language;
  /** He chose it himself: the language of his booking does not change it then. */
  languageChosen: boolean;
  /** Text size: 1, 1.5 or 2. */
  text: 1 | 1.5 | 2;
  contrast: boolean;
}

export type Refused = Omit<RefusedOutcome, 'outcome' | 'reason'> & {
  /** `error`: the call itself failed. */
  reason: RefusedOutcome['reason'] | 'error';
};

/** Optional, and only with consent. */
export interface Contact {
  /** E.164. */
  phone: string;
  /** Version that was agreed to. */
  consent: string;
}

/** What a walk-in has been put together to so far. */
export interface WalkIn {
  /** In the order of choosing, 1 to 5. */
  services: readonly number[];
  /** Id of the office's claim. */
  claim: string | null;
  contact: Contact | null;
}

/** A booking that is moved, with the case that allows it. */
export interface Moving {
  case: string;
  booking: BookingView;
}

export type ManyWait = Extract<WalkInOutcome, { outcome: 'many-wait' }>;
export type Booked = Exclude<RequestOutcome, { outcome: 'refused' }>;

/** Screens that `back` leads to are kept as they were. */
export type Step =
  | { at: 'home' }
  | { at: 'scan'; purpose: Purpose; until: number }
  /** The keypad for the booking number. `wrong`: what was typed is no such number (a slip of the finger, mostly). */
  | { at: 'number'; purpose: Purpose; text: string; wrong: boolean; until: number }
  /** Four digits that only the holder knows. `wrong`: number and digits did not belong together. */
  | { at: 'factor'; purpose: Purpose; number: string; digits: string; wrong: boolean; until: number }
  /**
   * Something was asked of the core. `what` decides the words; `back` is the step that the answer may lead back to; null
   * where it leads on in any case, and the step is in the trail already.
   */
  | { at: 'checking'; what: 'booking'; purpose: Purpose; attempt: string; since: number; back: Step | null }
  | { at: 'checking'; what: 'walk-in' | 'request'; attempt: string; since: number; back: Step | null }
  | { at: 'choose'; purpose: Purpose; case: string; bookings: readonly BookingView[]; until: number }
  /** `walkIn`: what is there already; a further service is being added to it. Null: the first one. */
  | { at: 'services'; walkIn: WalkIn | null; until: number }
  /** `part`: the whole, the list of claims, or the phone. `manyWait`: the core has asked whether he still wants a number. */
  | {
      at: 'confirm';
      what: 'walk-in';
      walkIn: WalkIn;
      part: 'main' | 'claim' | 'phone';
      manyWait: ManyWait | null;
      until: number;
    }
  | {
      at: 'confirm';
      what: 'slot';
      walkIn: WalkIn | null;
      moving: Moving | null;
      startsAt: number;
      part: 'main' | 'phone';
      until: number;
    }
  | { at: 'confirm'; what: 'cancel'; moving: Moving; until: number }
  /** Free times: for a new booking of `walkIn.services`, or to move one. `days` null: being fetched. */
  | {
      at: 'slots';
      walkIn: WalkIn | null;
      moving: Moving | null;
      days: readonly SlotDay[] | null;
      online: boolean;
      /** The time that was wanted has just been taken by somebody else. */
      taken: boolean;
      until: number;
    }
  /** Checked in. Whether this is `printing` or `done` is told by the job and the time (`paperOf`). */
  | { at: 'ticket'; visit: VisitView; job: PrintJobView; since: number; until: number }
  /** A time was booked, moved or cancelled. */
  | { at: 'booked'; booked: Booked; job: PrintJobView | null; since: number; until: number }
  /** A copy was asked for; the job's id comes with the answer. */
  | { at: 'copying'; attempt: string; visit: VisitView; since: number }
  | { at: 'refused'; refused: Refused; purpose: Purpose; until: number }
  /**
   * `told` null: being told. `by` staff: `taken`, they have it; `finished`, they have done it for him, and `number` is his
   * ticket where there is one. `from` is what he comes back to.
   */
  | {
      at: 'help';
      attempt: string;
      told: boolean | null;
      by: 'nobody' | 'taken' | 'finished';
      number: TicketNumber | null;
      from: Step;
      until: number;
    }
  | {
      at: 'feedback';
      visit: string;
      number: TicketNumber;
      /** Of the office; none when he comes by a next step. */
      reasons: Extract<ScanOutcome, { outcome: 'feedback' }>['reasons'];
      words: boolean;
      score: 1 | 2 | 3 | 4 | 5 | null;
      chosen: readonly string[];
      text: string;
      /** The keyboard is shown. */
      writing: boolean;
      sent: boolean;
      until: number;
    };

export interface FlowState {
  system: SystemState | null;
  link: 'up' | 'restarting' | 'failed';
  comfort: Comfort;
  step: Step;
  /** Where `back` leads, the last one first; emptied when the visitor is gone. */
  trail: readonly Step[];
  /** Services and waits as they were heard last. */
  catalogue: Catalogue | null;
  /** When it was asked for last. */
  catalogueAt: number | null;
  /** The last touch or step, for going back to the defaults on `home`. */
  activeAt: number;
}

export type FlowEvent =
  | { type: 'system'; state: SystemState }
  | { type: 'link'; state: FlowState['link'] }
  | { type: 'job'; job: PrintJobView; now: number }
  | { type: 'touched'; now: number }
  | { type: 'tick'; now: number }
  | { type: 'language'; language: Language; now: number }
  | { type: 'text'; now: number }
  | { type: 'contrast'; now: number }
  // Ways.
  | { type: 'scan'; purpose: Purpose; now: number }
  | { type: 'number'; now: number }
  | { type: 'services'; now: number }
  | { type: 'back'; now: number }
  | { type: 'home'; now: number }
  /** A next step of a refusal was touched. */
  | { type: 'next'; next: NextStep; attempt: string; now: number }
  // Codes and numbers.
  | { type: 'code'; text: string; source: ScanSource; attempt: string; now: number }
  | { type: 'typed'; text: string; now: number }
  | { type: 'number-done'; now: number }
  | { type: 'digits'; digits: string; attempt: string; now: number }
  | { type: 'answered'; attempt: string; result: Result<ScanOutcome>; now: number }
  | { type: 'booking'; booking: string; attempt: string; now: number }
  | { type: 'manage'; booking: string; action: 'reschedule' | 'cancel'; now: number }
  // Without a booking.
  | { type: 'catalogue'; result: Result<Catalogue>; now: number }
  | { type: 'service'; service: number; now: number }
  | { type: 'add-service'; now: number }
  | { type: 'remove-service'; service: number; now: number }
  | { type: 'part'; part: 'main' | 'claim' | 'phone'; now: number }
  | { type: 'claim'; claim: string | null; now: number }
  | { type: 'contact'; contact: Contact | null; now: number }
  | { type: 'take'; attempt: string; now: number }
  | { type: 'walk-in-answered'; attempt: string; result: Result<WalkInOutcome>; now: number }
  // Times.
  | { type: 'slots'; now: number }
  /** `services`: those that it was asked for, an answer to something else is late. */
  | {
      type: 'slots-heard';
      services: readonly number[];
      result: Result<{ days: SlotDay[]; online: boolean }>;
      now: number;
    }
  | { type: 'slot'; startsAt: number; now: number }
  | { type: 'request'; attempt: string; now: number }
  | { type: 'request-answered'; attempt: string; result: Result<RequestOutcome>; now: number }
  // Paper, help, feedback.
  | { type: 'copy'; attempt: string; now: number }
  | { type: 'copied'; attempt: string; result: Result<PrintJobView>; now: number }
  | { type: 'taken'; now: number }
  | { type: 'help'; attempt: string; now: number }
  | { type: 'helped'; attempt: string; result: Result<{ told: boolean }>; now: number }
  | {
      type: 'help-news';
      help: string;
      state: 'open' | 'taken' | 'over';
      number: TicketNumber | null;
      now: number;
    }
  | { type: 'score'; score: 1 | 2 | 3 | 4 | 5; now: number }
  | { type: 'feedback-reason'; id: string; now: number }
  | { type: 'words'; text: string; now: number }
  | { type: 'writing'; writing: boolean; now: number }
  | { type: 'feedback-send'; attempt: string; now: number };

export type Effect =
  | { do: 'scan'; attempt: string; text: string; source: ScanSource; purpose: Purpose }
  | { do: 'number'; attempt: string; number: string; factor: string; purpose: Purpose }
  | { do: 'booking'; attempt: string; case: string; booking: string }
  | { do: 'copy'; attempt: string; visit: string }
  /** Ask how the job stands: what the core said while it was away was not heard. */
  | { do: 'look'; job: string }
  /** The visitor says that it came out. */
  | { do: 'has-paper'; job: string }
  | { do: 'catalogue' }
  | { do: 'prepare'; services: readonly number[] }
  | { do: 'take'; attempt: string; walkIn: WalkIn; language: Language; despiteQueue: boolean }
  | { do: 'slots'; services: readonly number[] }
  | {
      do: 'request';
      attempt: string;
      request:
        | { kind: 'create'; services: readonly number[]; startsAt: number; contact: Contact | null }
        | { kind: 'reschedule'; case: string; booking: string; startsAt: number }
        | { kind: 'cancel'; case: string; booking: string };
      language: Language;
    }
  | {
      do: 'help';
      attempt: string;
      screen: string;
      reason: string | null;
      /** What he stands before: the desk goes on with the same booking or visit. */
      case: string | null;
      visit: string | null;
    }
  | { do: 'help-over'; attempt: string }
  | {
      do: 'feedback';
      attempt: string;
      visit: string;
      score: 1 | 2 | 3 | 4 | 5;
      reasons: readonly string[];
      words: string | null;
    };

export type Screen =
  | 'home'
  | 'scan'
  | 'number'
  | 'factor'
  | 'choose'
  | 'services'
  | 'slots'
  | 'confirm'
  | 'printing'
  | 'done'
  | 'refused'
  | 'help'
  | 'feedback'
  | 'out-of-order';
