import { codePage, EPSON_PAGES } from './code-pages.ts';

/** Joins numbers, texts (ASCII) and buffers into the bytes of a job. */
export function bytes(...parts: readonly (number | string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.map((part) =>
      typeof part === 'number' ? Uint8Array.of(part) : typeof part === 'string' ? Buffer.from(part) : part,
    ),
  );
}

/**
 * Text in one of the printer's code pages, by the number of `ESC t n`.
 * @throws {RangeError} for a letter that the page does not have.
 */
export function inPage(page: number, text: string): Buffer {
  const name = EPSON_PAGES.get(page);
  if (name === undefined) throw new RangeError(`code page ${page}: the printer has no such page`);
  return encoded(name, text);
}

/** Text in a code page, by its name. @throws {RangeError} for a letter that the page does not have. */
export function encoded(name: string, text: string): Buffer {
  const high = codePage(name);
  return Buffer.from(
    Array.from(text, (char) => {
      const code = char.codePointAt(0) ?? 0;
      if (code < 0x80) return code;
      const index = high.indexOf(char);
      if (index < 0) throw new RangeError(`'${char}' is not in code page ${name}`);
      return 0x80 + index;
    }),
  );
}

export const INIT = bytes(0x1b, '@');
/** Feed to the cutter and cut. */
export const CUT = bytes(0x1d, 'V', 66, 0);

/** `GS v 0` of a picture `rowBytes * 8` dots wide, every byte of it `fill`, or the given data. */
export function raster(rowBytes: number, rows: number, fill: number | Uint8Array = 0xff): Buffer {
  const data = typeof fill === 'number' ? Buffer.alloc(rowBytes * rows, fill) : fill;
  const size = [rowBytes & 255, rowBytes >> 8, rows & 255, rows >> 8];
  return bytes(0x1d, 'v0', 0, ...size, data);
}

/** `GS ( H` fn 48: asks to be told `id` (4 characters) when everything before it is printed. */
export function confirmRequest(id: string): Buffer {
  return bytes(0x1d, '(H', 6, 0, '00', id);
}

/** `GS ( k`: a QR code of `text`, `module` dots a module, level M. */
export function qrCode(text: string, module = 6): Buffer {
  const data = Buffer.from(text);
  const length = data.length + 3;
  const k = (...body: readonly (number | string | Uint8Array)[]): Buffer => bytes(0x1d, '(k', ...body);
  return bytes(
    k(4, 0, '1A', 50, 0),
    k(3, 0, '1C', module),
    k(3, 0, '1E', 49),
    k(length & 255, length >> 8, '1P0', data),
    k(3, 0, '1Q0'),
  );
}

/** A whole ticket in text mode (code page 866), as an electronic registry prints it. */
export function textTicket(number: string, service: string): Buffer {
  return bytes(
    INIT,
    bytes(0x1c, '.', 0x1b, 't', 17, 0x1b, 'a', 1),
    inPage(17, 'Ваш номер\n'),
    bytes(0x1d, '!', 0x77),
    inPage(17, `${number}\n`),
    bytes(0x1d, '!', 0),
    inPage(17, `${service}\n`),
    qrCode(`https://example.org/t/${number.length}`),
    CUT,
  );
}
