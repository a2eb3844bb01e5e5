import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Makes a process the same each time: chance and time come from the run's seed, and whoever waits for work that is done
 * on other threads (signatures) can tell when there is none left.
 */

let inFlight = 0;
/** Work that is under way outside of this thread. */
export const begun = <T>(work: Promise<T>): Promise<T> => {
  inFlight += 1;
  return work.finally(() => {
    inFlight -= 1;
  });
};

const turn = async (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** Lets everything go on that can, until all of it waits for time to pass. */
export const settle = async (): Promise<void> => {
  for (let idle = 0; idle < 3;) {
    await turn();
    idle = inFlight === 0 ? idle + 1 : 0;
  }
};

const SUBTLE = [
  'sign',
  'verify',
  'importKey',
  'exportKey',
  'generateKey',
  'deriveBits',
  'deriveKey',
  'encrypt',
  'decrypt',
  'digest',
] as const;

/** Once in a process. @param random from 0 to below 1 @param now epoch ms */
export const takeOver = (random: () => number, now: () => number): void => {
  const subtle = crypto.webcrypto.subtle as unknown as Record<string, (...of: unknown[]) => Promise<unknown>>;
  for (const name of SUBTLE) {
    const real = subtle[name]?.bind(subtle);
    if (!real) continue;
    Object.defineProperty(subtle, name, { configurable: true, value: async (...of: unknown[]) => begun(real(...of)) });
  }
  const fill = (bytes: Uint8Array): void => {
    for (let n = 0; n < bytes.length; n += 1) bytes[n] = Math.floor(random() * 256);
  };
  const patched = crypto as unknown as Record<string, unknown>;
  patched['randomBytes'] = (size: number): Buffer => {
    const bytes = Buffer.alloc(size);
    fill(bytes);
    return bytes;
  };
  patched['randomFillSync'] = (bytes: Uint8Array): Uint8Array => {
    fill(bytes);
    return bytes;
  };
  patched['randomUUID'] = (): string => {
    const bytes = new Uint8Array(16);
    fill(bytes);
    const hex = Buffer.from(bytes).toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  };
  syncBuiltinESMExports();
  Object.defineProperty(crypto.webcrypto, 'getRandomValues', {
    configurable: true,
    value: (bytes: Uint8Array) => {
      fill(bytes);
      return bytes;
    },
  });
  Math.random = random;
  Date.now = now;
};
