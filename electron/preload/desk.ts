import { exposeBridge } from './bridge.ts';

/** The bridge of the desk window. */
exposeBridge('desk', DESK_METHODS, DESK_EVENTS);
