import type { z } from 'zod';
import type { centreApi } from '../../shared/contracts/centre/api.ts';
import { GENESIS_HASH } from '../../shared/contracts/centre/schemas.ts';
import type { Context } from './context.ts';
import type { Device } from './devices.ts';
import { isKnownCursor } from './feed.ts';
import { takeNumbers } from './leases.ts';
import { chainHashAt, chainOf, forked } from './ops.ts';

type In = z.output<(typeof centreApi)['hello']['input']>;
type Out = z.input<(typeof centreApi)['hello']['output']>;

/** What is wrong with where the device says its chain ends; null when it may be so. */
const contradiction = (context: Context, device: Device, { last_seq, last_hash }: In): string | null => {
  // That it has fewer operations than are known here may only mean that this hello was long under way. The device itself
  // finds out by `expected_seq`; and one that lost operations betrays itself with the next.
  if (last_seq === 0) return last_hash === GENESIS_HASH ? null : 'it has no operations, and a hash of them';
  return (chainHashAt(context, device, last_seq) ?? last_hash) === last_hash
    ? null
    : `operation ${last_seq} is another one than the one that is known`;
};

/**
 * A device tells where it stands, and is told what to do about it.
 * @throws ProblemError `chain-fork`, and the device is blocked
 */
export const hello = (context: Context, device: Device, input: In): Out => {
  const why = contradiction(context, device, input);
  if (why !== null) throw forked(context, device, why);
  return context.write(() => {
    takeNumbers(context, device, input);
    const { acked, durable } = chainOf(context, device);
    const resync = ((): Out['resync'] => {
      // First of all: what only the device has. Its cursor ends by itself when it is used.
      if (acked < input.acked_seq) return 'rewind';
      return isKnownCursor(context, input.cursor) ? 'none' : 'snapshot';
    })();
    return { epoch: context.epoch, expected_seq: acked + 1, durable_seq: durable, resync };
  });
};
