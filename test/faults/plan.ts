/**
 * What goes wrong on the way between a device and the centre: one pure decision for each request, from chance that is
 * handed in. The proxy (proxy.ts) does it with real sockets, the virtual world (test/chaos) with function calls.
 */

export const FAULTS = [
  'none',
  /** The request never arrives. */
  'lost-request',
  /** It is done, and nobody hears of it. */
  'lost-answer',
  /** The line breaks at once. */
  'reset',
  /** The line breaks in the middle of the answer. */
  'truncated',
  /** It arrives twice. */
  'duplicated',
  'delayed',
  /** The answer dribbles in. */
  'slow',
  /** HTTP 500, 503 with Retry-After, 429: of the centre's own kind. */
  'error',
  'unavailable',
  'too-many',
  /** A gateway's page with 502. */
  'gateway',
  /** A good answer that says it is HTML. */
  'wrong-type',
  /** The network's login page, with 200; and as a redirect to it. */
  'portal',
  'redirect',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface Decision {
  fault: Fault;
  /** Before the request goes on, ms. */
  delayMs: number;
  /** For `unavailable` and `too-many`, s. */
  retryAfterS: number;
  /** For `truncated`: the share of the answer that comes through. */
  share: number;
}

export interface FaultRates {
  /** Share of requests that something happens to. */
  rate: number;
  /** Of these; those that are not named are equally likely. */
  weights: Partial<Record<Fault, number>>;
  /** The longest delay, ms. */
  delayMs: number;
}
export const CALM: FaultRates = { rate: 0, weights: {}, delayMs: 0 };

const KINDS = FAULTS.filter((fault) => fault !== 'none');

/** @param random from 0 to below 1; it is asked four times, whatever is decided, so that one decision does not move the next */
export const decideFault = (rates: FaultRates, random: () => number): Decision => {
  const [happens, which, size, share] = [random(), random(), random(), random()];
  const decision: Decision = {
    fault: 'none',
    delayMs: 0,
    retryAfterS: 1 + Math.floor(size * 10),
    share,
  };
  if (happens >= rates.rate) return decision;
  const weighted = KINDS.map((fault) => [fault, rates.weights[fault] ?? 1] as const);
  let left = which * weighted.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [fault, weight] of weighted) {
    left -= weight;
    if (left < 0) {
      decision.fault = fault;
      break;
    }
  }
  if (decision.fault === 'delayed' || decision.fault === 'slow') decision.delayMs = Math.ceil(size * rates.delayMs);
  return decision;
};
