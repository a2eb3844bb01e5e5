import { exposeBridge } from './bridge.ts';

/** The bridge of the kiosk window. */
exposeBridge('kiosk', KIOSK_METHODS, KIOSK_EVENTS);
