/** `npm test`: installs what is missing, then runs every check (see test.ts for its options). */
import { main } from './install.mjs';

main('test/tools/test.ts');
