/** How every call of the contract ends, on each side of each process boundary. Errors are data with a code, never a class. */

/** What may go wrong with a call itself (a refused visitor is not an error: it is a value of `checkin.scan`). */
export const ERROR_CODES = [
  'invalid-input', // the schema did not accept the parameters
  'invalid-output', // the core's own answer did not fit its schema: a defect
  'unknown-method',
  'forbidden', // the sender, its frame or its role may not call this
  'core-restarting', // the core died and the call is not one that may be repeated
  'core-failed', // the core could not be brought back
  'timeout',
  'not-enrolled', // the device has no office yet
  'store-corrupt',
  'store-full',
  'store-readonly',
  'store-busy',
  'store-newer', // the database was written by a newer version
  'centre-unreachable',
  'centre-refused',
  'not-found',
  'conflict',
  'internal',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** `message` is for logs and for staff, in English; it never carries personal data. */
export interface CallError {
  code: ErrorCode;
  message: string;
  /** What was wrong, as data (for `invalid-input`: the paths of the fields). */
  details?: unknown;
}

export type Result<T> = { ok: true; value: T } | { ok: false; error: CallError };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });

export const fail = (code: ErrorCode, message: string, details?: unknown): { ok: false; error: CallError } => ({
  ok: false,
  error: details === undefined ? { code, message } : { code, message, details },
});

/** Thrown inside a process where a `Result` would only be unpacked again; becomes a `Result` at the boundary. */
export class CallFailure extends Error {
  readonly error: CallError;
  constructor(code: ErrorCode, message: string, details?: unknown) {
    super(message);
    this.name = 'CallFailure';
    this.error = fail(code, message, details).error;
  }
}
