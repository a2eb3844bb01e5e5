'use strict';
/** The smallest app that shows whether the harness works: a window, and on wish a child that outlives it. */
const { spawn } = require('node:child_process');
const path = require('node:path');
const { BrowserWindow, app } = require('electron');

const wishes = process.argv.slice(process.argv.indexOf(__dirname) + 1);

void app.whenReady().then(() => {
  const window = new BrowserWindow({ width: 800, height: 600, webPreferences: { sandbox: true } });
  console.error(`probe ready ${JSON.stringify({ name: app.getName(), version: app.getVersion(), wishes })}`);
  if (wishes.includes('orphan')) spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }).unref();
  return window.loadFile(path.join(__dirname, 'index.html'));
});
app.on('window-all-closed', () => app.quit());
