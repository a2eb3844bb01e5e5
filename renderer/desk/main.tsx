import '@fontsource-variable/golos-text';
import { createRoot } from 'react-dom/client';
import { startI18n } from '../i18n/i18n.ts';
import { createClient, type Bridge } from '../ui/client.ts';
import './desk.css';
import { App } from './App.tsx';

declare global {
  // The preload's bridge.
  var talon: Bridge;
}

const root = document.querySelector('#root');
if (!root) throw new Error('the page has no root');
await startI18n();
createRoot(root).render(<App client={createClient(globalThis.talon)} />);
