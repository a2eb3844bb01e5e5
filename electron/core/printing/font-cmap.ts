/** Which characters a font has letters for: its `cmap` table (OpenType 1.9), formats 4 and 12. */

const tableAt = (font: Buffer, name: string): number | null => {
  const tables = font.readUInt16BE(4);
  for (let i = 0; i < tables; i += 1) {
    const at = 12 + i * 16;
    if (font.toString('latin1', at, at + 4) === name) return font.readUInt32BE(at + 8);
  }
  return null;
};

/** Format 4: segments of the basic plane. Glyph 0 inside a segment is a hole. */
const segments = (font: Buffer, at: number, into: Set<number>): void => {
  const count = font.readUInt16BE(at + 6) / 2;
  const [ends, starts] = [at + 14, at + 16 + 2 * count];
  const [deltas, ranges] = [starts + 2 * count, starts + 4 * count];
  for (let i = 0; i < count; i += 1) {
    const [end, start] = [font.readUInt16BE(ends + 2 * i), font.readUInt16BE(starts + 2 * i)];
    const [delta, range] = [font.readUInt16BE(deltas + 2 * i), font.readUInt16BE(ranges + 2 * i)];
    for (let code = start; code <= end && code !== 0xff_ff; code += 1) {
      const glyph = range === 0 ? code : font.readUInt16BE(ranges + 2 * i + range + 2 * (code - start));
      if (range === 0 ? ((glyph + delta) & 0xff_ff) !== 0 : glyph !== 0) into.add(code);
    }
  }
};

/** Format 12: groups of all planes. */
const groups = (font: Buffer, at: number, into: Set<number>): void => {
  const count = font.readUInt32BE(at + 12);
  for (let i = 0; i < count; i += 1) {
    const group = at + 16 + 12 * i;
    const [first, last, glyph] = [0, 4, 8].map((o) => font.readUInt32BE(group + o)) as [number, number, number];
    for (let code = first; code <= last; code += 1) if (glyph + code - first !== 0) into.add(code);
  }
};

/**
 * @param font the bytes of a TTF or OTF file.
 * @returns the code points it has a glyph for.
 * @throws Error when it is not a font with such a table.
 */
export const charactersOf = (font: Buffer): ReadonlySet<number> => {
  const cmap = tableAt(font, 'cmap');
  if (cmap === null) throw new Error('a font without a cmap table');
  const found = new Set<number>();
  const seen = new Set<number>();
  const encodings = font.readUInt16BE(cmap + 2);
  for (let i = 0; i < encodings; i += 1) {
    const at = cmap + font.readUInt32BE(cmap + 4 + i * 8 + 4);
    if (seen.has(at)) continue;
    seen.add(at);
    const format = font.readUInt16BE(at);
    if (format === 4) segments(font, at, found);
    else if (format === 12) groups(font, at, found);
  }
  return found;
};
