import type { Dialect } from '../dialect.ts';
import { custom } from './custom.ts';
import { epson } from './epson.ts';
import { generic } from './generic.ts';
import { star } from './star.ts';

export const DIALECTS: Readonly<Record<Dialect['id'], Dialect>> = { epson, generic, star, custom };
