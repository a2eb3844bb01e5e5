import { answerChecks } from './checks-answers.ts';
import { chainChecks } from './checks-chain.ts';
import { deskChecks } from './checks-desk.ts';
import { feedChecks } from './checks-feed.ts';
import { forkChecks, heartbeatCheck, liveChecks } from './checks-live.ts';
import { numberChecks } from './checks-numbers.ts';
import { opsChecks } from './checks-ops.ts';
import { requestChecks } from './checks-requests.ts';
import { signInChecks } from './checks-sign-in.ts';
import { snapshotChecks } from './checks-snapshot.ts';
import type { Check } from './suite.ts';

/** All checks, in the order in which they run: the first may want a code that is not used, the last ends a device. */
export const CHECKS: readonly Check[] = [
  ...signInChecks,
  ...answerChecks,
  ...feedChecks,
  ...snapshotChecks,
  ...opsChecks,
  ...chainChecks,
  ...numberChecks,
  ...requestChecks,
  ...deskChecks,
  ...liveChecks,
  heartbeatCheck,
  ...forkChecks,
];
