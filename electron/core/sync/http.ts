/** What went wrong on the way to the centre, in words. Knows no HTTP library: everything that talks to the centre uses it. */

/** An error whose message is already the sentence for people: what is wrong, and what to do. */
export class TransportError extends Error {
  override name = 'TransportError';
  /** `tls-untrusted`, `proxy-refused`, `timeout` ...; stable, for tests and searches in logs. */
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A URL in which nobody can read a name or a password; any text, with the URLs in it. */
export const hideSecrets = (text: string): string => text.replace(/\/\/[^/?#\s]*@/g, '//***@');

/** `name:port` of a failed connection, as far as the error tells. */
const whereOf = (error: object): string => {
  const of = (key: string): string | null => {
    const value: unknown = key in error ? (error as Record<string, unknown>)[key] : null;
    return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
  };
  const host = of('hostname') ?? of('address');
  const port = of('port');
  if (host === null) return 'the address';
  return port === null ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`;
};

const SENTENCES: readonly [code: RegExp, say: (where: string) => string][] = [
  [/^(ENOTFOUND|EAI_)/, (where) => `the name ${where} is not known: check the address, and the DNS of this network`],
  [/^ECONNREFUSED$/, (where) => `nothing accepts connections at ${where}: check the address, the server and firewalls`],
  [
    /^(EHOSTUNREACH|ENETUNREACH|ENETDOWN|EHOSTDOWN|EADDRNOTAVAIL)$/,
    (where) => `there is no way to ${where}: check the cable or the network of this device`,
  ],
  [/^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/, (where) => `${where} does not answer: check the network and firewalls`],
  [/^UND_ERR_(HEADERS|BODY)_TIMEOUT$/, () => 'the server took the request and then said nothing for too long'],
  [
    /^(ECONNRESET|EPIPE|ECONNABORTED|UND_ERR_SOCKET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH)$/,
    () => 'the connection was cut off',
  ],
  [/^Z_/, () => 'the answer is damaged: it cannot be unpacked (a proxy on the way?)'],
  [/^(HPE_|HTTPParserError$|UND_ERR_(HEADERS_)?OVERFLOW)/, () => 'what answers there does not speak HTTP'],
  [
    /^(ERR_SSL_|EPROTO)/,
    () => 'no TLS connection could be agreed on: the other end speaks none, or only versions before 1.2',
  ],
  [/^(UND_ERR_DESTROYED|UND_ERR_CLOSED)$/, () => 'the program is stopping'],
];

const sentenceOf = (error: Error): string | null => {
  if (error instanceof TransportError) return error.message;
  if (/^unexpected redirect$/i.test(error.message)) {
    return 'the answer leads to another address, which is not followed (a login page of the network?)';
  }
  // The parser's error has its code only sometimes.
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return SENTENCES.find(([pattern]) => pattern.test(code))?.[1](whereOf(error)) ?? null;
};

/** The error, why it happened, why that happened ...; of several at once the first. */
const chainOf = (error: unknown): Error[] => {
  const chain: Error[] = [];
  let at: unknown = error;
  while (at instanceof Error && chain.length < 8 && !chain.includes(at)) {
    chain.push(at);
    at = at.cause ?? (at instanceof AggregateError ? at.errors[0] : undefined);
  }
  return chain;
};

/**
 * Why there was no answer, in one plain English sentence for logs and administrators; what to do about it where that is
 * known. Never holds names or passwords out of a URL.
 */
export const describeNetworkError = (error: unknown): string => {
  const chain = chainOf(error);
  const known = chain.map(sentenceOf).find((sentence) => sentence !== null);
  if (known !== undefined) return hideSecrets(known);
  // `fetch failed` and `terminated` only say that there is a cause.
  const told = chain.map(({ message }) => message).filter((m) => !/^(fetch failed|terminated|)$/.test(m));
  const words = [...new Set(told)].join(': ');
  return hideSecrets(words === '' ? `no answer (${chain[0]?.message ?? String(error)})` : words);
};
