/** What an installer types or scans to make a device one of an office. Pure; the core and the centre check it again. */

/** Code of a device that is to be enrolled: 8 symbols of Crockford's base32. */
export const ENROLMENT_SYMBOLS = 8;
const MAX_TEXT = 500;

/** As it is typed: case, spaces, dashes and letters that look like digits do not matter. @returns null when it is none */
export const parseEnrolmentCode = (typed: string): string | null => {
  const code = typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  return /^[0-9A-HJKMNP-TV-Z]{8}$/.test(code) ? code : null;
};

/** `7K4M-92QX` */
export const formatEnrolmentCode = (code: string): string =>
  code.length > 4 ? `${code.slice(0, 4)}-${code.slice(4)}` : code;

/**
 * The administrator's QR code: `{"v":1,"url":"https://…","code":"XXXX-XXXX"}`.
 * @returns null for every other text
 */
export const parseEnrolmentQr = (text: string): { url: string; code: string } | null => {
  if (text.length > MAX_TEXT) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { v, url, code, ...rest } = value as Record<string, unknown>;
  if (v !== 1 || typeof url !== 'string' || typeof code !== 'string' || Object.keys(rest).length > 0) return null;
  const parsed = parseEnrolmentCode(code);
  if (parsed === null || !/^https?:\/\/[^\s"<>\\]{1,200}$/.test(url)) return null;
  return { url, code: parsed };
};
