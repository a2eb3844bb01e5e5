import '@fontsource-variable/golos-text';
import { createRoot } from 'react-dom/client';
import { startI18n } from '../i18n/i18n.ts';
import { createClient, type Bridge } from '../ui/client.ts';
import './kiosk.css';
import { warmUp } from '../scan/scanner.ts';
import { App } from './App.tsx';

declare global {
  // The preload's bridge.
  var talon: Bridge;
}

const root = document.querySelector('#root');
if (!root) throw new Error('the page has no root');
warmUp();
await startI18n();
createRoot(root).render(<App client={createClient(globalThis.talon)} />);
