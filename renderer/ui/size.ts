const MM_PER_INCH = 25.4;

/**
 * @param inches diagonal of the screen
 * @param screen its size in CSS pixels
 * @returns CSS pixels a millimetre; null for a screen that is none
 */
export const pixelsPerMm = (inches: number, screen: { width: number; height: number }): number | null => {
  const diagonal = Math.hypot(screen.width, screen.height);
  return inches > 0 && diagonal > 0 ? diagonal / (inches * MM_PER_INCH) : null;
};
