/**
 * A code that is part of the program. A decoder that fails to load looks like "no code in view" for ever; one that reads
 * this works.
 */
export const SELF_TEST_TEXT = 'TALON SELF-TEST';

const MODULES = [
  '#######...##..#######',
  '#.....#..#.#..#.....#',
  '#.###.#.#.###.#.###.#',
  '#.###.#.#..##.#.###.#',
  '#.###.#.#.#.#.#.###.#',
  '#.....#.#.##..#.....#',
  '#######.#.#.#.#######',
  '........#............',
  '#.#####....#..#####..',
  '##.....#.#.##.#######',
  '.##...####..#.#.##...',
  '..#.#...#.####.#....#',
  '.###.##.#.#.#..#.##..',
  '........#.#.#.##..##.',
  '#######..###..#.##.##',
  '#.....#.#.#..#..#.###',
  '#.###.#.##.#...#..##.',
  '#.###.#.###.#.#......',
  '#.###.#.###.##..##...',
  '#.....#...#.###.##..#',
  '#######.##..##.......',
];
const SCALE = 4;
const QUIET = 4;

/** @returns the picture, RGBA */
export const selfTestImage = (): { data: Uint8ClampedArray<ArrayBuffer>; width: number; height: number } => {
  const side = (MODULES.length + 2 * QUIET) * SCALE;
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const row = MODULES[Math.floor(y / SCALE) - QUIET];
      if (row?.[Math.floor(x / SCALE) - QUIET] === '#') data.fill(0, (y * side + x) * 4, (y * side + x) * 4 + 3);
    }
  }
  return { data, width: side, height: side };
};
