import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import tls, { type PeerCertificate, type SecureContext, type TLSSocket } from 'node:tls';
import { TransportError } from './http.ts';

/** Whom this device believes to be the centre. */

/**
 * The authorities of this machine and of the program, as PEM. The system's are asked for by an API that came with Node 22:
 * without it, or where the system's store cannot be read, the program's own remain.
 */
export const machineRoots = (source: Pick<typeof tls, 'rootCertificates'> & Partial<typeof tls> = tls): string[] => {
  const all = new Set<string>(source.rootCertificates);
  for (const kind of ['system', 'extra'] as const) {
    try {
      for (const pem of source.getCACertificates?.(kind) ?? []) all.add(pem);
    } catch {
      // A store that cannot be read adds nothing; what is missing for it will be said by the connection.
    }
  }
  return [...all];
};

/** @returns the certificates in a file of an administrator @throws TransportError `ca-file` */
const readCaFile = (file: string): string[] => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TransportError('ca-file', `the file of authorities (centre.caFiles) cannot be read: ${why}`);
  }
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const pem of found) void new X509Certificate(pem);
  } catch {
    throw new TransportError('ca-file', `a certificate in ${file} (centre.caFiles) is damaged`);
  }
  if (found.length === 0)
    throw new TransportError('ca-file', `${file} (centre.caFiles) holds no certificate in PEM form`);
  return found;
};

/** SHA-256 of a certificate's public key (SubjectPublicKeyInfo), base64. */
const pinOf = (certificate: X509Certificate): string =>
  createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');

/**
 * The certificate and those that vouch for it, each link checked by its signature: what else a server sends along, or what
 * only bears the right name, is not in it.
 */
const vouchedChain = (peer: ReturnType<TLSSocket['getPeerCertificate']>): X509Certificate[] => {
  const chain: X509Certificate[] = [];
  for (
    let at = peer as tls.DetailedPeerCertificate | undefined;
    at?.raw && chain.length < 10;
    at = at.issuerCertificate
  ) {
    const next = new X509Certificate(at.raw);
    const last = chain.at(-1);
    if (last) {
      if (last.fingerprint256 === next.fingerprint256) break;
      if (!next.ca || !last.checkIssued(next) || !last.verify(next.publicKey)) break;
    }
    chain.push(next);
  }
  return chain;
};

const nameOf = (name: PeerCertificate['subject'] | undefined): string =>
  [name?.CN, name?.O].flat().filter(Boolean).join(', ') || 'no name';

const dateOf = (text: string | undefined): string => {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? 'an unknown date' : new Date(at).toISOString().slice(0, 10);
};

/** Why a certificate was not believed, with what it says of itself. */
const distrust = (code: string, host: string, peer: PeerCertificate | null, cause: Error): TransportError | null => {
  const who = peer?.subject
    ? `the certificate of ${host} («${nameOf(peer.subject)}», issued by «${nameOf(peer.issuer)}»)`
    : `the certificate of ${host}`;
  const fail = (kind: string, rest: string): TransportError => new TransportError(kind, `${who} ${rest}`, { cause });
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return fail(
        'tls-expired',
        `expired on ${dateOf(peer?.valid_to)}: it has to be renewed; check this device's date too`,
      );
    case 'CERT_NOT_YET_VALID':
      return fail('tls-not-yet-valid', `is valid from ${dateOf(peer?.valid_from)} only: check this device's date`);
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return fail(
        'tls-name',
        `is for ${peer?.subjectaltname ?? nameOf(peer?.subject)}, not for ${host}: check the address of the centre`,
      );
    case 'CERT_REVOKED':
      return fail('tls-revoked', 'was revoked by its issuer: it has to be replaced');
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_UNTRUSTED':
    case 'INVALID_CA':
    case 'CERT_SIGNATURE_FAILURE':
      return fail(
        'tls-untrusted',
        `is not trusted here: put the issuer's certificate into centre.caFiles, or find out who answers instead of the centre`,
      );
    default:
      return null;
  }
};

export interface Trust {
  /** For connections to the centre: authorities, TLS 1.2 at least. @throws TransportError `ca-file` */
  context: () => SecureContext;
  /** @returns why the chain, although trusted, is not one of the pinned ones; null when it is, or nothing is pinned */
  pinned: (socket: TLSSocket, host: string) => TransportError | null;
  /** The reason for people in place of the library's, where there is one. */
  explain: (error: Error, host: string, peer: PeerCertificate | null) => Error;
}

/**
 * @param about `caFiles` trusted beside `roots`; `pins` SHA-256 of public keys in base64, one of which must be in the
 *   chain: the centre's own, or that of an authority above it
 */
export const createTrust = (
  about: { caFiles: readonly string[]; pins: readonly string[] },
  roots: () => string[] = machineRoots,
): Trust => {
  let made: SecureContext | null = null;
  const { caFiles, pins } = about;
  return {
    // Made once: reading some hundred authorities takes a moment. A file that cannot be read is tried anew each time.
    context: () =>
      (made ??= tls.createSecureContext({
        ca: [...caFiles.flatMap(readCaFile), ...roots()],
        minVersion: 'TLSv1.2',
      })),
    pinned: (socket, host) => {
      if (pins.length === 0) return null;
      const peer = socket.getPeerCertificate(true);
      const seen = vouchedChain(peer).map(pinOf);
      if (seen.some((pin) => pins.includes(pin))) return null;
      return new TransportError(
        'tls-pin',
        `the key of ${host} («${nameOf(peer.subject)}», issued by «${nameOf(peer.issuer)}») is not a pinned one: ` +
          `expected ${pins.join(' or ')}, seen ${seen.join(' < ') || 'none'}: ` +
          `if the centre's key was changed, add the new one to centre.pins; otherwise somebody answers instead of it`,
      );
    },
    explain: (error, host, peer) => {
      const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
      return distrust(code, host, peer, error) ?? error;
    },
  };
};
