import { PROBLEMS, type Problem, type ProblemType } from '../../shared/contracts/centre/schemas.ts';

const TITLES: Record<ProblemType, string> = {
  'invalid-request': 'The request does not fit the contract',
  'code-invalid': 'This enrolment code cannot be used',
  unauthorized: 'Sign in first',
  'device-revoked': 'This device has been revoked',
  'not-found': 'There is no such resource',
  'epoch-changed': 'The centre was restored: start from a new epoch',
  'seq-gap': 'Operations are missing before these',
  'chain-fork': 'The chain of operations is not the one that is known here',
  'cursor-expired': 'This cursor is not of this history: start without one',
  'too-large': 'The request is too large',
  'unsupported-encoding': 'The encoding of the body is not understood',
  'schema-unsupported': 'This version of the protocol is no longer spoken',
  'rate-limited': 'Too many attempts',
  internal: 'The centre failed',
  maintenance: 'The centre is not available now',
};

/** An answer that says no, in the form of RFC 9457. */
export class ProblemError extends Error {
  readonly type: ProblemType;
  readonly status: number;
  readonly detail: string | undefined;
  /** Seconds, for the Retry-After header. */
  readonly retryAfter: number | undefined;
  /** With `seq-gap`. */
  readonly expectedSeq: number | undefined;
  constructor(type: ProblemType, detail?: string, more: { retryAfter?: number; expectedSeq?: number } = {}) {
    super(detail ?? TITLES[type]);
    this.name = 'ProblemError';
    this.type = type;
    this.status = PROBLEMS[type];
    this.detail = detail;
    this.retryAfter = more.retryAfter;
    this.expectedSeq = more.expectedSeq;
  }
}

/** @param instance names this one occurrence, so that a report of it can be found in the log */
export const problemBody = (error: ProblemError, instance: string): Problem => ({
  type: `/problems/${error.type}`,
  title: TITLES[error.type],
  status: error.status,
  ...(error.detail === undefined ? {} : { detail: error.detail }),
  instance,
  ...(error.expectedSeq === undefined ? {} : { expected_seq: error.expectedSeq }),
});
