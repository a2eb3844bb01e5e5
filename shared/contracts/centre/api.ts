import { z } from 'zod';
import * as s from './schemas.ts';

/** One row per call of RegSync/1: the reference centre's routes, the device's client and the OpenAPI file come from it. */
export interface CentreCall<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  method: 'GET' | 'POST';
  /** Under API_PREFIX. */
  path: string;
  /** Needs an access token. */
  auth: boolean;
  /** Body of a POST, query of a GET. */
  input: I;
  /** Of the whole answer, or of each line (`ndjson`) or event (`events`: text/event-stream) of it. */
  output: O;
  form: 'json' | 'ndjson' | 'events';
  summary: string;
}
const call = <I extends z.ZodType, O extends z.ZodType>(
  method: 'GET' | 'POST',
  path: string,
  auth: boolean,
  summary: string,
  input: I,
  output: O,
  form: CentreCall['form'] = 'json',
): CentreCall<I, O> => ({ method, path, auth, summary, input, output, form });

const nothing = z.strictObject({});

export const centreApi = {
  enrol: call(
    'POST',
    '/enrolments',
    false,
    'Exchange a one-time code for a device',
    s.enrolmentRequest,
    s.enrolmentAnswer,
  ),
  challenge: call(
    'POST',
    '/challenge',
    false,
    'Ask for a nonce to sign in with',
    s.challengeRequest,
    s.challengeAnswer,
  ),
  token: call('POST', '/token', false, 'Sign in with a signed assertion over the nonce', s.tokenRequest, s.tokenAnswer),
  time: call('GET', '/time', false, "The centre's clock", nothing, s.timeAnswer),
  keys: call('GET', '/keys', true, 'Public keys that sign confirmations', nothing, s.keysAnswer),
  changes: call('GET', '/sync/changes', true, 'What changed since the cursor', s.changesQuery, s.changesAnswer),
  snapshot: call(
    'GET',
    '/sync/snapshot',
    true,
    'Everything that the device holds, as it is now',
    s.snapshotQuery,
    s.snapshotLine,
    'ndjson',
  ),
  events: call('GET', '/sync/events', true, 'Told when there is something to ask for', nothing, s.syncEvent, 'events'),
  hello: call('POST', '/hello', true, 'Tell where the device stands', s.helloRequest, s.helloAnswer),
  ops: call('POST', '/sync/ops', true, 'Push operations of this device', s.opsRequest, s.opsAnswer),
  leases: call('POST', '/leases', true, 'Lease ticket numbers', s.leaseRequest, s.leaseAnswer),
  health: call('POST', '/devices/self/health', true, "The device's state of health", s.healthReport, nothing),
} as const;
export type CentreApi = typeof centreApi;
