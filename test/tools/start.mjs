/** `npm start`: installs what is missing, then runs the demo (see demo.ts for its options). */
import { main } from './install.mjs';

main('test/tools/demo.ts');
