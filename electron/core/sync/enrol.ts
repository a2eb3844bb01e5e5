import { randomBytes } from 'node:crypto';
import type { Operation } from '../../../shared/contracts/centre/schemas.ts';
import { CallFailure } from '../../../shared/contracts/result.ts';
import { audit } from '../audit/audit.ts';
import type { Clock, Log, Secrets } from '../ports.ts';
import { forgetDevice, readDevice, writeDevice, type Device } from '../store/registry.ts';
import type { WriteDb } from '../store/sql.ts';
import type { Store } from '../store/store.ts';
import { CentreError, enrolDevice } from './client.ts';
import { clearOutbox, enqueue, untold } from './outbox.ts';
import { readStopped } from './stopped.ts';

/** Plain HTTP is for a centre on this very machine only (tests, the demo). */
export const isAllowedUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const loopback =
    url.hostname === 'localhost' || url.hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopback);
};

/** What a device that was stopped had not told yet is told by the one that it is now: with the same ids, in a new chain. */
const carryOver = (db: WriteDb): number => {
  const left = untold(db);
  clearOutbox(db);
  for (const { seq: _, ...op } of left as (Operation & { seq: number })[]) enqueue(db, op);
  return left.length;
};

/**
 * Makes this device one of an office: once, and again after it was stopped (revoked, or its disk was copied). It is
 * another device then, with another key, another slot and a sequence of its own.
 * @throws CallFailure conflict (enrolled already) | invalid-input (URL) | centre-unreachable | centre-refused
 */
export const enrol = async (
  ports: { store: Store; clock: Clock; log: Log; fetch: typeof fetch; secrets: Secrets },
  about: { url: string; code: string; app: string; hardware: string },
): Promise<Device> => {
  const { store, clock, log } = ports;
  if (!isAllowedUrl(about.url)) {
    throw new CallFailure(
      'invalid-input',
      `the centre's address must begin with https:// (http:// only on this machine): ${about.url}`,
    );
  }
  const { known, stopped } = store.read((db) => ({ known: readDevice(db), stopped: readStopped(db) }));
  if (known && !stopped) {
    throw new CallFailure('conflict', `this device is enrolled already (office ${known.officeId})`);
  }
  try {
    const answer = await enrolDevice(ports, ports.secrets, { ...about, nonce: randomBytes(16).toString('base64url') });
    const device: Device = {
      deviceId: answer.device_id,
      officeId: answer.office_id,
      slotNo: answer.slot_no,
      roles: answer.roles,
      centreUrl: about.url,
    };
    const carried = store.write((db) => {
      forgetDevice(db);
      writeDevice(db, device, answer.epoch, clock.now());
      const count = carryOver(db);
      audit(db, {
        at: clock.now(),
        actor: 'service',
        action: 'device.enrolled',
        entityId: device.deviceId,
        detail: { office: device.officeId, carried: count, again: known !== null },
      });
      return count;
    });
    log.info('device.enrolled', { device: device.deviceId, office: device.officeId, carried });
    return device;
  } catch (error) {
    if (!(error instanceof CentreError)) throw error;
    if (error.kind === 'unreachable') throw new CallFailure('centre-unreachable', error.message);
    throw new CallFailure('centre-refused', error.message, { problem: error.problem });
  }
};
