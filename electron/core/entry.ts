import { runCoreProcess } from './process.ts';
import { createShippedCore } from './shipped.ts';

runCoreProcess(createShippedCore);
