/** What the bytes 0x80..0xFF mean in one code page: a string of exactly 128 characters. */
export type HighHalf = string;

/** IBM 437, which no TextDecoder knows: the page every ESC/POS printer starts with. */
const CP437: HighHalf =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';

function fromDecoder(label: string): HighHalf {
  const bytes = Uint8Array.from({ length: 128 }, (_, index) => 0x80 + index);
  return new TextDecoder(label).decode(bytes);
}

/**
 * Pages by the number of `ESC t n` as Epson numbers them (0, 16, 17, 46). Another maker's table is another map: page 17
 * of a Rongta is Greek, and a job that assumes Epson's numbers must come out as mojibake here as it does there.
 */
export const EPSON_CODE_PAGES: ReadonlyMap<number, HighHalf> = new Map([
  [0, CP437],
  [16, fromDecoder('windows-1252')],
  [17, fromDecoder('ibm866')],
  [45, fromDecoder('windows-1250')],
  [46, fromDecoder('windows-1251')],
  [47, fromDecoder('windows-1253')],
]);

/** One byte of text as the character it prints as under `page`. */
export function decodeByte(page: HighHalf, byte: number): string {
  return byte < 0x80 ? String.fromCodePoint(byte) : page.charAt(byte - 0x80);
}
