/** The live queue of an office as a device knows it: who waits, who is served where, and how long things take. */

export const PRIORITIES = ['none', 'first', 'out-of-turn'] as const;
/** `first`: before the others; `out-of-turn`: at once when a window is free. */
export type Priority = (typeof PRIORITIES)[number];

export const VISIT_STATES = ['waiting', 'called', 'serving', 'done', 'left'] as const;
export type VisitState = (typeof VISIT_STATES)[number];

export const STAGE_STATES = ['waiting', 'called', 'serving', 'done', 'skipped'] as const;
export type StageState = (typeof STAGE_STATES)[number];

export const WINDOW_STATES = ['open', 'break', 'closed'] as const;
export type WindowState = (typeof WINDOW_STATES)[number];

/** Somebody who waits, is called, or is being served, for one service (of several: the present one). Times are epoch ms. */
export interface QueueEntry {
  visitId: string;
  serviceId: number;
  state: 'waiting' | 'called' | 'serving';
  /** What counts today: a claim that the desk has not confirmed does not, unless the office says so. */
  priority: Priority;
  /** Booked time, when he came in time for it; else when he arrived. */
  orderAt: number;
  arrivedAt: number;
  windowId: number | null;
  /** Since when he is served. */
  servingAt: number | null;
}

/** A window or room where people are served. */
export interface QueueWindow {
  id: number;
  state: WindowState;
  /** In no order; it serves whoever of these is first. */
  serviceIds: readonly number[];
  /** When it opens again or closes, where that is known; epoch ms. */
  until: number | null;
}

/** How long serving takes, in minutes. */
export interface ServiceTimes {
  serviceId: number;
  /** As the centre says it: what holds on an ordinary day. */
  meanMinutes: number;
  spreadMinutes: number;
  /** Measured today in this office: how many, their mean and standard deviation. */
  measured: { n: number; meanMinutes: number; spreadMinutes: number } | null;
}

/** A booking of today that has not come yet. Whoever it is stands before walk-ins who came after the booked time. */
export interface ExpectedBooking {
  serviceId: number;
  startsAt: number;
}

export interface QueueSnapshot {
  /** Epoch ms of the last news of the centre's queue; null when there was none. */
  freshAt: number | null;
  entries: readonly QueueEntry[];
  windows: readonly QueueWindow[];
  times: readonly ServiceTimes[];
  expected: readonly ExpectedBooking[];
}

/** The visitor whose wait is asked for. */
export interface Newcomer {
  /** In order; the wait is that for the first. */
  serviceIds: readonly number[];
  priority: Priority;
  orderAt: number;
  /** He is in the snapshot already: left out of those ahead of him. */
  visitId: string | null;
}

export type Estimate =
  | { known: true; ahead: number; fromMinutes: number; toMinutes: number }
  /** `stale`: no news from the centre; `no-window`: nobody serves this now. `ahead` as far as it is known. */
  | { known: false; why: 'stale' | 'no-window' | 'no-data'; ahead: number | null };

/** The order of service (DESIGN 8): priority, then booked time or arrival, then arrival. Negative: `a` before `b`. */
export const byTurn = (
  a: Pick<QueueEntry, 'priority' | 'orderAt' | 'arrivedAt'>,
  b: Pick<QueueEntry, 'priority' | 'orderAt' | 'arrivedAt'>,
): number =>
  PRIORITIES.indexOf(b.priority) - PRIORITIES.indexOf(a.priority) || a.orderAt - b.orderAt || a.arrivedAt - b.arrivedAt;
