/** Addresses as people type them: one behind the other, with or without a port, the last number as a range. */

export interface Address {
  host: string;
  port: number;
}

/** Where printers take raw bytes. */
const USUAL_PORT = 9100;
const RANGE = /^(\d{1,3}\.\d{1,3}\.\d{1,3}\.)(\d{1,3})-(\d{1,3})$/;
const NUMBERS = /^\d{1,3}(\.\d{1,3}){3}$/;
const NAME = /^[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?$/i;
const SIX = /^[0-9a-f:]+(%[a-z0-9._-]+)?$/i;

const isHost = (host: string): boolean =>
  NUMBERS.test(host)
    ? host.split('.').every((part) => Number(part) <= 255)
    : // Numbers and points that are no address are a slip, not a name.
      NAME.test(host) && !/^[\d.]+$/.test(host);

const portOf = (text: string | undefined): number | null => {
  if (text === undefined) return USUAL_PORT;
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535 ? port : null;
};

/** @returns the addresses one word stands for, null when it is none */
const addressesOf = (word: string): Address[] | null => {
  // An IPv6 address has colons of its own: with a port it stands in brackets.
  const six = /^\[([^\]]+)\](?::(\d+))?$/.exec(word);
  if (six || word.split(':').length > 2) {
    const host = six?.[1] ?? word;
    const port = portOf(six?.[2]);
    return SIX.test(host) && host.includes(':') && port !== null ? [{ host, port }] : null;
  }
  const [where = '', after, ...more] = word.split(':');
  const port = portOf(after);
  if (port === null || more.length > 0) return null;
  const range = RANGE.exec(where);
  if (!range) return isHost(where) ? [{ host: where, port }] : null;
  const [, net = '', first, last] = range;
  const [from, to] = [Number(first), Number(last)];
  if (from > to || !isHost(`${net}${to}`)) return null;
  return Array.from({ length: to - from + 1 }, (_, i) => ({ host: `${net}${from + i}`, port }));
};

/** @returns each address once; `wrong`: the first word that is none */
export const readAddresses = (text: string): { addresses: Address[]; wrong: string | null } => {
  const found = new Map<string, Address>();
  for (const word of text.split(/[\s,;]+/).filter((one) => one !== '')) {
    const addresses = addressesOf(word);
    if (!addresses) return { addresses: [], wrong: word.slice(0, 60) };
    for (const one of addresses) found.set(`${one.host} ${one.port}`, one);
  }
  return { addresses: [...found.values()], wrong: null };
};
