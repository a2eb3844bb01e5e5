import { decodeBase32, encodeBase32 } from '../token/base32.ts';

const PREFIX = 'EV1';

/** The text of the QR on a ticket: `EV1` and the visit's id in base32, 29 characters. It says nothing about the person. */
export const visitCode = (visitId: string): string => {
  const hex = visitId.replaceAll('-', '');
  const bytes = Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16));
  return PREFIX + encodeBase32(bytes);
};

/** @returns the visit's id as a UUID, or null when the text is not such a code. Never throws. */
export const parseVisitCode = (text: string): string | null => {
  if (text.length !== 29 || text.slice(0, 3).toUpperCase() !== PREFIX) return null;
  const bytes = decodeBase32(text.slice(3));
  if (!bytes || bytes.length !== 16) return null;
  const hex = [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};
