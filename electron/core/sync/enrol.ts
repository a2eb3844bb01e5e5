import { randomBytes } from 'node:crypto';
import { CallFailure } from '../../../shared/contracts/result.ts';
import type { Clock, Log, Secrets } from '../ports.ts';
import { readDevice, writeDevice, type Device } from '../store/registry.ts';
import type { Store } from '../store/store.ts';
import { CentreError, enrolDevice } from './client.ts';

/** Plain HTTP is for a centre on this very machine only (tests, the demo). */
export const isAllowedUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const loopback =
    url.hostname === 'localhost' || url.hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopback);
};

/**
 * Makes this device one of an office, once.
 * @throws CallFailure conflict (enrolled already) | invalid-input (URL) | centre-unreachable | centre-refused
 */
export const enrol = async (
  ports: { store: Store; clock: Clock; log: Log; fetch: typeof fetch; secrets: Secrets },
  about: { url: string; code: string; app: string; hardware: string },
): Promise<Device> => {
  if (!isAllowedUrl(about.url)) {
    throw new CallFailure(
      'invalid-input',
      `the centre's address must begin with https:// (http:// only on this machine): ${about.url}`,
    );
  }
  const known = ports.store.read(readDevice);
  if (known) throw new CallFailure('conflict', `this device is enrolled already (office ${known.officeId})`);
  try {
    const answer = await enrolDevice(ports.fetch, ports.secrets, {
      ...about,
      nonce: randomBytes(16).toString('base64url'),
    });
    const device: Device = {
      deviceId: answer.device_id,
      officeId: answer.office_id,
      slotNo: answer.slot_no,
      roles: answer.roles,
      centreUrl: about.url,
    };
    ports.store.write((db) => writeDevice(db, device, answer.epoch, ports.clock.now()));
    ports.log.info('device.enrolled', { device: device.deviceId, office: device.officeId });
    return device;
  } catch (error) {
    if (!(error instanceof CentreError)) throw error;
    if (error.kind === 'unreachable') throw new CallFailure('centre-unreachable', error.message);
    throw new CallFailure('centre-refused', error.message, { problem: error.problem });
  }
};
