/**
 * Names of the methods and events of each role, taken from the contract when the app is built
 * (electron.vite.config.ts): a bridge of a few hundred bytes instead of one with all schemas in it.
 */
declare const KIOSK_METHODS: readonly string[];
declare const KIOSK_EVENTS: readonly string[];
declare const DESK_METHODS: readonly string[];
declare const DESK_EVENTS: readonly string[];
