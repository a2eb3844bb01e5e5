import { CompactEncrypt, importJWK } from 'jose';
import type { SealingKey } from '../../../shared/contracts/centre/schemas.ts';

/**
 * Personal data for the centre alone: a compact JWE (RFC 7516, ECDH-ES with P-256 and A256GCM) to its sealing key. What is
 * sealed here cannot be read on this device again, so a phone number stands in no table, log or backup of a kiosk.
 */
export const seal = async (key: SealingKey, data: { phone?: string; words?: string }): Promise<string> => {
  const { kid, ...jwk } = key;
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(data)))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid })
    .encrypt(await importJWK(jwk, 'ECDH-ES'));
};
